"""Plots, drawn here as SVG: shapes and texts with the classes of the desk's style, no library.

A plot is as wide as its place; what it shows is told beside it in words as well. In a file of its
own (`alone`) it brings the style along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH: Final = 520
_TOP, _HIGH, _BELOW = 22, 120, 22
#: Letters are larger on a phone (20 units in the style of the desk), and must not touch there.
_LINE, _NAME, _WORDS, _BAR = 66, 18, 40, 47
#: The light colours of the desk.
_STYLE: Final = (
    "svg{background:#fff;font:13px system-ui,sans-serif}text{fill:#525c64}"
    ".n{fill:#171d22;font-weight:600}.f0{fill:#dfe2e4}.f1{fill:#1a5799}.f2{fill:#bf7300}"
    ".f3{fill:#8f1518}.fe{fill:none;stroke:#525c64;stroke-width:1.5}.ax{stroke:#dfe2e4}"
)


class Bar(NamedTuple):
    """A line of a plot of bars: what it is, in words how much, and its length as a share of the
    longest; `kind` is done, todo or stop. `start` is where it begins, as a share of the same."""

    name: str
    text: str
    share: float
    kind: str = "done"
    start: float = 0.0


def hours(lent: Mapping[int, int], usual: Mapping[int, float], label: str) -> str:
    """Columns of what there was by hour, and in a line what there usually is."""
    known = sorted({*lent, *usual}) or [8, 18]
    first, last = min(8, known[0]), max(18, known[-1])
    most = max([*lent.values(), *usual.values(), 1])
    step = _WIDTH / (last - first + 1)
    ground = _TOP + _HIGH
    parts: list[str] = []
    line = [f"M0 {ground}"]
    peak = max(lent, key=lambda hour: lent[hour], default=None)
    for place, hour in enumerate(range(first, last + 1)):
        left = place * step
        high = _HIGH * lent.get(hour, 0) / most
        if high:
            box = f'x="{left + 4:.1f}" y="{ground - high:.1f}" width="{step - 8:.1f}"'
            parts.append(f'<rect class="f1" {box} height="{high:.1f}"/>')
        level = ground - _HIGH * usual.get(hour, 0) / most
        line.append(f"L{left:.1f} {level:.1f}L{left + step:.1f} {level:.1f}")
        middle = left + step / 2
        parts.append(_text(middle, ground + 16, str(hour), "middle"))
        if hour == peak:
            parts.append(_text(middle, ground - high - 5, str(lent[hour]), "middle", "n"))
    if usual:
        parts.append(f'<path class="fe" d="{"".join(line)}L{_WIDTH} {ground}"/>')
    parts.append(f'<path class="ax" d="M0 {ground}H{_WIDTH}"/>')
    return _picture(ground + _BELOW, label, parts)


def bars(lines: Sequence[Bar], label: str) -> str:
    """A bar for each line, one below the other."""
    colours = {"done": "f1", "todo": "f2", "stop": "f3"}
    parts: list[str] = []
    for place, bar in enumerate(lines):
        top = place * _LINE
        parts.append(_text(0, top + _NAME, _cut(bar.name, 50), "start", "n"))
        parts.append(_text(0, top + _WORDS, bar.text, "start"))
        start = min(max(bar.start, 0.0), 1.0)
        long = _WIDTH * min(max(bar.share, 0.0), 1.0 - start)
        parts.append(f'<rect class="f0" x="0" y="{top + _BAR}" width="{_WIDTH}" height="6"/>')
        left = f"{_WIDTH * start:.1f}" if start else "0"
        shape = f'x="{left}" y="{top + _BAR}" width="{long:.1f}" height="6"'
        parts.append(f'<rect class="{colours[bar.kind]}" {shape}/>')
    return _picture(max(len(lines), 1) * _LINE, label, parts)


def alone(plot: str) -> str:
    """The plot as a file that any program shows as the desk does."""
    head, end, rest = plot.partition(">")
    return f"{head}{end}<style>{_STYLE}</style>{rest}\n"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text{named} {place}>{_escaped(text)}</text>"


def _escaped(text: str) -> str:
    """Without what no XML may hold: titles come from anywhere."""
    return escape("".join(each if each.isprintable() else " " for each in text))


def _picture(high: float, label: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" '
        f'viewBox="0 0 {_WIDTH} {high:.0f}" aria-label="{_escaped(label)}">'
    )
    return f"{head}{''.join(parts)}</svg>"
