"""Where a rise comes from: the industries and areas that stand out in its window, the employers, the townships."""

from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import scrolling, table
from dashboard.components.tag import stored
from dashboard.locale import percent, signed, text, value
from dashboard.summary import reference
from dashboard.summary.reference import Indicator
from dashboard.web import data

_KINDS = {"employer": ("Employers", "Employer"), "township": ("Townships", "Township")}
_USUALLY = "Usually: on average in as long a window of the 52 weeks before. Share: of all that is more. Confidential."
_OF_ALL = "Share: of all that was seen. Nothing is known of what is usual. Confidential."
_WHOLE = 10  # people: from here on whole numbers


def contributors(row: Any, indicator: Indicator | None) -> Any:
    """The section of one warning, for those who read the exact figures of its area; None where nothing stands out."""
    if indicator is None or not data.may_read_scores(row.area) or pd.isna(row.window_from):
        return None
    tables = [one for one in (_parts(row, indicator), _members(row)) if one is not None]
    return html.Section([html.H2(text("Where it comes from")), *tables]) if tables else None


def _parts(row: Any, indicator: Indicator) -> Any:
    if row.kind != "spike":
        return None
    found = data.read(
        "contributor",
        indicator=row.indicator,
        window_periods=reference.periods(row.window_from.date(), row.window_to.date(), row.indicator),
        area=row.area,
        industry=row.industry,
        city=reference.city(),
    )
    rows = [
        [
            reference.where(part.area, part.industry),
            value(part.observed, indicator.unit),
            value(part.expected, indicator.unit),
            f"+{value(part.observed - part.expected, indicator.unit)}",
        ]
        for part in found.itertuples(index=False)
    ]
    columns = [text(name) for name in ("Part", "Seen", "Expected", "More than expected")]
    return _wide(text("Parts of the series in the same window"), columns, rows) if rows else None


def _members(row: Any) -> Any:
    """Employers or townships, each beside its own usual, and what all others brought together."""
    found = data.read("contributor_of_warning", episode_id=row.episode_id)
    if found.empty:
        return None
    title, head = _KINDS[str(found["kind"].iloc[0])]
    is_usual_known = bool(found["expected"].notna().any())
    columns = [head, "Seen", "Usually", "More", "Share"] if is_usual_known else [head, "Seen", "Share"]
    return html.Div(
        [
            html.H3(text(title)),
            _wide(text(title), [text(name) for name in columns], lines(found)),
            html.P(text(_USUALLY if is_usual_known else _OF_ALL), className="source"),
        ],
        className="members",
    )


def lines(found: pd.DataFrame) -> list[list[Any]]:
    """The cells of members (rows of ``contributor_of_warning``): name, seen, usual, more, share of all that is more.

    Where nothing is known of what is usual of any: name, seen, share of all that was seen. No shares where the usual of
    one is not known.
    """
    if found["expected"].isna().all():
        seen = found["observed"].sum()
        return [
            [_name(one), _people(one.observed), percent(one.observed / seen)] for one in found.itertuples(index=False)
        ]
    found = found.assign(more=found["observed"] - found["expected"])
    rise = found["more"].sum(skipna=False)
    return [
        [
            _name(one),
            _people(one.observed),
            _people(one.expected),
            _more(one.more),
            percent(one.more / rise) if rise > 0 else "",
        ]
        for one in found.itertuples(index=False)
    ]


def _name(one: Any) -> Any:
    if one.place == 0:
        return text("all others together")
    name = stored(one.member_name) if isinstance(one.member_name, str) else ""
    code = text("and its township, {code}", code=one.member) if one.kind == "township" else one.member
    return [name, html.Small(code)]


def _people(number: float) -> str:
    if pd.isna(number):
        return ""
    return value(number, "persons") if number >= _WHOLE or number == round(number) else f"{number:.1f}"


def _more(number: float) -> str:
    if pd.isna(number):
        return text("not known")
    return signed(number) if abs(number) >= _WHOLE else f"{number:+.1f}".replace("-", "−")


def _wide(caption: str, columns: list[str], rows: list[list[Any]]) -> Any:
    numeric = frozenset(range(1, len(columns)))
    return scrolling(caption, table(caption, columns, rows, numeric=numeric, kind="plain"))
