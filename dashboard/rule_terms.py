"""The rules in force on an indicator in words: from what on each warns, at which level, on what legal ground."""

from typing import Any

import pandas as pd
from dash import html

from dashboard import data, reference
from dashboard.components.table import table
from dashboard.components.tag import level_tag
from dashboard.locale import count, percent, text, value
from dashboard.reference import Indicator


def in_force(indicator: str) -> pd.DataFrame:
    """Rows of the rules that judge an indicator on the day of the edition, the mildest level first."""
    rows = data.read_indicator("rule", indicator)
    day = pd.Timestamp(data.edition().day)
    began = pd.to_datetime(rows["effective_from"]).fillna(day) <= day
    lasts = pd.to_datetime(rows["effective_to"]).fillna(day) >= day
    return rows[began & lasts & rows["is_enabled"].fillna(False).astype(bool) & (rows["status"] == "enabled")]


def terms(row: Any, unit: str) -> str:
    """What one row of a rule asks for, all of it at once."""
    asked = {
        "line {value}": _of(row.line, unit),
        "by {value} worse than its own median of 24 months": _of(row.margin, unit),
        "{value} standard deviations beyond the expected": f"{row.min_strength:g}",
        "chance below {value}": f"{row.max_p:g}",
        "at least {value} persons": _of(row.min_people, ""),
        "base of at least {value}": _of(row.min_base, ""),
    }
    parts = [text(words, value=shown) for words, shown in asked.items() if shown not in ("", "nan")]
    if not pd.isna(row.min_ratio):
        is_share = row.min_ratio < 1
        shown = percent(row.min_ratio) if is_share else value(row.min_ratio, "ratio")
        parts.append(text("at least {value} of the staff" if is_share else "at least {value} times", value=shown))
    if not pd.isna(row.window_days):
        parts.append(text("within {value} days", value=count(row.window_days)))
    return text(", ").join(parts)


def rules_table(indicator: Indicator) -> Any:
    """The rules in force as a table with their legal ground; several rows of a level mean *or*."""
    rows = in_force(indicator.indicator)
    cells = [
        [
            [title, html.Small(" ".join(dict.fromkeys(part["basis"])))],
            html.Ul([_line(row, indicator) for row in part.itertuples()]),
        ]
        for title, part in rows.groupby("title", sort=False)
    ]
    columns = [text(name) for name in ("Rule and legal basis", "Warns from")]
    return table(text("Rules in force"), columns, cells, kind="rules", empty=text("No rule judges this indicator."))


def _line(row: Any, indicator: Indicator) -> Any:
    unit = (reference.judged_in(indicator, row.kind) or indicator).unit
    return html.Li([level_tag(int(row.level)), " ", terms(row, unit)])


def _of(number: float, unit: str) -> str:
    return "" if pd.isna(number) else value(number, unit)
