"""What other sources say of a warning: those that agree make it surer, those that disagree are named (item 19)."""

from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import table
from dashboard.components.tag import verdict_tag
from dashboard.locale import listed, short_day, text
from dashboard.summary import reference
from dashboard.summary.comparison import agreement
from dashboard.web import data

_SOURCES = {
    "insurance": "social insurance",
    "claims": "claims and registrations",
    "recruitment": "recruitment",
    "monitored": "monitored employers",
    "layoff_reports": "layoff reports",
    "telecom": "telecom",
    "transport": "transport",
}
_SAYS = {
    "agrees": "agrees: clearly worse than usual",
    "disagrees": "disagrees: no worse than usual",
    "unclear": "unclear: worse, within what is usual",
    "silent": "says nothing of this series",
}
_TONES = {"agrees": "tone-worse", "disagrees": "tone-normal", "unclear": "tone-unknown", "silent": "tone-unknown"}


def in_short(row: Any) -> Any:
    """What the sources together say of a warning, with those named that agree and that do not; None where nothing."""
    if (said := agreement(row)) is None:
        return None
    found = data.read("corroboration", episode_id=row.episode_id)
    agree, disagree = (
        listed([text(_SOURCES.get(source, source)) for source in found.loc[found["says"] == says, "source"]])
        for says in ("agrees", "disagrees")
    )
    words = ""
    if agree and disagree:
        words = text("agree: {agree}; disagree: {disagree}", agree=agree, disagree=disagree)
    elif agree:
        words = text("agree: {agree}", agree=agree)
    elif disagree:
        words = text("disagree: {disagree}", disagree=disagree)
    return html.P([verdict_tag(said), " ", words])


def other_sources(episode_id: str) -> Any:
    """The section of one warning; nothing where the edition compared nothing."""
    found = data.read("corroboration", episode_id=episode_id)
    if found.empty:
        return None
    rows = [
        [
            text(_SOURCES.get(row.source, row.source)),
            html.Span(text(_SAYS[row.says]), className=f"tag {_TONES[row.says]}"),
            _series(row),
            "" if pd.isna(row.strength) else f"{row.strength:+.1f}",
            "" if pd.isna(row.data_to) else short_day(row.data_to.date()),
        ]
        for row in found.itertuples(index=False)
    ]
    names = ("Source", "What it says", "By its series", "Standard deviations from its usual", "Data to")
    return html.Section(
        [
            html.H2(text("What other sources say")),
            table(
                text("What other sources say"),
                [text(name) for name in names],
                rows,
                numeric=frozenset({3}),
                kind="cards",
            ),
        ]
    )


def _series(row: Any) -> str:
    known = reference.indicators().get(row.by_indicator) if isinstance(row.by_indicator, str) else None
    return "" if known is None else f"{known.title} · {reference.industry(row.by_industry)}"
