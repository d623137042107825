"""The days of the rehearsal: what happens at the counters, and what befalls the machines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from circulation.jobs.running import run_job
from protocols.proxy.settings import Mode
from tests.builders.circulation import ZONE, Library, present
from tests.builders.notices import gathered, sent
from tests.cut_over.clock import Clock
from tests.cut_over.front import Front
from tests.cut_over.processes import POINTS
from tests.cut_over.terminals import Heard, Terminal
from tests.cut_over.world import (
    BRANCHES,
    OLD_RULES,
    TERMINALS,
    World,
    branch_of,
    configure_proxy,
    deliver,
    found,
    open_loans,
    terminal_name,
)
from tests.processes import Running, start
from tests.servers import run_tiro

_JOBS = ("dunning", "reminders", "replies")
_BEGIN = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Draw:
    """How long, how much, how often: everything follows from these and the seed."""

    days: int = 60
    acts: int = 2000
    kills: int = 120
    seed: int = 1
    #: The first day of shadow, the flips of both branches, the flip back, and the second flip.
    shadow: int = 2
    flips: tuple[int, int] = (5, 7)
    back: int = 9
    again: int = 12


#: When fewer days are to be rehearsed: the flips of two days, and none back.
SHORT: Final[dict[str, Any]] = {"shadow": 0, "flips": (0, 1), "back": -1, "again": 1}


@dataclass
class Process:
    """One of the three, as it is now. `down_for`: acts that it stays down after a kill."""

    kind: str
    folder: Path
    running: Running | None = None
    port: int = 0
    down_for: int = 0
    deaths: Counter[str] = field(default_factory=Counter)

    def begin(self, crash_at: str = "") -> None:
        environment = {"CRASH_AT": crash_at} if crash_at else {}
        self.running = start(
            "tests.cut_over.processes",
            "proxy" if self.kind == "proxy" else "system",
            str(self.folder),
            errors=self.folder / "log",
            environment=environment,
        )
        assert self.running.stdout is not None
        line = self.running.stdout.readline()
        if line:  # or it was killed at once
            self.port = int(line)

    @property
    def is_dead(self) -> bool:
        return self.running is None or self.running.poll() is not None

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        with suppress(Exception):
            self.running.wait(10)

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            self.running.wait(20)


@dataclass
class Told:
    """What patrons were told at terminals: the model that acts are drawn from."""

    loans: dict[str, tuple[str, datetime, int]]
    unsure: set[str] = field(default_factory=set)

    def of(self, card: str) -> int:
        return sum(held == card for held, _, _ in self.loans.values())


@dataclass
class Rehearsal:
    """All of it while it runs, and what is left for the checker."""

    world: World
    draw: Draw
    clock: Clock
    random: Random
    told: Told
    old: Process
    new: Process
    proxy: Process
    fronts: dict[str, Front]
    terminals: list[Terminal]
    say: Callable[[str], object]
    unfounded: list[Heard] = field(default_factory=list)
    unknown: list[Heard] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    #: What happened before is in the delivery of that morning.
    shadow_since: datetime = _BEGIN
    off_line: dict[str, str] = field(default_factory=dict)

    # A day

    def live(self) -> None:
        kills = self._kill_plan()
        for day in range(self.draw.days):
            self._morning(day)
            moments = sorted(self.random.triangular(8.0, 20.0, 15.5) for _ in range(self.draw.acts))
            for number, hour in enumerate(moments):
                midnight = _BEGIN.replace(hour=0) + timedelta(days=day)
                self.clock.set(max(self.clock(), midnight + timedelta(hours=hour)))
                self.revive()
                if (day, number) in kills:
                    self._strike(kills[day, number])
                if number == self.draw.acts // 2:
                    self._noon(day)
                self._act(self.random.choice(self.terminals))
            self._night(day)
            self.say(f"day {day + 1}: {len(self.heard):,} answers, {self._deaths()} deaths")
        self._settle()

    def _kill_plan(self) -> dict[tuple[int, int], str]:
        moments = [
            (self.random.randrange(self.draw.days), self.random.randrange(self.draw.acts))
            for _ in range(self.draw.kills)
        ]
        points = [(kind, point) for kind, named in POINTS.items() for point in named]
        plan = {}
        for number, moment in enumerate(moments):
            kind, point = points[number % len(points)]
            name = kind if kind == "proxy" else self.random.choice(("old", "new"))
            plan[moment] = name if number % 2 else f"{name}@{point}"
        return plan

    def _strike(self, what: str) -> None:
        """Kills it now, or has it kill itself at a point that it soon passes."""
        name, _, point = what.partition("@")
        process = getattr(self, name)
        if process.is_dead:
            return
        process.deaths[point or "at random"] += 1
        process.kill()
        if point:
            process.begin(f"{point}:{self.random.randint(1, 12)}")
        else:
            process.down_for = 0 if name == "proxy" else self.random.randint(0, 6)

    def revive(self) -> None:
        """The service manager starts what has died."""
        for process in (self.old, self.new, self.proxy):
            if process.is_dead:
                if process.down_for > 0:
                    process.down_for -= 1
                else:
                    process.begin()

    def _deaths(self) -> int:
        return sum(sum(each.deaths.values()) for each in (self.old, self.new, self.proxy))

    # Flips

    def _morning(self, day: int) -> None:
        draw = self.draw
        if day == draw.shadow:
            # What happens from now on is followed: what the delivery brings was before that.
            self._flip(BRANCHES, "shadow", "the new system learns")
            self.shadow_since = self.clock()
            deliver(self.world, _BEGIN + timedelta(days=min(draw.again, draw.days)))

    def _noon(self, day: int) -> None:
        """Branches are flipped at noon, while patrons stand at the machines."""
        draw = self.draw
        for branch, flip in zip(BRANCHES, draw.flips, strict=True):
            if day == flip:
                self._flip((branch,), "new with write-back", "its day")
        if day == draw.back:
            self._flip(BRANCHES[1:], "shadow", "once back, to see that it can be done")
        if day == draw.again > draw.back >= 0:
            self._flip(BRANCHES[1:], "new with write-back", "again")
        if day == draw.again:
            self._play_off_line()

    def _flip(self, branches: tuple[str, ...], mode: Mode, why: str) -> None:
        for _ in range(40):
            self.revive()
            done = run_tiro(
                self.world.folder / "old" / "tiro.toml",
                *("proxy", "flip", *branches, "--to", mode, "--why", why),
                *("--file", str(self.world.folder / "proxy" / "proxy.toml")),
            )
            if done.returncode == 0:
                self.say(f"{', '.join(branches)}: {mode}")
                return
            time.sleep(0.25)
        raise AssertionError(f"no flip: {done.stdout} {done.stderr}")

    def _play_off_line(self) -> None:
        """A desk that has moved was without its line, and its file comes twice."""
        asked = {each.asked("AB") for each in self.heard}
        free = set(self.world.barcodes) - set(self.told.loans) - self.told.unsure - asked
        cards = [each for each in self.world.cards if each not in self.told.unsure]
        for barcode in self.random.sample(sorted(free), min(8, len(free))):
            self.off_line[barcode] = self.random.choice(cards)
        self.told.unsure |= set(self.off_line)
        # The command has the clock of the wall, and takes nothing of the future.
        when = f"{present() - timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
        lines = ["Version=1.0\tGenerator=rehearsal\tGeneratorVersion=1"]
        lines += [
            f"{when} {number:03}\tissue\t{card}\t{barcode}"
            for number, (barcode, card) in enumerate(self.off_line.items())
        ]
        path = self.world.folder / "files" / "desk.koc"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        for _ in range(2):
            played = run_tiro(
                self.world.folder / "new" / "tiro.toml",
                *("off-line", "play", str(path), "--at", BRANCHES[0]),
            )
            assert "unknown" not in played.stdout + played.stderr, played.stdout

    # Nights

    def _night(self, day: int) -> None:
        """The jobs of both, as of the evening; the old one tells people until the last flip."""
        self.clock.set(_BEGIN.replace(hour=21) + timedelta(days=day))
        for terminal in self.terminals:
            terminal.cut()  # switched off for the night
        for library in (self.world.old, self.world.new):
            library.now = self.clock()
            for name in _JOBS:
                run_job(
                    library.circulation,
                    library.database,
                    name,
                    day=library.now.astimezone(ZONE).date(),
                    now=library.now,
                )
            if library is self.world.new or day < self.draw.again:
                self._tell(library)

    @staticmethod
    def _tell(library: Library) -> None:
        gathered(library)
        sent(library)

    # Acts

    def _act(self, terminal: Terminal) -> None:
        card = self.random.choice(self.world.cards)
        dice = self.random.random()
        lent = [each for each in self.told.loans if each not in self.told.unsure]
        if self.random.random() < 0.004:
            terminal.cut()
        if dice < 0.40:
            self._check_out(terminal, card)
        elif dice < 0.76 and lent:
            self._check_in(terminal, self.random.choice(lent))
        elif dice < 0.88 and lent:
            self._renew(terminal, self.random.choice(lent))
        else:
            self._session(terminal, card)

    def _check_out(self, terminal: Terminal, card: str) -> None:
        barcode = self.random.choice(self.world.barcodes)
        if barcode in self.told.unsure or card in self.told.unsure:
            return
        holder = self.told.loans.get(barcode)
        now = terminal.date()
        heard = terminal.ask(f"11NN{now}{' ' * 18}AO|AA{card}|AB{barcode}|AC|AD1234|")
        self.heard.append(heard)
        is_founded = holder is not None or self.told.of(card) >= OLD_RULES["max_loans"]
        if self._is_told(heard, barcode, card, is_founded):
            self.told.loans[barcode] = (card, due_of(heard), 0)
        if self.random.random() < 0.8:  # others walk away
            self.heard.append(terminal.ask(f"35{terminal.date()}AO|AA{card}|AC|"))

    def _check_in(self, terminal: Terminal, barcode: str) -> None:
        now = terminal.date()
        heard = terminal.ask(f"09N{now}{now}AP|AO|AB{barcode}|AC|")
        self.heard.append(heard)
        if self._is_told(heard, barcode, "", is_founded=False):
            del self.told.loans[barcode]

    def _renew(self, terminal: Terminal, barcode: str) -> None:
        card, due, renewals = self.told.loans[barcode]
        if card in self.told.unsure:
            return
        now = terminal.date()
        heard = terminal.ask(f"29NN{now}{' ' * 18}AO|AA{card}|AD1234|AB{barcode}|")
        self.heard.append(heard)
        gain = self.clock() + timedelta(days=OLD_RULES["loan_days"])
        is_founded = renewals >= OLD_RULES["renewals"] or due.date() >= gain.date()
        if self._is_told(heard, barcode, card, is_founded):
            self.told.loans[barcode] = (card, due_of(heard), renewals + 1)

    def _session(self, terminal: Terminal, card: str) -> None:
        """Somebody looks at what they have, and stays a while at the machine."""
        now = terminal.date()
        self.heard.append(terminal.ask(f"63001{now}  Y       AO|AA{card}|AC|AD1234|"))
        if self.random.random() < 0.5:
            self._check_out(terminal, card)
        self.heard.append(terminal.ask(f"35{terminal.date()}AO|AA{card}|AC|"))

    def _is_told(self, heard: Heard, barcode: str, card: str, is_founded: bool) -> bool:
        """Was it granted? What was refused without a reason that the old system has is noted."""
        if heard.answer is None:
            self.unknown.append(heard)
            self.told.unsure |= {barcode} | ({card} if card else set())
            return False
        if not heard.is_granted and not is_founded:
            self.unfounded.append(heard)
        return heard.is_granted

    # The end

    def _settle(self) -> None:
        """Waits until each system has been told all that it has to be told."""
        for front in self.fronts.values():
            front.slow = front.cut_before = front.cut_after = 0
        end = time.monotonic() + 180
        while time.monotonic() < end:
            self.revive()
            for each in (self.old, self.new, self.proxy):
                each.down_for = 0
            done = run_tiro(
                self.world.folder / "old" / "tiro.toml",
                *("proxy", "status", "--json"),
                *("--file", str(self.world.folder / "proxy" / "proxy.toml")),
            )
            if done.returncode == 0 and done.stdout.count('"to_be_told": 0') >= 2:
                return
            time.sleep(0.5)
        self.say("something is still to be told")


def due_of(heard: Heard) -> datetime:
    text = heard.field("AH")
    return datetime.strptime(text, "%Y%m%d    %H%M%S").replace(tzinfo=ZONE).astimezone(UTC)


@contextmanager
def rehearsed(
    folder: Path, draw: Draw, say: Callable[[str], object] = lambda line: None
) -> Iterator[Rehearsal]:
    """The rehearsal of the draw, when all has happened and the processes are down."""
    random = Random(draw.seed)
    clock = Clock(folder / "clock", _BEGIN)
    patrons, items = max(30, draw.acts // 4), max(120, draw.acts * 2)
    last = _BEGIN + timedelta(days=min(draw.again, draw.days))
    world = found(folder, _BEGIN, random, patrons=patrons, items=items, until=last)
    old, new = Process("old", folder / "old"), Process("new", folder / "new")
    proxy = Process("proxy", folder / "proxy")
    fronts = {
        "old": Front(lambda: old.port, Random(draw.seed + 1)),
        "new": Front(lambda: new.port, Random(draw.seed + 2)),
    }
    configure_proxy(folder, fronts["old"].port, fronts["new"].port)
    fronts["old"].slow, fronts["old"].cut_before, fronts["old"].cut_after = 10, 3, 3
    fronts["new"].cut_before = fronts["new"].cut_after = 2
    slow = {3: timedelta(seconds=90), 17: timedelta(seconds=-90)}
    terminals = [
        Terminal(terminal_name(each), lambda: proxy.port, clock, slow.get(each, timedelta()))
        for each in range(TERMINALS)
    ]
    assert {branch_of(each) for each in slow} == set(BRANCHES[1:])
    told = Told(open_loans(world.old.database))
    rehearsal = Rehearsal(world, draw, clock, random, told, old, new, proxy, fronts, terminals, say)
    for terminal in terminals:
        terminal.meanwhile = rehearsal.revive
    try:
        for each in (old, new, proxy):
            each.begin()
        rehearsal.live()
        for each in (proxy, old, new):
            each.stop()
        yield rehearsal
    finally:
        for each in (proxy, old, new):
            if not each.is_dead:
                each.kill()
        for front in fronts.values():
            front.close()
        world.old.database.close()
        world.new.database.close()
