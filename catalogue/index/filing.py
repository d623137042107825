"""How titles and authors are filed: the keys by which texts are sorted."""

from __future__ import annotations

import re

from catalogue.index.folding import main_words

#: The bytes of a title and of an author that are sorted by; what is equal so far is in order of id.
TITLE_BYTES = 100
AUTHOR_BYTES = 60

#: UNIMARC, and MARC 21 optionally: what is between these is not filed (ISO 6630).
_NOT_FILED = re.compile("[\x88\x98][^\x89\x9c]*[\x89\x9c]")
#: danMARC2: filing begins after this.
_FILING_BEGINS = "¤"


def sort_key(text: str, length: int) -> bytes:
    """A text as it is filed: folded, without what is not filed, at most `length` bytes."""
    if text.isascii():  # so it has none of these marks
        return b" ".join(main_words(text.encode()))[:length]
    filed = _NOT_FILED.sub("", text)
    if _FILING_BEGINS in filed:
        filed = filed.partition(_FILING_BEGINS)[2]
    key = b" ".join(main_words(filed.encode("utf-8", "replace")))[:length]
    return key or b" ".join(main_words(text.encode("utf-8", "replace")))[:length]
