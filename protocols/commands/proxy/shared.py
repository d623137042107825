"""Read proxy.toml and ask the proxy that runs, for the commands about the proxy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from protocols.process.failures import Failure

if TYPE_CHECKING:
    from protocols.proxy.settings import ProxySettings

FILE = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TIRO_PROXY",
    default=Path("proxy.toml"),
    show_default=True,
    help="The configuration of the proxy (variable TIRO_PROXY).",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings_of(path: Path) -> ProxySettings:
    """The settings in the file. Raises Failure with all that is wrong there."""
    from protocols.proxy.settings import ProxyUnusable, load_settings

    if not path.exists():
        raise Failure(
            f"{path} does not exist",
            "Name it with --file FILE or the variable TIRO_PROXY;"
            " docs/one-address-for-two-systems.md has one to start from.",
        )
    try:
        return load_settings(path)
    except ProxyUnusable as error:
        raise Failure(str(error), "Put it right there.") from error


def asked(path: Path, **request: Any) -> dict[str, Any]:
    """Return the answer of the proxy of that file. Raises Failure."""
    from protocols.hosting.proxy_control import NoProxy, ask

    folder = settings_of(path).journal
    try:
        answer = ask(folder, **request)
    except NoProxy as error:
        raise Failure(
            str(error), "Is `tiro proxy serve` running, and may you write to that folder?"
        ) from error
    return answered(answer)


_ADD: Final = "Add it to proxy.toml, and start the proxy again."
#: What to do about a refusal of the proxy, by the name of its sentence.
_REMEDIES: Final = {
    "NO_NEW": _ADD,
    "SHADOW_NEEDS": _ADD,
    "WRITE_BACK_NEEDS": _ADD,
    "CANNOT_COMPARE": _ADD,
    "READINESS_COUNTED": "Run the command again.",
    "NOT_READY": "See `tiro proxy readiness`, or switch with --despite-readiness REASON.",
}


def answered(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of a proxy. Raise Failure where it has refused."""
    if "error" in answer:
        todo = _REMEDIES.get(answer.get("name", ""), "`tiro proxy status` names the terminals.")
        raise Failure(answer["error"], todo)
    return answer
