"""Parts of facts and features that join a verb."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from sqlalchemy import func, select

from catalogue.database import Database, Statement, Transaction, one
from catalogue.schema import agencies, branches
from circulation.kernel.organisation import add_agency, add_branch, add_consortium
from circulation.kernel.parts import Features, Noun, Part, Registry, Sealed


class AgencyFacts(NamedTuple):
    id: int
    isil: str
    present: int
    parts: tuple[Any, ...]


class Own(NamedTuple):
    name: str | None
    branches: int


class Nothing(NamedTuple):
    id: int | None


def nouns() -> tuple[Noun[AgencyFacts], Part[Own], Part[Nothing]]:
    count = (
        select(func.count())
        .select_from(branches)
        .where(branches.c.agency_id == agencies.c.id)
        .correlate(agencies)
        .scalar_subquery()
    )
    noun = Noun("agencies", AgencyFacts, {"isil": agencies.c.isil, "id": agencies.c.id}, agencies)
    own = Part(Own, {"name": agencies.c.name, "branches": count}, keys=("branches",))
    never = branches.alias()
    nothing = Part(
        Nothing, {"id": never.c.id}, keys=("id",), joins=[(never, never.c.id == -agencies.c.id)]
    )
    noun.add(nothing, own)
    return noun, own, nothing


def test_a_part_is_there_where_its_keys_say_so(database: Database) -> None:
    noun, own, nothing = nouns()

    @one(noun)
    def facts_of(*, isil: str) -> Statement:
        return noun.select().where(agencies.c.isil == isil)

    def work(transaction: Transaction) -> list[AgencyFacts | None]:
        consortium = add_consortium(transaction, name="A consortium")
        add_agency(transaction, consortium, isil="DK-1", name="One")
        two = add_agency(transaction, consortium, isil="DK-2", name="Two")
        add_branch(transaction, two, isil="DK-2-1", name="A branch")
        return [facts_of(transaction, isil=isil) for isil in ("DK-1", "DK-2", "DK-3")]

    without, with_branch, unknown = database.write(work).result()
    assert unknown is None
    assert without is not None
    assert with_branch is not None
    assert (without.isil, without.present, without.parts) == ("DK-1", 0, (None, None))
    assert with_branch.present == own.bit
    assert own.of(with_branch) == Own("Two", 1)
    assert nothing.of(with_branch) is None


def test_fields_and_columns_go_by_name() -> None:
    with pytest.raises(ValueError, match=r"Own: \['branches'\] stand alone"):
        Part(Own, {"name": agencies.c.name}, keys=("name",))


def test_nothing_joins_after_the_first_use() -> None:
    noun, _own, _nothing = nouns()
    noun.select()
    with pytest.raises(Sealed):
        noun.add(Part(Nothing, {"id": agencies.c.id}, keys=("id",)))
    registry: Registry[str] = Registry("words")
    registry.add("a", "b")
    assert list(registry) == ["a", "b"]
    with pytest.raises(Sealed, match="words"):
        registry.add("c")


class Feature(NamedTuple):
    name: str
    parts: tuple[Part[Any], ...]


def test_features_are_asked_where_a_part_of_theirs_is_there() -> None:
    noun, own, nothing = nouns()
    assert noun.parts == (nothing, own)
    features: Features[Feature] = Features("features")
    features.add(Feature("either", (own, nothing)), Feature("own", (own,)), Feature("always", ()))

    def asked(present: int) -> list[str]:
        return [each.name for each in features.of(AgencyFacts(1, "", present, ()))]

    assert asked(0) == ["always"]
    assert asked(own.bit) == ["either", "own", "always"]
    assert asked(nothing.bit) == ["either", "always"]
