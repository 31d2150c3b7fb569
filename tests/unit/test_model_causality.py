"""Whatever comes later changes no judgement and no forecast made before, by any method at any grain."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_city import calendar, daily_city, weekly_regions

from models.backtest import Outlook, Trace, outlook, trace
from models.methods import METHODS
from models.panel import Grain, Panel, periods_from
from tests.tier import IS_LONG

COUNTS: dict[Grain, int] = {"day": 440, "week": 130, "month": 60, "quarter": 36}
JUDGED = 16
TABLE = calendar("2010-01-01", 365 * 16)


@functools.cache
def panel(grain: Grain) -> Panel:
    """A daily city, or four regions whose periods are of this grain."""
    if grain == "day":
        return daily_city(COUNTS[grain], first="2021-03-01")
    regions = weekly_regions(COUNTS[grain])
    periods = periods_from(pd.Timestamp("2011-01-02" if grain == "week" else "2011-01-01"), COUNTS[grain], grain)
    return Panel(regions.series, periods, regions.values, regions.exposure, grain)


def said(of: Panel, method: str) -> tuple[Trace, Outlook]:
    start = panel(of.grain).periods[-JUDGED].date()
    return trace(of, TABLE, start, METHODS[method]), outlook(of, TABLE, start, METHODS[method])


@functools.cache
def usual(grain: Grain, method: str) -> tuple[Trace, Outlook]:
    return said(panel(grain), method)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("grain", COUNTS)
@settings(max_examples=2 if IS_LONG else 1, deadline=None)
@given(later=st.integers(1, JUDGED - 1), fill=st.sampled_from([0.0, 40.0, 1e6]), is_cut=st.booleans())
def test_whatever_comes_later_changes_nothing(grain: Grain, method: str, later: int, fill: float, is_cut: bool) -> None:
    whole = panel(grain)
    values = whole.values.copy()
    values[:, -later:] = np.where(np.isfinite(values[:, -later:]), fill, np.nan)
    filled = Panel(whole.series, whole.periods, values, whole.exposure, grain)
    (judged, ahead), (was_judged, was_ahead) = (
        said(whole.until(COUNTS[grain] - 1 - later) if is_cut else filled, method), usual(grain, method)
    )  # fmt: skip
    kept = JUDGED - later
    assert np.isfinite(was_judged.p[..., :kept]).any()
    for name in ("observed", "expected", "p", "evidence"):
        np.testing.assert_array_equal(getattr(judged, name)[..., :kept], getattr(was_judged, name)[..., :kept])
    np.testing.assert_array_equal(ahead.cube[:, :, :kept], was_ahead.cube[:, :, :kept])
