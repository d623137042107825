"""FBS: the fields of our answers, and their types, as the published interface found them right.

    python -m tests.corpora.fbs         writes fbs.json anew: one request to each call

Who has the published interface holds all answers against that, and this file with them. Elsewhere
the file is the judge: an answer has no field that it had not, and none of another type.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from protocols.fbs.calls import Call

FILE = Path(__file__).with_name("fbs.json")


def shape(value: Any) -> Any:
    """The names of types in place of values; of a list what its members have together."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        together: Any = None
        for each in value:
            together = _together(together, shape(each))
        return [] if together is None else [together]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def _together(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _together(one.get(name), other.get(name)) for name in sorted({*one, *other})}
    return other if one is None or one == [] else one


def differences(known: Any, found: Any, path: str = "") -> list[str]:
    """What an answer has that the known one has not, or has otherwise."""
    if isinstance(known, dict) and isinstance(found, dict):
        return [
            told
            for name, each in found.items()
            for told in (
                differences(known[name], each, f"{path}/{name}")
                if name in known
                else [f"{path}/{name}: is new"]
            )
        ]
    if isinstance(known, list) and isinstance(found, list):
        pairs = zip(known, found, strict=False)
        return [told for one, other in pairs for told in differences(one, other, f"{path}/0")]
    return [] if known == found else [f"{path}: is {found}, and was {known}"]


class Answers:
    """The judge, where the published interface is not at hand."""

    def __init__(self) -> None:
        self.shapes: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))

    def problems(self, call: Call, answer: Any) -> list[str]:
        return differences(self.shapes[call.name], shape(answer))


def main() -> None:
    from catalogue.database import migrate
    from tests.protocols.fbs.stage import a_stage
    from tests.protocols.fbs.test_interface import ASKED, MORE_SETTINGS, Scene, plainest

    folder = Path(tempfile.mkdtemp())
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    migrate(url)
    with a_stage(url, folder, **MORE_SETTINGS) as stage:
        scene, found = Scene(stage), {}
        for call in ASKED:
            told = plainest(call, scene)
            found[call.name] = shape(told.body) if told.status == 200 else None
    lines = (f"{json.dumps(name)}: {json.dumps(each)}" for name, each in sorted(found.items()))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
