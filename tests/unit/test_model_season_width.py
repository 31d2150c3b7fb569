import numpy as np
import pandas as pd
import pytest

from models import blend
from models.blend import MOST_WIDTH, OWN_WEIGHT

WEEKS = pd.date_range("2014-01-05", periods=6 * 52, freq="7D")
YEAR = 52


def learned(relative: np.ndarray, weeks: pd.DatetimeIndex = WEEKS) -> blend.SeasonWidth:
    """(T, n) misses over the usual one, taken in as those of one horizon."""
    state = blend.begin_width(1, YEAR, relative.shape[1])
    for week, row in zip(weeks, relative, strict=True):
        state = blend.advance_width(state, week, row[None])
    return state


def usual(count: int, high: float = 1.0) -> np.ndarray:
    """Misses of the usual size, but for the first three weeks of each year."""
    return np.where((WEEKS.day_of_year <= 21)[:, None], high, np.ones((len(WEEKS), count)))


def at(state: blend.SeasonWidth, last: str, group: np.ndarray | None = None) -> np.ndarray:
    return blend.width_factor(
        state, pd.Timestamp(last), np.zeros(state.missed.shape[2], int) if group is None else group
    )


def test_before_any_error_the_width_is_the_usual_one():
    assert (at(blend.begin_width(3, YEAR, 4), "2020-01-05") == 1).all()


def test_a_hard_time_of_the_year_is_wide_and_the_rest_is_not():
    state = learned(usual(11, 3.0))
    assert at(state, "2020-01-05")[0] == pytest.approx(2.0, abs=0.5)  # 3 over a mean of 1.1, leant on 1
    assert at(state, "2020-06-28")[0] == pytest.approx(1 / 1.1, abs=0.05)
    half = at(learned(usual(11, 3.0)[: 3 * YEAR], WEEKS[: 3 * YEAR]), "2020-01-05")
    assert (half < at(state, "2020-01-05")).all()  # more years say more
    assert (at(state, "2020-01-05") < half * 2).all()


def test_one_year_of_one_series_says_little():
    state = learned(usual(1, 3.0)[:YEAR], WEEKS[:YEAR])
    assert 1 < at(state, "2020-01-05")[0, 0] < 1.7


def test_a_series_leans_on_its_level_and_not_on_another():
    relative = usual(20, 3.0)
    relative[:, 10:] = 1.0
    relative[:, 9] = np.nan  # never judged
    group = np.repeat([0, 1], 10)
    factor = at(learned(relative), "2020-01-05", group)[0]
    assert factor[9] > 1.8
    assert factor[10:] == pytest.approx(1.0)


def test_the_season_is_known_before_the_turn_of_the_year():
    state = blend.begin_width(5, YEAR, 11)
    for week, row in zip(WEEKS, usual(11, 3.0), strict=True):
        state = blend.advance_width(state, week, np.stack([row] * 5))
    factor = at(state, "2019-12-01")[:, 0]
    assert factor[:2] == pytest.approx(1 / 1.1, abs=0.05)  # 8 and 15 December
    assert factor[4] > 1.5  # 5 January


def test_a_wild_miss_counts_at_most_so_much():
    relative = usual(1)
    relative[52] = 1000.0
    assert at(learned(relative), WEEKS[51].isoformat())[0, 0] <= (MOST_WIDTH + OWN_WEIGHT + 6) / (OWN_WEIGHT + 6)
