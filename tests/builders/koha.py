"""An export of Koha with the columns of its tables: 400 patrons and their library, by a seed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import pymarc

#: The columns of the tables of Koha 24.05, and those that the SQL of the plan adds.
COLUMNS: Final[Mapping[str, str]] = {
    "borrowers": """
        borrowernumber cardnumber surname firstname middle_name title othernames initials pronouns
        streetnumber streettype address address2 city state zipcode country email phone mobile fax
        emailpro phonepro B_streetnumber B_streettype B_address B_address2 B_city B_state B_zipcode
        B_country B_email B_phone dateofbirth branchcode categorycode dateenrolled dateexpiry
        password_expiration_date date_renewed gonenoaddress lost debarred debarredcomment
        contactname contactfirstname contacttitle borrowernotes relationship sex password secret
        auth_method flags userid opacnote contactnote sort1 sort2 altcontactfirstname
        altcontactsurname altcontactaddress1 altcontactaddress2 altcontactaddress3 altcontactstate
        altcontactzipcode altcontactcountry altcontactphone smsalertnumber sms_provider_id privacy
        privacy_guarantor_fines privacy_guarantor_checkouts checkprevcheckout updated_on lastseen
        lang login_attempts overdrive_auth_token anonymized autorenew_checkouts
        primary_contact_method protected""",
    "items": """
        itemnumber biblionumber biblioitemnumber barcode bookable dateaccessioned booksellerid
        homebranch price replacementprice replacementpricedate datelastborrowed datelastseen stack
        notforloan damaged damaged_on itemlost itemlost_on withdrawn withdrawn_on itemcallnumber
        coded_location_qualifier issues renewals localuse reserves restricted itemnotes
        itemnotes_nonpublic holdingbranch timestamp deleted_on location permanent_location onloan
        cn_source cn_sort ccode materials uri itype more_subfields_xml enumchron copynumber
        stocknumber new_status exclude_from_local_holds_priority control_number""",
    "issues": """
        issue_id borrowernumber issuer_id itemnumber date_due branchcode returndate lastreneweddate
        renewals_count unseen_renewals auto_renew auto_renew_error timestamp issuedate
        onsite_checkout note notedate noteseen itemlost claimed""",
    "reserves": """
        reserve_id borrowernumber reservedate biblionumber item_group_id branchcode desk_id
        notificationdate reminderdate cancellationdate cancellation_reason reservenotes priority
        found timestamp itemnumber waitingdate expirationdate patron_expiration_date lowestPriority
        suspend suspend_until itemtype item_level_hold non_priority only_item control_number""",
    "accountlines": """
        accountlines_id issue_id borrowernumber itemnumber date amount description credit_type_code
        debit_type_code credit_number status payment_type amountoutstanding timestamp note
        manager_id register_id interface branchcode""",
    "guarantors": "id guarantor_id guarantee_id relationship",
    "messages": """
        message_id letter_id borrowernumber subject content metadata letter_code
        message_transport_type status time_queued updated_on to_address cc_address from_address
        reply_address content_type failure_code""",
    "old_issues": """
        issue_id borrowernumber issuer_id itemnumber date_due branchcode returndate lastreneweddate
        renewals_count unseen_renewals auto_renew auto_renew_error timestamp issuedate
        onsite_checkout note notedate noteseen""",
}
#: Subfields of 952, by columns of the table of items, as Koha maps them.
SUBFIELDS: Final[Mapping[str, str]] = {
    "withdrawn": "0",
    "itemlost": "1",
    "cn_source": "2",
    "materials": "3",
    "damaged": "4",
    "restricted": "5",
    "cn_sort": "6",
    "notforloan": "7",
    "ccode": "8",
    "itemnumber": "9",
    "homebranch": "a",
    "holdingbranch": "b",
    "location": "c",
    "dateaccessioned": "d",
    "booksellerid": "e",
    "coded_location_qualifier": "f",
    "price": "g",
    "enumchron": "h",
    "stocknumber": "i",
    "stack": "j",
    "issues": "l",
    "renewals": "m",
    "reserves": "n",
    "itemcallnumber": "o",
    "barcode": "p",
    "onloan": "q",
    "datelastseen": "r",
    "datelastborrowed": "s",
    "copynumber": "t",
    "uri": "u",
    "replacementprice": "v",
    "replacementpricedate": "w",
    "itemnotes_nonpublic": "x",
    "itype": "y",
    "itemnotes": "z",
}
NULL: Final = "NULL"
Row = dict[str, str]


@dataclass
class KohaExport:
    """The tables of a Koha, by name; `today` is the day on which they were written."""

    today: date
    seed: int
    patrons: int = 400
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self.tables = {name: [] for name in COLUMNS}
        self.titles = [f"k{number}" for number in range(1, 61)]
        for number in range(1, self.patrons + 1):
            self._borrower(number)
        for number in range(1, self.patrons * 3 // 2 + 1):
            self._item(number)
        self._circulation()

    def write(self, folder: Path) -> None:
        """Write the files that the plan names, the items both ways."""
        for table, rows in self.tables.items():
            path = folder / f"{table}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS[table].split(), quoting=csv.QUOTE_ALL)
                writer.writeheader()
                writer.writerows(rows)
        (folder / "records.mrc").write_bytes(b"".join(map(self._record, self.titles)))

    def _record(self, title: str) -> bytes:
        record = pymarc.Record(force_utf8=True)
        record.add_field(pymarc.Field(tag="001", data=title))
        named = [pymarc.Subfield("a", f"Title {title}")]
        record.add_field(pymarc.Field("245", pymarc.Indicators("1", "0"), named))
        for row in self.tables["items"]:
            if row["control_number"] == title:
                its = [
                    pymarc.Subfield(code, row[column])
                    for column, code in SUBFIELDS.items()
                    if row[column] != NULL
                ]
                record.add_field(pymarc.Field("952", pymarc.Indicators(" ", " "), its))
        return record.as_marc()

    def _add(self, table: str, **given: object) -> Row:
        row = dict.fromkeys(COLUMNS[table].split(), NULL)
        row |= {name: NULL if value is None else str(value) for name, value in given.items()}
        assert row.keys() == {*COLUMNS[table].split()}, row
        self.tables[table].append(row)
        return row

    def _pick(self, often: object, *odd: object, of: int = 6) -> object:
        """The usual value, or in one of so many cases an odd one."""
        return self._random.choice(odd) if self._random.randrange(of) == 0 else often

    def _day(self, *days: int) -> date:
        return self.today + timedelta(self._random.choice(days))

    def _borrower(self, number: int) -> None:
        pick = self._pick
        future, past = self.today + timedelta(20), self.today - timedelta(20)
        debarred = (past, self.today, self.today + timedelta(1), future, "9999-12-31", "0000-00-00")
        said = pick(None, *debarred, of=4)
        self._add(
            "borrowers",
            borrowernumber=number,
            cardnumber=pick(f"24{number:06}", None, of=60),
            surname=self._random.choice(("Ørsted", "Åkjær", "Krøyer", "O'Hara", "Groß, von")),
            firstname=pick("Ida", "Bo", None),
            middle_name=pick(None, "Maria"),
            title=pick(None, "Dr."),
            streetnumber=pick("3", "12 B", None),
            address=pick("Søgade", "Allé 1\nBagsiden", None),
            address2=pick(None, "2. tv."),
            city="Rødovre",
            zipcode=pick("2610", None),
            country=pick(None, "Denmark"),
            email=pick(f"p{number}@example.org", None, "none", of=5),
            emailpro=pick(None, f"work{number}@example.org"),
            phone=pick(None, "36 37 38 39"),
            mobile=pick("22334455", None),
            smsalertnumber=pick(None, "+4522334466"),
            dateofbirth=pick("1980-05-12", None, "2019-02-28", of=4),
            branchcode=pick("CPL", "FPL", "FPL", "FPL", "XXX", of=3),
            categorycode=pick("PT", "J", "J", "ST", "ZZ", of=3),
            dateenrolled="2011-02-03",
            dateexpiry=pick("2030-01-01", "2020-01-01", None),
            gonenoaddress=pick("0", "1", None),
            lost=pick("0", "1", None),
            debarred=said,
            debarredcomment=None if said is None else pick("broke a lamp", None),
            borrowernotes=pick(None, "wears a hat\nand a coat"),
            opacnote=pick(None, "see the desk"),
            sex="",
            password=pick("!", "tSNAtN5FZrgEyYgKoLSvXw", None),
            userid=pick(f"user{number}", None),
            privacy=pick("1", "0", "0", "2", of=2),
            lang=pick("default", "en", "da-DK", "fr-FR"),
            login_attempts="0",
            anonymized="0",
            protected="0",
        )
        if number % 10 == 0:
            self._add(
                "guarantors",
                id=number // 10,
                guarantor_id=number - 1,
                guarantee_id=number,
                relationship="father",
            )

    def _item(self, number: int) -> None:
        pick = self._pick
        title = self._random.choice(self.titles)
        self._add(
            "items",
            itemnumber=number,
            biblionumber=title[1:],
            biblioitemnumber=title[1:],
            barcode=pick(f"K{number:06}", None, of=80),
            dateaccessioned="2015-06-07",
            homebranch=pick("CPL", "FPL", "FPL", "FPL", "XXX", of=3),
            holdingbranch="CPL",
            price=pick("199.00", None),
            replacementprice=pick("299.95", None),
            datelastborrowed=pick("2026-11-01", None),
            notforloan=pick("0", "-1", "1", "2", "-2", "5"),
            damaged=pick("0", "1", of=15),
            itemlost=pick("0", "1", "2", "4", of=15),
            itemlost_on=None,
            withdrawn=pick("0", "1", "2", of=15),
            itemcallnumber=pick("86 Krohn", None),
            issues=pick("7", None, "0"),
            renewals=pick("2", None),
            restricted=pick(None, "0", "1", of=10),
            location=pick("Adult", None),
            ccode=pick(None, "FIC"),
            itype=pick("BK", "DVD", "REF", "MU", "CR", "XYZ", of=3),
            enumchron=pick(None, "2026:11"),
            more_subfields_xml=None,
            control_number=title,
        )

    def _circulation(self) -> None:
        pick, items = self._pick, self.tables["items"]
        free = [row for row in items if row["barcode"] != NULL]
        self._random.shuffle(free)
        borrowers: Sequence[Row] = self.tables["borrowers"]
        anyone = lambda: self._random.choice(borrowers)["borrowernumber"]  # noqa: E731
        for number in range(1, self.patrons // 2 + 1):
            item = free.pop()
            days = self._random.randrange(1, 40)
            out = datetime.combine(self.today, datetime.min.time()) - timedelta(days, hours=-10)
            self._add(
                "issues",
                issue_id=number,
                borrowernumber=pick(anyone(), 99_999, of=60),
                itemnumber=item["itemnumber"],
                issuedate=out,
                date_due=f"{(out + timedelta(28)).date()} 23:59:00",
                branchcode=pick("CPL", "FPL", None),
                renewals_count=pick("0", "1", "2"),
                auto_renew="0",
                onsite_checkout="0",
                note=pick(None, "pages loose"),
                itemlost=item["itemlost"],
                claimed=pick("0", "1", of=8),
            )
        queues: dict[str, int] = {}
        taken: set[tuple[str, str]] = set()
        for number in range(1, self.patrons // 2 + 1):
            found = pick(None, "W", "T", "P", "F", of=3)
            item = free.pop() if found in ("W", "T", "P") else self._random.choice(items)
            who = anyone()
            if (who, item["control_number"]) in taken:
                continue
            taken.add((who, item["control_number"]))
            only = found is None and self._random.randrange(5) == 0
            queues[item["control_number"]] = place = queues.get(item["control_number"], 0) + 1
            suspend = pick("0", "1", of=3) if found is None else "0"
            past, future = self.today - timedelta(3), self.today + timedelta(9)
            until = pick(future, None, past, of=2) if suspend == "1" else None
            self._add(
                "reserves",
                reserve_id=number,
                borrowernumber=who,
                reservedate=self._day(-90, -30, -5),
                biblionumber=item["biblionumber"],
                branchcode=pick("CPL", "FPL"),
                priority="0" if found else place,
                found=found,
                itemnumber=item["itemnumber"] if found or only else None,
                waitingdate=self._day(-2, -1) if found == "W" else None,
                expirationdate=self._day(3, 5) if found == "W" else None,
                patron_expiration_date=pick(None, "2027-06-01"),
                lowestPriority="0",
                suspend=suspend,
                suspend_until=until,
                item_level_hold="1" if only else "0",
                non_priority="0",
                only_item=item["itemnumber"] if only else "",
                control_number=item["control_number"],
            )
        debits = ("OVERDUE", "LOST", "RENT", "NEW_CARD", "MANUAL", "PRINTING")
        for number in range(1, self.patrons // 2 + 1):
            amount = self._random.choice((10, 25, 120))
            kind = self._random.choice(debits)
            is_credit = self._random.randrange(10) == 0
            self._add(
                "accountlines",
                accountlines_id=number,
                borrowernumber=pick(anyone(), None, of=50),
                itemnumber=None,
                date=f"{self._day(-200, -20, -1)} 12:00:00",
                amount=f"{-amount if is_credit else amount}.000000",
                amountoutstanding=pick(
                    f"{-amount if is_credit else amount - 5}.500000"
                    if not is_credit
                    else f"{-amount}.000000",
                    "0.000000",
                ),
                description=pick("Title k1", None),
                note=pick(None, "said sorry"),
                debit_type_code=None if is_credit else kind,
                credit_type_code="PAYMENT" if is_credit else None,
                interface="cron" if kind == "OVERDUE" else "intranet",
                branchcode=None if kind == "OVERDUE" else pick("CPL", "FPL", "XXX", None),
            )
        for number in range(1, self.patrons // 4 + 1):
            self._add(
                "messages",
                message_id=number,
                borrowernumber=pick(anyone(), None, of=20),
                subject=pick("Overdue", None),
                content='Two lines,\nand a "quotation" in it',
                letter_code=self._random.choice(("ODUE", "HOLD", "PREDUE", "OURS")),
                message_transport_type=self._random.choice(("email", "sms", "print")),
                status="sent",
                time_queued=f"{self._day(-30, -2)} 08:00:00",
                to_address="ida@example.org",
            )
        for number in range(1, self.patrons + 1):
            out = self.today - timedelta(self._random.randrange(60, 900))
            self._add(
                "old_issues",
                issue_id=100_000 + number,
                borrowernumber=pick(anyone(), None),
                itemnumber=pick(self._random.choice(items)["itemnumber"], None, of=20),
                issuedate=f"{out} 10:00:00",
                date_due=f"{out + timedelta(28)} 23:59:00",
                returndate=f"{out + timedelta(20)} 11:00:00",
                branchcode=pick("CPL", "FPL"),
                renewals_count=pick("0", "1"),
            )
