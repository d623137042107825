"""The verdict of the audit: from pip-audit's report, never from its status."""

from __future__ import annotations

import json

import pytest

from tests.audit import ACCEPTED, verdict

CLEAN = {"name": "click", "version": "8.2.0", "vulns": []}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI"}
VULNERABLE = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"], "aliases": [], "description": ""}],
}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_known_vulnerability_fails_it_with_what_mends_it() -> None:
    status, lines = verdict(report(CLEAN, VULNERABLE, UNKNOWN), "Found 1 known vulnerability")
    assert status == 1
    assert lines == ["jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2"]


def test_what_is_accepted_passes_and_is_said() -> None:
    known = {"id": "GHSA-1", "aliases": [next(iter(ACCEPTED))], "fix_versions": []}
    disputed = {"name": "future", "version": "1.0.0", "vulns": [known]}
    status, lines = verdict(report(CLEAN, disputed), "")
    assert status == 0
    assert lines[0].startswith(f"{next(iter(ACCEPTED))} is accepted: ")
    status, lines = verdict(report(VULNERABLE, disputed), "")
    assert (status, len(lines)) == (1, 1)


def test_nothing_known_passes_and_says_what_nobody_knows() -> None:
    status, lines = verdict(report(CLEAN, UNKNOWN), "")
    assert status == 0
    assert lines == [
        "not audited, as nobody knows of them: ours",
        "1 packages, no known vulnerability",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed",
        "ERROR:pip_audit._cli:Connection to the service timed out",
    ],
)
def test_a_network_that_is_not_there_is_said_and_passes(said: str) -> None:
    status, [line] = verdict(None, said)
    assert status == 0
    assert "could not be reached" in line


def test_an_answer_that_knows_nothing_at_all_is_no_audit() -> None:
    status, [line] = verdict(report(UNKNOWN, {"name": "tiro-ils", "skip_reason": "editable"}), "")
    assert status == 0
    assert "could not be reached: it knows none of 1 packages" in line


def test_an_audit_that_breaks_is_no_pass() -> None:
    status, lines = verdict(None, "No module named pip_audit\n")
    assert status == 2
    assert lines[-1] == "No module named pip_audit"
