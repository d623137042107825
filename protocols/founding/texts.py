"""tiro.toml and library.toml of a new library, filled in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from string import Template
from typing import Final, NamedTuple

_FOLDER: Final = Path(__file__).parent


class Country(NamedTuple):
    """What goes without saying in a country: time zone, currency, language."""

    timezone: str
    currency: str
    language: str


#: By the prefix of an ISIL, which is that of ISO 3166.
COUNTRIES: Final = {
    "AT": Country("Europe/Vienna", "EUR", "de"),
    "CH": Country("Europe/Zurich", "CHF", "de"),
    "DE": Country("Europe/Berlin", "EUR", "de"),
    "DK": Country("Europe/Copenhagen", "DKK", "da"),
    "FI": Country("Europe/Helsinki", "EUR", "en"),
    "FR": Country("Europe/Paris", "EUR", "en"),
    "GB": Country("Europe/London", "GBP", "en"),
    "IE": Country("Europe/Dublin", "EUR", "en"),
    "NL": Country("Europe/Amsterdam", "EUR", "en"),
    "NO": Country("Europe/Oslo", "NOK", "en"),
    "SE": Country("Europe/Stockholm", "SEK", "en"),
    "US": Country("America/New_York", "USD", "en"),
}
ELSEWHERE: Final = Country("UTC", "EUR", "en")

_TO_A_PROXY: Final = """\
# The desk's cookies and passkeys need https. Give a certificate here:
#     [http.tls]
#     certificate = "fullchain.pem" # beside this file, or an absolute path
#     key = "key.pem"
# or let a web server before this one get it, which passes everything on to this port, sets
# X-Forwarded-Proto and X-Forwarded-For, and whose address stands above. If it is on another host,
# name that in [http] (forwarders = ["192.0.2.5"]), so that callers are told apart."""


#: Names in library.toml, by the language of the library; English where a language has none.
NAMES: Final = {
    "en": {
        "library": "My library",
        "main_branch": "Main library",
        "adult": "Adults",
        "child": "Children under 14",
        "institution": "Schools and other institutions",
        "book": "Books",
        "av": "Films, music and games",
        "dvd": "Films",
        "cd": "Music",
        "game": "Games",
        "periodical": "Single issues of periodicals",
        "reference": "Reference works",
        "christmas": "Christmas",
        "new_year": "New Year",
    },
    "da": {
        "library": "Mit bibliotek",
        "main_branch": "Hovedbiblioteket",
        "adult": "Voksne",
        "child": "Børn under 14 år",
        "institution": "Skoler og andre institutioner",
        "book": "Bøger",
        "av": "Film, musik og spil",
        "dvd": "Film",
        "cd": "Musik",
        "game": "Spil",
        "periodical": "Enkelthæfter af tidsskrifter",
        "reference": "Opslagsværker",
        "christmas": "Jul",
        "new_year": "Nytår",
    },
    "de": {
        "library": "Meine Bibliothek",
        "main_branch": "Hauptbibliothek",
        "adult": "Erwachsene",
        "child": "Kinder unter 14 Jahren",
        "institution": "Schulen und andere Einrichtungen",
        "book": "Bücher",
        "av": "Filme, Musik und Spiele",
        "dvd": "Filme",
        "cd": "Musik",
        "game": "Spiele",
        "periodical": "Zeitschriftenhefte",
        "reference": "Nachschlagewerke",
        "christmas": "Weihnachten",
        "new_year": "Neujahr",
    },
}


def names_in(language: str) -> dict[str, str]:
    """Return the names that library.toml has in a language."""
    return NAMES.get(language, NAMES["en"])


def country_of(isil: str) -> Country:
    """What goes without saying where that library is."""
    return COUNTRIES.get(isil.partition("-")[0].upper(), ELSEWHERE)


#: Characters of an ISIL behind the code of the country (ISO 15511).
LONGEST_OWN: Final = 11


def main_branch_of(agency: str) -> str:
    """An ISIL for the first branch of an agency: that after it where it ends with noughts."""
    if agency.endswith("00"):
        return agency[:-1] + "1"
    country, _, own = agency.partition("-")
    branch = f"{country}-{own[: LONGEST_OWN - 2]}-1"
    return branch if branch != agency else f"{branch[:-1]}2"


@dataclass(frozen=True)
class Wish:
    """What a founder has said. `address` is where browsers reach the library, empty where that is
    not known yet; `certificate` and `key` are files, where it ends TLS itself."""

    name: str
    agency: str
    branch: str
    branch_name: str
    timezone: str
    currency: str
    language: str
    database: str
    http: int
    sip2: int
    z3950: int
    address: str = ""
    certificate: Path | None = None
    key: Path | None = None


def configuration_text(wish: Wish) -> str:
    """tiro.toml, with keys of its own."""
    tls = _TO_A_PROXY
    if wish.certificate is not None and wish.key is not None:
        files = (str(each.absolute()) for each in (wish.certificate, wish.key))
        tls = "\n[http.tls]\ncertificate = {}\nkey = {}".format(*map(_quoted, files))
    address = f"address = {_quoted(wish.address)}"
    return _filled(
        "tiro.toml",
        database=_quoted(wish.database),
        identifier_key=token_hex(32),
        seal_key=token_hex(32),
        language=_quoted(wish.language),
        http=wish.http,
        sip2=wish.sip2,
        z3950=wish.z3950,
        interface=_quoted("127.0.0.1" if wish.certificate is None else "0.0.0.0"),  # noqa: S104
        address=address if wish.address else f"# {_ADDRESS}",
        tls=tls,
        agency=wish.agency,
        branch=_quoted(wish.branch),
        region=_quoted(region_of(wish.agency, wish.timezone)),
    )


_ADDRESS: Final = 'address = "https://library.example.org" # where browsers reach it'


def set_up_text(wish: Wish) -> str:
    """library.toml."""
    return _filled(
        "library.toml",
        name=_quoted(wish.name),
        agency=wish.agency,
        branch=wish.branch,
        branch_name=_quoted(wish.branch_name),
        timezone=_quoted(wish.timezone),
        currency=_quoted(wish.currency),
        **{f"name_{key}": _quoted(each) for key, each in names_in(wish.language).items()},
    )


def region_of(isil: str, timezone: str) -> str:
    """Return the region (ISO 3166) of telephone numbers without a country code.

    It is the prefix of the ISIL where that is a country, else the country of the time zone. It is
    empty where neither tells: every number then needs its country code.
    """
    from babel.core import get_global
    from phonenumbers import SUPPORTED_REGIONS

    for region in (isil.partition("-")[0].upper(), get_global("zone_territories").get(timezone)):
        if region in SUPPORTED_REGIONS:
            return str(region)
    return ""


def _filled(file: str, /, **places: object) -> str:
    return Template((_FOLDER / file).read_text(encoding="utf-8")).substitute(places)


def _quoted(text: str) -> str:
    """As a basic string of TOML."""
    return json.dumps(text, ensure_ascii=False)
