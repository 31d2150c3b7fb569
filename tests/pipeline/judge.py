"""The independent judge's arithmetic: plain pandas over files, written from the forms and not from our code.

Nothing of the project is imported. What a row of each form must look like is said in judge_form.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests.pipeline.judge_form import HEADERS, parsed, right_rows
from tests.pipeline.judge_writing import CITY, count, table

EIGHT_HOURS = pd.Timedelta(hours=8)  # Asia/Shanghai has had no summer time since 1991
NAME = re.compile(r"([a-z_]+?)_([0-9A-Z]{6})_(\d{8}|\d{6})(?:_v(\d+))?(_supplement)?\.csv")
HELD_BELOW = 0.7  # a file with less than this share of the rows it would replace waits for a person
REFUSED_ABOVE, REFUSED_FROM = 0.3, 10  # share of wrong rows, and rows of the file, from which it goes back whole


@dataclass
class Drop:
    """One file: what it speaks for, when it came (UTC), and how many of its rows are right."""

    number: int
    sender: str
    period: pd.Timestamp
    version: int
    is_supplement: bool
    received_at: pd.Timestamp
    content_hash: str
    total: int
    right: int = 0
    status: str = "accepted"
    name: str = ""

    @property
    def rank(self) -> tuple[int, pd.Timestamp, str]:
        """What decides between files of one slice: the version they state, when they came, their hash."""
        return self.version, self.received_at, self.content_hash


@dataclass
class Received:
    """All files of a feed, in the order in which they came, and their right rows (column ``drop`` is the number)."""

    drops: list[Drop]
    rows: pd.DataFrame


def received(inbox: Path, feed: str) -> Received:
    """Read and judge all files of a feed below ``inbox/<feed>/<received day>/``."""
    drops: list[Drop] = []
    lines: list[list[object]] = []
    seen: set[tuple[str, str]] = set()
    for path in sorted((inbox / feed).glob("*/*.csv")):
        match = NAME.fullmatch(path.name)
        content = path.read_bytes()
        key = (path.name, hashlib.sha256(content).hexdigest())
        if match is None or match[1] != feed or key in seen:
            continue  # not a name of this feed, or the same file sent again
        seen.add(key)
        period = pd.Timestamp(match[3] + ("01" if len(match[3]) == 6 else ""))
        period = week_of(period) if feed == "monitored_village" else period
        came = pd.Timestamp(path.parent.name) - EIGHT_HOURS
        records, total = parsed(feed, content)
        number = len(drops)
        version, is_supplement = int(match[4] or 1), match[5] is not None
        drops.append(Drop(number, match[2], period, version, is_supplement, came, key[1], total, name=path.name))
        lines += [[number, match[2], period, *record] for record in records]
    rows = right_rows(feed, pd.DataFrame(lines, columns=["drop", "sender", "slice", *HEADERS[feed]], dtype="object"))
    for number, many in rows["drop"].value_counts().items():
        drops[int(number)].right = int(many)
    drops.sort(key=lambda drop: (drop.received_at, drop.version, drop.content_hash))
    judge_whole_files(drops)
    return Received(drops, rows)


def judge_whole_files(drops: list[Drop]) -> None:
    """Send back files that cannot be read or are wrong in large part; hold those that would shrink a slice."""
    before: dict[tuple[str, pd.Timestamp], Drop] = {}
    for drop in drops:
        wrong = drop.total - drop.right
        if drop.total < 0 or (drop.total >= REFUSED_FROM and wrong > REFUSED_ABOVE * drop.total):
            drop.status = "refused"
        elif not drop.is_supplement:
            replaced = before.get((drop.sender, drop.period))
            if replaced is None or drop.rank > replaced.rank:
                if replaced is not None and drop.right < HELD_BELOW * replaced.right:
                    drop.status = "held"
                else:
                    before[drop.sender, drop.period] = drop


def facts(feed: str, files: Received, at: pd.Timestamp) -> pd.DataFrame:
    """The rows in force at an instant (UTC): of each slice its newest whole file, and what supplements say on top."""
    slices: dict[tuple[str, pd.Timestamp], list[Drop]] = {}
    for drop in files.drops:
        if drop.status == "accepted" and drop.received_at <= at:
            slices.setdefault((drop.sender, drop.period), []).append(drop)
    layer = {
        drop.number: place for drops in slices.values() for place, drop in enumerate(speaking(drops))
    }  # fmt: skip
    rows = files.rows[files.rows["drop"].isin(list(layer))]
    rows = rows.assign(layer=rows["drop"].map(layer))
    rows = rows.sort_values("layer", kind="stable")  # a supplement says a row of the same key anew
    return rows.drop_duplicates(["sender", "slice", "key"], keep="last").reset_index(drop=True)


def speaking(drops: list[Drop]) -> list[Drop]:
    """Of a slice's files those that speak, the whole file first, then its supplements in the order of their rank.

    A supplement ends when a whole file of its version or a later one comes after it.
    """
    whole = [drop for drop in drops if not drop.is_supplement]
    extra = sorted((drop for drop in drops if drop.is_supplement), key=lambda drop: drop.rank)
    if not whole:
        return extra
    newest = max(whole, key=lambda drop: drop.rank)
    first = min(drop.received_at for drop in whole)
    return [newest] + [
        drop
        for drop in extra
        if drop.received_at >= newest.received_at or drop.version > newest.version or drop.received_at < first
    ]


def totals(rows: pd.DataFrame, periods: pd.Series, figures: list[str]) -> pd.DataFrame:
    """Sums of figures by area, industry and period at all four levels, and by tag; index (area, industry, period)."""
    frame = rows[["area", "industry", *figures]].assign(period=periods)
    parts = []
    for area in (frame["area"], CITY):
        for industry in (frame["industry"], "ALL"):
            parts.append(frame.assign(area=area, industry=industry))
    if (frame["industry"] == "ALL").all():  # a form without industries
        parts = parts[::2]
    for tag, divisions in table("industry_tags").groupby("tag")["division"]:
        own = frame[rows["division"].isin(divisions)]
        parts += [own.assign(industry=f"tag:{tag}"), own.assign(area=CITY, industry=f"tag:{tag}")]
    return pd.concat(parts).groupby(["area", "industry", "period"])[figures].sum()


def week_of(days: pd.Timestamp | pd.Series) -> pd.Timestamp | pd.Series:
    """The Monday with which the week begins."""
    weekday = days.dt.day_of_week if isinstance(days, pd.Series) else days.weekday()
    return days - pd.to_timedelta(weekday, unit="D")


def months(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.to_period("M").dt.to_timestamp()


def periods(days: pd.Series, grain: str) -> pd.Series:
    """First days of the periods of a grain (day, week, month)."""
    days = pd.to_datetime(days)
    return {"day": lambda: days, "week": lambda: week_of(days), "month": lambda: months(days)}[grain]()


def people(rows: pd.DataFrame, grain: str) -> pd.Series:
    """Rows, one a person, per area, industry and period in which the office took them."""
    return totals(rows.assign(people=1), periods(rows["filed_on"], grain), ["people"])["people"]


def filed(rows: pd.DataFrame, column: str, grain: str) -> pd.Series:
    """Sums of a figure per area, industry and period in which the office took it."""
    numbers = rows.assign(number=rows[column].map(count))
    return totals(numbers, periods(rows["filed_on"], grain), ["number"])["number"]


def stated(forms: pd.DataFrame, column: str) -> pd.Series:
    """Sums of a figure of a form per area, industry and period that the form is for."""
    numbers = forms.assign(number=forms[column].map(count))
    return totals(numbers, pd.to_datetime(numbers["slice"]), ["number"])["number"]


def share(forms: pd.DataFrame, part: str, whole: list[str]) -> pd.Series:
    """Per cent: a figure of a form ÷ the sum of others, per area, industry and period that the form is for."""
    numbers = forms.assign(part=forms[part].map(count), whole=sum(forms[column].map(count) for column in whole))
    sums = totals(numbers, pd.to_datetime(numbers["slice"]), ["part", "whole"])
    return 100.0 * sums["part"] / sums["whole"].where(sums["whole"] > 0)


def net_change(rows: pd.DataFrame, grain: str) -> pd.Series:
    """Joins minus leaves per area, industry and period of 申报日期, without cancelled events and their cancelling."""
    cancelled = set(rows["冲销流水号"]) - {""}
    counted = rows[(rows["冲销流水号"] == "") & ~rows["业务流水号"].isin(cancelled)]
    change = counted["增减类型"].map({"增员": 1, "减员": -1})
    return totals(counted.assign(change=change), periods(counted["filed_on"], grain), ["change"])["change"]


def net_change_rate(events: pd.DataFrame, headcount: pd.DataFrame) -> pd.Series:
    """Per cent: net change of a month ÷ insured persons at the end of the month before, where that count is known."""
    stock = headcount.assign(insured=headcount["期末参保人数"].map(count))
    month = pd.to_datetime(stock["slice"]) + pd.DateOffset(months=1)
    known = set(zip(stock["area"], month, strict=True))
    has_stock = [pair in known for pair in zip(events["area"], months(events["filed_on"]), strict=True)]
    insured = totals(stock, month, ["insured"])["insured"]
    change = net_change(events[pd.Series(has_stock, index=events.index)], "month")
    return 100.0 * change.reindex(insured.index, fill_value=0) / insured.where(insured > 0)


def net_outflow(rows: pd.DataFrame, grain: str) -> pd.Series:
    """People who left minus people who came, per area and period."""
    signs = rows["方向"].map({"流出": 1, "流入": -1})
    moved = rows.assign(moved=rows["人数"].map(count) * signs)
    return totals(moved, periods(rows["filed_on"], grain), ["moved"])["moved"]


def vacancy_ratio(posts: pd.DataFrame, seekers: pd.DataFrame) -> pd.Series:
    """Posts offered ÷ people who registered for one, by month, of the city."""
    every = ([CITY], ["ALL"])
    offered, sought = filed(posts, "需求人数", "month").loc[every], people(seekers, "month").loc[every]
    return (offered / sought).dropna()


def villages_return(forms: pd.DataFrame) -> pd.Series:
    """Per cent: 本期返乡人数 ÷ who was away the week before (外出务工人数 − 本期新外出人数 + 本期返乡人数)."""
    back = forms["本期返乡人数"].map(count)
    before = forms["外出务工人数"].map(count) - forms["本期新外出人数"].map(count) + back
    sums = totals(forms.assign(back=back, before=before), pd.to_datetime(forms["slice"]), ["back", "before"])
    return 100.0 * sums["back"] / sums["before"].where(sums["before"] > 0)


def employers(forms: pd.DataFrame, column: str, *, is_people: bool) -> pd.Series:
    """Employers in arrears (欠缴月数) or deferring (缓缴标志), or their insured persons; a blank says nothing."""
    told = forms[forms[column] != ""]
    is_meant = told[column] == "是" if column == "缓缴标志" else told[column].map(count) > 0
    size = told["期末参保人数"].map(count) if is_people else 1
    return totals(told.assign(size=size * is_meant), pd.to_datetime(told["slice"]), ["size"])["size"]
