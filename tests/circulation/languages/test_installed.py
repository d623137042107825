"""Which languages there are, and which one is meant; a folder that is added is one more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from circulation.languages import MESSAGES
from circulation.languages.installed import (
    default_language,
    language,
    named,
    nearest,
    tags,
    use,
)
from circulation.ledger.charge_words import charge_text
from circulation.ledger.money import ChargeKind
from circulation.notices.kinds import NoticeKind
from protocols.sip2.wording import Text, language_of, say
from tests.circulation.notices.test_templates import CONTENTS, made

NORWEGIAN = """
msgid ""
msgstr "Language: nb\\nContent-Type: text/plain; charset=utf-8\\n"

msgctxt "screen"
msgid "PIN_WRONG"
msgstr "Feil PIN-kode."
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    use()


def write(folder: Path, tag: str, text: str = NORWEGIAN) -> None:
    (folder / tag).mkdir(exist_ok=True)
    (folder / tag / MESSAGES).write_text(text, encoding="utf-8")


def test_a_folder_is_a_language(own: Path) -> None:
    shipped = tags()
    assert {"da", "de", "en"} <= set(shipped)
    assert nearest("nb-NO") is None
    assert language_of("012", "en") == "en"
    write(own, "nb")
    (own / "DK-900100").mkdir()  # has templates, as the folder of those may
    use(own)
    assert set(tags()) == {*shipped, "nb"}
    assert nearest("nb-NO") == "nb"
    assert language_of("012", "en") == "nb"
    assert say(Text.PIN_WRONG, "nb") == "Feil PIN-kode."
    use()
    assert tags() == shipped


def test_a_text_that_was_changed_is_said_from_then_on(own: Path) -> None:
    for words in ("Feil PIN-kode.", "Feil PIN.", "Gal PIN."):
        write(own, "nb", NORWEGIAN.replace("Feil PIN-kode.", words))
        use(own)
        assert say(Text.PIN_WRONG, "nb") == words


def test_what_a_language_does_not_say_is_said_in_the_default_one(own: Path) -> None:
    write(own, "nb")
    use(own)
    assert say(Text.PIN_MISSING, "nb") == say(Text.PIN_MISSING, "da")
    assert charge_text(ChargeKind.LATE_FEE, "", "nb") == "Gebyr for sen aflevering"
    use(own, "nb")
    assert default_language() == "nb"
    assert say(Text.PIN_WRONG, "pl") == "Feil PIN-kode."
    assert say(Text.PIN_MISSING, "nb") == say(Text.PIN_MISSING, "en")


def test_a_sentence_of_the_library_goes_before_ours(own: Path) -> None:
    write(own, "da", NORWEGIAN.replace("Feil PIN-kode.", "Forkert kode."))
    use(own)
    assert say(Text.PIN_WRONG, "da") == "Forkert kode."
    assert say(Text.PIN_MISSING, "da") == "Indtast din pinkode."
    assert language("da").is_complete


def test_a_setting_names_what_is_there(own: Path) -> None:
    write(own, "nb")
    use(own)
    assert named("nb") == "nb"
    with pytest.raises(ValueError, match='must be "da", "de", "en" or "nb"'):
        named("pl")
    with pytest.raises(ValueError, match="must be"):
        use(None, "nb")
    assert nearest("nb") == "nb"


@pytest.mark.parametrize("tag", ["", "..", "../da", "/etc", "da/../en", "no such"])
def test_a_tag_is_no_path(tag: str) -> None:
    assert nearest(tag) is None
    assert say(Text.PIN_WRONG, tag) == "Pinkoden er forkert."


@pytest.mark.parametrize("channel", ["email", "sms", "print"])
def test_a_message_is_in_german_where_german_has_it(channel: str) -> None:
    ready = made(NoticeKind.HOLD_READY, channel, language="de-AT")
    assert (ready.language, ready.template) == ("de", "de/hold_ready.txt")
    assert ready.subject == "Vorgemerktes Medium liegt bereit"
    due = "1.2." if channel == "sms" else "1. Februar 2027"
    assert f"bis {due}" in ready.body
    other = made(NoticeKind.BALANCE, channel, language="de", contents=CONTENTS)
    assert other == made(NoticeKind.BALANCE, channel, language="da", contents=CONTENTS)
