"""The rules in force on an indicator in words: from what on each warns, at which level, on what legal ground."""

from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import table
from dashboard.components.tag import level_tag
from dashboard.locale import text
from dashboard.rules.step_text import conditions
from dashboard.summary import reference
from dashboard.summary.reference import Indicator
from dashboard.web import data


def in_force(indicator: str) -> pd.DataFrame:
    """Rows of the rules that judge an indicator on the day of the edition, the mildest level first."""
    rows = data.read_indicator("rule", indicator)
    day = pd.Timestamp(data.edition().day)
    began = pd.to_datetime(rows["effective_from"]).fillna(day) <= day
    lasts = pd.to_datetime(rows["effective_to"]).fillna(day) >= day
    return rows[began & lasts & rows["is_enabled"].fillna(False).astype(bool) & (rows["status"] == "enabled")]


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
    return html.Li([level_tag(int(row.level)), " ", conditions(row, unit)])
