"""What is asked of patrons: who they are, what they have set, new ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from circulation.patrons.kinds import Consent, PatronKind
from protocols.fbs import shapes
from protocols.fbs.calls import Asker, Call
from protocols.fbs.codec import read_text, read_truth, reads
from protocols.fbs.handling import (
    own_settings,
    patrons,
    registering,
)
from protocols.fbs.messages import (
    AuthenticationRequest,
    BlockIdentifier,
    CreatePatron,
    CreateWithGuardian,
    UpdateAsGuardian,
    UpdateAsGuardianOlder,
    UpdateConsent,
    UpdateGuardian,
    UpdatePatron,
    UpdatePatronOlder,
)
from protocols.fbs.rows.writing import (
    EDIT,
    NOBODY,
    NOTHING,
    PV1,
    SITE,
    A,
    P,
    versions,
)
from protocols.hosting.answering import Lane


def _letting_in() -> Iterator[Call]:
    its = SITE | {"lane": Lane.WRITE, "reads": reads(AuthenticationRequest)}
    yield from versions(
        "POST",
        patrons.authenticate,
        {
            f"v1/{A}/patrons/authenticate": shapes.AUTHENTICATED_V1,
            f"v2/{A}/patrons/authenticate": shapes.AUTHENTICATED_V1,
            f"{A}/patrons/authenticate/v3": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/authenticate/v4": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/authenticate/v5": shapes.AUTHENTICATED_V5,
            f"{A}/patrons/authenticate/v6": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/authenticate/v7": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/authenticate/v8": shapes.AUTHENTICATED_V8,
            f"{A}/patrons/authenticate/v9": shapes.AUTHENTICATION,
            f"{A}/patrons/authenticate/v10": shapes.AUTHENTICATION,
        },
        **its,
    )
    yield from versions(
        "POST",
        patrons.look_up,
        {
            f"v1/{A}/patrons/preauthenticated": shapes.AUTHENTICATED_V1,
            f"v2/{A}/patrons/preauthenticated": shapes.AUTHENTICATED_V1,
            f"v1/{A}/patrons/preauthenticated/unic": shapes.AUTHENTICATED_V1,
            f"v2/{A}/patrons/preauthenticated/unic": shapes.AUTHENTICATED_V1,
            f"{A}/patrons/preauthenticated/v3": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/preauthenticated/v4": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/preauthenticated/v5": shapes.AUTHENTICATED_V5,
            f"{A}/patrons/preauthenticated/v6": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/preauthenticated/v7": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/preauthenticated/v8": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/preauthenticated/v9": shapes.AUTHENTICATED_V8,
            f"{A}/patrons/preauthenticated/v10": shapes.AUTHENTICATION,
            f"{A}/patrons/preauthenticated/unic/v3": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/preauthenticated/unic/v4": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/preauthenticated/unic/v5": shapes.AUTHENTICATED_V5,
            f"{A}/patrons/preauthenticated/unic/v6": shapes.AUTHENTICATED_V6,
        },
        reads=read_text,
        **SITE,
    )
    yield from versions(
        "POST",
        patrons.look_up_number,
        {
            f"{A}/patrons/preauthenticated/patronId/v1": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/preauthenticated/patronId/v2": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/preauthenticated/patronId/v3": shapes.AUTHENTICATED_V8,
            f"{A}/patrons/preauthenticated/patronId/v4": shapes.AUTHENTICATION,
        },
        reads=read_text,
        **SITE,
        **NOBODY,
    )


def _patrons() -> Iterator[Call]:
    yield from versions(
        "GET",
        patrons.show_patron,
        {
            f"{P}/v1": shapes.AUTHENTICATED_V5,
            f"{P}/v2": shapes.AUTHENTICATED_V6,
            f"{P}/v3": shapes.AUTHENTICATED_V6,
            f"{P}/v4": shapes.AUTHENTICATED_V8,
        },
        **NOBODY,
    )
    for kind in PatronKind:
        name = kind.value
        yield from versions(
            "GET",
            patrons.show_of_kind(kind),
            {
                f"{A}/patrons/{name}/{{patronid}}{version and f'/{version}'}": shape
                for (its, version), shape in shapes.OF_KIND.items()
                if its == name
            },
        )
    yield from versions(
        "PUT",
        own_settings.update_patron,
        {
            f"{PV1}": shapes.AUTHENTICATED_V1,
            "v2/{agencyid}/patrons/{patronid}": shapes.AUTHENTICATED_V1,
            f"{P}/v3": shapes.AUTHENTICATED_V3,
            f"{P}/v4": shapes.AUTHENTICATED_V3,
            f"{P}/v5": shapes.AUTHENTICATED_V6,
            f"{P}/v6": shapes.AUTHENTICATED_V6,
            f"{P}/v7": shapes.AUTHENTICATED_V8,
        },
        reads=reads(UpdatePatronOlder),
        **EDIT,
    )
    yield from versions(
        "PUT",
        own_settings.update_silently,
        {f"{P}/v8": None},
        reads=reads(UpdatePatron),
        status=204,
        **EDIT,
    )
    yield from _consents_and_cards()


def _consents_and_cards() -> Iterator[Call]:
    yield Call(
        method="GET",
        path=f"{A}/patrons/consent/{{patronid}}/v1",
        handler=own_settings.list_consents,
        shape=shapes.CONSENTS,
    )
    for name, consent in (
        ("historicaldata", Consent.KEEP_HISTORY),
        ("nationalregistry", Consent.PERSON_REGISTRY),
    ):
        yield Call(
            method="PUT",
            path=f"{P}/updateconsent/{name}/v1",
            handler=own_settings.consent_and_tell(consent),
            shape=shapes.AUTHENTICATED_V9,
            reads=read_truth,
            **EDIT,
            **NOBODY,
        )
        yield Call(
            method="PUT",
            path=f"{P}/updateconsent/{name}/v2",
            handler=own_settings.consent_to(consent),
            shape=shapes.CONSENTS,
            reads=reads(UpdateConsent),
            **EDIT,
        )
    yield Call(
        method="GET",
        path=f"{P}/identifiers/v1",
        handler=own_settings.list_identifiers,
        shape=shapes.IDENTIFIERS,
        **NOTHING,
    )
    yield Call(
        method="PUT",
        path=f"{P}/identifiers/block/v1",
        handler=own_settings.report_lost,
        reads=reads(BlockIdentifier),
        **EDIT,
    )


def _registering() -> Iterator[Call]:
    its = EDIT | {"asker": Asker.PERSON}
    yield from versions(
        "POST",
        registering.create_patron,
        {
            f"v1/{A}/patrons": shapes.AUTHENTICATED_V1,
            f"v2/{A}/patrons": shapes.AUTHENTICATED_V1,
            f"{A}/patrons/v3": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/v4": shapes.AUTHENTICATED_V3,
            f"{A}/patrons/v5": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/v6": shapes.AUTHENTICATED_V6,
            f"{A}/patrons/v7": shapes.AUTHENTICATED_V8,
            f"{A}/patrons/v8": shapes.AUTHENTICATED_V9,
            f"{A}/patrons/v9": shapes.AUTHENTICATED_V10,
            f"{A}/patrons/v10": shapes.AUTHENTICATED_V10,
        },
        reads=reads(CreatePatron),
        **its,
    )
    yield from versions(
        "POST",
        registering.create_with_guardian,
        {f"{A}/patrons/withGuardian/v{each}": shapes.plain for each in range(1, 5)},
        reads=reads(CreateWithGuardian),
        **its,
    )
    yield from versions(
        "PUT",
        registering.change_guardian,
        {f"{A}/patrons/withGuardian/v{each}": shapes.plain for each in range(1, 3)},
        reads=reads(UpdateGuardian),
        **SITE,
        **EDIT,
    )
    yield from versions(
        "POST",
        registering.list_wards,
        {
            f"{A}/patrons/guardian/v1": shapes.each(shapes.AUTHENTICATED_V8),
            f"{A}/patrons/guardian/v2": shapes.each(shapes.AUTHENTICATED_V10),
        },
        reads=read_text,
        **SITE,
    )
    for version, body, shape in (
        ("v1", UpdateAsGuardianOlder, shapes.AUTHENTICATED_V8),
        ("v2", UpdateAsGuardian, shapes.AUTHENTICATED_V10),
    ):
        yield Call(
            method="PUT",
            path=f"{P}/guardian/{version}",
            handler=registering.update_as_guardian,
            shape=shape,
            reads=reads(body),
            **SITE,
            **EDIT,
        )


CALLS: Final[tuple[Call, ...]] = (
    *_letting_in(),
    *_patrons(),
    *_registering(),
)
