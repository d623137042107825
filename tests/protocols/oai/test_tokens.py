"""Resumption tokens: they hold a list, and whatever else is sent is refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.oai.messages import Listing, OaiError
from protocols.oai.tokens import listing_of, token_of

NUMBERS = st.integers(0, 2**63 - 1)
PARTS = st.text("ABCabc019-_.!~*'()", min_size=1)


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    after = draw(st.integers(1, 2**31 - 1))
    return Listing(
        draw(PARTS),
        draw(st.lists(PARTS, max_size=2).map(":".join)),
        draw(NUMBERS),
        draw(st.none() | NUMBERS),
        after,
        draw(st.integers(after, 2**31 - 1)),
        draw(NUMBERS),
    )


@given(listings())
def test_a_token_says_what_it_was_made_of(listing: Listing) -> None:
    assert listing_of(token_of(listing)) == listing


@given(st.text() | st.lists(st.text("0123456789,oai_dc"), max_size=9).map(",".join))
def test_anything_else_is_a_listing_or_refused(text: str) -> None:
    try:
        assert token_of(listing_of(text)) == text
    except OaiError as error:
        (problem,) = error.problems
        assert problem.code.value == "badResumptionToken"
