"""What tests of Z39.50 start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.items import add_item
from tests.builders import circulation
from tests.protocols.z3950.extended import Place
from tests.protocols.z3950.library import a_library


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with a_library(sqlite_url) as library:
        around = circulation.a_library(library.database)
        for number, barcode in ((1, "I1"), (2, "I2")):
            around.write(
                lambda transaction, number=number, barcode=barcode: add_item(  # type: ignore[misc]
                    transaction,
                    barcode=barcode,
                    record_id=number,
                    branch_id=around.main.id,
                    now=around.now,
                )
            )
        yield Place(library, around)
