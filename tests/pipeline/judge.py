"""The independent judge's arithmetic: plain pandas over files, written from the forms and not from our code.

Nothing of the project is imported. What a row of each form must look like is said in judge_form.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests.pipeline.judge_form import CITY, EMPLOYER, HEADERS, KEY, count, parsed, right_rows

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
        drops.append(Drop(number, match[2], period, int(match[4] or 1), match[5] is not None, came, key[1], total))
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
    rows = rows.assign(layer=rows["drop"].map(layer), key=rows[KEY.get(feed, EMPLOYER)].str.upper())
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
    """Sums of figures by area, industry and period at all four levels; index (area, industry, period)."""
    frame = rows[["area", "industry", *figures]].assign(period=periods)
    parts = []
    for area in (frame["area"], CITY):
        for industry in (frame["industry"], "ALL"):
            parts.append(frame.assign(area=area, industry=industry))
    if (frame["industry"] == "ALL").all():  # a form without industries
        parts = parts[::2]
    return pd.concat(parts).groupby(["area", "industry", "period"])[figures].sum()


def week_of(days: pd.Timestamp | pd.Series) -> pd.Timestamp | pd.Series:
    """The Monday with which the week begins."""
    weekday = days.dt.day_of_week if isinstance(days, pd.Series) else days.weekday()
    return days - pd.to_timedelta(weekday, unit="D")


def months(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.to_period("M").dt.to_timestamp()


def claims(rows: pd.DataFrame, grain: str) -> pd.Series:
    """Claims taken per area, industry and day or month (of 受理日期)."""
    days = pd.to_datetime(rows["filed_on"])
    return totals(rows.assign(people=1), days if grain == "day" else months(days), ["people"])["people"]


def net_change(rows: pd.DataFrame) -> pd.Series:
    """Joins minus leaves per area, industry and month of 申报日期, without cancelled events and their cancelling."""
    cancelled = set(rows["冲销流水号"]) - {""}
    counted = rows[(rows["冲销流水号"] == "") & ~rows["业务流水号"].isin(cancelled)]
    people = counted["增减类型"].map({"增员": 1, "减员": -1})
    return totals(counted.assign(people=people), months(counted["filed_on"]), ["people"])["people"]


def net_change_rate(events: pd.DataFrame, headcount: pd.DataFrame) -> pd.Series:
    """Per cent: net change of a month ÷ insured persons at the end of the month before, where that count is known."""
    stock = headcount.assign(insured=headcount["期末参保人数"].map(count))
    month = pd.to_datetime(stock["slice"]) + pd.DateOffset(months=1)
    known = set(zip(stock["area"], month, strict=True))
    has_stock = [pair in known for pair in zip(events["area"], months(events["filed_on"]), strict=True)]
    insured = totals(stock, month, ["insured"])["insured"]
    change = net_change(events[pd.Series(has_stock, index=events.index)]).reindex(insured.index, fill_value=0)
    return 100.0 * change / insured.where(insured > 0)


def job_loss_rate(forms: pd.DataFrame) -> pd.Series:
    """Per cent: 减少岗位数 ÷ 建档期岗位数 of the monitored employers, by month."""
    numbers = forms.assign(lost=forms["减少岗位数"].map(count), base=forms["建档期岗位数"].map(count))
    sums = totals(numbers, pd.to_datetime(numbers["slice"]), ["lost", "base"])
    return 100.0 * sums["lost"] / sums["base"].where(sums["base"] > 0)


def registered_rate(forms: pd.DataFrame) -> pd.Series:
    """Per cent: 期末登记失业人数 ÷ (期末城镇从业人员 + 期末登记失业人数), by month, of areas and the city."""
    numbers = forms.assign(
        jobless=forms["期末登记失业人数"].map(count), employed=forms["期末城镇从业人员"].map(count), industry="ALL"
    )
    sums = totals(numbers, pd.to_datetime(numbers["slice"]), ["jobless", "employed"])
    return 100.0 * sums["jobless"] / (sums["employed"] + sums["jobless"])


def shortage_rate(forms: pd.DataFrame) -> pd.Series:
    """Per cent: 缺工人数 ÷ (期末用工人数 + 缺工人数) of the employers that report, by month."""
    numbers = forms.assign(wanted=forms["缺工人数"].map(count), staff=forms["期末用工人数"].map(count))
    sums = totals(numbers, pd.to_datetime(numbers["slice"]), ["wanted", "staff"])
    needed = sums["staff"] + sums["wanted"]
    return 100.0 * sums["wanted"] / needed.where(needed > 0)


def away(forms: pd.DataFrame) -> pd.Series:
    """Persons of the monitored villages who work away, by week (its Monday), of areas and the city."""
    numbers = forms.assign(people=forms["外出务工人数"].map(count), industry="ALL")
    return totals(numbers, pd.to_datetime(numbers["slice"]), ["people"])["people"]
