"""The days of the rehearsal: what happens on each, and what befalls the machines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from catalogue.database import Transaction
from circulation.jobs.running import run_job
from circulation.kernel.results import UNATTENDED
from circulation.notices.gathering import gather
from protocols.hosting.proxy_control import NoProxy, ask
from protocols.proxy.settings import Mode
from tests.builders.circulation import ZONE, Library
from tests.builders.notices import sent
from tests.cut_over.clock import Clock, commands_by
from tests.cut_over.counters import Bag, Counters, Told
from tests.cut_over.delivering import deliver, open_debts, open_loans, waiting_for
from tests.cut_over.front import Front
from tests.cut_over.machines import Machine
from tests.cut_over.nights import note_night
from tests.cut_over.old_system.character import PLAIN, Character
from tests.cut_over.terminals import Diary, Terminal
from tests.cut_over.world import (
    APART,
    BRANCHES,
    DIRECT,
    TERMINALS,
    World,
    branch_of,
    found,
    is_desk,
    move,
    terminal_name,
)
from tests.servers import run_tiro

_JOBS = ("dunning", "reminders", "replies")
_BEGIN = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
#: The clock does not run further ahead of what is not answered: machines give up after minutes, and
#: the day passes in seconds.
_AHEAD = timedelta(seconds=100)
#: Of a hundred acts so many happen in a rush, when many stand at the machines at once.
_IN_RUSHES, _RUSH = 40, 20
#: Of a thousand messages so many are sent on a line that breaks before the answer.
_BREAKS = 3
#: So many acts begin while a machine is started.
_MISSED = 12
#: Seconds in which the evening waits until everybody was told everything.
_EVENING = 90.0


@dataclass(frozen=True)
class Draw:
    """How long, how much, how often: everything follows from these and the seed."""

    days: int = 60
    acts: int = 2000
    #: A day.
    kills: int = 2
    seed: int = 1
    #: The first day of shadow, the flips of both branches, the flip back, and the second flip.
    shadow: int = 2
    flips: tuple[int, int] = (5, 7)
    back: int = 9
    again: int = 12
    character: Character = PLAIN
    #: Everything is compared in the evening of every so many days, and each night.
    compares_every: int = 1


#: When fewer days are to be rehearsed: the flips of two days, and none back.
SHORT: Final[dict[str, Any]] = {"shadow": 0, "flips": (0, 1), "back": -1, "again": 1}


@dataclass
class Rehearsal:
    """All of it while it runs."""

    world: World
    draw: Draw
    clock: Clock
    random: Random
    counters: Counters
    machines: dict[str, Machine]
    fronts: list[Front]
    terminals: list[Terminal]
    diary: Diary
    say: Callable[[str], object]
    #: Branches whose machines were flipped today: (branches, back to the old system).
    flipped: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    #: What the off-line desk has before it, and who borrows it.
    aside: list[tuple[str, str]] = field(default_factory=list)
    has_gone_back: bool = False

    def deaths(self) -> str:
        """Of what the machines died, and how often."""
        lines = []
        for name, machine in self.machines.items():
            died = ", ".join(f"{each} {count}" for each, count in sorted(machine.deaths.items()))
            lines.append(f"{name} died {sum(machine.deaths.values())} times: {died}")
        lines.append(f"{sum(front.faults for front in self.fronts)} faults of lines")
        return "\n".join(lines)

    # A day

    async def live(self) -> None:
        kills = self._kill_plan()
        for day in range(self.draw.days):
            began = time.monotonic()
            self._morning(day)
            await self._open_doors(day, kills)
            if await self._evening():
                self._hand_over()
            if day % self.draw.compares_every == 0:
                await self._compare_all()
            await self._night(day)
            took = time.monotonic() - began
            dead = sum(sum(each.deaths.values()) for each in self.machines.values())
            self.say(f"day {day + 1}: {self.diary.count:,} messages, {dead} deaths, {took:.1f} s")
        for front in self.fronts:
            front.slow = front.cut_before = front.cut_after = 0
        await self._evening()
        await self._compare_all()
        await self._look_at_both(self.draw.days)

    async def _open_doors(self, day: int, kills: dict[tuple[int, int], tuple[str, str]]) -> None:
        """The acts of a day: each begins when its time has come and a terminal is free."""
        midnight = _BEGIN.replace(hour=0) + timedelta(days=day)
        under_way: dict[asyncio.Task[None], datetime] = {}
        async with asyncio.TaskGroup() as group:
            for number, hour in enumerate(self._moments()):
                at = max(self.clock(), midnight + timedelta(hours=hour))
                while under_way and min(under_way.values()) < at - _AHEAD:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                self.clock.set(at)
                await self._out_for_long()
                if (day, number) in kills:
                    self._strike(*kills[day, number])
                if number == self.draw.acts // 2:
                    self._noon(day)
                while (terminal := self._free()) is None:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                task = group.create_task(self._act(terminal))
                under_way[task] = at
                task.add_done_callback(under_way.pop)

    async def _out_for_long(self) -> None:
        """What a start takes on the wall is not hours of the rehearsal."""
        for machine in self.machines.values():
            machine.missed += machine.is_out
            while machine.is_out and machine.missed > machine.down_for + _MISSED:
                await asyncio.sleep(0.01)

    def _moments(self) -> list[float]:
        """The hours of a day's acts."""
        hours: list[float] = []
        while len(hours) < self.draw.acts:
            hour = self.random.triangular(8.0, 20.0, 15.5)
            is_rush = self.random.randrange(100 * _RUSH) < _IN_RUSHES * 2
            hours += [hour] * (self.random.randint(2, _RUSH) if is_rush else 1)
        return sorted(hours[: self.draw.acts])

    def _free(self) -> Terminal | None:
        """A terminal that nobody stands at, which somebody does from now on."""
        free = [each for each in self.terminals if each.is_free]
        if not free:
            return None
        terminal = self.random.choice(free)
        terminal.is_free = False
        return terminal

    async def _act(self, terminal: Terminal) -> None:
        try:
            await self.counters.act(terminal)
        finally:
            terminal.is_free = True

    # Kills

    def _kill_plan(self) -> dict[tuple[int, int], tuple[str, str]]:
        """By day and act: who is killed, and at which point, if at any. All have their turn, at
        each point and at random."""
        ways = [
            (name, point)
            for name, machine in self.machines.items()
            for point in [*machine.points, "", ""]
        ]
        self.random.shuffle(ways)
        plan = {}
        for number in range(self.draw.days * self.draw.kills):
            moment = (number // self.draw.kills, self.random.randrange(self.draw.acts))
            plan[moment] = ways[number % len(ways)]
        return plan

    def _strike(self, name: str, point: str) -> None:
        """Kills it now, or has it kill itself at a point that it soon passes."""
        machine = self.machines[name]
        if machine.is_out:
            return
        if point:
            machine.die_at(point, self.random.randint(0, 8))
        else:
            machine.kill(0 if name == "proxy" else self.random.randint(0, 12))

    async def look_after(self) -> None:
        """The service manager starts what has died."""
        while True:
            for machine in self.machines.values():
                if machine.may_begin:
                    await asyncio.to_thread(machine.begin)
            await asyncio.sleep(0.02)

    # Flips

    def _morning(self, day: int) -> None:
        draw = self.draw
        if day == draw.shadow:
            # What happens from now on is followed: what the delivery brings was before that.
            self._flip(BRANCHES, "shadow", "the new system learns")
            self._set_apart("old")
            deliver(self.world, is_halved=True)
        if day == draw.again:  # both systems know that they are in
            self.aside = [self.counters.set_aside() for _ in range(8)]

    def _noon(self, day: int) -> None:
        """Branches are flipped at noon, while patrons stand at the machines."""
        draw = self.draw
        for branch, flip in zip(BRANCHES, draw.flips, strict=True):
            if day == flip:
                self._moves((branch,), "its day")
        if day == draw.back and self._may_go_back():
            self._moves(BRANCHES[1:], "once back, to see that it can be done", is_back=True)
        if day == draw.again > draw.back >= 0 and self.has_gone_back:
            self._moves(BRANCHES[1:], "again")
        if day == draw.again:
            self._end_old_terminals()
        if day == draw.again + 1:  # all branches were handed over in the evening before
            self._play_off_line()

    def _may_go_back(self) -> bool:
        """A system that does not take what it is told has too little to lend by."""
        self.has_gone_back = self.world.character.no_block == "honoured"
        return self.has_gone_back

    def _set_apart(self, mode: Mode) -> None:
        """Some terminals are in another mode than their branch."""
        apart = [each.login for each in self.terminals if each.is_mixed and not each.system]
        if apart:
            self._flip(tuple(apart), mode, "they have a mode of their own")

    def _end_old_terminals(self) -> None:
        """All branches have come over: no terminal speaks to the old system by itself."""
        self._set_apart("new")
        for terminal in self.terminals:
            if terminal.system == "old":
                terminal.cut()
                terminal.port, terminal.system = self.world.ports["proxy"], ""

    def _moves(self, branches: tuple[str, ...], why: str, *, is_back: bool = False) -> None:
        """The other system answers at the machines of these branches, and will look after them."""
        self._flip(branches, "shadow" if is_back else "new with write-back", why)
        if not is_back:
            self._set_apart("old")
        self.flipped.append((branches, is_back))

    def _hand_over(self) -> None:
        """The other system looks after what was flipped, now that neither has anything to hear of
        the day: what it hears later it would leave to the other to tell."""
        old, new = self.world.old, self.world.new
        new.now = self.clock.pass_time(minutes=1)
        for branches, is_back in self.flipped:
            move(branches, away_from=new if is_back else old, to=old if is_back else new)
        self.flipped.clear()

    def _flip(self, branches: tuple[str, ...], mode: Mode, why: str) -> None:
        for _ in range(40):
            done = run_tiro(
                self.world.folder / "old" / "tiro.toml",
                *("proxy", "switch-mode", *branches, "--to", mode, "--why", why),
                *("--despite-readiness", "a rehearsal of few days"),
                *("--file", str(self.world.folder / "proxy" / "proxy.toml")),
            )
            if done.returncode == 0:
                self.say(f"{', '.join(branches)}: {mode}")
                return
            proxy = self.machines["proxy"]
            if proxy.is_dead and not proxy.is_starting:
                proxy.begin()
            time.sleep(0.25)
        raise AssertionError(f"no flip: {done.stdout} {done.stderr}")

    def _play_off_line(self) -> None:
        """A desk that has moved was without its line, and its file comes twice."""
        lines = ["Version=1.0\tGenerator=rehearsal\tGeneratorVersion=1"]
        when = f"{self.clock().astimezone(ZONE) - timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
        for number, (barcode, card) in enumerate(self.aside):
            lines.append(f"{when} {number:03}\tissue\t{card}\t{barcode}")
        path = self.world.folder / "files" / "desk.koc"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        for _ in range(2):
            played = run_tiro(
                self.world.folder / "new" / "tiro.toml",
                *("off-line", "play", str(path), "--at", BRANCHES[0]),
            )
            assert "unknown" not in played.stdout + played.stderr, played.stdout

    # Nights

    async def _evening(self) -> bool:
        """Until each system has been told all that it has to be told; False if that takes too
        long."""
        for machine in self.machines.values():
            machine.down_for = 0
        return await self._until(lambda told: not _has_to_be_told(told), "something to be told")

    async def _until(self, is_so: Callable[[dict[str, Any]], bool], what: str) -> bool:
        """Wait until the status of the proxy says so; say what is left if that takes too long."""
        end = time.monotonic() + _EVENING
        while time.monotonic() < end:
            told = await self._ask(ask="status")
            if told and is_so(told):
                return True
            await asyncio.sleep(0.05)
        self.say(f"there is still {what}")
        return False

    async def _ask(self, **asked: str) -> dict[str, Any]:
        """Ask the proxy; empty while it is down."""
        try:
            return await asyncio.to_thread(
                partial(ask, self.world.folder / "proxy" / "journal", **asked)
            )
        except NoProxy:
            return {}

    async def _compare_all(self) -> None:
        """Staff have all of it compared in the evening, and wait for that."""
        if not await self._is_comparable():
            return
        while "error" in (answer := await self._ask(ask="reconcile")) or not answer:
            await asyncio.sleep(0.1)
        await self._until(_is_at_rest, "something to be compared")

    async def _is_comparable(self) -> bool:
        told = await self._ask(ask="status")
        modes = {each["mode"] for each in told.get("terminals", ())}
        return bool(modes - {"old", "new"})

    async def _night(self, day: int) -> None:
        """The jobs of both, as of the evening; each tells people of its branches. The old system
        delivers, and the proxy compares everything.
        """
        self.clock.set(_BEGIN.replace(hour=21) + timedelta(days=day))
        for terminal in self.terminals:
            terminal.cut()  # switched off for the night
        old, new, character = self.world.old, self.world.new, self.world.character
        now = self.clock()
        old.run_night(
            now + timedelta(seconds=character.clock),
            renews=character.own_renewals,
            fines=character.own_fines,
        )
        if self._old_lends(day):
            await asyncio.to_thread(deliver, self.world)
        new.now = now
        for name in _JOBS:
            run_job(
                new.circulation,
                new.database,
                name,
                day=now.astimezone(ZONE).date(),
                now=now,
            )
        self._tell(new)
        if await self._is_comparable():
            await self._until(
                lambda told: _is_at_rest(told) and _began_since(told, now),
                "something to be compared this night",
            )
        await self._look_at_both(day)

    def _old_lends(self, day: int) -> bool:
        """Does the old system look after a branch, of which Tiro hears?"""
        return day >= self.draw.shadow and any(map(self.world.old.looks_after, BRANCHES))

    async def _look_at_both(self, day: int) -> None:
        """Write down how the databases differ, and how far the journal is."""
        told: dict[str, Any] = {}
        while not told:
            told = await self._ask(ask="status")
        not_compared = [each["what"] for each in told["unequal"]["not_compared"]]
        note_night(self.world.folder, day, told["last_id"], not_compared)

    @staticmethod
    def _tell(library: Library) -> None:
        after: int | None = 0
        while after is not None:
            after = library.write(partial(_gathered, library, after))
        sent(library)


def _has_to_be_told(told: dict[str, Any]) -> bool:
    return any(each["to_be_told"] for each in told["systems"].values())


def _is_at_rest(told: dict[str, Any]) -> bool:
    """Is nothing compared or told any more?"""
    unequal = told["unequal"]
    return not (unequal["is_comparing"] or unequal["waiting"] or _has_to_be_told(told))


def _began_since(told: dict[str, Any], moment: datetime) -> bool:
    begun = told["unequal"]["begun"]
    return bool(begun) and datetime.fromisoformat(begun) >= moment


def _gathered(library: Library, after: int, transaction: Transaction) -> int | None:
    return gather(library.act(transaction, UNATTENDED), after=after)[1]


@asynccontextmanager
async def _rehearsing(
    folder: Path, clock: Clock, draw: Draw, url: str, say: Callable[[str], object]
) -> AsyncIterator[Rehearsal]:
    random = Random(draw.seed)
    patrons, items = max(30, draw.acts // 2), max(120, draw.acts * 4)
    world = found(folder, _BEGIN, random, draw.character, patrons=patrons, items=items, url=url)
    deliver(world)
    ports = world.ports
    fronts = [
        Front(ports[f"before {name}"], ports[name], Random(draw.seed + number))
        for number, name in enumerate(("old", "new"), 1)
    ]
    fronts[0].slow, fronts[0].cut_before, fronts[0].cut_after = 3, 3, 3
    fronts[1].cut_before = fronts[1].cut_after = 2
    wrong = {3: timedelta(seconds=90), 17: timedelta(seconds=-90)}
    diary = Diary(folder / "terminals.jsonl")
    direct = DIRECT if draw.character.mixed_terminals else {}
    apart = APART if draw.character.mixed_terminals else ()
    terminals = [
        Terminal(
            terminal_name(each),
            branch_of(each),
            ports[direct.get(each, "proxy")],
            clock,
            diary,
            is_desk(each),
            wrong.get(each, timedelta()),
            is_mixed=each in direct or each in apart,
            system=direct.get(each, ""),
            breaks=lambda: random.randrange(1000) < _BREAKS,
        )
        for each in range(TERMINALS)
    ]
    told = Told(
        open_loans(world.old),
        Bag(list(world.barcodes)),
        open_debts(world.old),
        waiting=waiting_for(world.old),
    )
    machines = {name: Machine(name, folder / name) for name in ("old", "new", "proxy")}
    counters = Counters(told, world.cards, random, lambda: rehearsal._free())
    rehearsal = Rehearsal(
        world, draw, clock, random, counters, machines, fronts, terminals, diary, say
    )
    try:
        for front in fronts:
            await front.open()
        for machine in machines.values():
            machine.begin()
        yield rehearsal
    finally:
        for machine in reversed(machines.values()):
            await asyncio.to_thread(machine.stop)
        for front in fronts:
            front.close()
        diary.close()
        world.old.close()
        world.new.database.close()


async def _rehearse(folder: Path, draw: Draw, url: str, say: Callable[[str], object]) -> Rehearsal:
    clock = Clock(folder / "clock", _BEGIN)
    with commands_by(clock):
        async with _rehearsing(folder, clock, draw, url, say) as rehearsal:
            return await _lived(rehearsal)


async def _lived(rehearsal: Rehearsal) -> Rehearsal:
    """The same, when it is over."""
    manager = asyncio.create_task(rehearsal.look_after())
    living = asyncio.create_task(rehearsal.live())
    await asyncio.wait((manager, living), return_when=asyncio.FIRST_COMPLETED)
    if manager.done():
        living.cancel()
        manager.result()
    manager.cancel()
    await living
    return rehearsal


def rehearse(
    folder: Path,
    draw: Draw,
    say: Callable[[str], object] = lambda line: None,
    *,
    url: str = "",
) -> Rehearsal:
    """The rehearsal of the draw in the folder; `url` is the new system's database, SQLite where
    nothing else is said. When it returns, all has happened and the processes are down."""
    wanted = url or f"sqlite:///{folder / 'new' / 'tiro.sqlite'}"
    return asyncio.run(_rehearse(folder, draw, wanted, say))
