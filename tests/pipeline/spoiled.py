"""What real senders do to their files: dirt, corrections, cancellations, late, repeated and unreadable ones.

Nothing of the project is imported; every change is one a stakeholder could describe.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PERSON = "身份证号"


@dataclass
class Sheet:
    """A file as a sender's clerk sees it; saved in the encoding it came in."""

    path: Path
    encoding: str
    header: list[str]
    rows: list[list[str]]

    def at(self, row: int, column: str) -> str:
        return self.rows[row][self.header.index(column)]

    def changed(self, row: int, **cells: str) -> list[str]:
        """A copy of a row with other cells."""
        copy = list(self.rows[row])
        for column, value in cells.items():
            copy[self.header.index(column)] = value
        return copy

    def save(self, path: Path | None = None) -> Path:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([self.header, *self.rows])
        target = path or self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.getvalue().encode(self.encoding))
        return target


def sheet(path: Path) -> Sheet:
    content = path.read_bytes()
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
    header, *rows = list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
    return Sheet(path, encoding, header, rows)


class Clerk:
    """Spoils a folder of drops file by file; a file is used for one story only."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._used: set[Path] = set()
        self.stories: dict[str, Path] = {}

    def file(self, feed: str, period: str, least: int, story: str) -> Sheet:
        """The fullest unused first version of a period; it must have at least ``least`` rows and be on time."""
        pattern = f"*/{feed}_*_{period}.csv"
        free = [path for path in sorted((self._inbox / feed).glob(pattern)) if path not in self._used]
        # A story must be about a file that no other file of its slice supersedes.
        alone = [path for path in free if len(list((self._inbox / feed).glob(f"*/{path.stem}*.csv"))) == 1]
        fullest = max((sheet(path) for path in alone), key=lambda found: len(found.rows))
        assert len(fullest.rows) >= least, f"{fullest.path.name} has only {len(fullest.rows)} rows"
        self._used.add(fullest.path)
        self.stories[story] = fullest.path
        return fullest

    def again(self, path: Path, day: str, version: str) -> Path:
        """Where a further file of the same slice lies that is received on another day."""
        return path.parent.parent / day / f"{path.stem}{version}.csv"

    def spoil(self) -> None:
        """All stories; days are of October 2026."""
        self.dirty_claims("20261008")
        self.dirty_claims("20261009")
        self.claims_corrected("20261012", "2026-10-28")
        self.claims_supplemented("20261014", "2026-10-29")
        self.claims_late("20261016", "2026-10-28")
        self.claims_sent_twice("20261013", "2026-10-20")
        self.second_version_first("20261015", "2026-10-19")
        self.emptied("20261019", "2026-10-27")
        self.mostly_wrong("20261020", "2026-10-27")
        self.unreadable("20261021", "2026-10-27")
        self.cancelled("20261009", "20261026")
        self.form_corrected("202608", "2026-10-26")
        self.form_unbalanced("202608")
        self.headcount_negative("202608")
        self.figures_in_every_writing("202607")
        self.days_in_every_writing("20261022")
        self.form_with_title_and_total("202609")
        self.claims_said_anew("20261023", "2026-10-27")
        self.supplement_ended("20261012", "2026-10-26", "2026-10-29")
        self.shortage_said_anew("202608", "2026-10-26")
        self.employed_in_ten_thousands("202609", "2026-10-27")
        self.village_corrected("20261016", "2026-10-26")
        self.village_unbalanced("20261009")

    def dirty_claims(self, period: str) -> None:
        """Rows that are wrong, each in its own way, behind the right ones."""
        claims = self.file("benefit_claim", period, 2, f"dirty {period}")
        number = claims.at(0, PERSON)
        other_end = "1" if number[-1] != "1" else "2"
        other_area = "371522" if claims.path.name.split("_")[2] != "371522" else "371525"
        ways: list[dict[str, str]] = [
            {PERSON: number[:-1] + other_end},
            {"参保地区": other_area},
            {"受理日期": "2026-09-01", "失业日期": "2026-08-01"},
            {"失业原因": "88"},
            {"失业日期": "2026-12-01"},
            {"统一社会信用代码": "91371500000000000Z"},
        ]
        room = 9 - len(claims.rows)  # from ten rows on, a file with so much dirt would go back whole
        for count, way in enumerate(ways[: max(room - 2, 1)]):
            claims.rows.append(claims.changed(0, 申领流水号=f"DIRT{period}{count}", **way))
        claims.rows.append(claims.changed(1))  # a serial number a second time
        claims.rows.append([*claims.changed(0, 申领流水号=f"DIRT{period}X"), "a column too many"])
        claims.save()

    def claims_corrected(self, period: str, day: str) -> None:
        claims = self.file("benefit_claim", period, 4, "corrected")
        claims.rows.pop()
        claims.save(self.again(claims.path, day, "_v2"))

    def claims_supplemented(self, period: str, day: str) -> None:
        claims = self.file("benefit_claim", period, 1, "supplemented")
        claims.rows = [claims.changed(0, 申领流水号=f"MORE{period}")]
        claims.save(self.again(claims.path, day, "_supplement"))

    def claims_late(self, period: str, day: str) -> None:
        claims = self.file("benefit_claim", period, 1, "late")
        claims.path.unlink()
        claims.save(self.again(claims.path, day, ""))

    def claims_sent_twice(self, period: str, day: str) -> None:
        claims = self.file("benefit_claim", period, 1, "sent twice")
        target = self.again(claims.path, day, "")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(claims.path.read_bytes())

    def second_version_first(self, period: str, day: str) -> None:
        """The second version came on time, the first one days later: the version stated in the name decides."""
        events = self.file("insured_event", period, 10, "second version first")
        first = events.path.read_bytes()
        events.path.unlink()
        events.rows.pop()
        events.save(self.again(events.path, events.path.parent.name, "_v2"))
        target = self.again(events.path, day, "")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(first)

    def emptied(self, period: str, day: str) -> None:
        """A later file without rows would erase a slice: it is held."""
        events = self.file("insured_event", period, 10, "emptied")
        events.rows = []
        events.save(self.again(events.path, day, "_v2"))

    def mostly_wrong(self, period: str, day: str) -> None:
        events = self.file("insured_event", period, 10, "mostly wrong")
        for row in range(len(events.rows) // 2):
            events.rows[row] = events.changed(row, 原因代码="99")
        events.save(self.again(events.path, day, "_v2"))

    def unreadable(self, period: str, day: str) -> None:
        events = self.file("insured_event", period, 10, "unreadable")
        target = self.again(events.path, day, "_v2")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(events.path.read_bytes() + b"\xff\xfe\x81,\xff\n")

    def cancelled(self, period: str, later: str) -> None:
        """A row of a later day's file cancels an event; the event no longer counts on its own day."""
        events = self.file("insured_event", period, 5, "cancelled")
        sender = events.path.name.split("_")[2]
        paths = sorted((self._inbox / "insured_event").glob(f"*/insured_event_{sender}_{later}*.csv"))
        cancelling = sheet(paths[-1])
        row = events.changed(0)
        cells = dict(zip(events.header, row, strict=True))
        cells |= {"业务流水号": f"BACK{later}", "冲销流水号": events.at(0, "业务流水号")}
        cells["申报日期"] = f"{later[:4]}-{later[4:6]}-{later[6:]}"
        cancelling.rows.append([cells[column] for column in cancelling.header])
        cancelling.save()

    def form_corrected(self, period: str, day: str) -> None:
        form = self.file("monitored_employer", period, 2, "form corrected")
        lost, now = int(form.at(0, "减少岗位数")), int(form.at(0, "调查期岗位数"))
        fewer = max(now - 1, 0)
        form.rows[0] = form.changed(0, 减少岗位数=str(lost + now - fewer), 调查期岗位数=str(fewer))
        form.save(self.again(form.path, day, "_v2"))

    def form_unbalanced(self, period: str) -> None:
        form = self.file("monitored_employer", period, 2, "form unbalanced")
        form.rows[0] = form.changed(0, 调查期岗位数=str(int(form.at(0, "调查期岗位数")) + 5))
        form.save()

    def headcount_negative(self, period: str) -> None:
        headcount = self.file("insured_headcount", period, 10, "headcount negative")
        headcount.rows[0] = headcount.changed(0, 期末参保人数="-3")
        headcount.save()

    def figures_in_every_writing(self, period: str) -> None:
        headcount = self.file("insured_headcount", period, 10, "figures")
        full_width = str.maketrans("0123456789", "０１２３４５６７８９")
        ways = ("{0}人", "{1}", "'{0}", " {0} ", "{2:.4f}万", "{3:,}")
        for row, way in enumerate(ways):
            figure = int(headcount.at(row, "期末参保人数"))
            text = way.format(figure, str(figure).translate(full_width), figure / 10_000, figure + 1000)
            headcount.rows[row] = headcount.changed(row, 期末参保人数=text)
        headcount.save()

    def days_in_every_writing(self, period: str) -> None:
        claims = self.file("benefit_claim", period, 3, "days")
        year, month, day = period[:4], period[4:6], period[6:]
        serial = (date(int(year), int(month), int(day)) - date(1899, 12, 30)).days
        ways = (f"{year}年{int(month)}月{int(day)}日", f"{year}/{int(month)}/{int(day)}", period, str(serial))
        for row in range(len(claims.rows)):
            claims.rows[row] = claims.changed(row, 受理日期=ways[row % len(ways)])
        claims.save()

    def form_with_title_and_total(self, period: str) -> None:
        """A title and the unit above the header, a total, signatures and a remark below the table."""
        form = self.file("labour_shortage", period, 3, "titled")
        staff = sum(int(form.at(row, "期末用工人数")) for row in range(len(form.rows)))
        blank = [""] * len(form.header)
        total = list(blank)
        total[0], total[form.header.index("期末用工人数")] = "合计", str(staff)
        table = [form.header, *form.rows, total, ["填表人：某某", *blank[1:]], ["备注：示例", *blank[1:]]]
        Sheet(form.path, form.encoding, ["企业用工监测月报表", *blank[1:]], [blank, *table]).save()

    def claims_said_anew(self, period: str, day: str) -> None:
        """A supplement with a serial number that is there already: it says that claim anew, and adds another."""
        claims = self.file("benefit_claim", period, 2, "said anew")
        claims.rows = [claims.changed(0, 行业代码="A"), claims.changed(1, 申领流水号=f"MORE{period}")]
        claims.save(self.again(claims.path, day, "_supplement"))

    def supplement_ended(self, period: str, day: str, later: str) -> None:
        """What a supplement said ends with a whole file that comes after it."""
        claims = self.file("benefit_claim", period, 2, "supplement ended")
        whole = list(claims.rows)
        claims.rows = [claims.changed(0, 申领流水号=f"BRIEF{period}")]
        claims.save(self.again(claims.path, day, "_supplement"))
        claims.rows = [*whole, claims.changed(0, 申领流水号=f"NEWER{period}", 行业代码="A")]
        claims.save(self.again(claims.path, later, "_v2"))

    def shortage_said_anew(self, period: str, day: str) -> None:
        form = self.file("labour_shortage", period, 3, "shortage said anew")
        form.rows = [form.changed(1, 缺工人数=str(int(form.at(1, "缺工人数")) + 7))]
        form.save(self.again(form.path, day, "_supplement"))

    def employed_in_ten_thousands(self, period: str, day: str) -> None:
        form = self.file("registered_unemployment", period, 11, "employed in 万")
        for row in range(len(form.rows)):
            employed = int(form.at(row, "期末城镇从业人员")) + 50
            form.rows[row] = form.changed(row, 期末城镇从业人员=f"{employed / 10_000:.4f}万")
        form.save(self.again(form.path, day, "_v2"))

    def village_corrected(self, period: str, day: str) -> None:
        """One more came home than was written, and is without work."""
        form = self.file("monitored_village", period, 2, "village corrected")
        less, more = ("外出务工人数", "县内乡外人数"), ("未就业人数", "本期返乡人数")
        cells = {column: str(int(form.at(0, column)) - 1) for column in less}
        cells |= {column: str(int(form.at(0, column)) + 1) for column in more}
        form.rows[0] = form.changed(0, **cells)
        form.save(self.again(form.path, day, "_v2"))

    def village_unbalanced(self, period: str) -> None:
        form = self.file("monitored_village", period, 2, "village unbalanced")
        form.rows[0] = form.changed(0, 外出务工人数=str(int(form.at(0, "外出务工人数")) + 3))
        form.save()
