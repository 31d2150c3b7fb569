"""How late an indicator's files come and how far its figures still move, measured on what editions said."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import facts, scrolling, table
from dashboard.locale import count, percent, text, value
from dashboard.summary import reference
from dashboard.summary.reference import Indicator
from dashboard.web import data

SETTLED = timedelta(days=14)  # a period that ended so long ago counts
LOOK_BACK = timedelta(days=770)
FEWEST = 5  # figures: of fewer no typical revision is told
_STORED = re.compile(r"([a-z][a-z_]{3,})")
GRAINS = ("day", "week", "month", "quarter")
_GRAIN_TITLES = {"day": "by day", "week": "by week", "month": "by month", "quarter": "by quarter"}
_LATE_STATES = ("late", "missing", "held", "refused", "withdrawn")
_ARRIVALS = {"day": timedelta(days=120), "week": timedelta(days=370), "month": timedelta(days=770)}


@dataclass(frozen=True)
class Arrival:
    """How one feed's files came lately: how many were due, which share in time, days after the period's end."""

    feed: str
    due: int
    on_time: float
    usual: float
    slow: float
    allowed: float


def grain_words(grain: str) -> str:
    """How long a period is, in words."""
    return text(_GRAIN_TITLES.get(grain, grain))


def grains_words(indicator: Indicator) -> str:
    """For how long periods there are figures."""
    return text(", ").join(grain_words(grain) for grain in GRAINS if grain in indicator.grains)


def formula_words(formula: str) -> list[Any]:
    """A formula with the names of stored series set off: they are nobody's to translate."""
    return [html.Bdi(part) if _STORED.fullmatch(part) else part for part in _STORED.split(formula)]


def arrivals(indicator: Indicator) -> list[Arrival]:
    """Of each feed an indicator reads, as the roster of this viewer's senders says; feeds of events owe nothing."""
    found = (_arrival(feed.strip()) for feed in indicator.feed.split(","))
    return [one for one in found if one is not None]


def _arrival(feed: str) -> Arrival | None:
    rows = data.read("feed_arrival", feed=feed, since=data.edition().day - LOOK_BACK)
    if rows.empty:
        return None
    grain = str(rows["grain"].iloc[0])
    rows = rows[pd.to_datetime(rows["period"]) >= pd.Timestamp(data.edition().day - _ARRIVALS.get(grain, LOOK_BACK))]
    if rows.empty:
        return None
    zone = reference.zone()
    first = pd.to_datetime(rows["period"])
    step = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7), "month": pd.DateOffset(months=1)}
    over = (first + step.get(grain, pd.DateOffset(months=3))).dt.tz_localize(zone)
    due = pd.to_datetime(rows["due_at"]).dt.tz_localize("UTC")
    came = pd.to_datetime(rows["received_at"]).dt.tz_localize("UTC")
    took = ((came - over) / pd.Timedelta(days=1)).dropna().clip(lower=0)
    is_late = rows["status"].isin(_LATE_STATES)
    return Arrival(
        feed,
        len(rows),
        float(1 - is_late.mean()),
        float(took.median()),
        float(took.quantile(0.9)),
        float(((due - over) / pd.Timedelta(days=1)).median()),
    )


def arrival_section(indicator: Indicator) -> Any:
    """When figures come: what is allowed and what was measured, feed by feed."""
    rows = [
        [
            reference.feed(one.feed),
            _days(one.allowed),
            "–" if pd.isna(one.usual) else _days(one.usual),
            "–" if pd.isna(one.slow) else _days(one.slow),
            percent(one.on_time),
            count(one.due),
        ]
        for one in arrivals(indicator)
    ]
    columns = ("Feed", "Due after", "Half came within", "9 of 10 within", "In time", "Files due")
    return table(
        text("Delay, days after the period's end"),
        [text(name) for name in columns],
        rows,
        numeric=frozenset({1, 2, 3, 4, 5}),
        kind="rules",
        empty=text("Nothing is due by a calendar: this feed reports events as they happen."),
    )


def _days(number: float) -> str:
    return text("{number} days", number=f"{number:.1f}")


def measured(indicator: Indicator) -> pd.DataFrame:
    """How far figures of some ages were from what is known now: level, grain, days, figures, moved, typical, most, …"""
    day = data.edition().day
    return data.read(
        "revision_by_age",
        indicator=indicator.indicator,
        city=reference.city(),
        since=day - LOOK_BACK,
        settled=day - SETTLED,
    )


def revision_section(indicator: Indicator) -> Any:
    """Typical revision by age: finest periods in sight, longer ones behind a switch."""
    rows = measured(indicator)
    if rows.empty:
        return html.P(
            text("No figure has been told often enough yet to measure how far it is revised."), className="empty"
        )
    tables = [(grain, rows[rows["grain"] == grain]) for grain in GRAINS if (rows["grain"] == grain).any()]
    (first, finest), *others = tables
    shown: list[Any] = [html.P(finding(indicator, finest), className="finding"), _as_table(indicator, first, finest)]
    shown += [
        html.Details([html.Summary(grain_words(grain)), _as_table(indicator, grain, part)]) for grain, part in others
    ]
    return html.Div(shown)


def finding(indicator: Indicator, rows: pd.DataFrame) -> str:
    """The sentence above the table: what the first figure told is still off by, and from what age on it stands."""
    level = "city" if (rows["level"] == "city").any() else "unit"
    of_level = rows[(rows["level"] == level) & (rows["figures"] >= FEWEST)].sort_values("days")
    if of_level.empty:
        return text("Too few figures have been told so far to say how far they are usually revised.")
    first = of_level.iloc[0]
    stands = of_level[of_level["moved"] <= 0.1]
    since = (
        text("None has stood still yet.")
        if stands.empty
        else text("From day {days} on, 9 of 10 stand.", days=int(stands.iloc[0].days))
    )
    return text(
        "On day {days} after its end a figure is typically off by {typical}, 9 of 10 by no more than {most}. {since}",
        days=int(first.days),
        typical=_off(indicator, first, "typical"),
        most=_off(indicator, first, "most"),
        since=since,
    )


def _off(indicator: Indicator, row: Any, name: str) -> str:
    """A distance: in percent of the figure where all of them are above zero, else in the indicator's unit."""
    if not indicator.is_ratio and row.least > 0:
        return percent(float(getattr(row, f"{name}_share")))
    return f"{value(float(getattr(row, name)), indicator.unit)} {indicator.unit_word}"


def _as_table(indicator: Indicator, grain: str, rows: pd.DataFrame) -> Any:
    levels = {"city": text("Whole city"), "unit": text("each area")}
    kept = {level: rows[rows["level"] == level].set_index("days") for level in levels}
    cells = []
    for days in sorted(rows["days"].unique()):
        line: list[Any] = [text("day {number}", number=int(days))]
        for part in kept.values():
            line += _cells(indicator, part.loc[days]) if days in part.index else ["–"] * 3
        cells.append(line)
    columns = [text("After its end")]
    for title in levels.values():
        columns += [
            text("{of}: changed later", of=title),
            text("{of}: typically off by", of=title),
            text("{of}: 9 of 10 by no more than", of=title),
        ]
    caption = text("Revision by age, {title}, {grain}", title=indicator.title, grain=grain_words(grain))
    return scrolling(caption, table(caption, columns, cells, numeric=frozenset(range(1, 7)), kind="plain"))


def _cells(indicator: Indicator, row: Any) -> list[str]:
    if row.figures < FEWEST:
        return [text("too few")] * 3
    changed = text("{share} of {number}", share=percent(row.moved), number=count(row.figures))
    return [changed, _off(indicator, row, "typical"), _off(indicator, row, "most")]


def hidden_section(indicator: Indicator) -> Any:
    """Which bounds hide a cell from the public, and how many are hidden in the newest period."""
    rows = data.read("hidden_cells", indicator=indicator.indicator)
    lines = [
        (
            grain_words(row.grain),
            text(
                "{hidden} of {cells} cells hidden in the period from {day}",
                hidden=count(row.hidden),
                cells=count(row.cells),
                day=row.period.date().isoformat(),
            ),
        )
        for row in rows.itertuples(index=False)
    ]
    return facts(lines) if lines else html.P(text("No cell of it is hidden."), className="empty")
