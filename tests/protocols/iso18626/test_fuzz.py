"""Whatever comes is confirmed validly, at once: ``python -m tests.fuzz.iso18626`` is the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.database import open_database
from protocols.iso18626.codes import Version
from tests.fuzz.iso18626 import Fuzzer
from tests.protocols.iso18626.schemas import Schemas, samples


@pytest.mark.parametrize("version", Version)
def test_all_samples_and_what_chance_makes_of_them(
    version: Version, sqlite_url: str, schemas: Schemas, shared: Path
) -> None:
    found = samples(shared)
    fuzzer = Fuzzer(found, schemas, seed=18626)
    fuzzer.feed(open_database(sqlite_url), version, count=400)
    assert fuzzer.answers.total() == 400
    # Both get past the reader: what is taken, and what is told because of it.
    assert fuzzer.answers["200 OK"] > len(found)
    assert fuzzer.told > 10
