"""Which lines of the files as sent make a published number: plain Python over CSV files, nothing of ours is imported.

Written from the forms and the indicators' definitions. The judge's checks say which rows are right and which file of a
slice speaks.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from tests.pipeline import judge, judge_form, judge_service, judge_writing

DAY_COLUMN = {
    "benefit_claim": "受理日期", "insured_event": "申报日期", "layoff_report": "报告日期", "vacancy": "发布日期",
    "job_seeker": "登记日期", "unemployment_registration": "登记日期", "wage_arrears_lead": "登记日期",
    "telecom_mobility": "日期", "transport_mobility": "日期", "monitored_village": "统计日期",
}  # fmt: skip
MONTH_COLUMN = "所属月份"  # of all other feeds
AREA_COLUMNS = ("参保地区", "地区", "工作地区", "求职地区", "登记地区")
INDUSTRY_COLUMNS = ("行业代码", "意向行业代码")
COUNTS = (
    "期末参保人数",
    "建档期岗位数",
    "减少岗位数",
    "拟裁人数",
    "需求人数",
    "人数",
    "缺工人数",
    "期末登记失业人数",
    "在岗人数",
    *judge_service.COUNTS,
)
AMOUNTS = ("实缴金额", "发放金额", "涉案金额", "补贴金额")
"""Yuan, 0 or more."""
FEED_OF = {
    "insured_net_change": "insured_event", "layoff_reported": "layoff_report", "job_loss_rate": "monitored_employer",
    "labour_shortage_rate": "labour_shortage", "long_term_share": "long_term_unemployment",
    "registered_unemployment_rate": "registered_unemployment", "telecom_net_outflow": "telecom_mobility",
    "transport_net_outflow": "transport_mobility",
    **dict.fromkeys(
        ("employer_deferring", "employer_in_arrears", "insured_deferring", "insured_in_arrears"), "insured_headcount"
    ),
    **dict.fromkeys(
        ("outworking_labour", "outworking_in_city", "outworking_in_county", "outworking_in_province",
         "outworking_other_province", "outworking_share", "returning_labour", "returning_labour_share"),
        "monitored_village",
    ),
    **judge_service.FEED_OF,
}  # fmt: skip
"""The feed of an indicator's numerator, and of its denominator if it has one; else the feed has the indicator's name."""
RISK = {"employer", "expiry", "worker", "unknown"}
Lines = set[tuple[str, int]]
"""(received day/file name, physical line)"""


@dataclass(frozen=True)
class Row:
    """A right row of a file: where it stands, and what it says."""

    file: str
    line: int
    cells: dict[str, str]
    area: str
    industry: str
    on: date


@dataclass
class SentFile:
    """A file with its right rows and what the judge decided about it."""

    drop: judge.Drop
    rows: list[Row]


def sent(inbox: Path, feed: str) -> list[SentFile]:
    """All files of a feed below ``inbox/<feed>/<received day>/``, in the order in which they came."""
    found: list[SentFile] = []
    seen: set[tuple[str, bytes]] = set()
    for path in sorted((inbox / feed).glob("*/*.csv")):
        content = path.read_bytes()
        if (path.name, content) in seen:
            continue
        seen.add((path.name, content))
        name = judge.NAME.fullmatch(path.name)
        period = pd.Timestamp(name[3] + ("01" if len(name[3]) == 6 else ""))
        rows, total = right_rows(path, feed, name[2], period.date(), content)
        came = pd.Timestamp(path.parent.name) - judge.EIGHT_HOURS
        drop = judge.Drop(
            len(found), name[2], period, int(name[4] or 1), name[5] is not None, came,
            hashlib.sha256(content).hexdigest(), total, len(rows),
        )  # fmt: skip
        found.append(SentFile(drop, rows))
    found.sort(key=lambda file: (file.drop.received_at, file.drop.version, file.drop.content_hash))
    judge.judge_whole_files([file.drop for file in found])
    return found


def right_rows(path: Path, feed: str, sender: str, period: date, content: bytes) -> tuple[list[Row], int]:
    reader = csv.reader(io.StringIO(judge_writing.decoded(content), newline=""))
    header = next(reader)
    file = f"{path.parent.name}/{path.name}"
    is_month = len(judge.NAME.fullmatch(path.name)[3]) == 6
    length = "week" if feed == "monitored_village" else "month" if is_month else "day"
    rows, total, before = [], 0, reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        total += 1
        named = dict(zip(header, cells, strict=True))
        areas = [judge_writing.areas().get(named[column].upper()) for column in AREA_COLUMNS if column in named]
        area = areas[0] if areas else sender
        industries = [judge_writing.industries().get(named[column]) for column in INDUSTRY_COLUMNS if column in named]
        industry = industries[0] if industries else "ALL"
        day = DAY_COLUMN.get(feed)
        on = judge_writing.as_day(named[day]) if day else judge_writing.as_month(named[MONTH_COLUMN])
        is_right = area is not None and industry is not None and sender in {area, judge_writing.CITY}
        is_right &= all(judge_writing.is_count(named[column]) for column in COUNTS if column in named)
        is_right &= all(
            float(pd.to_numeric(named[column], errors="coerce")) >= 0 for column in AMOUNTS if column in named
        )
        is_right &= judge_form.PERSON not in named or judge_writing.is_person(named[judge_form.PERSON])
        is_right &= named.get("方向", "流入") in {"流入", "流出"}
        if is_right and start(length, on.date()) == start(length, period):
            rows.append(Row(file, line, named, area, industry, on.date()))
    return rows, total


class Sender:
    """The whole inbox, read once a feed."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._files: dict[str, list[SentFile]] = {}

    def facts(self, feed: str, at: pd.Timestamp) -> Iterator[Row]:
        """Right rows of the files that speak at an instant (UTC); cancelled events and their cancelling left out."""
        if feed not in self._files:
            self._files[feed] = sent(self._inbox, feed)
        speaking: dict[tuple[str, date], SentFile] = {}
        for file in self._files[feed]:
            assert not file.drop.is_supplement
            if file.drop.status == "accepted" and file.drop.received_at <= at:
                period = file.drop.period.date()
                key = (file.drop.sender, start("week", period) if feed == "monitored_village" else period)
                if key not in speaking or file.drop.rank > speaking[key].drop.rank:
                    speaking[key] = file
        rows = [row for file in speaking.values() for row in file.rows]
        cancelled = {row.cells["冲销流水号"] for row in rows if row.cells.get("冲销流水号")}
        for row in rows:
            if not row.cells.get("冲销流水号") and row.cells.get("业务流水号") not in cancelled:
                yield row

    def lines(
        self, indicator: str, area: str, industry: str, grain: str, period: date, at: pd.Timestamp
    ) -> tuple[Lines, Lines]:
        """The lines of numerator and, if the indicator has one, denominator."""

        tags = judge_writing.table("industry_tags")
        divisions = set(tags.loc["tag:" + tags["tag"] == industry, "division"])

        def counted(feed: str, months_later: int = 0) -> list[Row]:
            return [
                row
                for row in self.facts(feed, at)
                if area in {row.area, judge_writing.CITY}
                and (industry in {row.industry, "ALL"} or row.cells.get("行业代码", "")[:2] in divisions)
                and start(grain, months_after(row.on, months_later)) == period
            ]  # fmt: skip

        below: list[Row] = []
        if indicator == "insured_net_change_rate":
            below = counted("insured_headcount", 1)
            known = {row.area for row in self.facts("insured_headcount", at) if months_after(row.on, 1) == period}
            above = [row for row in counted("insured_event") if row.area in known]
        elif indicator == "insured_leave":
            above = [row for row in counted("insured_event") if is_risk(row)]
        elif indicator == "dismissal":
            above = [row for row in counted("insured_event") if is_dismissal(row)]
        elif indicator == "vacancy_seeker_ratio":
            above, below = counted("vacancy"), counted("job_seeker")
        else:
            above = below = counted(FEED_OF.get(indicator, indicator))
        return {(row.file, row.line) for row in above}, {(row.file, row.line) for row in below}


def is_risk(row: Row) -> bool:
    return row.cells["增减类型"] == "减员" and judge_writing.codes("insured_reason")[row.cells["原因代码"]] in RISK


def is_dismissal(row: Row) -> bool:
    is_leave = row.cells["增减类型"] == "减员"
    return is_leave and judge_writing.codes("insured_reason")[row.cells["原因代码"]] == "employer"


def months_after(on: date, months: int) -> date:
    return on if not months else (on.replace(day=28) + timedelta(days=4)).replace(day=1)


def start(grain: str, on: date) -> date:
    """First day of the period; weeks begin on Monday here."""
    return {"day": on, "week": on - timedelta(days=on.weekday()), "month": on.replace(day=1)}[grain]
