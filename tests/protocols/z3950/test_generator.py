"""What is generated from declarations: what cannot be told apart is refused, threads may share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Annotated

import pytest

from protocols.z3950.messages.searching import SearchRequest
from protocols.z3950.wire.asn1 import AnyValue, Choice, Sequence, Tag
from protocols.z3950.wire.generator import Generator


@dataclass(slots=True)
class OneTag(Sequence):
    either: Annotated[int, Tag(1)] | Annotated[str, Tag(1)]


@dataclass(slots=True)
class OneClass(Sequence):
    either: Annotated[str, Tag(1)] | Annotated[str, Tag(2)]


@dataclass(slots=True)
class NoTag(Sequence):
    anything: AnyValue


@dataclass(slots=True)
class OneName(Sequence):
    one: Annotated[int | str, Choice("Number")]
    other: Annotated[int | bytes, Choice("Number")]


def test_two_alternatives_with_one_tag_are_ambiguous() -> None:
    with pytest.raises(AssertionError, match="ambiguous"):
        Generator().decoder(OneTag)


def test_two_alternatives_of_one_class_need_classes_of_their_own() -> None:
    with pytest.raises(AssertionError, match="share a class"):
        Generator().encoder(OneClass)


def test_a_value_of_any_kind_needs_a_tag() -> None:
    with pytest.raises(AssertionError, match="ANY needs a tag"):
        Generator().decoder(NoTag)


def test_two_choices_cannot_have_one_name() -> None:
    with pytest.raises(AssertionError, match="two types want decode_Number"):
        Generator().decoder(OneName)


def test_threads_that_need_a_decoder_at_once_get_the_same() -> None:
    generator = Generator()
    together = Barrier(8)

    def work(_: int) -> object:
        together.wait()
        return generator.decoder(SearchRequest)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(work, range(8)))) == 1
