"""What PAIA 1.4 asks of every method: addresses, verbs, headers, errors (sections 2.1 to 2.7)."""

from __future__ import annotations

import json
import logging

import pytest

from catalogue.database import DatabaseUnavailable
from circulation.kernel.rights import Right
from protocols.discovery import front
from protocols.discovery.front import FAILED, fault_of
from protocols.discovery.methods import SCOPES, Base, Method
from protocols.discovery.problems import Denied, Fault
from protocols.discovery.table import METHODS
from protocols.hosting.failures import Failure
from protocols.hosting.traces import REFUSED
from tests.protocols.discovery.stage import Stage, Told, a_stage

SUPPORTED = [each for each in METHODS if each.handler is not None]
NOT_SUPPORTED = [each for each in METHODS if each.handler is None]
LOCKED = [each for each in SUPPORTED if not each.is_open]


def asked(stage: Stage, method: Method, named: str = "x", **more: object) -> Told:
    path = method.path.replace("{id}", "7")
    whole = f"core/{named}/{path}".rstrip("/") if method.base is Base.CORE else f"auth/{path}"
    verb = str(more.pop("verb", method.verb))
    return stage.paia(verb, whole, **more)  # type: ignore[arg-type]


def names(methods: list[Method]) -> list[str]:
    return [each.name for each in methods]


@pytest.mark.parametrize("method", METHODS, ids=names(list(METHODS)))
def test_every_address_answers_options_without_a_token(one_stage: Stage, method: Method) -> None:
    """2.1; a pre-flight of CORS is one, and browsers show nothing with it."""
    shown = {"origin": "https://app.example.org", "access-control-request-method": method.verb}
    told = asked(one_stage, method, verb="OPTIONS", headers=shown)
    assert told.status == 204
    verbs = set(told.headers["Allow"].split(", "))
    assert {method.verb, "OPTIONS"} <= verbs
    assert ("HEAD" in verbs) == ("GET" in verbs)
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert method.verb in told.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in told.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("method", LOCKED, ids=names(LOCKED))
def test_a_token_is_needed_and_asked_for(one_stage: Stage, method: Method) -> None:
    """2.2, 2.7: 401 for one that is missing, made up or over, whoever the address names."""
    named = one_stage.named(one_stage.a_patron())
    for token in (None, "made-up"):
        told = asked(one_stage, method, named, token=token, body={})
        assert (told.status, told.body["error"]) == (401, "invalid_grant"), told
        assert told.headers["WWW-Authenticate"].startswith("Bearer")
        assert told.headers["X-Accepted-OAuth-Scopes"] == " ".join(method.scopes)


@pytest.mark.parametrize("method", LOCKED, ids=names(LOCKED))
def test_a_token_whose_scope_does_not_reach(one_stage: Stage, method: Method) -> None:
    card = one_stage.a_patron()
    others = " ".join(each for each in SCOPES if each not in method.scopes)
    token = one_stage.log_in(card, others)
    told = asked(one_stage, method, one_stage.named(card), token=token, body={})
    if not method.scopes:
        assert told.status == 422
        return
    assert (told.status, told.body["error"]) == (403, "insufficient_scope")
    assert set(told.headers["X-OAuth-Scopes"].split()) == set(others.split())


@pytest.mark.parametrize("method", LOCKED, ids=names(LOCKED))
def test_a_token_of_another_patron_is_told_nothing(one_stage: Stage, method: Method) -> None:
    """Of a patron who is there, of nobody, of another library's: always the same (2.7)."""
    mine, theirs = one_stage.a_patron(), one_stage.a_patron(given_name="Anden")
    branch = one_stage.another_agency()
    neighbour = one_stage.a_patron("P-OTHER", home_branch=branch.id, given_name="Nabo")
    token = one_stage.log_in(mine, " ".join(SCOPES))
    answers = []
    for named in (one_stage.named(theirs), one_stage.named(neighbour), "0000000000000", "æ", mine):
        body = {"patron": named, "username": named, "old_password": "1", "new_password": "2"}
        told = asked(one_stage, method, named, token=token, body=body | {"doc": [{"item": "x:1"}]})
        answers.append((told.status, told.body))
        assert b"Anden" not in told.octets
        assert b"Nabo" not in told.octets
    assert {status for status, _ in answers} == {403}
    assert len({json.dumps(body) for _, body in answers}) == 1
    assert answers[0][1]["error"] == "access_denied"


@pytest.mark.parametrize("method", NOT_SUPPORTED, ids=names(NOT_SUPPORTED))
def test_what_is_known_and_not_supported(one_stage: Stage, method: Method) -> None:
    told = asked(one_stage, method)
    assert (told.status, told.body["error"]) == (501, "not_implemented")


def test_a_library_that_gives_no_tokens(sqlite_url: str) -> None:
    with a_stage(sqlite_url, log_in=False) as stage:
        assert stage.paia("POST", "auth/login", {}).status == 501


@pytest.mark.parametrize("method", METHODS, ids=names(list(METHODS)))
def test_other_verbs(one_stage: Stage, method: Method) -> None:
    known = {each.verb for each in METHODS if (each.base, each.path) == (method.base, method.path)}
    for verb in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"} - known:
        told = asked(one_stage, method, verb=verb)
        assert (told.status, told.body["error"]) == (405, "invalid_request")
        assert set(told.headers["Allow"].split(", ")) >= known | {"OPTIONS"}


def test_addresses_that_nobody_knows(one_stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    for path in ("", "core", "core/", "auth", "auth/x", "core/0101801928/loans", "other/login"):
        told = one_stage.paia("GET", path)
        assert (told.status, told.body["error"]) == (404, "not_found"), path
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert said[-2] == "nobody knows paia GET core/{}/{}"
    assert "0101801928" not in caplog.text
    measures = one_stage.services.measures
    measures.add_up()
    assert sum(measures.meter("discovery").kind("unknown").times[REFUSED].counts) == 7


def test_headers_of_every_answer(one_stage: Stage) -> None:
    """2.5."""
    told = one_stage.of_patron("GET", one_stage.a_patron())
    assert told.headers["Content-Type"] == "application/json; charset=utf-8"
    assert told.headers["X-PAIA-Version"] == "1.4.0"
    assert told.headers["X-OAuth-Scopes"] == "read_patron read_fees read_items write_items"
    assert told.headers["X-Accepted-OAuth-Scopes"] == "read_patron"
    exposed = told.headers["Access-Control-Expose-Headers"]
    assert "X-OAuth-Scopes" in exposed
    assert "X-Accepted-OAuth-Scopes" in exposed
    assert told.headers["Content-Language"] == "da"


def test_the_language_of_who_asks(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    token = one_stage.log_in(card)
    told = one_stage.paia(
        "POST",
        f"core/{one_stage.named(card)}/cancel",
        {"doc": [{"item": "tiro:item:none"}]},
        token=token,
        headers={"accept-language": "en-GB, da;q=0.2"},
    )
    assert told.headers["Content-Language"] == "en"
    assert told.body["doc"][0]["error"] == "You have no such reservation."


def test_errors_are_in_the_language_of_the_request_or_the_account(one_stage: Stage) -> None:
    """Without a header a patron reads their own language, and an unknown caller English."""
    english = "the access token belongs to another patron"
    danish = "adgangstokenet hører til en anden låner"
    for own in ("da", "en"):
        token = one_stage.log_in(one_stage.a_patron(language=own))
        for header, text in (
            (None, danish if own == "da" else english),
            ("xx", danish if own == "da" else english),
            ("da", danish),
            ("en-GB, da;q=0.5", english),
        ):
            headers = {} if header is None else {"accept-language": header}
            told = one_stage.paia("GET", "core/of-another", token=token, headers=headers)
            assert told.body["error_description"] == text
            assert told.headers["Content-Language"] == ("da" if text == danish else "en")
    for header, text in (
        (None, "an access token is needed"),
        ("da", "der mangler et adgangstoken"),
    ):
        headers = {} if header is None else {"accept-language": header}
        told = one_stage.paia("GET", "core/of-another", headers=headers)
        assert told.body["error_description"] == text
    wrong = {"grant_type": "password", "username": "x", "password": "y"}
    told = one_stage.paia("POST", "auth/login", wrong, headers={"accept-language": "da"})
    assert told.body["error_description"] == "Brugernavnet eller adgangskoden er forkert."


def test_what_is_no_json_says_where(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    told = one_stage.of_patron("POST", card, "/request", b'{"doc":\n nul}')
    assert (told.status, told.body["error"]) == (400, "invalid_request")
    assert "line 2" in told.body["error_description"] or "linje 2" in told.body["error_description"]


def test_listed_pages_alone(sqlite_url: str) -> None:
    page = "https://library.example.org"
    with a_stage(sqlite_url, cross_origin=(page,)) as stage:
        told = stage.paia("OPTIONS", "auth/login", headers={"origin": page})
        assert told.headers["Access-Control-Allow-Origin"] == page
        assert told.headers["Vary"] == "Origin"
        assert told.headers["Access-Control-Allow-Methods"] == "OPTIONS, POST"
        assert "Access-Control-Max-Age" not in stage.paia("POST", "auth/login").headers
        for headers in ({"origin": "https://other.example.org"}, {}):
            told = stage.paia("OPTIONS", "auth/login", headers=headers)
            assert "Access-Control-Allow-Origin" not in told.headers


def test_the_token_may_stand_in_the_query(one_stage: Stage) -> None:
    """2.2, 2.4; in both it is an error (RFC 6750, 2)."""
    card = one_stage.a_patron()
    token, path = one_stage.log_in(card), f"core/{one_stage.named(card)}"
    assert one_stage.paia("GET", path, access_token=token).status == 200
    assert one_stage.paia("GET", path, token=token, access_token=token).status == 400


def test_status_codes_are_kept_back_on_wish(one_stage: Stage) -> None:
    """2.4; the code then stands in the body, of core alone (2.7)."""
    told = one_stage.paia("GET", "core/x", suppress_response_codes="")
    assert (told.status, told.body["code"]) == (200, 401)
    told = one_stage.paia("POST", "auth/logout", {}, suppress_response_codes="1")
    assert (told.status, told.body["error"]) == (200, "invalid_grant")
    assert "code" not in told.body
    assert one_stage.paia("GET", "core/x").body["code"] == 401


def test_a_callback_makes_it_a_script(one_stage: Stage) -> None:
    card = one_stage.a_patron(given_name="Æ\u2028</script>")
    token, path = one_stage.log_in(card), f"core/{one_stage.named(card)}"
    told = one_stage.paia("GET", path, token=token, callback="show_1")
    assert told.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert told.octets.startswith(b"/**/show_1({")
    assert told.octets.endswith(b"});")
    assert told.octets.isascii()
    assert json.loads(told.octets[11:-2])["status"] == 0
    for callback in ("a.b", "alert(1)//", "", "é", "x" * 101):
        told = one_stage.paia("GET", path, token=token, callback=callback)
        assert told.status == 422
        assert told.headers["Content-Type"].startswith("application/json")


BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b"\xff", 400),
    (b"[" * 100_000, 400),
    (b"{}", 422),
    (b'{"doc": []}', 422),
    (b'{"doc": [{}]}', 422),
    (b'{"doc": [{"item": "no uri"}]}', 422),
    (b'{"doc": [{"item": 7}]}', 422),
    (b'{"doc": {"item": "x:1"}}', 422),
    (json.dumps({"doc": [{"item": "x:1"}] * 101}).encode(), 422),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=[str(n) for n in range(len(BODIES))])
def test_bodies_that_do_not_fit(one_stage: Stage, body: bytes, status: int) -> None:
    """2.6, 2.7: 400 for what cannot be read, 422 for what does not fit the method."""
    card = one_stage.a_patron()
    token = one_stage.log_in(card)
    for path in ("request", "renew", "cancel"):
        whole = f"core/{one_stage.named(card)}/{path}"
        kind = {"content-type": "application/json; charset=UTF-8"}
        told = one_stage.paia("POST", whole, body, token=token, headers=kind)
        assert (told.status, told.body["error"]) == (status, "invalid_request"), (path, told)


def test_content_types(one_stage: Stage) -> None:
    """2.6: core reads JSON, auth forms and JSON; other kinds and character sets are refused."""
    card = one_stage.a_patron()
    token = one_stage.log_in(card)
    path, body = f"core/{one_stage.named(card)}/cancel", b'{"doc": [{"item": "x:1"}]}'
    for kind, status in (
        ("application/json", 200),
        ("application/json;charset=utf-8", 200),
        ('application/json ; version=1; charset = "UTF-8"', 200),
        ("", 200),
        ("application/json; charset=iso-8859-1", 400),
        ("application/x-www-form-urlencoded", 400),
        ("text/plain", 400),
    ):
        shown = {"content-type": kind} if kind else {}
        assert one_stage.paia("POST", path, body, token=token, headers=shown).status == status, kind
    told = json.dumps({"grant_type": "password", "username": card, "password": "4929"}).encode()
    form = b"grant_type=password&password=4929&username=" + card.encode()
    for body, kind, status in (
        (told, "application/json; charset=UTF-8", 200),
        (form, "application/x-www-form-urlencoded; charset=utf-8", 200),
        (form, "", 200),
        (told, "", 200),
        (b"\r\n" + told, "", 200),
        (form, "text/plain", 400),
    ):
        shown = {"content-type": kind} if kind else {}
        assert one_stage.paia("POST", "auth/login", body, headers=shown).status == status, kind


def test_who_asks_too_often_waits(sqlite_url: str) -> None:
    """Each token by itself: a portal is many people."""
    with a_stage(sqlite_url, requests_per_second=1.0, burst=3) as stage:
        first, second = stage.a_patron(), stage.a_patron()
        token, path = stage.log_in(first), f"core/{stage.named(first)}"
        statuses = [stage.paia("GET", path, token=token).status for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        assert stage.of_patron("GET", second).status == 200
        told = stage.paia("GET", path, token=token)
        assert int(told.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("error", "status", "word", "text", "headers"),
    [
        (Denied(Fault.UNFIT, "doc: none", (("A", "b"),)), 422, "invalid_request", "doc: none",
         (("A", "b"),)),
        (DatabaseUnavailable(), 503, "service_unavailable",
         "the library system cannot be reached for the moment: try again",
         (("Retry-After", "5"),)),
        (ValueError("4929"), 500, "internal_error", "there was an error in the library system", ()),
    ],
)  # fmt: skip
def test_faults_of_the_system_say_when_to_ask_again(
    error: Exception,
    status: int,
    word: str,
    text: str,
    headers: tuple[tuple[str, str], ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert fault_of(error, "x", Failure.UNKNOWN) is (
        error if isinstance(error, Denied) else FAILED[Failure.UNKNOWN]
    )
    fault = fault_of(error, "paia core GET x")
    told = {"error": word, "code": status, "error_description": text}
    assert fault.answer("en") == (status, told, headers)
    assert fault.answer("en", with_code=False).value == {"error": word, "error_description": text}
    assert len(caplog.records) == (status == 500)
    assert all(each.getMessage().endswith("paia core GET x") for each in caplog.records)


def test_callers_that_were_away_longest_are_forgotten(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_COUNTED", 2)
    with a_stage(sqlite_url, requests_per_second=0.001, burst=1) as stage:
        told = [stage.paia("GET", "core/x", token=each).status for each in "aabcaca"]
    assert told == [401, 429, 401, 401, 401, 429, 429]


def test_only_patrons_tokens_of_paia_are_known(one_stage: Stage) -> None:
    """A session of the API is none here, and a token of PAIA none there."""
    from circulation.staff.results import SignedIn
    from circulation.staff.sessions import session_of
    from circulation.staff.signing_in import sign_in_patron

    card, library = one_stage.a_patron(), one_stage.library
    signed = library.write(
        lambda transaction: sign_in_patron(
            library.act(transaction), card=card, pin="4929", address="192.0.2.9"
        )
    )
    assert isinstance(signed, SignedIn)
    path = f"core/{one_stage.named(card)}"
    assert one_stage.paia("GET", path, token=signed.token).status == 401
    token = one_stage.log_in(card)
    for each in (token, f"paia {token}", f"paia{token}"):
        found = library.read(
            lambda transaction, each=each: session_of(
                library.circulation, transaction, each, library.now
            )
        )
        assert found is None
    site = one_stage.a_program(Right.VIEW_PATRONS, Right.LEND)
    assert one_stage.paia("GET", path, token=site.secret).status == 401


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a\nb", "\u202e", "x" * 201])
def test_texts_that_no_database_holds(stage: Stage, text: str) -> None:
    """In bodies and in documents, on both databases."""
    card = stage.a_patron()
    token = stage.log_in(card, " ".join(SCOPES))
    told = {"grant_type": "password", "username": text, "password": text}
    json_kind = {"content-type": "application/json"}
    for body in (told, told | {"grant_type": "client_credentials", "patron": text}):
        octets = json.dumps(body).encode()
        assert stage.paia("POST", "auth/login", octets, headers=json_kind).status == 422
    change = {"patron": text, "username": text, "old_password": text, "new_password": text}
    octets = json.dumps(change).encode()
    assert stage.paia("POST", "auth/change", octets, token=token, headers=json_kind).status == 422
    path = f"core/{stage.named(card)}"
    for body, status in (
        ({"doc": [{"item": f"tiro:item:{text}"}]}, {200, 422}),
        ({"email": text}, {422}),
    ):
        verb, tail = ("PATCH", "") if "email" in body else ("POST", "/request")
        octets = json.dumps(body).encode()
        told_of = stage.paia(verb, path + tail, octets, token=token, headers=json_kind)
        assert told_of.status in status
    assert stage.daia(text if text != "\ud800" else "\ufffd").status == 200
