"""`make audit`: known vulnerabilities in what is installed here, by pip-audit of the PyPA.

The verdict is taken from its report, which is there only when every package was asked for: its
status is 1 for a vulnerability as for a network that is not there. The status of this is 1 where
something is vulnerable, 2 where the audit itself failed, and 0 where nothing is known, or where
nobody who knows could be reached, which is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Itself, which is no package of others.
OURS = "tiro-ils"
#: Known and accepted, each with why; what is not found any more does no harm here.
ACCEPTED = {
    "CVE-2025-50817": "disputed: `import test` of the package future finds what sys.path holds, as "
    "any import does; it comes with the broker of the tests, and Tiro installs it nowhere",
}
_NOT_AUDITED = "not audited: the list of vulnerabilities could not be reached"
#: What pip-audit and the libraries under it say where the network is at fault.
_UNREACHED = (
    "could not connect",
    "connection",
    "timed out",
    "timeout",
    "name resolution",
    "proxyerror",
    "max retries",
    "503 server error",
    "403 client error",  # of a proxy that lets nobody through
)


def verdict(report: str | None, said: str) -> tuple[int, list[str]]:
    """The status, and the lines that say why: from the report, if any, and standard error."""
    if report is None:
        if any(words in said.lower() for words in _UNREACHED):
            return 0, [_NOT_AUDITED]
        return 2, ["the audit failed:", *said.strip().splitlines()[-5:]]
    packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    vulnerable = [(each, known) for each in packages for known in each.get("vulns", ())]
    accepted = sorted({name for _, known in vulnerable for name in _names(known) & ACCEPTED.keys()})
    found = [
        f"{each['name']} {each['version']}: {known['id']}, mended in "
        f"{', '.join(known['fix_versions']) or 'no release yet'}"
        for each, known in vulnerable
        if not _names(known) & ACCEPTED.keys()
    ]
    if found:
        return 1, found
    unknown = [each["name"] for each in packages if "skip_reason" in each and each["name"] != OURS]
    asked = len([each for each in packages if "vulns" in each])
    if not asked:
        return 0, [f"{_NOT_AUDITED}: it knows none of {len(unknown)} packages"]
    told = [f"not audited, as nobody knows of them: {', '.join(unknown)}"] if unknown else []
    told += [f"{each} is accepted: {ACCEPTED[each]}" for each in accepted]
    other = "other " if accepted else ""
    return 0, [*told, f"{asked} packages, no {other}known vulnerability"]


def _names(known: dict[str, Any]) -> set[str]:
    """What a vulnerability is called, here and elsewhere."""
    return {known["id"], *known.get("aliases", ())}


def main(options: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="tiro-audit-") as folder:
        file = Path(folder) / "report.json"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner=off"),
                *("--format=json", "--timeout=30", f"--output={file}", *options),
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        report = file.read_text() if file.exists() and file.stat().st_size else None
    status, lines = verdict(report, done.stderr)
    for line in lines:
        print(f"audit: {line}", file=sys.stderr if status else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
