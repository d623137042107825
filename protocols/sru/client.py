"""An SRU client: searchRetrieve of versions 1.1, 1.2 and 2.0 over HTTP and HTTPS.

    with Client("https://sru.example.org/catalogue", timeout=10) as client:
        found = client.search('bath.isbn="9780140449136"', schema="marcxml", number=10)
        for record in found.records:
            record.data                                # the record element as octets of XML

A request may take `timeout` seconds from its first octet to the last of its answer, whose size is
bounded. No DTD is read, no entity resolved, and nothing is fetched that an answer points to.
"""

from __future__ import annotations

from typing import Final, Self
from urllib.parse import urlencode

from protocols.hosting.web_client import WebClient, WebError, check_address
from protocols.sru.answers import Found, ServerError, read_answer
from protocols.sru.messages import Version

#: The default for the largest answer, in octets.
MAXIMUM_RESPONSE_SIZE: Final = 8 << 20


class Client:
    """One server's database at `url`; its connection is kept open. Not for threads to share."""

    def __init__(
        self,
        url: str,
        *,
        version: Version = Version.V1_2,
        user: str | None = None,
        password: str = "",
        timeout: float = 10.0,
        maximum_response_size: int = MAXIMUM_RESPONSE_SIZE,
    ) -> None:
        try:
            check_address(url)
        except WebError as error:
            raise ServerError(str(error)) from None
        self._url = url
        self._version = version
        self._client = WebClient(
            timeout=timeout, most=maximum_response_size, user=user, password=password
        )

    def search(self, query: str, *, start: int = 1, number: int = 10, schema: str = "") -> Found:
        """Records `start` (from 1) on of what the CQL finds.

        Raises ServerRefused for diagnostics, and ServerError for anything else that goes wrong.
        """
        parameters = {"version": self._version.value}
        if self._version is Version.V2_0:
            parameters |= {"recordXMLEscaping": "xml", "httpAccept": "application/xml"}
        else:
            parameters |= {"operation": "searchRetrieve", "recordPacking": "xml"}
        parameters |= {
            "query": query,
            "startRecord": str(start),
            "maximumRecords": str(number),
            **({"recordSchema": schema} if schema else {}),
        }
        return read_answer(self._fetch(urlencode(parameters)))

    def close(self) -> None:
        self._client.close()

    def _fetch(self, parameters: str) -> bytes:
        url = self._url + ("&" if "?" in self._url else "?") + parameters
        try:
            got = self._client.get(url)
        except WebError as error:
            raise ServerError(str(error)) from error
        # Diagnostics may come with any status; an answer that is not XML does not get that far.
        if got.status != 200 and not got.data.lstrip().startswith(b"<"):
            raise ServerError(f"the server answered {got.status} {got.reason}")
        return got.data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
