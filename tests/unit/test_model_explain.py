import numpy as np
import pandas as pd
import pytest

from models.explain import Scores, explained, raise_by, z_score
from models.panel import Worse, hierarchy
from models.recipe import DAY
from models.reconcile import table

AREAS, INDUSTRIES = ("N", "S", "W"), ("A", "B", "C", "D")
SERIES = pd.DataFrame(
    [("total", "city", "ALL")]
    + [("area", area, "ALL") for area in AREAS]
    + [("industry", "city", industry) for industry in INDUSTRIES]
    + [("cell", area, industry) for area in AREAS for industry in INDUSTRIES],
    columns=["level", "area", "industry"],
).assign(series_id=lambda f: f["area"] + f["industry"])
TABLE = table(SERIES)
EXPECTED = 20.0  # people of a cell in each window
NAMES = SERIES["series_id"].tolist()


def city(more: dict[str, float], worse: Worse = "higher") -> Scores:
    """Every cell as expected, but for some with so many more people (or fewer); sums hold everywhere."""
    is_cell = SERIES["level"] == "cell"
    extra = np.array([more.get(name, 0.0) if cell else 0.0 for name, cell in zip(NAMES, is_cell, strict=True)])
    base = np.where(is_cell, EXPECTED, 0.0)
    holds = np.array(
        [
            [
                cell and (a in ("city", b)) and (i in ("ALL", j))
                for b, j, cell in zip(SERIES["area"], SERIES["industry"], is_cell, strict=True)
            ]
            for a, i in zip(SERIES["area"], SERIES["industry"], strict=True)
        ]
    )
    expected, observed = holds @ base, holds @ (base + extra)
    windows = len(DAY.windows)
    stacked = [np.tile(part, (windows, 1)) for part in (observed, expected, 1.3 * expected)]
    return Scores(*stacked, hierarchy(SERIES).group, np.array(NAMES), worse)


def told(scores: Scores, before: tuple[str, ...] = ()) -> dict[str, str]:
    """Series above the line and what explains them."""
    lines = np.full(len(NAMES), 2.5)
    known = np.array([name in before for name in NAMES])
    answer = explained(scores, lines, known, TABLE, DAY)
    return {NAMES[row]: NAMES[by] for row, by in enumerate(answer) if by >= 0}


def test_a_closing_factory_is_told_at_its_cell_alone():
    found = told(city({"SB": 40.0}))
    assert found["SB"] == "SB"
    assert set(found) > {"SB"}
    assert set(found.values()) == {"SB"}


def test_a_rise_of_a_whole_area_is_one_and_not_as_many_as_it_has_industries():
    found = told(city({f"S{industry}": 16.0 for industry in INDUSTRIES}))
    assert {"SA", "SB", "SC", "SD", "SALL"} <= set(found)
    assert set(found.values()) == {"SALL"}


def test_a_slide_of_an_industry_is_told_at_the_industry():
    assert set(told(city({f"{area}C": 16.0 for area in AREAS})).values()) == {"cityC"}


def test_a_shock_of_the_whole_city_is_told_at_the_city():
    everything = {f"{area}{industry}": 14.0 for area in AREAS for industry in INDUSTRIES}
    assert set(told(city(everything)).values()) == {"cityALL"}


@pytest.mark.parametrize(
    ("fewer", "told_at"),
    [
        ({f"S{industry}": -14.0 for industry in INDUSTRIES}, "SALL"),
        ({"SB": -18.0}, "SB"),
        ({f"{area}C": -14.0 for area in AREAS}, "cityC"),
        ({f"{area}{industry}": -10.0 for area in AREAS for industry in INDUSTRIES}, "cityALL"),
    ],
    ids=["an area", "a cell", "an industry", "the city"],
)
def test_a_fall_where_lower_is_worse_is_told_once_too(fewer: dict[str, float], told_at: str):
    found = told(city(fewer, "lower"))
    assert found[told_at] == told_at
    assert len(found) > 1
    assert set(found.values()) == {told_at}


@pytest.mark.parametrize("seed", range(12))
def test_what_explains_what_does_not_hang_on_the_order_of_the_series(seed):
    rng = np.random.default_rng(seed)
    cells = SERIES.loc[SERIES["level"] == "cell", "series_id"].to_numpy()
    scores = city(dict.fromkeys(rng.choice(cells, 4, replace=False), 25.0))
    order = rng.permutation(len(NAMES))
    mixed = SERIES.iloc[order].reset_index(drop=True)
    parts = (part[:, order] for part in (scores.observed, scores.expected, scores.variance))
    other = Scores(*parts, hierarchy(mixed).group, scores.name[order])
    nobody = np.zeros(len(NAMES), dtype=bool)
    answer = explained(other, np.full(len(NAMES), 2.5), nobody, table(mixed), DAY)
    assert {other.name[row]: other.name[by] for row, by in enumerate(answer) if by >= 0} == told(scores)


def test_two_unrelated_rises_are_two():
    assert set(told(city({"NA": 45.0, "WD": 45.0})).values()) == {"NA", "WD"}


def test_what_was_told_before_is_told_again_where_both_explain_nearly_alike():
    even = city({"SA": 20.0, "SB": 20.0, "SC": 3.0, "SD": 3.0})
    assert set(told(even, before=("SA", "SB")).values()) == {"SA", "SB"}


def test_a_quiet_city_tells_nothing():
    assert told(city({})) == {}


def test_without_a_tree_every_series_tells_itself():
    scores = city({"SB": 40.0})
    lines = np.full(len(NAMES), 2.5)
    answer = explained(scores, lines, np.zeros(len(NAMES), dtype=bool), None, DAY)
    above = z_score(scores, scores.expected, DAY) > lines
    assert answer[above].tolist() == np.flatnonzero(above).tolist()
    assert (answer[~above] == -1).all()


@pytest.mark.parametrize("row", range(len(NAMES)))
def test_an_excess_taken_as_known_still_adds_up(row):
    scores = city({"SB": 40.0, "NA": 10.0})
    raised = raise_by(scores, scores.expected, row, TABLE)
    assert raised[:, row] == pytest.approx(np.maximum(scores.observed[:, row], scores.expected[:, row]))
    by_area = raised[:, TABLE.cells].sum(axis=2)
    assert by_area == pytest.approx(raised[:, TABLE.areas])
    assert raised[:, TABLE.cells].sum(axis=1) == pytest.approx(raised[:, TABLE.industries])
    assert by_area.sum(axis=1) == pytest.approx(raised[:, 0])


def test_areas_without_parts_explain_the_total():
    alone = SERIES[SERIES["level"].isin(["total", "area"])].reset_index(drop=True)
    people = np.array([60.0, 20.0, 20.0, 20.0])
    seen = people + np.array([40.0, 0.0, 40.0, 0.0])
    windows = len(DAY.windows)
    stacked = [np.tile(part, (windows, 1)) for part in (seen, people, 1.3 * people)]
    scores = Scores(*stacked, hierarchy(alone).group, alone["series_id"].to_numpy(dtype=str))
    answer = explained(scores, np.full(4, 2.5), np.zeros(4, dtype=bool), table(alone), DAY)
    assert answer.tolist() == [2, -1, 2, -1]
