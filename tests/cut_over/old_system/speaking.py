"""Its SIP2: what it answers, in the way of its character."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from tests.cut_over.old_system.character import Character
from tests.cut_over.old_system.store import ZONE, Act, Hold, Loan, Refused, Store, moment_of

#: Characters before the first field of a request.
_FIXED: Final = {
    "01": 21,
    "09": 39,
    "11": 40,
    "15": 21,
    "17": 20,
    "23": 23,
    "25": 20,
    "29": 40,
    "35": 20,
    "37": 27,
    "63": 33,
    "65": 20,
    "93": 4,
}
_FREE: Final = " " * 14
_DENIED: Final = "YYYY          "
#: Where 11, 29 and 09 say that they have happened already, and where their dates are.
_NO_BLOCK_AT: Final = {"11": 3, "29": 3, "09": 2}
_DATE_AT: Final = {"11": 4, "29": 4, "09": 3}
_MEANS_YES: Final = "Y"


def checksum_of(text: bytes) -> bytes:
    """Return the four characters of AZ."""
    return b"%04X" % (-sum(text) & 0xFFFF)


class Request:
    """A message in its parts."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.code = body[:2]
        parts = body[_FIXED.get(self.code, 2) :].split("|")
        self._fields = {part[:2]: part[2:] for part in reversed(parts) if part}

    def field(self, code: str) -> str:
        return self._fields.get(code, "")

    @property
    def is_done(self) -> bool:
        place = _NO_BLOCK_AT.get(self.code)
        return place is not None and self.body[place] == _MEANS_YES


class Speaker:
    """Answers messages out of the store."""

    def __init__(self, store: Store, character: Character) -> None:
        self._store = store
        self._character = character
        self.now = datetime.now(UTC)

    def answer(self, body: str, login: str) -> str:
        """Return the answer to a message of that login; empty where it has none."""
        request = Request(body)
        made = getattr(self, f"_answer_{request.code}", None)
        if made is None:
            return "96"
        with self._store.working():
            answer: str = made(request, self._act(request, login))
        return answer

    def _act(self, request: Request, login: str) -> Act:
        at, due, is_done = self.now, None, request.is_done
        if is_done and self._character.no_block == "ignored":
            is_done = False
        if is_done:
            place = _DATE_AT[request.code]
            at = self._read_date(request.body[place : place + 18]) or at
            second = self._read_date(request.body[place + 18 : place + 36])
            if request.code == "09":
                at = second or at
            else:
                due = second
        branch = request.field("AP") if request.code == "09" else request.field("AO")
        return Act(at, branch or request.field("AO"), login, is_done, due)

    def _read_date(self, text: str) -> datetime | None:
        try:
            found = datetime.strptime(text[:8] + text[12:18], "%Y%m%d%H%M%S")  # noqa: DTZ007
        except ValueError:
            return None
        return found.replace(tzinfo=UTC if text[11:12] == "Z" else ZONE).astimezone(UTC)

    # Dates as it writes them

    def date(self) -> str:
        if self._character.dates == "zulu":
            return f"{self.now:%Y%m%d   Z%H%M%S}"
        return f"{self.now.astimezone(ZONE):%Y%m%d    %H%M%S}"

    def due(self, loan: Loan) -> str:
        at = moment_of(loan.due).astimezone(ZONE)
        forms = {
            "plain": f"{at:%Y%m%d    %H%M%S}",
            "zulu": f"{at:%Y%m%d    %H%M%S}",
            "iso": f"{at:%Y-%m-%d}",
            "european": f"{at:%d-%m-%Y}",
            "day": f"{at:%Y%m%d}",
        }
        return forms[self._character.dates]

    # Loans

    def _may_act(self, request: Request, act: Act) -> bool:
        """Is it a patron who may? What has happened already is nobody's to forbid."""
        if self._is_refused(request):
            return False
        found = self._store.patron(request.field("AA"))
        if found is None:
            return False
        pin, is_blocked = found
        is_wrong = request.field("AD") not in ("", pin)
        return act.is_done or not (is_blocked or is_wrong)

    def _is_refused(self, request: Request) -> bool:
        return request.is_done and self._character.no_block == "refused"

    def _answer_11(self, request: Request, act: Act) -> str:
        card, item = request.field("AA"), request.field("AB")
        place = f"AO{request.field('AO')}|AA{card}|AB{item}|AJBind|"
        try:
            if not self._may_act(request, act) or not self._store.has_item(item):
                raise Refused
            loan = self._store.lend(card, item, act)
        except Refused:
            return f"120NUN{self.date()}{place}AH|AFIkke tilladt|"
        return f"121NNY{self.date()}{place}AH{self.due(loan)}|"

    def _answer_29(self, request: Request, act: Act) -> str:
        card, item = request.field("AA"), request.field("AB")
        place = f"AO{request.field('AO')}|AA{card}|AB{item}|AJBind|"
        try:
            if not self._may_act(request, act) or not self._store.has_item(item):
                raise Refused
            loan = self._store.renew(card, item, act)
        except Refused:
            return f"300NUN{self.date()}{place}AH|AFKan ikke fornyes|"
        return f"301YNN{self.date()}{place}AH{self.due(loan)}|"

    def _answer_65(self, request: Request, act: Act) -> str:
        card = request.field("AA")
        done, left = [], []
        is_let = self._may_act(request, act)
        for loan in self._store.loans_of(card) if is_let else ():
            try:
                self._store.renew(card, loan.item, act)
            except Refused:
                left.append(f"BN{loan.item}|")
            else:
                done.append(f"BM{loan.item}|")
        head = f"66{int(bool(done))}{len(done):04}{len(left):04}{self.date()}"
        return f"{head}AO{request.field('AO')}|{''.join(done)}{''.join(left)}"

    def _answer_09(self, request: Request, act: Act) -> str:
        item = request.field("AB")
        place = f"AO{request.field('AO')}|AB{item}|AQ{act.branch}|AJBind|"
        if self._is_refused(request) or not self._store.has_item(item):
            return f"100NUN{self.date()}{place}AFUkendt|"
        hold = self._store.take_back(item, act)
        if hold is None:
            return f"101YNN{self.date()}{place}"
        kind = "01" if hold.branch == act.branch else "02"
        return f"101YNY{self.date()}{place}CV{kind}|CY{hold.card}|CT{hold.branch}|"

    # Looking

    def _answer_17(self, request: Request, act: Act) -> str:
        item = request.field("AB")
        if not self._store.has_item(item):
            return f"18010001{self.date()}AB{item}|AJ|"
        loan, queue = self._store.loan_of(item), self._store.queue_of(item)
        if loan is not None:
            return f"18040001{self.date()}AH{self.due(loan)}|AB{item}|AJBind|"
        status = "08" if queue and queue[0].shelved else "03"
        return f"18{status}0001{self.date()}AB{item}|AJBind|"

    def _patron(self, request: Request, counts: str = "", lists: str = "") -> str:
        card = request.field("AA")
        found = self._store.patron(card)
        status = _DENIED if found is None or found[1] else _FREE
        fields = f"AO{request.field('AO')}|AA{card}|AEIda Ørsted|{lists}"
        fields += f"BL{'N' if found is None else 'Y'}|"
        if request.field("AD"):
            is_right = found is not None and found[0] == request.field("AD")
            fields += f"CQ{'Y' if is_right else 'N'}|"
        if self._character.amounts:
            owed = self._store.owed_by(card)
            fields += f"BHDKK|BV{owed / 100:.2f}|"
        return f"{status}000{self.date()}{counts}{fields}"

    def _answer_23(self, request: Request, act: Act) -> str:
        return f"24{self._patron(request)}"

    def _answer_63(self, request: Request, act: Act) -> str:
        card, summary = request.field("AA"), request.body[23:33]
        loans, holds = self._store.loans_of(card), self._store.holds_of(card)
        ready = [each for each in holds if each.shelved]
        waiting = [each for each in holds if not each.shelved]
        if self._character.hold_counts == "one":
            ready, waiting = holds, []
        late = [each for each in loans if moment_of(each.due) < self.now]
        counts = f"{len(ready):04}{len(late):04}{len(loans):04}00000000{len(waiting):04}"
        lists = ""
        if summary[0:1] == _MEANS_YES:
            lists = _listed("AS", ready)
        elif summary[1:2] == _MEANS_YES:
            lists = _listed("AT", late)
        elif summary[2:3] == _MEANS_YES:
            lists = _listed("AU", loans)
        elif summary[5:6] == _MEANS_YES:
            lists = _listed("CD", waiting)
        return f"64{self._patron(request, counts, lists)}"

    def _answer_35(self, request: Request, act: Act) -> str:
        return f"36Y{self.date()}AO{request.field('AO')}|AA{request.field('AA')}|"

    def _answer_99(self, request: Request, act: Act) -> str:
        place = f"AO{request.field('AO')}|BXYYYYYYYYYYYYYYYY|"
        return f"98YYYYYN030003{self.date()}2.00{place}"

    # Holds, money, cards

    def _answer_15(self, request: Request, act: Act) -> str:
        card, item = request.field("AA"), request.field("AB")
        place = f"AO{request.field('AO')}|AA{card}|AB{item}|"
        try:
            if not self._may_act(request, act) or request.body[2] != "+":
                raise Refused
            self._store.reserve(card, item, act._replace(branch=request.field("BS") or act.branch))
        except Refused:
            return f"160N{self.date()}{place}AFIkke tilladt|"
        return f"161N{self.date()}{place}BS{request.field('BS')}|"

    def _answer_37(self, request: Request, act: Act) -> str:
        card = request.field("AA")
        place = f"AO{request.field('AO')}|AA{card}|BK{request.field('BK')}|"
        try:
            if self._store.patron(card) is None:
                raise Refused
            self._store.pay(card, round(float(request.field("BV")) * 100), act)
        except (Refused, ValueError):
            return f"38N{self.date()}{place}AFIkke modtaget|"
        return f"38Y{self.date()}{place}"

    def _answer_01(self, request: Request, act: Act) -> str:
        self._store.block(request.field("AA"), is_blocked=True)
        return f"24{self._patron(request)}"

    def _answer_25(self, request: Request, act: Act) -> str:
        self._store.block(request.field("AA"), is_blocked=False)
        return f"26{self._patron(request)}"


def _listed(code: str, named: list[Loan] | list[Hold]) -> str:
    return "".join(f"{code}{each.item}|" for each in named)


def local_time(moment: datetime, seconds: int) -> datetime:
    """Return what a clock shows that is so many seconds ahead."""
    return moment + timedelta(seconds=seconds)
