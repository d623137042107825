"""No secret is written down, in whatever shape it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.wire.masking import masked

SECRET = b"s3cr3t-1234"


@pytest.mark.parametrize(
    "document",
    [
        b"<AuthenticationInputData>%s</AuthenticationInputData>",
        b"<ns1:AuthenticationInputData a='b'>%s</ns1:AuthenticationInputData>",
        b"<AuthenticationInputData><![CDATA[%s]]></AuthenticationInputData>",
        b"<AuthenticationInputData><!-- x -->%s</AuthenticationInputData  >",
        b"<AuthenticationInputData>\n %s \n",  # cut off
        b"<FromAgencyAuthentication>%s</FromAgencyAuthentication>",
        b"<FromSystemAuthentication>%s</FromSystemAuthentication>",
        b"<fromsystemauthentication>%s</fromsystemauthentication>",
        b"<Ext><x:Password>%s</x:Password></Ext>",
        b"<ApiKey>%s</ApiKey>",
        b"<ill:securityCode>%s</ill:securityCode>",
    ],
)
def test_secrets(document: bytes) -> None:
    whole = b"<NCIPMessage>" + document % SECRET + b"<UserId>P1</UserId></NCIPMessage>"
    hidden = masked(whole)
    assert SECRET not in hidden
    assert b"***" in hidden


def test_what_is_no_secret_stays() -> None:
    document = b"<UserIdentifierValue>P0000001</UserIdentifierValue>"
    assert masked(document) == document


def test_other_encodings() -> None:
    text = "<AuthenticationInputData>s3cr3t</AuthenticationInputData>"
    assert b"s3cr3t" not in masked(text.encode("utf-16"))
    assert b"***" in masked(text.encode("utf-16"))
    assert b"not text" in masked(b"\xff\xfe\x00")


@given(st.binary(max_size=200), st.binary(max_size=50).filter(lambda each: b"<" not in each))
def test_any_bytes(around: bytes, secret: bytes) -> None:
    kept = masked(around)
    assert isinstance(kept, bytes)
    hidden = masked(
        b"<A><AuthenticationInputData>" + SECRET + secret + b"</AuthenticationInputData>"
    )
    assert SECRET not in hidden
