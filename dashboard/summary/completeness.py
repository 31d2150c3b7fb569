"""How complete the data are: which areas have reported, who is late, which periods may be compared, the quality."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboard.locale import short_day, text
from dashboard.summary import reference
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, UserError

RECENT = timedelta(days=75)  # how far back a gap is still named
CURRENT = timedelta(days=10)  # a gap of a daily feed this young makes its sender late today
_NAMED = 3


@dataclass(frozen=True)
class Gap:
    """What one area owes of one feed."""

    area: str
    feed: str
    grain: str
    outstanding: int
    since: date
    reported_to: date | None

    @property
    def words(self) -> str:
        """For a list: which feed, since when, how many."""
        return text(
            "{feed} since {day}, {files} missing",
            feed=reference.feed(self.feed),
            day=short_day(self.since),
            files=self.outstanding,
        )


@dataclass(frozen=True)
class State:
    """The state of the frequent feeds at the edition in force."""

    data_to: date | None
    due_areas: int
    reported_areas: int
    gaps: tuple[Gap, ...]  # areas whose newest due file has not come, worst first
    city_gaps: tuple[Gap, ...]

    @property
    def is_complete(self) -> bool:
        """Whether everything due has come."""
        return not self.gaps and not self.city_gaps


def state() -> State:
    """Judge the newest due period of every frequent feed: who has sent it, who has not."""
    return data.once(_state)


def _state() -> State:
    day = data.edition().day
    rows = data.read("completeness", since=day - RECENT)
    rows = rows[rows["grain"].isin(["day", "week"])]
    city = reference.city()
    gaps = []
    for row in rows.itertuples(index=False):
        newest, due = reference.as_day(row.reported_to), reference.as_day(row.due_to)
        if due is None or (newest is not None and newest >= due):
            continue
        gaps.append(Gap(row.area, row.feed, row.grain, int(row.owed), reference.as_day(row.owed_since) or due, newest))
    gaps.sort(key=lambda gap: (-gap.outstanding, gap.since, gap.area))
    late = {gap.area for gap in gaps}
    areas = set(rows["area"]) - {city}
    last_days = pd.to_datetime(rows["reported_to"]) + pd.to_timedelta((rows["grain"] == "week") * 6, unit="D")
    reported = last_days.groupby(rows["feed"]).max().min()  # what all feeds have reached
    return State(
        reference.as_day(reported) or _newest_reading(),
        len(areas),
        len(areas - late),
        tuple(gap for gap in gaps if gap.area != city),
        tuple(gap for gap in gaps if gap.area == city),
    )


def grain_of(feed: str) -> str | None:
    """How long a period a file of this feed covers; None where nothing is due by a calendar (feeds of events)."""
    rows = data.read("completeness", since=data.edition().day - RECENT)
    rows = rows[rows["feed"] == feed]
    return None if rows.empty else str(rows["grain"].iloc[0])


def _newest_reading() -> date | None:
    """To which day there are readings, where no sender owes anything by a calendar."""
    newest = data.read("newest_reading").set_index("grain")["period"]
    for grain, length in (("day", 0), ("week", 6)):
        if grain in newest.index:
            return reference.as_day(newest[grain] + timedelta(days=length))
    return None


def sentence(found: State) -> str:
    """The line under the header of every page."""
    if found.data_to is None:
        return text("No data have come yet.")
    parts = [text("Data to {day}", day=short_day(found.data_to))]
    if data.viewer().audience is Audience.OFFICE and found.due_areas <= 1:
        parts.append(text("your area has reported everything") if not found.gaps else text("your area is late"))
    elif found.due_areas:
        parts.append(
            text("{reported} of {due} areas have reported", reported=found.reported_areas, due=found.due_areas)
        )
    parts.extend(
        text("{area} late ({gap})", area=reference.place(gap.area), gap=gap.words)
        for gap in (*found.gaps, *found.city_gaps)[:_NAMED]
    )
    more = len(found.gaps) + len(found.city_gaps) - _NAMED
    if more > 0:
        parts.append(text("and {number} more", number=more))
    return text(", ").join(parts) + text(".")


def newly_late(since: pd.Timestamp) -> tuple[list[str], list[str]]:
    """Areas and feeds that are late now and were not at the instant ``since`` (naive UTC); and those no longer late."""
    day = data.edition().day
    now = {(gap.area, gap.feed) for gap in (*state().gaps, *state().city_gaps)}
    rows = data.read("late_before", since=day - CURRENT, at=since.to_pydatetime())
    past = set(zip(rows["area"], rows["feed"], strict=True))
    current = data.read("completeness", since=day - CURRENT)
    still = {(row.area, row.feed) for row in current.itertuples(index=False) if row.outstanding > 0}

    def words(pairs: set[tuple[str, str]]) -> list[str]:
        return [
            text("{area} ({feed})", area=reference.place(area), feed=reference.feed(feed))
            for area, feed in sorted(pairs)
        ]

    return words(now - past), words(past - still)


def alike(
    indicator: Indicator, area: str, industry: str, rows: pd.DataFrame, recent: pd.DataFrame, since: date
) -> tuple["pd.Series[float]", str]:
    """Days told in full, to compare, and a remark on what lacks: while a unit is late, the total of those that are not,
    on both sides; empty where nobody can tell it. ``rows``: daily readings from ``since`` on, ``recent``: the shown.
    """
    remark, whole = remark_of(recent), values_of(rows[~is_short(rows)])
    if not remark:
        return whole, remark
    if (area, industry) != (reference.city(), TOTAL_INDUSTRY):
        return whole.iloc[:0], remark
    days = set(recent["period"])
    units = data.read("unit_series", indicator=indicator.indicator, grain="day", since=since, city=reference.city())
    units = units.assign(period=pd.to_datetime(units["period"]))
    is_here = units["period"].isin(days)
    here = units[is_here].groupby("area")["period"].nunique()
    on_time = units[units["area"].isin(here[here == len(days)].index)]
    if on_time.empty:
        return whole.iloc[:0], remark
    told = on_time.groupby("period")["value"].agg(["sum", "count"])
    return told.loc[told["count"] == told["count"].max(), "sum"], remark


def is_open(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether something of each reading has not come yet and is still waited for."""
    return rows["is_provisional"].fillna(False).astype(bool)


def is_short(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether something of each reading has not come, be it waited for or not."""
    return is_open(rows) | (rows["reporting"] < rows["due"]).fillna(False).astype(bool)


def values_of(rows: pd.DataFrame) -> "pd.Series[float]":
    """What was told, by period."""
    return rows.set_index("period")["value"].dropna()


def within(counts: "pd.Series[float]", first: pd.Timestamp, last: pd.Timestamp) -> "pd.Series[float]":
    """Those of the days between, both included."""
    return counts[(counts.index >= first) & (counts.index <= last)]


def sum_of(counts: "pd.Series[float]", first: pd.Timestamp, last: pd.Timestamp) -> float | None:
    """Their sum; None where no day was told."""
    part = within(counts, first, last)
    return None if part.empty else float(part.sum())


def only_grows(indicator: Indicator, values: "pd.Series[float]") -> bool:
    """Whether what has not come can but add to a figure: people that are counted, neither a ratio nor a net change."""
    return not indicator.is_ratio and not (values < 0).any()


def remark_of(rows: pd.DataFrame) -> str:
    """What is to be known of a figure whose senders have not all reported: what lacks, and whether it is waited for."""
    if not is_short(rows).any():
        return ""
    is_waiting = bool(is_open(rows).any())
    short = rows[is_open(rows) if is_waiting else is_short(rows)].iloc[-1]
    if is_waiting and (pd.isna(short.due) or short.due <= 1):
        return text("provisional")
    files = {"reporting": int(short.reporting), "due": int(short.due)}
    if is_waiting:
        return text("provisional: {reporting} of {due} files", **files)
    return text("final: {reporting} of {due} files came", **files)


_NARROW = (
    "{title}: in the last 13 weeks only {value} of what came was within the {expected} interval, which should be about "
    "{expected}; {before}. The interval is too narrow."
)
_WIDE = (
    "{title}: in the last 13 weeks {value} of what came was within the {expected} interval, which should be about "
    "{expected}; {before}. The interval is too wide."
)
_MANY = (
    "{title}: in the last 13 weeks {value} of the judgements had a probability below 5%, which should be about "
    "{expected}; {before}. There may be too many warnings."
)
_FEW = (
    "{title}: in the last 13 weeks {value} of the judgements had a probability below 5%, which should be about "
    "{expected}; {before}. There may be too few warnings."
)
# By whether it is a share of improbable judgements, and whether the share is too high.
_SENTENCES = {(False, False): _NARROW, (False, True): _WIDE, (True, True): _MANY, (True, False): _FEW}


def quality_sentences() -> list[str]:
    """One for each figure that had drifted when it was last looked at; none for whoever may not read exact figures."""
    if data.viewer().audience is not Audience.BUREAU:
        return []
    try:
        rows = data.read("model_quality")
    except UserError:  # files published before there was such a table
        return []
    return [_quality_sentence(row) for row in rows[rows["is_drift"]].itertuples(index=False)]


def _quality_sentence(row: Any) -> str:
    known = reference.indicators().get(row.indicator)
    before = (
        text("no year before to compare with")
        if pd.isna(row.before)
        else text("{share} in the year before", share=f"{row.before:.0%}")
    )
    return text(
        _SENTENCES[row.figure.startswith("p_"), row.value > row.expected],
        title=row.indicator if known is None else known.title,
        value=f"{row.value:.0%}",
        expected=f"{row.expected:.0%}",
        before=before,
    )
