"""Letters: a message as a page of PDF, with the address in the window of the envelope."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Frame, NextPageTemplate, PageBreak, PageTemplate, Paragraph, Spacer
from reportlab.platypus.doctemplate import BaseDocTemplate

from circulation.notices.plain_values import one_line
from circulation.notices.sms_texts import softened
from protocols.notices.channels import Outgoing

#: From the upper edge of the sheet to the window of a C5 or C6/5 envelope, and its left edge.
_WINDOW_TOP, _WINDOW_LEFT = 45 * mm, 20 * mm
_MARGIN = 20 * mm


class Letter(NamedTuple):
    """What is printed; line breaks or commas separate the lines of `address`."""

    recipient: str
    address: str
    subject: str
    body: str
    agency: str
    branch: str


def letter_of(message: Outgoing) -> Letter:
    """A message on paper. One to an address that is not postal (as in a demonstration) goes to the
    patron's postal address."""
    address = (message.postal or message.address).splitlines()
    return Letter(
        one_line(message.recipient),
        "\n".join(map(one_line, address)),
        one_line(message.subject),
        message.body,
        message.branch.agency_name,
        message.branch.name,
    )


@cache
def _fonts(is_western: bool) -> tuple[str, str]:
    """The plain and the bold font: those that every printer has, or ones with more characters."""
    if is_western:
        return "Helvetica", "Helvetica-Bold"
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("VeraBd", "VeraBd.ttf"))
    return "Vera", "VeraBd"


def _fonts_for(letter: Letter) -> tuple[str, str]:
    try:
        " ".join(map(softened, letter)).encode("cp1252")
    except UnicodeEncodeError:
        return _fonts(False)
    return _fonts(True)


def letters(batch: Sequence[Letter]) -> bytes:
    """The letters one after the other as PDF, each beginning on a new page."""
    made = io.BytesIO()
    document: Any = BaseDocTemplate(
        made, pagesize=A4, title=batch[0].subject, author=batch[0].agency
    )
    width, height = A4
    templates: list[Any] = []
    story: list[Any] = []
    for number, letter in enumerate(batch):
        first = Frame(_MARGIN, _MARGIN, width - 2 * _MARGIN, height - 120 * mm, id=f"text{number}")
        later = Frame(_MARGIN, _MARGIN, width - 2 * _MARGIN, height - 40 * mm, id=f"later{number}")
        templates += [
            PageTemplate(id=f"letter{number}", frames=[first], onPage=_head(letter)),
            PageTemplate(id=f"later{number}", frames=[later]),
        ]
        if number:
            story += [NextPageTemplate(f"letter{number}"), PageBreak()]
        story += [NextPageTemplate(f"later{number}"), *_text(letter)]
    document.addPageTemplates(templates)
    document.build(story)
    return made.getvalue()


def _head(letter: Letter) -> Callable[[Any, Any], None]:
    plain, _ = _fonts_for(letter)

    def draw(canvas: Any, document: Any) -> None:
        _, height = A4
        canvas.saveState()
        canvas.setFont(plain, 11)
        lines = [letter.recipient, *letter.address.replace(", ", "\n").splitlines()]
        for number, line in enumerate(dict.fromkeys(lines)):
            canvas.drawString(_WINDOW_LEFT, height - _WINDOW_TOP - number * 15, softened(line))
        canvas.setFont(plain, 9)
        canvas.drawString(_WINDOW_LEFT, height - 20 * mm, softened(letter.agency))
        canvas.drawString(_WINDOW_LEFT, height - 25 * mm, softened(letter.branch))
        canvas.restoreState()

    return draw


def _text(letter: Letter) -> list[Any]:
    plain, bold = _fonts_for(letter)
    style = ParagraphStyle("text", fontName=plain, fontSize=11, leading=15, alignment=TA_LEFT)
    title = ParagraphStyle("title", parent=style, fontName=bold, fontSize=13, leading=18)
    parts: list[Any] = [Paragraph(escape(softened(letter.subject)), title), Spacer(1, 6 * mm)]
    for paragraph in softened(letter.body).split("\n\n"):
        parts += [
            Paragraph(escape(paragraph).replace("\n", "<br/>"), style),
            Spacer(1, 4 * mm),
        ]
    return parts
