"""The municipal way, against a platform that checks every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.digital_post.connection import Connection
from protocols.digital_post.identities import Identities
from protocols.digital_post.kombi import Choice, KombiRequest
from protocols.digital_post.kombipost import Box, KombiPost, Trace
from protocols.digital_post.letters import Letter, PostalAddress
from protocols.digital_post.memo.checking import MemoInvalid
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.outcomes import Denied, Rejected, Unanswered, Unreachable
from tests.builders.digital_post import CPR, CVR, a_memo, a_nemsms
from tests.protocols.digital_post.certificates import Authority, Pem
from tests.protocols.digital_post.conftest import Clock, tokens_of
from tests.protocols.digital_post.platform import Behaviour, Platform

KOMBI = "/service/KombiPostAfsend_1/kombi"
TOKEN = "/service/AccessTokenService_1/token"
V1, V2 = MemoVersion.V1_1, MemoVersion.V1_2
Clients = Callable[[MemoVersion], KombiPost]

IDENTITIES = Identities(b"a key of this installation")


def trace(message_id: int = 7) -> Trace:
    return IDENTITIES.trace(message_id)


def digital(message_id: int = 7) -> KombiRequest:
    uuid = trace(message_id).message_uuid
    return KombiRequest(Choice.DIGITAL_POST, a_memo(message_uuid=uuid, message_id=str(message_id)))


def a_letter() -> Letter:
    address = PostalAddress("Ida Ørsted", ("Algade 1", "9000 Aalborg"))
    return Letter("7", 265, b"%PDF-1.4 a letter", "Regning", "CPR", CPR, address)


@pytest.mark.parametrize("version", MemoVersion)
def test_a_message_is_sent_and_accepted(
    version: MemoVersion, platform: Platform, kombipost: Clients
) -> None:
    accepted = kombipost(version).send(digital(), trace())
    (taken,) = platform.taken
    assert taken.message == digital().message
    assert taken.transaction_id == trace().transaction_id
    assert accepted.message_uuid == trace().message_uuid
    assert accepted.transmission_id


@pytest.mark.parametrize("version", MemoVersion)
def test_every_choice_by_the_same_call(
    version: MemoVersion, platform: Platform, kombipost: Clients
) -> None:
    client = kombipost(version)
    client.send(digital(), trace(1))
    client.send(KombiRequest(Choice.NEMSMS, a_nemsms()), trace(2))
    client.send(KombiRequest(Choice.LETTER, letter=a_letter()), trace(3))
    client.send(KombiRequest(Choice.AUTOMATIC, a_memo(), a_letter()), trace(4))
    assert [each.choice for each in platform.taken] == [
        "Digital Post",
        "NemSMS",
        "Fysisk Post",
        "Automatisk Valg",
    ]
    assert platform.calls_of(TOKEN) == 1


def test_a_choice_needs_its_parts() -> None:
    with pytest.raises(ValueError, match="Automatisk Valg"):
        KombiRequest(Choice.AUTOMATIC, a_memo())
    with pytest.raises(ValueError, match="Fysisk Post"):
        KombiRequest(Choice.LETTER, a_memo())


def test_nothing_is_sent_that_the_platform_would_refuse_later(
    platform: Platform, kombipost: Clients
) -> None:
    with pytest.raises(MemoInvalid, match="150"):
        kombipost(V1).send(KombiRequest(Choice.NEMSMS, a_nemsms(notification="x" * 151)), trace())
    assert platform.calls == []


def test_tokens_are_kept_until_shortly_before_their_end(
    platform: Platform, kombipost: Clients, clock: Clock
) -> None:
    client = kombipost(V2)
    client.send(digital(1), trace(1))
    clock.forward(minutes=54)
    client.send(digital(2), trace(2))
    assert platform.calls_of(TOKEN) == 1
    clock.forward(minutes=2)
    client.send(digital(3), trace(3))
    assert platform.calls_of(TOKEN) == 2


def test_each_service_has_a_token_of_its_own(platform: Platform, kombipost: Clients) -> None:
    client = kombipost(V2)
    client.send(digital(), trace())
    client.is_registered(Box.DIGITAL_POST, "CPR", CPR, trace().transaction_id)
    assert platform.calls_of(TOKEN) == 2


def test_a_token_that_was_revoked_is_renewed_once(platform: Platform, kombipost: Clients) -> None:
    client = kombipost(V2)
    client.send(digital(1), trace(1))
    platform.revoke_tokens()
    client.send(digital(2), trace(2))
    assert len(platform.taken) == 2
    platform.next_calls[KOMBI] = [Behaviour(status=403), Behaviour(status=403)]
    with pytest.raises(Denied, match="http-403"):
        client.send(digital(3), trace(3))


def test_who_is_enrolled_in_what(platform: Platform, kombipost: Clients) -> None:
    client = kombipost(V2)
    platform.enrolled = {("digitalpost", CPR), ("nemsms", CPR), ("digitalpost", CVR)}
    number = trace().transaction_id
    assert client.is_registered(Box.DIGITAL_POST, "CPR", CPR, number)
    assert client.is_registered(Box.NEMSMS, "CPR", CPR, number)
    assert client.is_registered(Box.DIGITAL_POST, "CVR", CVR, number)
    assert not client.is_registered(Box.NEMSMS, "CVR", CVR, number)
    assert not client.is_registered(Box.DIGITAL_POST, "CPR", "0202020000", number)


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (Behaviour(status=503), Unreachable),
        (Behaviour(status=429), Unreachable),
        (Behaviour(status=500), Unanswered),
        (Behaviour(is_dropped=True), Unanswered),
        (Behaviour(body=b"<html>"), Unanswered),
        (Behaviour(body=b"<kombi_response/>"), Unanswered),
        (Behaviour(status=400), Rejected),
        (Behaviour(fault=("memo.invalid", "no")), Rejected),
    ],
)
def test_what_has_to_be_done_next(
    behaviour: Behaviour, failure: type[Exception], platform: Platform, kombipost: Clients
) -> None:
    platform.next_calls[KOMBI] = [behaviour]
    client = kombipost(V2)
    with pytest.raises(failure):
        client.send(digital(), trace())


def test_a_slow_answer_is_none(
    platform: Platform, own: Pem, authority: Authority, clock: Clock
) -> None:
    connection = Connection(own.certificate, own.key, authority.file, timeout=0.3)
    tokens = tokens_of(platform, connection, own, clock)
    client = KombiPost(connection, tokens, base=platform.url, version=V2, clock=clock)
    client.is_registered(Box.NEMSMS, "CPR", CPR, trace().transaction_id)
    platform.next_calls[KOMBI] = [Behaviour(delay=0.6)]
    with pytest.raises(Unanswered):
        client.send(digital(), trace())


def test_a_second_try_is_known_by_its_transaction(platform: Platform, kombipost: Clients) -> None:
    platform.next_calls[KOMBI] = [Behaviour(is_dropped=True)]
    client = kombipost(V2)
    with pytest.raises(Unanswered):
        client.send(digital(), trace())
    with pytest.raises(Rejected, match="duplicate"):
        client.send(digital(), trace())
    assert len(platform.taken) == 1


def test_when_the_token_service_is_down_nothing_was_sent(
    platform: Platform, kombipost: Clients
) -> None:
    for behaviour in (Behaviour(status=500), Behaviour(is_dropped=True), Behaviour(body=b"?")):
        platform.next_calls[TOKEN] = [behaviour]
        with pytest.raises(Unreachable):
            kombipost(V2).send(digital(), trace())
    platform.next_calls[TOKEN] = [Behaviour(status=401)]
    with pytest.raises(Denied, match="token-401"):
        kombipost(V2).send(digital(), trace())
    assert platform.taken == []


def test_only_our_own_certificate_is_let_in(
    platform: Platform, authority: Authority, tmp_path: Path, clock: Clock
) -> None:
    other = Authority(tmp_path, "Somebody Else")
    stranger = other.signed("stranger")
    connection = Connection(stranger.certificate, stranger.key, authority.file, timeout=5)
    tokens = tokens_of(platform, connection, stranger, clock)
    client = KombiPost(connection, tokens, base=platform.url, version=V2, clock=clock)
    with pytest.raises(Unreachable):
        client.send(digital(), trace())
    assert platform.calls == []


def test_a_platform_that_nobody_vouches_for_gets_nothing(
    platform: Platform, own: Pem, tmp_path: Path, clock: Clock
) -> None:
    other = Authority(tmp_path, "Somebody Else")
    connection = Connection(own.certificate, own.key, other.file, timeout=5)
    tokens = tokens_of(platform, connection, own, clock)
    client = KombiPost(connection, tokens, base=platform.url, version=V2, clock=clock)
    with pytest.raises(Denied, match="not trusted"):
        client.send(digital(), trace())
    assert platform.calls == []


def test_no_failure_tells_a_number(platform: Platform, kombipost: Clients) -> None:
    platform.next_calls[KOMBI] = [Behaviour(fault=("recipient", f"{CPR} or 010111-0000 is gone"))]
    with pytest.raises(Rejected) as caught:
        kombipost(V2).send(digital(), trace())
    assert "0000" not in str(caught.value)
    assert "xxxxxx-xxxx or xxxxxx-xxxx is gone" in str(caught.value)
    wrong = replace(a_memo(), message_body=None)
    with pytest.raises(MemoInvalid) as invalid:
        kombipost(V2).send(KombiRequest(Choice.DIGITAL_POST, wrong), trace())
    assert CPR not in str(invalid.value)
    assert CPR not in repr(a_memo())
    assert CPR not in repr(a_letter())
