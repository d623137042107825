"""Items and patrons."""

from __future__ import annotations

from typing import Final

from circulation.items.changes import ItemChange, change_item
from circulation.items.places import place_item
from circulation.items.properties import set_properties
from circulation.items.removal import remove_item
from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.patrons.addresses import NewAddress, add_address, let_write
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.changes import change_patron
from circulation.patrons.consents import give_consent, withdraw_consent
from circulation.patrons.contacts import (
    Preferences,
    add_contact,
    remove_contact,
    set_preferences,
    verify_contact,
)
from circulation.patrons.groups import join_group, leave_group
from circulation.patrons.guardians import add_guardian, remove_guardian, show_account
from circulation.patrons.identifiers import (
    add_identifier,
    block_identifier,
    set_identifier_expiry,
)
from circulation.patrons.kinds import Consent, ContactKind, IdentifierKind
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.pin_rules import unlock_pin
from circulation.patrons.registering import set_pin
from tests.pairs.nouns import (
    CHARGE,
    HOLD,
    ITEM,
    PATRON,
    PROFILE,
    WEEK,
    Verb,
    patron_of,
)
from tests.pairs.states import ItemState

VERBS: Final = (
    Verb(
        "change_item",
        frozenset({ITEM}),
        (change_item,),
        lambda act, scene, side: change_item(act, scene.item, ItemChange(call_number=f"78.{side}")),
    ),
    Verb(
        "place_item",
        frozenset({ITEM}),
        (place_item,),
        lambda act, scene, side: place_item(act, item=scene.item, branch="DK-900102"),
    ),
    Verb(
        "set_properties",
        frozenset({ITEM}),
        (set_properties,),
        lambda act, scene, side: set_properties(act, item=scene.item, properties=f"red {side}"),
    ),
    Verb(
        "remove_item",
        frozenset({ITEM, HOLD}),
        (remove_item,),
        lambda act, scene, side: remove_item(act, item=scene.item, why="worn"),
        frozenset({ItemState.FREE, ItemState.WANTED}),
    ),
    Verb(
        "block_deceased",
        frozenset({PATRON, PROFILE, HOLD}),
        (block_patron,),
        lambda act, scene, side: block_patron(act, scene.waiting_id, BlockReason.DECEASED),
    ),
    Verb(
        "block_patron",
        frozenset({PATRON, PROFILE}),
        (block_patron,),
        lambda act, scene, side: block_patron(
            act, scene.waiting_id, BlockReason.OTHER, message=f"from {side}"
        ),
    ),
    Verb(
        "unblock_patron",
        frozenset({PATRON, PROFILE}),
        (unblock_patron,),
        lambda act, scene, side: unblock_patron(act, scene.other_id, BlockReason.OTHER),
    ),
    Verb(
        "erase_person",
        frozenset({PATRON, PROFILE, HOLD, CHARGE}),
        (erase_person,),
        lambda act, scene, side: erase_person(act, scene.waiting_id),
    ),
    Verb(
        "change_patron",
        frozenset({PATRON, PROFILE}),
        (change_patron,),
        lambda act, scene, side: change_patron(
            act, scene.waiting_id, {"family_name": f"Ibsen {side}"}
        ),
    ),
    Verb(
        "add_contact",
        frozenset({PROFILE}),
        (add_contact,),
        lambda act, scene, side: add_contact(
            act, scene.waiting_id, ContactKind.EMAIL, "new@example.org"
        ),
    ),
    Verb(
        "verify_contact",
        frozenset({PROFILE}),
        (verify_contact,),
        lambda act, scene, side: verify_contact(act, scene.borrower_id, scene.contact_id),
    ),
    Verb(
        "remove_contact",
        frozenset({PROFILE}),
        (remove_contact,),
        lambda act, scene, side: remove_contact(act, scene.borrower_id, scene.contact_id),
    ),
    Verb(
        "set_preferences",
        frozenset({PROFILE, HOLD}),
        (set_preferences,),
        lambda act, scene, side: set_preferences(
            act, scene.waiting_id, Preferences(interest_days=30 + side)
        ),
    ),
    Verb(
        "add_identifier",
        frozenset({PROFILE}),
        (add_identifier,),
        lambda act, scene, side: add_identifier(
            act, patron_of(scene, side), f"N{scene.number:06}", IdentifierKind.CARD.value
        ),
    ),
    Verb(
        "block_identifier",
        frozenset({PROFILE, PATRON}),
        (block_identifier,),
        lambda act, scene, side: block_identifier(act, scene.waiting, IdentifierBlock.LOST),
    ),
    Verb(
        "set_identifier_expiry",
        frozenset({PROFILE}),
        (set_identifier_expiry,),
        lambda act, scene, side: set_identifier_expiry(
            act, scene.waiting, act.now.date() + (1 + side) * WEEK
        ),
    ),
    Verb(
        "give_consent",
        frozenset({PROFILE}),
        (give_consent,),
        lambda act, scene, side: give_consent(act, scene.waiting_id, Consent.KEEP_HISTORY),
    ),
    Verb(
        "withdraw_consent",
        frozenset({PROFILE}),
        (withdraw_consent,),
        lambda act, scene, side: withdraw_consent(act, scene.waiting_id, Consent.KEEP_HISTORY),
    ),
    Verb(
        "add_address",
        frozenset({PROFILE}),
        (add_address,),
        lambda act, scene, side: add_address(
            act, scene.waiting_id, NewAddress(street="Torvet", city="Hobro", postal_code="9500")
        ),
    ),
    Verb(
        "let_write",
        frozenset({PROFILE}),
        (let_write,),
        lambda act, scene, side: let_write(act, scene.waiting_id, notices=bool(side)),
    ),
    Verb(
        "join_group",
        frozenset({PROFILE}),
        (join_group,),
        lambda act, scene, side: join_group(act, scene.group_id, scene.waiting_id),
    ),
    Verb(
        "leave_group",
        frozenset({PROFILE}),
        (leave_group,),
        lambda act, scene, side: leave_group(act, scene.group_id, scene.other_id),
    ),
    Verb(
        "add_guardian",
        frozenset({PROFILE}),
        (add_guardian,),
        lambda act, scene, side: add_guardian(
            act, scene.other_id, scene.waiting_id, today=act.now.date()
        ),
    ),
    Verb(
        "show_account",
        frozenset({PROFILE}),
        (show_account,),
        lambda act, scene, side: show_account(
            act, scene.other_id, scene.waiting_id, today=act.now.date(), sees_account=bool(side)
        ),
    ),
    Verb(
        "remove_guardian",
        frozenset({PROFILE}),
        (remove_guardian,),
        lambda act, scene, side: remove_guardian(act, scene.other_id, scene.waiting_id),
    ),
    Verb(
        "set_pin",
        frozenset({PROFILE}),
        (set_pin,),
        lambda act, scene, side: set_pin(act, scene.waiting_id, None),
    ),
    Verb(
        "unlock_pin",
        frozenset({PROFILE}),
        (unlock_pin,),
        lambda act, scene, side: unlock_pin(act, scene.waiting_id),
    ),
)
