"""Timelines drawn as text: what is open a day, the clock, and which mails a recipient got, a letter a day."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from pipelines.core.region.load import Region
from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import Notice, Purpose, recorded_notices
from pipelines.notifying.notices import decide, tell_issued
from pipelines.notifying.reminders import remind
from tests.pipeline.mail_city import REGION, City, Told, edition

RUN_AT = time(7, 30)
FEW = replace(
    REGION, recipients=REGION.recipients[REGION.recipients["office_id"].isin(["liaocheng", "dongchangfu", "chiping"])]
)
"""The city with the recipients of three offices: who reads mail elsewhere makes a story no other, only longer."""
_ENDS = {"x": "evidence", "~": "revision"}


@dataclass
class Timeline:
    """A story over days. Each line is one series, a character a day from ``first`` on.

    ``1``–``4`` open at this level, ``x`` closed by evidence that day, ``~`` closed by a revision, ``-`` taken
    out of the file, ``.`` not there.
    A series that is open again after its end is a new warning.
    """

    city: City
    ledger: Ledger
    first: date
    lines: dict[tuple[str, str], str]
    silent: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Area to the first and last day (numbers) on which its daily report does not come."""
    region: Region = FEW
    run_at: time = RUN_AT

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(max(map(len, self.lines.values())))]

    def warnings(self, until: date) -> list[Told]:
        """What the file of a day shows: all rows known by then, revised ones ended."""
        found: list[Told] = []
        for (area, industry), line in self.lines.items():
            found += _rows(area, industry, line, self.first, until)
        return found

    def publish(self, number: int) -> None:
        days = [edition(day) for day in self.days[: number + 1]]
        absent = {
            area: [self.first + timedelta(days=back) for back in range(begin, end + 1)]
            for area, (begin, end) in self.silent.items()
        }
        self.city.publish(days, self.warnings(self.days[number]), silent=absent)

    def play(self, upto: int | None = None, since: int = 0, is_replay: bool = False) -> None:
        """Publish and decide day by day at ``run_at`` local."""
        for number, day in list(enumerate(self.days))[since:upto]:
            self.publish(number)
            now = REGION.instant(day, self.run_at)
            decide(
                edition(day),
                is_replay=is_replay,
                ledger=self.ledger,
                region=self.region,
                settings=self.city.settings,
                now=now,
            )

    def remind(self, number: int, at: str) -> list[Notice]:
        """Ask for reminders on a day at a local time, about its edition."""
        day = self.days[number]
        now = REGION.instant(day, time.fromisoformat(at))
        return remind(edition(day), self.ledger, self.region, self.city.settings, now)

    def asked(self, number: int, at: str) -> list[Notice]:
        """As ``remind``; of it only who is asked because nobody took a warning on."""
        return [one for one in self.remind(number, at) if one.purpose is Purpose.REMINDER]

    def tell_issued(self, number: int, at: str) -> list[Notice]:
        """Ask for mails about what was issued since, on a day at a local time, about its edition."""
        day = self.days[number]
        now = REGION.instant(day, time.fromisoformat(at))
        return tell_issued(edition(day), self.ledger, self.region, self.city.settings, now)

    def mails(self, address: str) -> str:
        """A character a day of decision: ``d`` digest, ``!`` at once, ``b`` both, ``r`` a reminder, ``.`` none."""
        told = [one for one in recorded_notices(self.ledger) if one.is_due and one.address == address]
        return "".join(self._letter([one for one in told if self._day(one.decided_at) == day]) for day in self.days)

    @staticmethod
    def _day(at: datetime) -> date:
        return REGION.local_day(at)

    @staticmethod
    def _letter(mails: list[Notice]) -> str:
        kinds = {
            "!" if one.purpose == Purpose.IMMEDIATE else "r" if one.purpose == Purpose.REMINDER else "d"
            for one in mails
        }
        if not kinds:
            return "."
        assert len(mails) == len(kinds), "more than one mail of a kind on a day"
        return "b" if kinds == {"!", "d"} else "".join(sorted(kinds))


def _rows(area: str, industry: str, line: str, first: date, until: date) -> list[Told]:
    rows: list[Told] = []
    opened = 0
    for number, mark in enumerate(line):
        day = first + timedelta(days=number)
        if day > until:
            break
        last = rows[-1] if rows and rows[-1].until is None else None
        if mark == "-" and last is not None:
            rows[-1] = _ended(last, day)
        if mark in ".-":
            continue
        status, level = ("closed", last.level if last else 3) if mark in _ENDS else ("open", int(mark))
        if last is not None and last.status == "open":
            if (status, level) == ("open", last.level):
                continue
            rows[-1] = _ended(last, day)
            opened_on, episode = last.opened_on or last.since, last.episode_id
        elif mark in _ENDS:
            continue
        else:
            opened += 1
            opened_on, episode = day, f"{area}{industry}{opened}"
        rows.append(Told(episode, area, level, day, industry, status, None, _ENDS.get(mark), opened_on=opened_on))
    return rows


def _ended(row: Told, day: date) -> Told:
    return Told(**{**vars(row), "until": day})
