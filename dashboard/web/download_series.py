"""The rows of one figure as a file: what it shows of one series, with what was expected."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from flask import request

from dashboard.figures.history import title_of
from dashboard.figures.tabbed import check
from dashboard.locale import month, text
from dashboard.summary import cohort as groups
from dashboard.summary import reference
from dashboard.summary.course import LONG, course
from dashboard.summary.headline import WEEK
from dashboard.web import data

COLUMNS = ("Period", "Value", "Expected", "Normal range from", "to", "Remark", "Edition")


def series() -> tuple[str, list[Sequence[object]]]:
    """Title and columns of the series the address names. Raises UserError for what this viewer may not see."""
    asked = {name: request.args.get(name, "") for name in ("indicator", "area", "industry", "days", "cohort", "span")}
    asked["days"] = asked["days"] or str(WEEK)
    check(asked)
    indicator, is_long = reference.indicators()[asked["indicator"]], asked["span"] == LONG
    if asked["cohort"]:
        drawn = groups.course(indicator, asked["area"], asked["cohort"], is_long=is_long)
        where = groups.where(asked["area"], asked["cohort"])
    else:
        drawn = course(indicator, asked["area"], asked["industry"], int(asked["days"]), is_long=is_long)
        where = reference.where(asked["area"], asked["industry"])

    def rows() -> Iterator[list[object]]:
        named = [text(name) for name in COLUMNS]
        yield [named[0], f"{named[1]} ({indicator.unit_word})", *named[2:]]
        ranges = {} if drawn.expected is None else {row.period: row for row in drawn.expected.itertuples(index=False)}
        for row in drawn.readings.itertuples(index=False):
            band = ranges.get(row.period)
            limits = [None] * 3 if band is None else [round(one, 2) for one in (band.expected, band.lo95, band.hi95)]
            when = month(row.period.date()) if drawn.grain == "month" else row.period.date().isoformat()
            yield [when, plain(row.value), *limits, _remark(row), data.edition().edition_id]

    title = f"{title_of(indicator, drawn)} {where}"
    return title, list(zip(*rows(), strict=True))


def plain(number: float) -> object:
    """A number without a needless fraction; None where it is missing."""
    if pd.isna(number):
        return None
    return int(number) if float(number).is_integer() else round(float(number), 6)


def plain_numbers(column: pd.Series) -> list[object]:
    """The same of a whole column."""
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    is_whole = numbers == np.floor(numbers)
    written = numbers.round(6).astype(object)
    written[is_whole] = numbers[is_whole].astype(np.int64)
    written[np.isnan(numbers)] = None
    return list(written)


def _remark(row: object) -> str:
    if getattr(row, "is_suppressed", False) is True:
        return text("C withheld")
    if pd.isna(row.value):  # type: ignore[attr-defined]
        return text("not reported")
    return text("provisional") if getattr(row, "is_provisional", False) is True else ""
