"""The report of a probe, for the person who leads the change of systems."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.proxy.probing.findings import Clock, Findings, Speed

#: Seconds by which a clock may be off without a word.
MOST_OFF = 60.0
_NAMES = {
    "23": "patron status",
    "63": "patron information",
    "17": "item information",
    "11": "check-out",
    "29": "renewal",
    "09": "check-in",
    "15": "hold",
    "65": "renew all",
    "35": "end of session",
    "25": "patron enable",
    "19": "item status update",
    "01": "block patron",
    "37": "fee paid",
    "93": "login",
    "97": "resend",
    "99": "status",
}


def write_report(found: Findings) -> str:
    """Return the report as Markdown: what there is to do, then what was found."""
    lines = [f"# Probe of {found.host}:{found.port}", ""]
    tasks = [*_tasks(found)]
    lines += ["## To be done", "", *(f"* {each}" for each in tasks or ["Nothing was found."]), ""]
    lines += ["## Found", "", "| what | found |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in _rows(found)]
    lines += ["", "## Messages", "", "| message | promised (98) | about nobody and nothing |"]
    lines += ["|---|---|---|"]
    for code in sorted(_NAMES):
        promised = found.promised.get(code)
        shown = "not said" if promised is None else "yes" if promised else "no"
        lines.append(
            f"| {code} {_NAMES[code]} | {shown} | {found.messages.get(code, 'not tried')} |"
        )
    if found.remarks:
        lines += ["", "## Remarks", "", *(f"* {each}" for each in found.remarks)]
    return "\n".join([*lines, ""])


def _tasks(found: Findings) -> Iterator[str]:
    clock, speed = found.clock, found.speed
    if clock is not None and clock.is_stopped:
        yield "98 gives the same time twice: its dates are of no use, the proxy uses its own."
    elif clock is not None and abs(clock.offset) > MOST_OFF:
        yield (
            f"The clock there is {_duration(clock.offset)} ours"
            + (", which looks like another time zone" if _is_zone(clock.offset) else "")
            + ". Have it set right. Until then the proxy corrects for it."
        )
    if found.no_block == "ignored":
        yield (
            "No block is ignored: what the proxy tells this system later goes by its rules. Have"
            " loans, limits and blocks let through for the proxy's account, or expect differences"
            " on the list that a person works off."
        )
    if found.takes_due_date is False:
        yield (
            "Due dates of messages with no block are not taken: loans of branches that have moved"
            " get other due dates there. Have its reminders for these branches switched off."
        )
    if found.no_block == "not tried":
        yield "Try no block with a test card and a test item before the first branch moves."
    unanswered = [
        code
        for code, promised in found.promised.items()
        if promised and found.messages.get(code) == "no answer"
    ]
    if unanswered:
        yield f"98 promises {', '.join(unanswered)}, yet there is no answer: ask the supplier."
    for code in ("17", "63", "11", "09"):
        if found.messages.get(code) == "no answer" and code not in unanswered:
            yield f"{code} ({_NAMES[code]}) has no answer: the proxy cannot do without it."
    if found.charset is None:
        yield "The characters of its answers are not known: ask the supplier for the charset."
    if speed is not None and speed.median > 1:
        yield f"Answers take {speed.median:.1f} s: terminals will seem slow in every mode."
    if speed is not None and speed.lines == 1 and speed.by_lines:
        yield "More lines at once bring nothing: write-back takes as long as one line needs."


def _rows(found: Findings) -> Iterator[tuple[str, str]]:
    yield "ends of answers", found.line_end or "not seen"
    yield "checksums", "yes" if found.has_checksums else "no"
    yield "institution (AO)", f"`{found.institution}`" if found.institution else "none"
    yield "characters", found.charset or "unknown"
    if found.currency:
        yield "currency", found.currency
    if found.timeout_period is not None:
        yield "timeout period (98)", f"{found.timeout_period:g} s"
    yield "clock", "unknown" if found.clock is None else _clock(found.clock)
    yield "fields left out", ", ".join(found.leaves_out) or "none was missed"
    yield "counts of holds", found.hold_counts or "unknown"
    yield "form of due dates", f"`{found.due_form}`" if found.due_form else "unknown"
    yield "no block", found.no_block
    for what, value in (
        ("due date of a message with no block", found.takes_due_date),
        ("no block for a blocked card", found.ignores_blocks),
    ):
        yield what, "not tried" if value is None else "taken" if value else "not taken"
    if found.speed is not None:
        yield from _speed(found.speed)


def _clock(clock: Clock) -> str:
    zone = ", in UTC" if clock.is_utc else ""
    if abs(clock.offset) < 2:
        return f"as ours{zone}"
    if clock.is_stopped:
        return f"stands still{zone}"
    return f"{_duration(clock.offset)} ours{zone}"


def _speed(speed: Speed) -> Iterator[tuple[str, str]]:
    yield "time of an answer", f"{speed.median * 1000:.0f} ms, slowest {speed.slowest * 1000:.0f}"
    for count, rate in speed.by_lines.items():
        yield f"answers a second, {count} line{'' if count == 1 else 's'}", f"{rate:g}"
    if speed.refused_at is not None:
        yield "refused or silent", f"with {speed.refused_at} lines at once"


def _is_zone(offset: float) -> bool:
    """Return whether the offset is whole quarters of an hour, but for a minute."""
    rest = abs(offset) % 900
    return abs(offset) > 800 and min(rest, 900 - rest) < MOST_OFF


def _duration(offset: float) -> str:
    seconds = round(abs(offset))
    hours, minutes = divmod(seconds // 60, 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    text = " ".join(each for each in parts if each) or f"{seconds} s"
    return f"{text} {'ahead of' if offset > 0 else 'behind'}"
