"""The section [z3950]: its defaults, and what it refuses."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from protocols.z3950.listener import standard
from protocols.z3950.settings import Z3950Settings
from tests.builders.pins import hashed

HASH = hashed("password")
ADAPTER: TypeAdapter[Z3950Settings] = TypeAdapter(Z3950Settings)


def test_the_defaults_are_valid() -> None:
    assert ADAPTER.validate_python({}) == Z3950Settings()


def test_everything_can_be_set() -> None:
    settings = ADAPTER.validate_python(
        {
            "enabled": False,
            "port": 210,
            "interface": "::",
            "databases": ["books"],
            "accounts": [{"user": "user", "password": HASH, "group": "g"}],
            "require_account": True,
            "idle_timeout": 5,
            "preferred_message_size": 4_096,
            "exceptional_record_size": 8_192,
            "maximum_request_size": 4_096,
            "maximum_result_sets": 2,
        }
    )
    assert settings.databases == ("books",)
    assert settings.by_user["user"].group == "g"
    assert settings.require_account


@pytest.mark.parametrize(
    "wrong",
    [{"prot": 1}, {"port": 70_000}, {"databases": []}, {"idle_timeout": 0},
     {"preferred_message_size": 10}, {"maximum_result_sets": 1}, {"accounts": ["user"]},
     {"accounts": [{"user": "a", "password": "in clear"}]},
     {"accounts": [{"user": "a", "password": HASH}] * 2}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(wrong)


def test_switched_off_it_does_not_listen() -> None:
    assert standard.ports(Z3950Settings(enabled=False), None) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("interface", "host"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")]
)
def test_the_example_names_a_host_that_can_be_reached(interface: str, host: str) -> None:
    (line,) = standard.examples(Z3950Settings(interface=interface), [2100], None)
    command, _, _ = line.partition("  # ")
    assert command.startswith(f"tiro z3950 ask {host}:2100/catalogue ")
