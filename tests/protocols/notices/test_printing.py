"""Paper: one PDF for the letters of a turn, each letter in one batch whatever is interrupted."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest

from circulation.notices.kinds import NoticeState
from protocols.notices.channels import Channel, NotSent, Report, Sent
from protocols.notices.printing import PrintChannel
from tests.builders.outgoing import NOW, a_message, opened

SYSTEM_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
PAGES = re.compile(rb"/Type ?/Page\b")
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext is not installed"
)

NAMES = (
    *("Łukasz Żółć", "Nguyễn Thị Hồng Phượng", "İbrahim Şahin", "Zo\u00eb x\u0302y"),
    *("Анна Щёлкова", "Δημήτρης Παπαδόπουλος", "محمد عبد الرحمن", "שלום כהן"),
)
#: Marks that pdftotext writes about what runs from right to left.
DIRECTIONS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c"))


def read_pdf(pdf: bytes, *options: str) -> str:
    """The text as a reader copies it."""
    done = subprocess.run(
        ["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True
    )
    return unicodedata.normalize("NFKC", done.stdout.decode()).translate(DIRECTIONS)


@pytest.fixture
def paper(tmp_path: Path) -> Channel:
    return opened("print", "print", tmp_path, folder="paper")


def collect(channel: Channel) -> None:
    assert channel.collect(lambda reports: None) == 0


def batches(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "paper").glob("*.pdf"))


def pages(folder: Path, batch: str) -> int:
    return len(PAGES.findall((folder / "paper" / batch).read_bytes()))


def test_the_letters_of_a_turn_are_one_batch(paper: Channel, tmp_path: Path) -> None:
    for number in range(3):
        assert paper.send(a_message(id=number, channel="print"), NOW) == Sent()
    assert batches(tmp_path) == []
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 3
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    paper.send(a_message(id=7, channel="print"), NOW)
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf", "20270201-0002.pdf"]


def test_the_memory_that_a_batch_took_is_free_once_it_is_made(paper: Channel) -> None:
    def read_megabytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

    for number in range(100):
        paper.send(a_message(id=number, body=f"Letter {number}", channel="print"), NOW)
    before = read_megabytes()
    collect(paper)
    assert read_megabytes() - before < 20  # a hundred letters take 60 and more


def test_a_letter_that_is_given_again_is_printed_once(paper: Channel, tmp_path: Path) -> None:
    for _ in range(2):
        paper.send(a_message(id=1), NOW)
    collect(paper)
    paper.send(a_message(id=1), NOW)
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 1


def test_a_batch_that_was_interrupted_is_made(paper: Channel, tmp_path: Path) -> None:
    for number in range(2):
        paper.send(a_message(id=number), NOW)
    (tmp_path / "paper" / "20270201-0001.list").write_text("0.json\n1.json")
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 2
    assert not list((tmp_path / "paper" / "waiting").iterdir())


def test_a_long_letter_and_letters_beyond_western_europe(paper: Channel, tmp_path: Path) -> None:
    body = "\n\n".join(f"Afsnit {number}: " + "ord " * 60 for number in range(40))
    paper.send(a_message(id=1, body=body), NOW)
    paper.send(a_message(id=2, recipient="Łukasz Żak", body="Zażółć gęślą jaźń"), NOW)
    collect(paper)
    assert pages(tmp_path, "20270201-0001.pdf") > 3


def test_more_letters_than_a_batch_holds_become_two(paper: Channel, tmp_path: Path) -> None:
    for number in range(501):
        paper.send(a_message(id=1000 + number, body="Bog"), NOW)
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf", "20270201-0002.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 500
    assert pages(tmp_path, "20270201-0002.pdf") == 1


def test_the_same_letters_are_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        channel = PrintChannel(folder)
        for number, name in enumerate(NAMES):
            channel.send(a_message(id=number, recipient=name, subject=name), NOW)
        channel.collect(lambda reports: None)
        made.append((folder / "20270201-0001.pdf").read_bytes())
    assert made[0] == made[1]
    assert b"20270201" in made[0]


@needs_poppler
@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd") #panic("x") #import "@preview/a:1.0.0"',
        r"*b* _e_ @x $y$ \ \u{41} `c` <l> ~ -- --- // /* [x] #{1} 'q' " + '"r"',
        "= heading",
        "- entry",
        "+ entry",
        "/ term: text",
        '"},{"x":1} {batch}',
    ],
)
def test_a_letter_has_texts_as_they_are(paper: Channel, tmp_path: Path, text: str) -> None:
    """Neither markup nor code of Typst is read in them."""
    fields = {"recipient": text, "subject": text, "body": f"Ida\n{text}\nBo"}
    paper.send(a_message(id=1, postal=f"{text}\n1000 By", **fields), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    found = "".join(read_pdf(path.read_bytes()).split())
    assert found.count("".join(text.split())) == 3  # the address has a name once


@needs_poppler
@pytest.mark.parametrize("text", ["W" * 700, "x\u0302" * 700, "محمد" * 200, "/".join(["Aa"] * 300)])
def test_a_word_wider_than_a_line_is_broken(paper: Channel, tmp_path: Path, text: str) -> None:
    paper.send(a_message(id=1, recipient=text, subject=text, body=text, postal="By"), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    drawn = re.findall(r'<word xMin="(.*?)" .* xMax="(.*?)"', read_pdf(path.read_bytes(), "-bbox"))
    assert len(drawn) > 20
    assert all(56 < float(left) < float(right) < 540 for left, right in drawn)


@needs_poppler
def test_all_lines_of_a_letter_are_in_order(paper: Channel, tmp_path: Path) -> None:
    """Lines without words stay; an address that is higher than its window stays above the text."""
    lines = [f"linje{number}" for number in range(200)]
    address = [f"sted{number}" for number in range(60)]
    body = "\n\n\n".join(["", "\n".join(lines), "", " ", "slut"])
    paper.send(a_message(id=1, postal="\n".join(address), subject="emne", body=body), NOW)
    paper.send(a_message(id=2, recipient="", postal="", subject="", body=""), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    words = read_pdf(path.read_bytes()).split()
    found = [each for each in words if re.match("sted|emne|linje|slut", each)]
    assert found == [*address, "emne", *lines, "slut"]


@needs_poppler
def test_pages_of_a_long_letter_are_numbered(paper: Channel, tmp_path: Path) -> None:
    """Each letter begins with one; a letter of one page needs no number."""
    for number, lines in enumerate((100, 1, 60)):
        paper.send(a_message(id=number, body="Bog\n" * lines), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    sheets = read_pdf(path.read_bytes()).split("\f")[:-1]
    numbers = [re.findall(r"^\d/\d$", sheet, re.MULTILINE) for sheet in sheets]
    assert numbers == [["1/3"], ["2/3"], ["3/3"], [], ["1/2"], ["2/2"]]


@needs_poppler
@pytest.mark.parametrize(("language", "greeting"), [("da", "Kære"), ("en", "Dear")])
@pytest.mark.parametrize("name", NAMES)
def test_a_letter_has_names_in_all_letters(
    paper: Channel, tmp_path: Path, name: str, language: str, greeting: str
) -> None:
    body = f"{greeting} {name},\n\n" + f"* {name} " * 40
    fields = {"recipient": name, "postal": f"{name}\nStoregade 1, 1000 By", "subject": name}
    paper.send(a_message(id=1, language=language, body=body, **fields), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    pdf = path.read_bytes()
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True).stdout.decode()
    assert re.findall(r"\+(FiraGO)\S+ .* yes yes yes", fonts) == ["FiraGO"] * 2
    text = " ".join(read_pdf(pdf).split())
    assert text.count(unicodedata.normalize("NFKC", name)) >= 35  # some are broken across lines
    for word in unicodedata.normalize("NFKC", name).split():
        assert text.count(word) == 43
    drawn = re.findall(r'<word xMin="(.*?)" .* xMax="(.*?)" .*>(.*)</word>', read_pdf(pdf, "-bbox"))
    (left,) = (float(left) for left, _, word in drawn if word == greeting)
    assert left == pytest.approx(56.7, abs=1)  # the letter runs from left to right
    assert all(56 < float(left) < float(right) < 540 for left, right, _ in drawn)


@needs_poppler
def test_a_line_of_two_directions_breaks_where_it_is_read(paper: Channel, tmp_path: Path) -> None:
    """The first half of a text from right to left is on the first line, at its right end."""
    arabic = [f"{word}{number}" for number, word in enumerate(["كتاب"] * 40)]
    paper.send(a_message(id=1, body="Kære Ida,\n" + " ".join(arabic)), NOW)
    paper.send(a_message(id=2, language="ar", body=" ".join(arabic)), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    for page in ("1", "2"):
        text = read_pdf(path.read_bytes(), "-f", page, "-l", page)
        lines = [line for line in text.splitlines() if "كتاب" in line]
        assert len(lines) > 2
        numbers = [sorted(map(int, re.findall(r"\d+", line))) for line in lines]
        assert [each for line in numbers for each in line] == list(range(40))


@needs_poppler
@pytest.mark.parametrize(("language", "star_is_left"), [("da", True), ("ar", False)])
def test_a_number_in_an_arabic_title_is_where_it_is_read(
    paper: Channel, tmp_path: Path, language: str, star_is_left: bool
) -> None:
    """From right to left: the title, its number, the author; the line begins at its own side."""
    body = "* كتاب 27 الفرج"
    paper.send(a_message(id=1, language=language, body=body), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    drawn = read_pdf(path.read_bytes(), "-bbox")
    at = {word: float(x) for x, word in re.findall(r'<word xMin="(.*?)" .*>(.*)</word>', drawn)}
    title, author = "كتاب"[::-1], "الفرج"[::-1]  # -bbox names letters from left to right
    assert at[author] < at["27"] < at[title]
    assert (at["*"] < at[author]) is star_is_left


@needs_poppler
@pytest.mark.parametrize("name", ["محمد عبد الرحمن", "שלום כהן"])
@pytest.mark.parametrize("after", [", 12. marts 2027", " (3123456789)", ": 60,00 kr."])
def test_a_date_after_a_name_from_right_to_left_stays_after_it(
    paper: Channel, tmp_path: Path, name: str, after: str
) -> None:
    paper.send(a_message(id=1, body=f"* {name}{after}"), NOW)
    collect(paper)
    (path,) = (tmp_path / "paper").glob("*.pdf")
    drawn = re.findall(r'<word xMin="(.*?)" .*>(.*)</word>', read_pdf(path.read_bytes(), "-bbox"))
    (start,) = (number for number, (_, word) in enumerate(drawn) if word == "*")
    in_order = [word for _, word in sorted(drawn[start + 1 :], key=lambda each: float(each[0]))]
    assert "".join(in_order).endswith("".join(after.split()))


def test_a_letter_that_cannot_be_written_is_listed(tmp_path: Path) -> None:
    """It is refused before it is in a batch; one whose font was taken away fails alone."""
    channel = PrintChannel(tmp_path, fonts=[SYSTEM_FONT] if SYSTEM_FONT.exists() else [])
    refused = channel.send(a_message(id=1, body="Title: 中文"), NOW)
    assert refused == NotSent(
        "no font has 中 (U+4E2D), 文 (U+6587): add a font that has them to fonts of [notices] and"
        " resend the message"
    )
    # Private use, a script without a font, and a mark that no font has for this letter.
    for body in ("\ue000", "ಕ", "ש\u030e"):
        assert isinstance(PrintChannel(tmp_path).send(a_message(id=1, body=body), NOW), NotSent)
    assert list(tmp_path.glob("waiting/*")) == []
    assert channel.send(a_message(id=2, body="\u200eIda\u200d\tx\u3000y"), NOW) == Sent()
    if not SYSTEM_FONT.exists():
        pytest.skip("no font with Armenian")
    for number in (3, 4):
        body = "Գրադարան" if number == 3 else "Bo"
        assert channel.send(a_message(id=number, body=body), NOW) == Sent()
    reports: list[Report] = []
    without = PrintChannel(tmp_path)
    without.collect(reports.extend)
    assert [(each.state, each.message_id) for each in reports] == [(NoticeState.FAILED, 3)]
    assert "Գ (U+0533)" in reports[0].why
    assert without.posted("20270201-0001", reports.extend) == 2
    channel.send(a_message(id=5, body="Գրադարան"), NOW)
    without.collect(reports.extend)
    assert channel.send(a_message(id=6, body="Գրադարան"), NOW) == Sent()
    channel.collect(reports.extend)
    (last,) = tmp_path.glob("*-0002.pdf")
    if shutil.which("pdftotext"):
        assert "Գրադարան" in read_pdf(last.read_bytes())


def told(channel: PrintChannel, batch: str | None = None) -> list[int | None]:
    """Which letters it says are in the post."""
    reports: list[Report] = []
    if batch is None:
        channel.collect(reports.extend)
    else:
        channel.posted(batch, reports.extend)
    assert {each.state for each in reports} <= {NoticeState.DELIVERED}
    return [each.message_id for each in reports]


def test_a_batch_is_in_the_post_when_somebody_says_so_once(tmp_path: Path) -> None:
    channel = PrintChannel(tmp_path)
    for number in (1, 2):
        channel.send(a_message(id=number), NOW)
    assert told(channel) == []
    assert told(channel, "20270201-0001") == [1, 2]
    assert told(channel, "20270201-0001") == []
    for wrong in ("20270201-0002", "../x"):
        with pytest.raises(LookupError, match="no batch"):
            told(channel, wrong)


def test_what_is_posted_by_itself_is_told_once(tmp_path: Path) -> None:
    channel = PrintChannel(tmp_path, posted_by_itself=True)
    channel.send(a_message(id=7), NOW)
    assert told(channel) == [7]
    assert told(channel) == []


def test_what_could_not_be_stored_is_told_again(tmp_path: Path) -> None:
    channel = PrintChannel(tmp_path, posted_by_itself=True)
    channel.send(a_message(id=7), NOW)

    def fail(reports: object) -> None:
        raise OSError("the database is down")

    with pytest.raises(OSError, match="down"):
        channel.collect(fail)
    assert told(channel) == [7]
