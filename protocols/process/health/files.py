"""Files: certificates that can be read and are valid, and secrets that only their owner sees."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from protocols.hosting.findings import Finding, error, warning
from protocols.process.configuration import Configuration
from protocols.process.health.every_setting import Place, every_setting

#: Settings that name a file of certificates in PEM, and those that name a private key.
_CERTIFICATES: Final = frozenset({"certificate", "client_ca", "authorities"})
_KEYS: Final = frozenset({"key"})
#: Settings that name a file of other secrets.
_SECRETS: Final = frozenset({"tokens"})
#: Parts of the names of settings that hold a secret.
_SECRET_WORDS: Final = ("password", "secret", "token", "identifier_key", "seal_key")
#: A certificate that ends within so many days is worth a warning.
DAYS_LEFT: Final = 30


def certificate_findings(configuration: Configuration, now: datetime) -> Iterator[Finding]:
    for place in _files(configuration, _CERTIFICATES):
        try:
            found = x509.load_pem_x509_certificates(place.value.read_bytes())
        except OSError as problem:
            yield error(f"[{place.path}] {place.value} cannot be read: {problem.strerror}")
        except ValueError:
            yield error(f"[{place.path}] {place.value} holds no certificate in PEM")
        else:
            for certificate in found:
                yield from _dates(place, certificate, now)


def _dates(place: Place, certificate: x509.Certificate, now: datetime) -> Iterator[Finding]:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    where = f"[{place.path}] {place.value}: the certificate of {name}"
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if ends <= now:
        yield error(f"{where} ended on {ends:%Y-%m-%d}")
    elif begins > now:
        yield error(f"{where} begins on {begins:%Y-%m-%d} only")
    elif ends - now < timedelta(days=DAYS_LEFT):
        yield warning(f"{where} ends on {ends:%Y-%m-%d}: renew it")


def permission_findings(configuration: Configuration) -> Iterator[Finding]:
    """Files that others besides their owner and its group can read."""
    path = configuration.path
    if _holds_secrets(path) and _all_can_read(path):
        yield error(f"{path} holds secrets and can be read by everybody: chmod 640 {path}")
    for place in _files(configuration, _KEYS):
        try:
            with place.value.open("rb"):
                pass
        except OSError as problem:
            yield error(f"[{place.path}] {place.value} cannot be read: {problem.strerror}")
            continue
        if _all_can_read(place.value):
            yield error(
                f"[{place.path}] {place.value} is a private key and can be read by everybody: "
                f"chmod 640 {place.value}"
            )
    for place in _files(configuration, _SECRETS):
        if _all_can_read(place.value):
            yield error(
                f"[{place.path}] {place.value} holds secrets and can be read by everybody: "
                f"chmod 640 {place.value}"
            )
    database = configuration.database_url.removeprefix("sqlite:///")
    if database != configuration.database_url and _all_can_read(Path(database)):
        yield warning(
            f"{database} holds patrons and can be read by everybody: chmod 640 {database}"
        )


def _files(configuration: Configuration, names: frozenset[str]) -> Iterator[Place]:
    """Settings that name a file. Drivers of channels take them as text, beside tiro.toml."""
    for place in every_setting(configuration):
        if place.name in names:
            if isinstance(place.value, Path):
                yield place
            elif place.path.startswith("notices.channels.") and place.value:
                yield Place(place.path, place.name, configuration.path.parent / place.value)


def _all_can_read(path: Path) -> bool:
    """Has everybody the right to read it, and to come to it through its folders?"""
    try:
        path = path.resolve()
        folders = (path.parent, *path.parent.parents)
        return bool(path.stat().st_mode & stat.S_IROTH) and all(
            folder.stat().st_mode & stat.S_IXOTH for folder in folders
        )
    except OSError:
        return False


def _holds_secrets(path: Path) -> bool:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return any(
        (isinstance(value, str) and value)
        and (any(word in name for word in _SECRET_WORDS) or (name == "url" and "@" in value))
        for name, value in _values(table)
    )


def _values(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _values(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, name)
    else:
        yield name, value
