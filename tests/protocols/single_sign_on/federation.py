"""A federation that speaks SAML, and the broker before it: SATOSA in a process of its own, with the
files that docs/single-sign-on.md tells people to write, and an identity provider of pysaml2.

The identity provider needs no network: SAML's web profile goes through the browser alone. pysaml2
is loaded where it is used: that takes half a second, which who draws another test is spared.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders.certificates import Authority, Issued
from tests.protocols.single_sign_on.browser import Browser, query_of
from tests.servers import free_ports

GUIDE = Path(__file__).parents[3] / "docs" / "single-sign-on.md"
#: What the guide calls the broker, the library and the folder of the broker.
BROKER, LIBRARY = "https://broker.example.org", "https://library.example.org"
FOLDER = "/etc/satosa"
_FILE = re.compile(
    rf"^`{FOLDER}/(\S+)`:(?:(?!^```).)*?^```(?:yaml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
#: What the federation tells of people: OIOSAML 3, and what OIOSAML 2 called it.
PERSON, NAME, EMAIL, PRIVILEGES = (
    f"https://data.gov.dk/model/core/eid/{each}"
    for each in ("professional/uuid/persistent", "fullName", "email", "privilegesIntermediate")
)
LEVEL = "https://data.gov.dk/concept/core/nsis/loa"
OLD_PRIVILEGES, OLD_LEVEL = (
    f"dk:gov:saml:attribute:{each}" for each in ("Privileges_intermediate", "AssuranceLevel")
)
ATTRIBUTES = (PERSON, NAME, EMAIL, PRIVILEGES, LEVEL, OLD_PRIVILEGES, OLD_LEVEL)
_ENTITY = "https://login.example.dk/saml"
_PATIENCE = 60.0


def privileges(*groups: tuple[str, str, dict[str, str]]) -> str:
    """Privileges, each with its scope and its constraints, as the assertions tell them."""
    told = "".join(
        f'<PrivilegeGroup Scope="{scope}"><Privilege>{privilege}</Privilege>'
        + "".join(f'<Constraint Name="{name}">{limits[name]}</Constraint>' for name in limits)
        + "</PrivilegeGroup>"
        for privilege, scope, limits in groups
    )
    root = "bpp:PrivilegeList"
    space = "http://digst.dk/oiosaml/basic_privilege_profile"
    return b64encode(f'<{root} xmlns:bpp="{space}">{told}</{root}>'.encode()).decode()


@dataclass(frozen=True)
class Posted:
    """The form that the identity provider has the browser post to the broker."""

    address: str
    form: dict[str, str]

    def altered(self, before: str, after: str) -> Posted:
        """The same, with other words in what was signed."""
        text = b64decode(self.form["SAMLResponse"]).decode()
        assert before in text
        changed = b64encode(text.replace(before, after).encode()).decode()
        return Posted(self.address, self.form | {"SAMLResponse": changed})


class IdentityProvider:
    """Signs assertions about whom it is told of. `broker` is the address of the broker's metadata;
    `minutes` is how long an assertion is good for."""

    def __init__(self, folder: Path, keys: Issued, broker: Path | None, minutes: int = 15) -> None:
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.config import IdPConfig
        from saml2.server import Server
        from saml2.sigver import get_xmlsec_binary
        from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

        metadata = {} if broker is None else {"metadata": {"local": [str(broker)]}}
        service = {
            "endpoints": {"single_sign_on_service": [(f"{_ENTITY}/sso", BINDING_HTTP_REDIRECT)]},
            "want_authn_requests_signed": True,
            "policy": {"default": {"lifetime": {"minutes": minutes}}},
        }
        facts: dict[str, Any] = {
            "entityid": _ENTITY,
            "key_file": str(keys.key),
            "cert_file": str(keys.certificate),
            "xmlsec_binary": get_xmlsec_binary(),
            "service": {"idp": service},
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
            **metadata,
        }
        self._config = IdPConfig().load(facts)
        self._server = Server(config=self._config)

    def metadata(self) -> str:
        from saml2.metadata import entity_descriptor

        return str(entity_descriptor(self._config))

    def vouches(self, sent_to: str, who: dict[str, str], audience: str | None = None) -> Posted:
        """The answer to the request with which the broker sent the browser to that address."""
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID

        query = query_of(sent_to)
        asked = self._server.parse_authn_request(
            query["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=query["RelayState"],
            sigalg=query["SigAlg"],
            signature=query["Signature"],
        ).message
        answer = self._server.create_authn_response(
            {name: [value] for name, value in who.items() if name in ATTRIBUTES},
            in_response_to=asked.id,
            destination=asked.assertion_consumer_service_url,
            sp_entity_id=audience or asked.issuer.text,
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=who["subject"]),
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"},
            sign_assertion=True,
            sign_response=False,
        )
        form = {
            "SAMLResponse": b64encode(str(answer).encode()).decode(),
            "RelayState": query["RelayState"],
        }
        return Posted(asked.assertion_consumer_service_url, form)


@dataclass(frozen=True)
class Federation:
    """A broker that runs, at an address and with the certificate of who vouches for its own; the
    identity provider that it believes, and whoever would like to be that."""

    broker: str
    certificate: Path
    true: IdentityProvider
    outdated: IdentityProvider
    forger: IdentityProvider


def files_of_the_guide() -> dict[str, str]:
    """What the guide says to write, by the name of the file."""
    return dict(_FILE.findall(GUIDE.read_text()))


@contextmanager
def a_federation(folder: Path, library: str) -> Iterator[Federation]:
    """A broker for the library at that address, and the identity provider behind it."""
    authority = Authority(folder)
    keys = {
        name: authority.issue(name, file=name, is_rsa=True)
        for name in ("saml", "tokens", "login", "forged")
    }
    (folder / "identity_provider.xml").write_text(
        IdentityProvider(folder, keys["login"], None).metadata()
    )
    port = free_ports(1)[0]
    broker = f"https://localhost:{port}"
    served = authority.issue("localhost", file="served", dns=("localhost",))
    for name, text in files_of_the_guide().items():
        here = text.replace(BROKER, broker).replace(LIBRARY + "/sign-on", library + "/sign-on")
        (folder / name).write_text(here.replace(FOLDER, str(folder)))
    with _running(folder, port, served) as process:
        registered = folder / "broker.xml"
        browser = Browser(authority.certificate)
        registered.write_text(_metadata(broker, browser, process, folder / "broker.log"))
        yield Federation(
            broker,
            authority.certificate,
            IdentityProvider(folder, keys["login"], registered),
            IdentityProvider(folder, keys["login"], registered, minutes=-30),
            IdentityProvider(folder, keys["forged"], registered),
        )


@contextmanager
def _running(folder: Path, port: int, served: Issued) -> Iterator[subprocess.Popen[bytes]]:
    options = (
        "--no-control-socket",
        *("--bind", f"127.0.0.1:{port}", "--env", f"SATOSA_CONFIG={folder / 'proxy_conf.yaml'}"),
        *("--certfile", str(served.certificate), "--keyfile", str(served.key)),
    )
    with open(folder / "broker.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "satosa.wsgi:app", *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _metadata(broker: str, browser: Browser, process: subprocess.Popen[bytes], log: Path) -> str:
    """The broker's own side of SAML, as soon as it tells it."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):  # it does not listen yet
            return browser.get(f"{broker}/ContextHandler/metadata").text
        time.sleep(0.05)
    raise AssertionError(f"the broker does not run: {log.read_text()[-4000:]}")
