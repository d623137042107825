"""Registering patrons, and changing what is on record for them."""

from __future__ import annotations

from typing import Final

from circulation.kernel.organisation import find_branch
from circulation.kernel.rights import Principal, Right
from circulation.kernel.trees import CATEGORIES
from circulation.languages.installed import complete_tags
from circulation.languages.sentences import Sentence
from circulation.notices.kinds import Basis
from circulation.patrons.changes import Changes, change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.identifiers import IdentifierTaken, NoIdentifierKey, PatronPlace
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import NewPatron as Registered
from circulation.patrons.registering import register_patron
from protocols.api.authority import act_of, act_with, unknown_branch
from protocols.api.gate import patron_named, sees_addresses
from protocols.api.messages import Reply
from protocols.api.models.answers import Coded, branch_shown
from protocols.api.models.patrons import NewPatron, PatronChanges, Registration
from protocols.api.models.screen import PatronScreen
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.screen import etag, screen
from protocols.api.operations.silence import keep_quiet
from protocols.api.problems import FieldError, Outcome, Problem, malformed, said_by
from protocols.hosting.answering import Context, Lane


def show_registration(request: Plain, principal: Principal, context: Context) -> Registration:
    """What a form for patrons has to choose from: categories, languages, branches."""
    branches = context.circulation.current_set_up(context.transaction).branches.values()
    there = [
        branch_shown(each)
        for each in branches
        if principal.may(Right.EDIT_PATRONS, each.agency_id, each.id)
    ]
    if not there:
        raise Problem(Outcome.RIGHT_MISSING, right=Right.EDIT_PATRONS)
    return Registration(
        tuple(Coded(each.code, each.name) for each in CATEGORIES.all(context.transaction)),
        complete_tags(),
        tuple(sorted(there, key=lambda each: each.name)),
    )


def register(
    request: Request[NewPatron, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Registers a patron with a first card. Everything that is wrong is named by its field."""
    wish = request.body
    set_up = context.circulation.current_set_up(context.transaction)
    home = set_up.branches.get(principal.branch_id)
    if wish.home_branch is not None:
        home = find_branch(context.transaction, isil=wish.home_branch)
    if home is None:
        raise unknown_branch(wish.home_branch or "", "home_branch", context)
    if not principal.may(Right.EDIT_PATRONS, home.agency_id, home.id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.EDIT_PATRONS)
    _must_have_name(wish)
    given = wish.model_dump(exclude={"silent_batch"})
    given |= {"home_branch": home.id, "card": wish.card.strip(), "kind": PatronKind(wish.kind)}
    act = act_of(principal, context, home.agency_id, home.id)
    try:
        patron_id = register_patron(act, Registered(**given))
    except PatronUnfit as error:
        raise unfit(error) from None
    except NoIdentifierKey as error:
        raise malformed("national_id", "no_key", str(error)) from None
    except IdentifierTaken as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    request.about = patron_id
    keep_quiet(wish.silent_batch, Basis.PATRON, [patron_id], principal, context)
    place = PatronPlace(patron_id, home.agency_id, home.id, wish.card.strip())
    shown = screen(place, request, principal, context)
    if isinstance(shown, Problem):
        raise shown
    address = f"/api/v1/patrons/{shown.value.id}"
    return shown._replace(status=201, headers=(*shown.headers, ("Location", address)))


def _must_have_name(wish: NewPatron) -> None:
    """Raise Problem for a person without a given name, and for others without any name."""
    if wish.given_name:
        return
    if wish.kind == PatronKind.PERSON.value:
        raise malformed("given_name", "missing", Sentence("IS_MISSING"))
    if not wish.family_name:
        raise malformed("family_name", "missing", Sentence("IS_MISSING"))


def unfit(error: PatronUnfit) -> Problem:
    """What a patron cannot be, field by field."""
    errors = [FieldError(each.field, "unfit", each.text) for each in error.problems]
    return Problem(Outcome.MALFORMED, said_by(error), errors=errors)


def change_details(
    request: Request[PatronChanges, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Changes what is on record for a patron. If-Match is the ETag of what was read. With a home
    branch of another agency they become a patron of that agency, which takes the right there."""
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    request.about = place.id
    fields = patron_fields(context.transaction, patron_id=place.id)
    if request.if_match != "*" and request.if_match != etag(fields):
        raise Problem(Outcome.CHANGED_MEANWHILE)
    given = request.body.model_dump(exclude_unset=True, exclude={"home_branch"})
    if given.get("is_protected") is False and not sees_addresses(place.id, principal, context):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.VIEW_PROTECTED_ADDRESSES)
    if empty := [name for name in given if given[name] is None and name not in _MAY_BE_NOTHING]:
        raise malformed(empty[0], "none", "this cannot be taken away")
    changes = Changes(**given)  # type: ignore[typeddict-item]
    if request.body.home_branch is not None:
        home = find_branch(context.transaction, isil=request.body.home_branch)
        if home is None:
            raise unknown_branch(request.body.home_branch, "home_branch", context)
        if not principal.may(Right.EDIT_PATRONS, home.agency_id, home.id):
            raise Problem(Outcome.RIGHT_MISSING, right=Right.EDIT_PATRONS)
        changes["home_branch_id"] = home.id
        place = place._replace(agency_id=home.agency_id, home_branch_id=home.id)
    try:
        change_patron(act_with(place, principal, context), place.id, changes)
    except PatronUnfit as error:
        raise unfit(error) from None
    return screen(place, request, principal, context)


_MAY_BE_NOTHING: Final = ("birth_date", "expires")

OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/registration",
        "What patrons can be",
        show_registration,
        Registration,
        tag="patrons",
        right=Right.EDIT_PATRONS,
    ),
    post(
        "/patrons",
        "Register a patron",
        register,
        PatronScreen,
        body=NewPatron,
        tag="patrons",
        right=Right.EDIT_PATRONS,
        status=201,
        outcomes=(Outcome.CONFLICT,),
    ),
    Operation(
        method="PATCH",
        path="/patrons/{patron}",
        summary="Change what is on record for a patron",
        handler=change_details,
        answer=PatronScreen,
        body=PatronChanges,
        tag="patrons",
        right=Right.EDIT_PATRONS,
        lane=Lane.SHORT_WRITE,
        is_versioned=True,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
)
