"""Which databases there are: the catalogue by its names, and one for each consortium, agency and
branch (`catalogue.visibility`)."""

from __future__ import annotations

from catalogue.database import Transaction
from catalogue.visibility import Scope, UnknownDatabase, find_database, scope_of
from protocols.cql.diagnostics import Refused, Srw
from protocols.sru.settings import SruSettings


def scope_in(transaction: Transaction, name: str, settings: SruSettings) -> Scope:
    """The records and items that the database shows. Raises Refused for an unknown name."""
    try:
        return scope_of(transaction, None if is_whole(name, settings) else name)
    except UnknownDatabase:
        raise Refused(Srw.UNKNOWN_DATABASE, name) from None


def title_of(transaction: Transaction, name: str, settings: SruSettings) -> str:
    """The title of the database. Raises Refused for an unknown name."""
    if is_whole(name, settings):
        return settings.title
    try:
        return find_database(transaction, name).title
    except UnknownDatabase:
        raise Refused(Srw.UNKNOWN_DATABASE, name) from None


def is_whole(name: str, settings: SruSettings) -> bool:
    """Is it a name of the whole catalogue?"""
    return any(name.lower() == each.lower() for each in settings.databases)
