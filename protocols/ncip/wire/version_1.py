"""Problems in version 1, which have another shape: one Problem with messaging errors or processing
errors, each with a type of a scheme and the path of the element at fault. The response to a
notification has only messaging errors, so a type of another kind becomes the closest messaging
error.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from protocols.ncip.messages import Code, Problem
from protocols.ncip.models.elements import NAMES_1
from protocols.ncip.models.services import NOTIFICATIONS
from protocols.ncip.problems.problem_lists import GENERAL, MESSAGING, OF_SERVICE, TYPES
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.wire.dialects import Dialect
from protocols.ncip.wire.reading import local_name, read_code, read_text
from protocols.ncip.wire.schemes import GENERAL_ERRORS, MESSAGING_ERRORS, processing_errors
from protocols.ncip.wire.writing import Add, code_1, text

#: A messaging error that version 2 does not have.
UNKNOWN_SERVICE = "Unknown Service"

#: What a notification gets instead of a general type; for any other type, a value is at fault.
_NEAREST: dict[ProblemType, str] = {
    **dict.fromkeys(GENERAL, ProblemType.PROTOCOL_ERROR.value),
    **dict.fromkeys(
        (
            ProblemType.INVALID_AMOUNT,
            ProblemType.INVALID_DATE,
            ProblemType.UNKNOWN_AGENCY,
            ProblemType.UNKNOWN_SYSTEM,
        ),
        ProblemType.UNKNOWN_VALUE_FROM_KNOWN_SCHEME.value,
    ),
    ProblemType.NEEDED_DATA_MISSING: ProblemType.INVALID_MESSAGE_SYNTAX.value,
    ProblemType.UNSUPPORTED_SERVICE: UNKNOWN_SERVICE,
}

#: The element around an element at fault.
_PARENTS = {
    "AuthenticationInputData": "AuthenticationInput",
    "BibliographicItemIdentifier": "BibliographicItemId",
    "BibliographicRecordIdentifier": "BibliographicRecordId",
    "ItemIdentifierValue": "UniqueItemId",
    "RequestIdentifierValue": "UniqueRequestId",
    "UserIdentifierValue": "UniqueUserId",
}


def write_problems(service: str, problems: Sequence[Problem], add: Add, dialect: Dialect) -> None:
    """Adds the Problem of a service's response, or the messaging errors of a notification's."""
    if service in NOTIFICATIONS:
        for each in problems:
            _write_error("Messaging", each, _messaging(each), service, add, dialect)
        return
    # One Problem holds errors of one kind; what could not be done matters more than how it was
    # asked for.
    processing = [each for each in problems if _kind(each) not in MESSAGING]
    add("<Problem>")
    for each in processing:
        _write_error("Processing", each, _processing(each, service), service, add, dialect)
    if not processing:
        for each in problems:
            _write_error("Messaging", each, _messaging(each), service, add, dialect)
    add("</Problem>")


def _kind(problem: Problem) -> ProblemType | None:
    return TYPES.get(problem.problem_type.value) if problem.problem_type else None


def _messaging(problem: Problem) -> Code:
    """The messaging error that says the same, or nearly so."""
    kind = _kind(problem)
    if kind is not None and kind in MESSAGING:
        return Code(kind.value, MESSAGING_ERRORS)
    nearest = ProblemType.UNKNOWN_VALUE_FROM_KNOWN_SCHEME.value
    return Code(_NEAREST.get(kind, nearest) if kind else nearest, MESSAGING_ERRORS)


def _processing(problem: Problem, service: str) -> Code:
    """The type with its scheme; a partner's own word keeps its own scheme."""
    kind, said = _kind(problem), problem.problem_type or Code("")
    is_of_service = kind in OF_SERVICE.get(service, ())
    return Code(
        said.value, said.scheme or (processing_errors(service) if is_of_service else GENERAL_ERRORS)
    )


def _write_error(
    word: str, problem: Problem, kind: Code, service: str, add: Add, dialect: Dialect
) -> None:
    add(f"<{word}Error>{code_1(f'{word}ErrorType', kind, dialect)}")
    name = problem.problem_element or service
    name = NAMES_1.get(name, name)
    path = [_PARENTS[name], name] if name in _PARENTS else [name]
    for step in path:
        add(f"<{word}ErrorElement><ElementName>{text(step)}</ElementName>")
    if problem.problem_value is not None:
        add(f"<{word}ErrorValue>{text(problem.problem_value)}</{word}ErrorValue>")
    add(f"</{word}ErrorElement>" * len(path) + f"</{word}Error>")


def read_problems(response: etree._Element) -> tuple[Problem, ...]:
    """The problems of a version 1 response, within a Problem or without."""
    found = []
    for error in response.iter():
        word = local_name(error).removesuffix("Error")
        if word not in ("Messaging", "Processing"):
            continue
        kind: Code | None = None
        element = value = None
        for part in error.iter():
            name = local_name(part)
            if name == f"{word}ErrorType":
                kind = read_code(part)
            elif name == "ElementName":
                element = read_text(part)  # the innermost comes last
            elif name == f"{word}ErrorValue":
                value = read_text(part)
        found.append(Problem(kind, None, element, value))
    return tuple(found)
