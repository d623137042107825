"""DAIA 1.0: from a query to the titles that it names, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from circulation.kernel.set_up import SetUp
from circulation.languages.installed import LAST
from circulation.languages.sentences import Sentence
from protocols.discovery.codec import Query, query_in, token_in
from protocols.discovery.front import Front, Reply, fault_of
from protocols.discovery.handling.availability import Library, availability
from protocols.discovery.handling.telling import moment
from protocols.discovery.messages import Answer, Asked
from protocols.discovery.problems import Denied, Fault, unfit
from protocols.hosting.accepting import accepted_language
from protocols.hosting.answering import Context, Lane

#: The specification that this is checked against.
DAIA_VERSION: Final = "1.0.0"
#: How many titles are looked up in the reactor; more are in a thread.
_FEW: Final = 10
#: Characters of a query id.
_LONGEST_ID: Final = 100_000


class Daia(Front):
    """Availability over the engines of one process."""

    name = "daia"

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Calls `reply` once, at once or later, whatever happens."""
        query = query_in(asked.query)
        language = accepted_language(asked.header("accept-language")) or LAST

        def answered(answer: Answer) -> None:
            told = (("X-DAIA-Version", DAIA_VERSION),)
            reply(self._sent(answer, asked, query, language, told))

        try:
            if asked.method == "OPTIONS":
                answered(Answer(204, headers=(("Allow", "GET, HEAD, OPTIONS"),)))
                return
            identifiers = self._identifiers(asked, query)
        except Denied as error:
            answered(error.answer(language))
            return
        isil = asked.path[0] if asked.path and asked.path[0] else None
        most = self._settings.titles_at_once
        told, rest = identifiers[:most], identifiers[most:]

        def work(context: Context) -> Answer:
            return self._available(told, isil, context)

        def done(answer: Answer | None, error: BaseException | None) -> None:
            if error is not None:
                answer = fault_of(error, "daia").answer(language)
            assert answer is not None
            if rest and answer.status == 200:
                answer = answer._replace(headers=(*answer.headers, _next(asked, query, rest)))
            answered(answer)

        lane = Lane.READ if len(told) <= _FEW else Lane.WIDE_READ
        self._measured("daia", lane, work, done)

    def _identifiers(self, asked: Asked, query: Query) -> list[str]:
        """The titles that are asked for, each once. Raises Denied."""
        if asked.method not in ("GET", "HEAD"):
            self._unknown(asked)
            allow = (("Allow", "GET, HEAD, OPTIONS"),)
            raise Denied(Fault.METHOD_UNKNOWN, Sentence("METHOD_NOT_HERE"), allow)
        if len([each for each in asked.path if each]) > 1:
            self._unknown(asked)
            raise Denied(Fault.NOT_FOUND, Sentence("NOTHING_HERE"))
        if query.problem is not None:
            raise query.problem
        given = query.parameters
        if given.get("format") != "json":
            raise unfit("format", Sentence("MUST", what="json"))
        if "patron" in given and "patron-type" in given:
            raise Denied(Fault.UNFIT, Sentence("PATRON_OR_TYPE"))
        if {"patron", "patron-type"} & given.keys() or token_in(asked, query) is not None:
            raise Denied(Fault.NOT_IMPLEMENTED, Sentence("SAME_FOR_ALL_PATRONS"))
        text = given.get("id", "")
        if len(text) > _LONGEST_ID:
            raise unfit("id", Sentence("AT_MOST_CHARACTERS", max_length=_LONGEST_ID))
        found = [each.strip() for each in text.split("|")]
        found = list(dict.fromkeys(each for each in found if each))
        if not found:
            raise unfit("id", Sentence("IS_MISSING"))
        self._count(asked.host, is_address=True)
        return found

    def _available(self, told: Sequence[str], isil: str | None, context: Context) -> Answer:
        set_up = context.circulation.current_set_up(context.transaction)
        library = _library(set_up, isil)
        if library is None:
            raise Denied(Fault.NOT_FOUND, Sentence("LIBRARY_UNKNOWN"))
        value: dict[str, Any] = {}
        if library.isil is not None:
            its = {"id": self._uris.branch(library.isil), "content": library.name}
            value["institution"] = its
        value["document"] = availability(told, library, self._uris, context)
        zone = next((each.timezone for each in set_up.branches.values()), "UTC")
        value["timestamp"] = moment(context.now, zone)
        return Answer(200, value)


def _library(set_up: SetUp, isil: str | None) -> Library | None:
    """The library that an address names; without a name the only one, or all of them."""
    agencies = {each.agency_isil: each for each in set_up.branches.values()}
    if isil is None and len(agencies) != 1:
        return Library(None, None, "")
    branch = next(iter(agencies.values())) if isil is None else agencies.get(isil)
    if branch is None:
        return None
    return Library(branch.agency_id, branch.agency_isil, branch.agency_name)


def _next(asked: Asked, query: Query, rest: Sequence[str]) -> tuple[str, str]:
    """Where the titles are told that this answer leaves out (RFC 5988)."""
    parameters = {**query.parameters, "id": "|".join(rest)}
    return "Link", f'<{asked.url}?{urlencode(parameters)}>; rel="next"'
