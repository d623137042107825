"""The section ``[holdings]`` of tiro.toml: who is told what the library has, and what it is doing.

[holdings.sinks.bibliotek]        # any name, and the driver that serves it
driver = "data_well"
agencies = ["DK-775100"]          # whose stock; all where there is none
url = "https://holdingsitemsupdate.example.org/"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from protocols.holdings.sinks import driver_names, load_driver
from protocols.hosting.validating import adapter_of, problem_of


@dataclass(frozen=True)
class SinkSettings:
    """A sink: its driver's name, whose stock it is told of, and the driver's own settings."""

    #: What exports to it; each driver has settings of its own, below.
    driver: str
    #: ISILs of the agencies whose stock is exported; all where there is none.
    agencies: tuple[str, ...] = ()
    options: Any = None


def _sinks(value: object) -> dict[str, SinkSettings]:
    if not isinstance(value, Mapping):
        raise ValueError("must be tables: [holdings.sinks.bibliotek]")
    return {name: _sink(name, table) for name, table in value.items()}


def _sink(name: str, table: object) -> SinkSettings:
    if isinstance(table, SinkSettings):
        return table
    if not isinstance(table, Mapping):
        raise ValueError(f"{name} must be a table")
    options = dict(table)
    driver, agencies = options.pop("driver", None), options.pop("agencies", [])
    if driver not in driver_names():
        raise ValueError(f"{name}: driver must be one of {', '.join(driver_names())}")
    if not isinstance(agencies, list) or not all(
        isinstance(each, str) and each and not any(map(str.isspace, each)) for each in agencies
    ):
        raise ValueError(f"{name}: agencies must be a list of ISILs")
    try:
        settings = adapter_of(load_driver(driver).settings).validate_python(options)
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(str(part) for part in each['loc'])}: {problem_of(each)}"
            for each in error.errors()
        )
        raise ValueError(f"{name}: {told}") from None
    return SinkSettings(driver, tuple(agencies), settings)


@dataclass(frozen=True)
class HoldingsSettings:
    """The section ``[holdings]``; without sinks nobody is told."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Seconds between two looks for changes to tell.
    every: Annotated[float, Field(gt=0, le=60)] = 2.0
    #: Who is told: a table for each, with its driver and what that needs.
    sinks: Annotated[dict[str, SinkSettings], BeforeValidator(_sinks)] = field(default_factory=dict)
