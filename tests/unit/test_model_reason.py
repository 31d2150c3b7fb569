"""Why the calendar expects more or less than usual, by the part that brings most of it."""

import functools

import numpy as np
import pandas as pd
import pytest
from model_city import FESTIVALS, calendar, daily_city, weekly_regions

from models.assess import CALENDAR_REASONS, assess
from models.methods import LEVEL_FACTOR, SEASONAL
from models.panel import Panel
from tests.model_frame import judge

FIRST = "2021-03-01"
TABLE = calendar(FIRST, 1500)


@functools.cache
def city() -> Panel:
    """Three years in which the two weeks before a Spring Festival bring a third, those around day 20 after it double."""
    panel = daily_city(1100, first=FIRST, mean=30.0)
    off = TABLE["festival_offset"].to_numpy()[:1100]
    share = np.where((off >= -14) & (off < 0), 0.33, np.where((off > 12) & (off < 28), 2.0, 1.0))
    return Panel(panel.series, panel.periods, np.round(panel.values * share), panel.exposure, "day")


@pytest.mark.parametrize(("festival", "days_off", "word"), [(3, -4, "before_festival"), (2, 21, "after_festival")])
def test_the_weeks_around_the_festival_are_named_for_it(festival, days_off, word):
    last = int(city().periods.get_loc(FESTIVALS[festival] + pd.Timedelta(days=days_off)))
    score = assess(city().until(last), TABLE)[0].score
    week = score[(score["window_periods"] == 7) & score["series_id"].isin(["total", "N", "A"])]
    assert week["reason"].unique().tolist() == [word]


def test_a_method_that_knows_no_parts_names_none():
    table = calendar("2010-01-03", 7 * 260, festival=False)
    for method, known in ((LEVEL_FACTOR, set(CALENDAR_REASONS.values())), (SEASONAL, {""})):
        score = assess(weekly_regions(160), table, None, method)[0].score
        assert set(score["reason"]) <= known


def test_the_frame_says_it_in_its_sentence():
    last = int(city().periods.get_loc(FESTIVALS[3] - pd.Timedelta(days=4)))
    values = city().values[9:11, : last + 1]
    frame = pd.DataFrame(values.T, index=city().periods[: last + 1], columns=["N", "S"]).rename_axis("period")
    frame = frame.reset_index().melt("period", var_name="series", value_name="value").dropna()
    assert judge(frame, TABLE, "day")["why"].str.contains("（春节前，低于平常时段）").all()
