"""Scripts of three clients against a running server: yaz-client, zoomsh, and ZOOM in Perl."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import RunningServer, running_demo

Program = Callable[[str], str]
HERE = Path(__file__).parent


def run(*command: str, script: str = "") -> str:
    done = subprocess.run(
        command, input=script.encode(), capture_output=True, timeout=60, check=True
    )
    return done.stdout.decode(errors="replace")


#: A line of yaz-client, and what must be found in what it prints up to the next prompt.
YAZ_SCRIPT: list[tuple[str, str]] = [
    ("find @attr 1=4 bog", r"Number of hits: [1-9]"),
    ("show 1", r"\[catalogue\]Record type: USmarc\n.*245 .*\$a"),
    ("format opac", ""),
    ("show 1", r"Record type: OPAC.*nucCode: DK-900\d{3}.*availableNow: -?1.*itemId: I\d{7}"),
    ("format sutrs", ""),
    ("show 1", r"Record type: SUTRS.*Title: .*Item: I\d{7}"),
    ("format grs-1", ""),
    ("show 1", r"Record type: GRS-1\n\(1,14\) .*\(2,1\) .*\(3,245\)"),
    ("format xml", ""),
    ("elements opacxml", ""),
    ("show 1", r"Record type: XML\n<opacRecord>.*<itemId>I\d{7}</itemId>.*</opacRecord>"),
    ("elements MARCXML", ""),
    ("show 1", r'Record type: XML\n<record xmlns="http://www.loc.gov/MARC21/slim">'),
    ("elements nonsense", ""),
    ("show 1", r"\[25\].*nonsense|\[25\]"),
    ("elements F", ""),
    ("format unimarc", ""),
    ("show 1", r"\[2[23][0-9]\]"),
    ("format usmarc", ""),
    ("show 999", r"\[13\] Present request out of range"),
    ("show 1+2", r"Records: 2"),
    ("find @set 1", r"Number of hits: [1-9]"),
    ("find @and @set 1 @attr 1=1003 fellowes", r"Number of hits: 1\b"),
    ("find @attr 1=4 @attr 5=1 bo", r"Number of hits: [1-9]"),
    ("find @attr 1=9999 x", r"\[114\] .*\n?.*9999"),
    ("find @attr 1=4 @attr 2=102 x", r"\[117\]"),
    ('find @attr 1=4 @attr 4=6 @attr 6=1 "bog forste"', r"Number of hits: [1-9]"),
    ("querytype ccl2rpn", ""),
    ("querytype ccl", ""),
    ("find bog", r"\[107\]"),
    ("querytype cql", ""),
    ("find title=bog", r"Number of hits: [1-9]"),
    ("querytype prefix", ""),
    ("base nowhere", ""),
    ("find bog", r"\[109\].*\n?.*nowhere"),
    ("base catalogue nowhere", ""),
    ("find bog", r"\[109\]"),
    ("base DK-900101", ""),
    ("find @attr 1=1016 @attr 2=103 x", r"Number of hits: [1-9]"),
    ("base catalogue", ""),
    ("find @attr 1=1016 @attr 2=103 x", r"Number of hits: [1-9]\d\d"),
    ("sort 1=4 <", r"Received SortResponse: status=success"),
    ("show 1+2", r"Records: 2"),
    ("sort 1=7 <", r"status=failure.*\[207\]"),
    ("scan @attr 1=4 bog", r"20 entries, position=1\n\* bog \([1-9]"),
    ("scansize 5", ""),
    ("scanpos 3", ""),
    ("scan @attr 1=4 bog", r"5 entries, position=3\n  \S.*\n  \S.*\n\* bog "),
    ("scan @attr 1=1003 @attr 4=1 @attr 3=1 andersen", r"5 entries, position=3.*andersen"),
    ("scanstep 2", ""),
    ("scan @attr 1=4 bog", r"\[205\]"),
    ("delete 1", r"status=0"),
    ("find @set 1", r"\[30\]"),
    ("refid seven", ""),
    ("find @attr 1=4 bog", r"Reference Id: seven.*Number of hits: [1-9]"),
    ("base IR-Explain-1", ""),
    ("find @attrset exp1 @attr 1=1 targetinfo", r"Number of hits: 1\b"),
    ("format explain", ""),
    ("show 1", r"Record type: Explain"),
    ("close", r"Reason: finished"),
]


def test_yaz_client(program: Program, demo_server: RunningServer) -> None:
    script = "\n".join(line for line, _ in YAZ_SCRIPT) + "\nquit\n"
    printed = run(program("yaz-client"), f"127.0.0.1:{demo_server.z3950}/catalogue", script=script)
    greeting, *answers = printed.split("Z> ")
    assert re.search(r"Options: search present delSet triggerResourceCtrl scan sort", greeting)
    assert len(answers) == len(YAZ_SCRIPT) + 1
    wrong = [
        f"{line}\n{answer}"
        for (line, expected), answer in zip(YAZ_SCRIPT, answers, strict=False)
        if not re.search(expected, answer, re.DOTALL)
    ]
    assert not wrong, "\n".join(wrong)


def test_yaz_client_is_told_that_the_server_ends(program: Program, tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo") as server:
        client = subprocess.Popen(
            [program("yaz-client"), f"127.0.0.1:{server.z3950}/catalogue"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(b"find @attr 1=4 bog\n")
        client.stdin.flush()
        printed = b""
        while b"Number of hits" not in printed:
            printed += client.stdout.readline()
        assert server.stop() == 0
        printed, _ = client.communicate(b"find @attr 1=4 bog\nquit\n", 20)
    assert b"Reason: shutdown" in printed


ZOOM_SCRIPT = [
    "set preferredRecordSyntax opac",
    "search @attr 1=4 bog",
    "show 0 1 render",
    "set preferredRecordSyntax xml",
    "set elementSetName opacxml",
    "search @attr 1=4 bog",
    "show 0 1 raw",
    "search @attr 1=9999 bog",
    "scan @attr 1=4 bog",
    "quit",
]


def test_zoomsh(program: Program, demo_server: RunningServer) -> None:
    printed = run(
        program("zoomsh"), f"connect 127.0.0.1:{demo_server.z3950}/catalogue", *ZOOM_SCRIPT
    )
    assert "2 hits" in printed
    assert "<opacRecord>" in printed
    assert "<itemId>I" in printed
    assert "Unsupported Use attribute (Bib-1:114) 9999" in printed
    assert re.search(r"(?m)^\s*bog\b", printed) or "bog (" in printed


def test_zoom_in_perl(program: Program, demo_server: RunningServer) -> None:
    perl = program("perl")
    if subprocess.run([perl, "-MZOOM", "-e1"], capture_output=True, check=False).returncode:
        pytest.skip(
            "ZOOM for Perl is not installed: on Debian, apt-get install libnet-z3950-zoom-perl"
        )
    printed = run(perl, str(HERE / "conformance.pl"), f"127.0.0.1:{demo_server.z3950}")
    answers = dict(line.split(": ", 1) for line in printed.splitlines())
    assert answers == {
        "server": "Tiro",
        "search @attr 1=4 bog": "2",
        "search @and @attr 1=1003 fellowes @attr 1=4 bog": "1",
        "search @attr 1=9999 x": "Bib-1 114 9999",
        "record": "MARC",
        "record in xml": "yes",
        "record in sutrs": "yes",
        "record in opac": "yes",
        "record in grs-1": "yes",
        "no such syntax": "Bib-1 239 1.2.840.10003.5.103",
        "sorted": "newest first",
        "scan": "bog 2 of 20",
    }
