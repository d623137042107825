"""Items that come, change and go: CreateItem, UpdateItem, DeleteItem (Z39.83-1-2012, 5.4).

Everything is checked before anything is written, so that a refusal leaves nothing half done.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.items import find_item
from circulation.accession.adding import (
    Accessioned,
    Brief,
    NewItem,
    NotAccessioned,
    Obstacle,
    accession,
)
from circulation.accession.barcode_ranges import NoBarcodes, next_barcode
from circulation.accession.brief import accession_brief
from circulation.accession.item_defaults import Place
from circulation.items.changes import KEEP, ItemChange, change_item
from circulation.items.levels import LEVELS
from circulation.items.places import place_item, place_problems
from circulation.items.removal import ItemNeeded, remove_item
from circulation.kernel.organisation import find_branch
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refused
from protocols.hosting.answering import Context
from protocols.ncip.handling.once import once
from protocols.ncip.messages import Code, ItemId, Problem, Response
from protocols.ncip.models.items import BibliographicDescription, ItemDescription, Location
from protocols.ncip.models.stock import (
    AddItemFields,
    CreateItem,
    CreateItemResponse,
    DeleteItem,
    DeleteItemFields,
    DeleteItemResponse,
    UpdateItem,
    UpdateItemResponse,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import ITEM_BARCODE, barcode_of
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.users import folded

_OBSTACLES: dict[Obstacle, tuple[ProblemType, str]] = {
    Obstacle.NO_NUMBER: (ProblemType.ELEMENT_RULE_VIOLATED, "BibliographicDescription"),
    Obstacle.CHECK_DIGIT_WRONG: (ProblemType.ELEMENT_RULE_VIOLATED, "BibliographicItemIdentifier"),
    Obstacle.RECORD_UNKNOWN: (ProblemType.NEEDED_DATA_MISSING, "Title"),
    Obstacle.BRANCH_UNKNOWN: (ProblemType.UNKNOWN_AGENCY, "Location"),
    Obstacle.BARCODE_WRONG: (ProblemType.ELEMENT_RULE_VIOLATED, "ItemIdentifierValue"),
    Obstacle.BARCODE_IN_USE: (ProblemType.DUPLICATE_ITEM, "ItemIdentifierValue"),
    Obstacle.NO_BARCODE: (ProblemType.NEEDED_DATA_MISSING, "ItemId"),
    Obstacle.MATERIAL_GROUP_UNKNOWN: (ProblemType.ELEMENT_RULE_VIOLATED, "MediumType"),
    Obstacle.TITLE_MISSING: (ProblemType.NEEDED_DATA_MISSING, "Title"),
    Obstacle.PRICE_WRONG: (ProblemType.INVALID_AMOUNT, "Amount"),
}
_AVAILABLE = frozenset({"availableonshelf", "inprocess", "waitingtobereshelved"})


@once(CreateItemResponse)
def create_item(request: CreateItem, caller: Partner, context: Context) -> Response:
    """Adds an item: to the title with its number, else to a brief record of its title.

    Without an ItemId the barcode comes from a range of the library. Location names the branch
    (level 1: ISIL or name) and the places within it; the default is the partner's branch.
    """
    description = request.bibliographic_description or BibliographicDescription()
    barcode: str | None = None
    if request.item_id is not None:
        given = barcode_of(request.item_id)
        if isinstance(given, Problem):
            return refusal(request, given)
        barcode = given
    place = _place(request.location, caller, context)
    if isinstance(place, Problem):
        return refusal(request, place)
    home, levels = place
    wrong = [
        *_cannot_add(request.item_use_restriction_type, ProblemType.ELEMENT_RULE_VIOLATED),
        *_not_a_beginning(request.circulation_status),
        *_no_such_place(levels, home, ProblemType.ELEMENT_RULE_VIOLATED, context),
    ]
    if wrong:
        return refusal(request, *wrong)
    if barcode is None:
        try:
            barcode = next_barcode(context.transaction, Place(home.agency_id, home.id))
        except NoBarcodes as error:
            return refusal(request, problem(ProblemType.NEEDED_DATA_MISSING, str(error), "ItemId"))
    about = request.item_description or ItemDescription()
    new = NewItem(
        barcode=barcode,
        call_number=about.call_number,
        department=levels.get("department"),
        location=levels.get("location"),
        sublocation=levels.get("sublocation"),
        section=levels.get("section"),
    )
    done = _accessioned(description, new, home, caller, context)
    if isinstance(done, NotAccessioned):
        kind, element = _OBSTACLES[done.obstacle]
        value = barcode if element == "ItemIdentifierValue" else None
        return refusal(request, problem(kind, done.obstacle.value, element, value))
    return CreateItemResponse(item_id=_item_id(home, done.item.barcode))


def _accessioned(
    description: BibliographicDescription,
    new: NewItem,
    home: Branch,
    caller: Partner,
    context: Context,
) -> Accessioned | NotAccessioned:
    desk = desk_of(caller, context)
    title = description.title or ""
    brief = Brief(title, description.author or "") if title.strip() else None
    number = next(iter(_numbers(description)), None)
    done: Accessioned | NotAccessioned = NotAccessioned(Obstacle.NO_NUMBER)
    if number is not None:
        done = accession(
            context.act(desk), number=number, item=new, home_branch_id=home.id, brief=brief
        )
    if isinstance(done, NotAccessioned) and done.obstacle is Obstacle.NO_NUMBER:
        if brief is None:
            return NotAccessioned(Obstacle.TITLE_MISSING)
        done = accession_brief(context.act(desk), brief=brief, item=new, home_branch_id=home.id)
    return done


def _numbers(description: BibliographicDescription) -> list[str]:
    """The numbers that the title may have in the catalogue; the record's own comes first."""
    found = [each.bibliographic_record_identifier for each in description.bibliographic_record_id]
    if description.bibliographic_item_id is not None:
        found.append(description.bibliographic_item_id.bibliographic_item_identifier)
    return [each for each in found if each]


def update_item(request: UpdateItem, caller: Partner, context: Context) -> Response:
    """Changes the call number of an item, and where it belongs. AddItemFields replaces what is
    there; DeleteItemFields removes the call number, or the places within the branch. The title
    changes with its record, restrictions with the rules.
    """
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    added = request.add_item_fields or AddItemFields()
    deleted = request.delete_item_fields or DeleteItemFields()
    item = find_item(context.transaction, barcode)
    if item is None:
        kind, why = ProblemType.UNKNOWN_ITEM, Reason.ITEM_UNKNOWN.value
        return refusal(request, problem(kind, why, "ItemIdentifierValue", barcode))
    branches = context.circulation.current_set_up(context.transaction).branches
    home, levels = branches[item.branch_id], dict[str, str]()
    wrong = [
        *_not_of_the_item(added, ProblemType.UNABLE_TO_ADD_ELEMENT),
        *_not_of_the_item(deleted, ProblemType.UNABLE_TO_DELETE_ELEMENT),
    ]
    if added.location:
        place = _place(added.location, caller, context, home)
        if isinstance(place, Problem):
            wrong.append(place)
        else:
            home, levels = place
            kind = ProblemType.UNABLE_TO_ADD_ELEMENT
            wrong += _no_such_place(levels, home, kind, context)
    elif deleted.location:
        levels = dict.fromkeys(LEVELS, "")
    if wrong:
        return refusal(request, *wrong)
    desk = desk_of(caller, context)
    if added.location or deleted.location:
        placed = place_item(context.act(desk), item=barcode, branch=home.isil, **levels)
        assert not isinstance(placed, Refused)
    call_number = added.item_description.call_number if added.item_description else None
    if call_number is None and deleted.item_description is not None:
        call_number = ""
    change = ItemChange(call_number=KEEP if call_number is None else call_number)
    changed = change_item(context.act(desk), barcode, change)
    assert not isinstance(changed, Refused)
    return UpdateItemResponse(item_id=_item_id(home, barcode))


def delete_item(request: DeleteItem, caller: Partner, context: Context) -> Response:
    """Withdraws an item, unless something still depends on it."""
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    done = remove_item(context.act(desk_of(caller, context)), item=barcode)
    if done is None:
        return refusal(
            request,
            problem(
                ProblemType.UNKNOWN_ITEM, Reason.ITEM_UNKNOWN.value, "ItemIdentifierValue", barcode
            ),
        )
    if isinstance(done, ItemNeeded):
        why = "; ".join(need.value for need in done.needs)
        return refusal(
            request, problem(ProblemType.ITEM_ACCESS_DENIED, why, "ItemIdentifierValue", barcode)
        )
    return DeleteItemResponse(item_id=_item_id(done.item.home_branch, barcode))


def _item_id(home: Branch, barcode: str) -> ItemId:
    return ItemId(Code(home.agency_isil), ITEM_BARCODE, barcode)


def _place(
    given: Sequence[Location], caller: Partner, context: Context, home: Branch | None = None
) -> tuple[Branch, dict[str, str]] | Problem:
    """The branch, and the named places within it; the first Location counts. The branch is the
    item's present one (`home`), or belongs to an agency that the partner may serve.
    """
    names: dict[int, str] = {}
    for location in given[:1]:
        instances = location.location_name.location_name_instance if location.location_name else ()
        for each in instances:
            if each.location_name_level and each.location_name_value:
                names[each.location_name_level] = each.location_name_value
    branch = home or find_branch(context.transaction, isil=caller.branch)
    named = names.pop(1, None)
    if named is not None:
        branches = context.circulation.current_set_up(context.transaction).branches.values()
        by_isil = [each for each in branches if each.isil.casefold() == named.casefold()]
        by_name = [each for each in branches if folded(each.name) == folded(named)]
        branch = next(iter(by_isil or by_name), None)
    if branch is None:
        return problem(
            ProblemType.UNKNOWN_AGENCY, Reason.BRANCH_UNKNOWN.value, "LocationNameValue", named
        )
    if not caller.serves_agency(branch.agency_isil) and branch is not home:
        why = "nothing is agreed on the agency of this branch"
        kind = ProblemType.UNAUTHORIZED_COMBINATION_FOR_AGENCY
        return problem(kind, why, "LocationNameValue", named)
    levels = {level: names[number] for number, level in enumerate(LEVELS, 2) if number in names}
    return branch, levels


def _no_such_place(
    levels: dict[str, str], home: Branch, kind: ProblemType, context: Context
) -> list[Problem]:
    wrong = place_problems(context.transaction, home.agency_id, levels)
    return [problem(kind, each, "LocationNameValue") for each in wrong[:1]]


def _cannot_add(restrictions: Sequence[Code], kind: ProblemType) -> list[Problem]:
    if not restrictions:
        return []
    why = "the rules say who may have it, by its material group"
    return [problem(kind, why, "ItemUseRestrictionType", restrictions[0].value)]


def _not_of_the_item(fields: AddItemFields | DeleteItemFields, kind: ProblemType) -> list[Problem]:
    found = _cannot_add(fields.item_use_restriction_type, kind)
    if fields.bibliographic_description is not None:
        why = "a title is changed with its record"
        found.append(problem(kind, why, "BibliographicDescription"))
    return found


def _not_a_beginning(status: Code | None) -> list[Problem]:
    """A new item is in hand: other statuses are the result of what happens to it."""
    if status is None or folded(status.value) in _AVAILABLE:
        return []
    why = "what an item is doing is computed, not set"
    return [problem(ProblemType.ELEMENT_RULE_VIOLATED, why, "CirculationStatus", status.value)]
