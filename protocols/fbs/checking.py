"""What `tiro check` finds in ``[fbs]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalogue.database import Transaction
from circulation.kernel.organisation import all_agencies
from circulation.kernel.trees import CATEGORIES
from protocols.fbs.listener import is_of_demo
from protocols.fbs.settings import FbsSettings
from protocols.fbs.tokens import UnfitTokens, read_tokens
from protocols.hosting.findings import Finding, error, warning


def check(settings: FbsSettings, transaction: Transaction) -> Sequence[Finding]:
    """Checks what the section names: the file of tokens, a category, other hosts."""
    if not settings.enabled:
        return []
    return [
        *_of_tokens(settings, transaction),
        *_of_category(settings, transaction),
        *_of_pages(settings),
    ]


def _of_tokens(settings: FbsSettings, transaction: Transaction) -> Iterator[Finding]:
    if settings.tokens is None:
        return
    try:
        tokens = read_tokens(settings.tokens)
    except UnfitTokens as problem:
        yield error(f"[fbs] tokens: {problem}")
        return
    isils = {each.isil for each in all_agencies(transaction)}
    isils |= {each.rpartition("-")[2] for each in isils}
    for agency in sorted({each.agency for each in tokens.values()} - isils):
        yield error(f"[fbs] tokens: there is no agency {agency}")
    if is_of_demo(settings):
        yield warning("[fbs] tokens: those of a demo, which anybody may know, let their patron in")


def _of_category(settings: FbsSettings, transaction: Transaction) -> Iterator[Finding]:
    known = {node.code for node in CATEGORIES.all(transaction)}
    if settings.category and known and settings.category not in known:
        yield error(f"[fbs] category: there is no category {settings.category!r}")


def _of_pages(settings: FbsSettings) -> Iterator[Finding]:
    if "*" in settings.cross_origin:
        yield warning("[fbs] cross_origin: any page may show a token that its browser has")
    if settings.tokens is None and settings.provider is None and settings.cross_origin:
        yield warning(
            "[fbs] cross_origin: browsers show bearer tokens, and neither tokens nor provider "
            "says what they mean; only those of this server's own apps are known"
        )
