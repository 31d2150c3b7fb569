import numpy as np
import pytest
from model_city import calendar, daily_city

from models.assess import assess
from models.panel import Panel
from models.recipe import FULL, INSUFFICIENT, PROVISIONAL

FIRST, DAYS = "2021-03-01", 420
LATE = {0: 330, 1: 410}  # rows and the day on which they begin: less than a year ago, a few days ago


def states(days: int) -> dict[int, str]:
    panel = daily_city(days, first=FIRST)
    values, exposure = panel.values.copy(), panel.exposure.copy()
    for row, day in LATE.items():
        values[row, :day], exposure[row, :day] = np.nan, 0.0
    score = assess(Panel(panel.series, panel.periods, values, exposure, "day"), calendar(FIRST, days + 130))[0].score
    one = score[score["window_periods"] == 7].set_index("series")
    assert one["p"].notna().sum() <= (one["state"] != INSUFFICIENT).sum()
    assert one.loc[one["state"] == INSUFFICIENT, "p"].isna().all()
    return one["state"].to_dict()


def test_a_series_climbs_from_insufficient_over_provisional_to_full():
    found = states(DAYS)
    assert found[0] == PROVISIONAL
    assert found[1] == INSUFFICIENT
    assert {found[row] for row in found if row not in LATE} == {FULL}


@pytest.mark.parametrize(("days", "state"), [(6, INSUFFICIENT), (60, PROVISIONAL)])
def test_a_young_city_is_told_with_care(days, state):
    assert states(days)[11] == state
