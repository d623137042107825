"""The desk over HTTP: ``/desk`` and what is below it, and ``/``. Twisted is known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from twisted.web.resource import Resource

from protocols.desk.assets import Assets
from protocols.desk.pages import Page, rendered
from protocols.hosting.accepting import language_of
from protocols.hosting.error_pages import answer_error

#: No script, style, picture or answer of anybody else's, and nothing written into a page.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
#: The cookie of whoever has chosen another language than the browser's.
_LANGUAGE: Final = b"tiro-language"


class DeskResource(Resource):
    """Pages by their path, and assets in the folder named by their digest. What a browser is to
    remember of the reader it remembers for what is below `place`."""

    isLeaf = True  # noqa: N815

    def __init__(self, assets: Assets, pages: Sequence[Page], place: str = "/desk") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._assets = assets
        self._pages = {each.path: each for each in pages}
        self._place = place

    def render_GET(self, request: Any) -> bytes:  # noqa: N802
        path = b"/".join(request.postpath).decode("utf-8", "replace").strip("/")
        folder = f"assets/{self._assets.folder}/"
        page = self._pages.get(path)
        is_asset = path.startswith(folder) and path.removeprefix(folder) in self._assets.files
        if page is None and not is_asset:
            return answer_error(request, 404, tag=self._language(request))
        for name, value in _ALWAYS.items():
            request.setHeader(name, value)
        if page is None:
            return self._asset(path.removeprefix(folder), request)
        request.setHeader("Content-Type", "text/html; charset=utf-8")
        request.setHeader("Cache-Control", "no-store")
        request.setHeader("Vary", "Accept-Language, Cookie")
        return rendered(
            page, self._language(request), self._assets.languages, f"/desk/{folder[:-1]}"
        )

    def _asset(self, name: str, request: Any) -> bytes:
        asset = self._assets.files[name]
        request.setHeader("Content-Type", asset.media_type)
        request.setHeader("Cache-Control", _FOR_EVER)
        request.setHeader("Vary", "Accept-Encoding")
        if b"gzip" in (request.getHeader(b"accept-encoding") or b""):
            request.setHeader("Content-Encoding", "gzip")
            return asset.compressed
        return asset.plain

    def _language(self, request: Any) -> str:
        """The one that was chosen, or the first that the browser asks for and there is."""
        chosen: str = (request.args.get(b"language") or [b""])[0].decode("ascii", "replace")
        if chosen in self._assets.languages:
            request.addCookie(_LANGUAGE, chosen, path=self._place, sameSite="strict")
            return chosen
        kept: str = (request.getCookie(_LANGUAGE) or b"").decode("ascii", "replace")
        if kept in self._assets.languages:
            return kept
        return language_of(request.getHeader("accept-language"), self._assets.languages)
