"""What machines write down of items."""

from __future__ import annotations

from catalogue.database import Database
from circulation.items.properties import properties_of, set_properties
from circulation.kernel.events import EventKind
from tests.builders.circulation import Library, a_library, an_item


def told(library: Library, item: str, properties: str) -> bool:
    return library.write(
        lambda transaction: set_properties(
            library.act(transaction), item=item, properties=properties
        )
    )


def test_the_last_word_counts_and_events_keep_the_others(database: Database) -> None:
    library = a_library(database)
    item = an_item(library)
    assert told(library, item, "2 discs")
    assert told(library, item, "1 disc")
    assert library.read(lambda transaction: properties_of(transaction, barcode=item)) == "1 disc"
    first, second = library.events_of(item)
    assert first.kind is EventKind.ITEM_PROPERTIES_SET
    assert (first.before, first.after) == ({}, {"properties": "2 discs"})
    assert (second.before, second.after) == ({"properties": "2 discs"}, {"properties": "1 disc"})


def test_no_words_are_nothing(database: Database) -> None:
    library = a_library(database)
    item = an_item(library)
    assert told(library, item, "2 discs")
    assert told(library, item, "")
    assert library.read(lambda transaction: properties_of(transaction, barcode=item)) is None


def test_an_item_that_nobody_knows(database: Database) -> None:
    library = a_library(database)
    assert not told(library, "X1", "2 discs")
    assert library.read(lambda transaction: properties_of(transaction, barcode="X1")) is None
