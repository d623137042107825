"""The closed lists say something of every member."""

from __future__ import annotations

from circulation.kernel.reasons import DENIED, Action, BlockReason, Reason, denied_by


def test_each_reason_has_a_sentence_of_its_own() -> None:
    assert len({reason.value for reason in Reason}) == len(Reason)


def test_each_block_denies_something_known() -> None:
    assert set(DENIED) == set(BlockReason)
    assert all(DENIED.values())


def test_blocks_add_up() -> None:
    assert denied_by([]) == frozenset()
    assert denied_by([BlockReason.SELF_SERVICE]) == {Action.CHECK_OUT}
    assert denied_by([BlockReason.SELF_SERVICE, BlockReason.DEBT]) == frozenset(Action)
