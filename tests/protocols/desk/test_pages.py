"""Pages and assets over HTTP, without a browser."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from twisted.internet.task import Clock
from twisted.web.resource import Resource

import protocols.desk
from protocols.api import plots
from protocols.desk.assets import Assets, read_assets
from protocols.desk.http import POLICY, DeskResource
from protocols.desk.listener import standard
from protocols.desk.pages import PAGES, PUBLIC, Page
from protocols.desk.settings import DeskSettings
from protocols.hosting.error_pages import ParentResource
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.protocols.hosting.test_brief_requests import Client

#: Bytes of script, style and words of the first load, compressed.
MOST = 60_000
TEMPLATES = Path(protocols.desk.__file__).parent / "templates"


class Failing(Resource):
    isLeaf = True  # noqa: N815

    def render(self, request: Any) -> bytes:
        raise ValueError("4929")


@pytest.fixture(scope="module")
def assets() -> Assets:
    return read_assets()


@pytest.fixture
def client(assets: Assets) -> Client:
    root = ParentResource()  # type: ignore[no-untyped-call]
    root.putChild(b"desk", DeskResource(assets, PAGES))  # type: ignore[no-untyped-call]
    root.putChild(b"failing", Failing())  # type: ignore[no-untyped-call]
    root.putChild(b"", DeskResource(assets, (PUBLIC,), "/"))  # type: ignore[no-untyped-call]
    site = EndingSite(root, requestFactory=BoundedRequest, timeout=120, reactor=Clock())
    return Client(site)


def ask(client: Client, path: str, *headers: str) -> tuple[str, dict[str, str], bytes]:
    return ask_by(client, "GET", path, *headers)


def ask_by(
    client: Client, method: str, path: str, *headers: str
) -> tuple[str, dict[str, str], bytes]:
    data = client.ask(
        "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()
    )
    head, _, body = data.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    told = (each.partition(": ") for each in fields)
    return status, {name.lower(): value for name, _, value in told}, body


@pytest.mark.parametrize("page", [*PAGES, PUBLIC], ids=lambda page: page.name)
def test_a_page_is_strict_and_is_not_kept(client: Client, page: Page) -> None:
    path = "/" if page is PUBLIC else f"/desk/{page.path}".rstrip("/")
    status, told, body = ask(client, path)
    assert status == "HTTP/1.1 200 OK"
    assert told["content-security-policy"] == POLICY
    assert told["cache-control"] == "no-store"
    assert "unsafe" not in POLICY
    text = body.decode()
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\son\w+=|\sstyle=", text)
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


def test_there_are_no_other_pages(client: Client) -> None:
    for path in ("/desk/nothing", "/desk/assets/x/desk.js", "/desk/assets/../pages.py"):
        assert ask(client, path)[0] == "HTTP/1.1 404 Not Found"


@pytest.mark.parametrize(
    ("method", "path", "status", "english", "danish"),
    [
        ("GET", "/nothing", 404, "There is no such thing here.", "Det findes ikke her."),
        ("BREW", "/nothing", 404, "There is no such thing here.", "Det findes ikke her."),
        ("GET", "/desk/nothing", 404, "There is no such thing here.", "Det findes ikke her."),
        ("DELETE", "/desk", 405, "That cannot be done", "Det kan ikke gøres"),
        ("BREW", "/desk", 501, "This server does not know", "Serveren kender ikke"),
        ("GET", "/failing", 500, "Something went wrong", "Noget gik galt"),
    ],
)
def test_errors_are_pages_or_problems_of_this_project(
    client: Client, method: str, path: str, status: int, english: str, danish: str
) -> None:
    """A page for browsers, in their language or that of the system; a problem where JSON is
    preferred; no word of what the server is made of."""
    for header, text in (("en-GB, da;q=0.5", english), ("da", danish), ("xx", danish)):
        accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
        said, told, body = ask_by(client, method, path, accept, f"Accept-Language: {header}")
        assert said.split()[1] == str(status)
        assert told["content-type"] == "text/html; charset=utf-8"
        assert f"<h1>{text}" in body.decode()
        assert f'<html lang="{"en" if text == english else "da"}">' in body.decode()
        assert told["content-language"] == ("en" if text == english else "da")
        assert b"wisted" not in body + str(told).encode()
        assert int(told["content-length"]) == len(body)
    said, told, body = ask_by(client, method, path, "Accept: application/json")
    assert (said.split()[1], told["content-type"]) == (str(status), "application/problem+json")
    problem = json.loads(body)
    assert problem["title"].startswith(english)
    assert (problem["status"], problem["type"][:17]) == (status, "urn:tiro:problem:")
    assert told.get("allow") == ("GET, HEAD" if status in (405, 501) else None)


def test_the_language_is_the_chosen_one_or_the_browsers(client: Client) -> None:
    assert b'<html lang="en"' in ask(client, "/desk", "Accept-Language: en-GB,da;q=0.5")[2]
    assert b'<html lang="da"' in ask(client, "/desk", "Accept-Language: da")[2]
    _, told, body = ask(client, "/desk/log-in?language=en", "Accept-Language: da")
    assert told["set-cookie"] == "tiro-language=en; Path=/desk; SameSite=strict"
    assert b'<html lang="en"' in body
    assert b'<html lang="en"' in ask(client, "/desk", "Cookie: tiro-language=en")[2]
    assert b'<html lang="da"' in ask(client, "/desk", "Cookie: tiro-language=xx")[2]


def test_assets_are_compressed_and_kept_for_ever(client: Client, assets: Assets) -> None:
    path = f"/desk/assets/{assets.folder}/desk.js"
    _, told, body = ask(client, path, "Accept-Encoding: gzip, br")
    assert told["content-encoding"] == "gzip"
    assert told["cache-control"] == "public, max-age=31536000, immutable"
    assert gzip.decompress(body) == assets.files["desk.js"].plain
    assert ask(client, path)[2] == assets.files["desk.js"].plain


def test_scripts_are_sent_without_comments_and_with_every_line(assets: Assets) -> None:
    for path in (Path(protocols.desk.__file__).parent / "static").glob("*.js"):
        whole = path.read_text().split("\n")
        sent = assets.files[path.name].plain.decode().split("\n")
        assert len(sent) == len(whole), path.name
        assert "@param" not in re.sub(r"=>.*|\(/\*\*.*", "", "\n".join(sent)), path.name
        dropped = [old for old, new in zip(whole, sent, strict=True) if old != new]
        assert all(re.match(r"\s*(//|/\*|\*|[^;{}]*\*/$)", each) for each in dropped), path.name
        assert all(not new for old, new in zip(whole, sent, strict=True) if old != new), path.name


@pytest.mark.parametrize("page", [*PAGES, PUBLIC], ids=lambda page: page.name)
def test_the_first_load_is_light(client: Client, assets: Assets, page: Page) -> None:
    path = "/" if page is PUBLIC else f"/desk/{page.path}".rstrip("/")
    text = ask(client, path, "Accept-Language: da")[2].decode()
    names = set(re.findall(rf'"/desk/assets/{assets.folder}/([\w.-]+)"', text))
    waiting = [each for each in names if each.endswith(".js")]
    while waiting:
        code = assets.files[waiting.pop()].plain.decode()
        further = set(re.findall(r'from "\./([\w.]+)"', code)) - names
        names |= further
        waiting += further
    assert {page.script, "desk.css", "page.js", f"{page.context}-da.json"} <= names
    assert sum(len(assets.files[each].compressed) for each in names) <= MOST
    assert not any(each.startswith(("administration-", "admin_words")) for each in names)


def test_each_of_the_two_can_be_turned_off() -> None:
    services: Any = Mock()

    def places(**settings: bool) -> set[bytes]:
        return set(standard.resources(DeskSettings(**settings), services))

    assert places() == {b"desk", b"", b"cloudprnt"}
    assert places(public_page=False) == {b"desk", b"cloudprnt"}
    assert places(enabled=False, public_page=False) == set()
    found = standard.resources(DeskSettings(enabled=False), services)
    root = Resource()  # type: ignore[no-untyped-call]
    for name, resource in found.items():
        root.putChild(name, resource)  # type: ignore[no-untyped-call]
    site = EndingSite(root, requestFactory=BoundedRequest, timeout=120, reactor=Clock())
    assert ask(Client(site), "/desk")[0] == "HTTP/1.1 404 Not Found"
    assert ask(Client(site), "/")[0] == "HTTP/1.1 200 OK"


def test_templates_write_nothing_unescaped() -> None:
    for path in TEMPLATES.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape", path.read_text()), path


def test_every_rule_of_style_is_of_something_that_is_drawn(assets: Assets) -> None:
    drawn = "".join(each.read_text() for each in TEMPLATES.glob("*.html"))
    drawn += "".join(
        each.plain.decode() for name, each in assets.files.items() if name.endswith(".js")
    )
    drawn += Path(plots.__file__).read_text()
    words = set(re.findall(r"[\w-]+", drawn))
    for name, file in assets.files.items():
        if name.endswith(".css"):
            selectors = " ".join(re.findall(r"([^{}]+)\{", file.plain.decode()))
            named = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selectors))
            assert named, name
            assert named <= words, name
