"""The attacker check finds what can be told of hidden cells, and finds nothing where disclosure control was at work."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from pipelines.core.domain import UserError
from pipelines.publishing import decision
from pipelines.publishing.attacker import _bound, attack, check_newest
from pipelines.publishing.attacker_constraints import Program
from tests.pipeline.general_place import CITY, REGION, Place
from tests.pipeline.test_release import BASE, JULY, JUNE, SMALL

AUGUST_1 = date(2026, 8, 1)


@pytest.fixture
def place() -> Iterator[Place]:
    here = Place()
    yield here
    here.con.close()


@pytest.fixture
def primary_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "protect", lambda measures, hidden: hidden)


def told(
    place: Place, indicator: str, period: date, inner: np.ndarray, day: date = AUGUST_1, **more: np.ndarray
) -> None:
    place.know(day, indicator, period, inner, **more)


def test_a_protected_table_gives_nothing_away(place: Place) -> None:
    told(place, "benefit_claim", JULY, SMALL)
    place.edition(AUGUST_1)
    place.release()
    found = attack(place.con, REGION, [JULY])
    assert found.cells == 4
    assert found.inside.empty
    check_newest(place.con, REGION)


@pytest.mark.usefixtures("primary_only")
def test_with_secondary_suppression_switched_off_publishing_stops_with_the_cell_and_its_bounds(place: Place) -> None:
    told(place, "benefit_claim", JULY, SMALL)
    place.edition(AUGUST_1)
    place.release()
    inside = attack(place.con, REGION, [JULY]).inside
    assert inside[["area", "industry", "least", "most"]].to_numpy().tolist() == [["371502", "C", 4.0, 4.0]]
    with pytest.raises(UserError, match=r"benefit_claim month 2026-07-01 371502 C .* 4 至 4 之间"):
        check_newest(place.con, REGION)


def test_a_hidden_cell_is_bounded_by_the_other_hidden_ones(place: Place) -> None:
    """Three people in a row of two hidden cells: none of them can be more than three."""
    inner = np.array([[1, 2, 50, 20], [1, 2, 12, 31], [44, 60, 70, 19], [33, 21, 45, 90]])
    told(place, "benefit_claim", JULY, inner)
    place.edition(AUGUST_1)
    place.release()
    hide = "update general.reading set numerator = null, value = null, is_suppressed = true where "
    place.con.execute("update general.reading as g set numerator = r.numerator from restricted.reading as r where "
                      "g.area = r.area and g.industry = r.industry")  # fmt: skip
    place.con.execute(hide + "area in ('371502', '371503') and industry in ('C', 'E')")
    inside = attack(place.con, REGION, [JULY]).inside
    assert len(inside) == 4
    assert set(inside["most"]) <= {2.0, 3.0}
    assert inside["least"].min() == 0


def test_two_tables_that_share_a_margin_are_one_for_the_attacker(place: Place) -> None:
    """The rate tells what the count hides: numerators are the same figures."""
    insured = np.full((4, 4), 500)
    for name, period in (("insured_headcount", JUNE), ("insured_net_change", JULY)):
        told(place, name, period, insured if name == "insured_headcount" else SMALL)
    told(place, "insured_net_change_rate", JULY, SMALL, denominator=insured, units=insured)
    place.edition(AUGUST_1)
    place.release()
    assert attack(place.con, REGION, [JULY]).inside.empty
    place.con.execute(
        "update general.reading as g set numerator = r.numerator, denominator = r.denominator from restricted.reading as r "
        "where g.indicator = r.indicator and g.area = r.area and g.industry = r.industry "
        "and g.indicator = 'insured_net_change_rate'"
    )
    place.con.execute("update general.reading set numerator = null where indicator = 'insured_net_change'")
    inside = attack(place.con, REGION, [JULY]).inside
    assert inside.empty  # every figure of the count is told by its rate: nothing of it is hidden
    place.con.execute("update general.reading set numerator = null where area = '371502' and industry = 'C'")
    inside = attack(place.con, REGION, [JULY]).inside
    assert ("371502", "C") in set(zip(inside["area"], inside["industry"], strict=True))


def test_a_denominator_told_by_another_table_bounds_the_rate(place: Place) -> None:
    insured = np.full((4, 4), 500)
    insured[0, 0] = 12
    told(place, "insured_headcount", JUNE, insured)
    told(place, "insured_net_change", JULY, BASE)
    told(place, "insured_net_change_rate", JULY, BASE, denominator=insured, units=np.where(insured == 12, 9, insured))
    place.edition(AUGUST_1)
    place.release()
    assert attack(place.con, REGION, [JULY]).inside.empty


def test_two_vintages_of_a_total_tell_a_cell_that_only_one_of_them_contains(place: Place) -> None:
    told(place, "benefit_claim", JUNE, BASE, date(2026, 7, 1))
    place.edition(date(2026, 7, 1))
    place.release()
    fallen = BASE.copy()
    fallen[1, 2] = 6
    told(place, "benefit_claim", JUNE, fallen)
    place.edition(date(2026, 10, 1))
    place.release()
    assert place.told("benefit_claim", JUNE)["371503", "F"] is None
    assert attack(place.con, REGION, [JUNE]).inside.empty
    place.con.execute(
        "update general.reading set numerator = ? where area = ? and industry = 'ALL' and known_to is null",
        [int(fallen.sum()), CITY],
    )
    place.con.execute(
        "update general.reading as g set numerator = r.numerator from restricted.reading as r where g.known_to is null "
        "and r.known_to is null and g.area = r.area and g.industry = r.industry and (g.area <> '371503' "
        "or g.industry <> 'F')"
    )
    inside = attack(place.con, REGION, [JUNE]).inside
    assert inside[["area", "industry", "least", "most"]].to_numpy().tolist() == [["371503", "F", 6.0, 6.0]]


def test_a_published_band_is_knowledge(place: Place) -> None:
    told(place, "benefit_claim", JULY, SMALL)
    place.edition(AUGUST_1)
    place.release()
    hidden = next(
        cell for cell, figure in place.told("benefit_claim", JULY).items() if figure is None and cell[1] != "C"
    )
    place.con.execute(
        "insert into restricted.episode by name select 'e' as episode_id, 'spike' as kind, 'benefit_claim' as indicator, "
        "$area as area, $industry as industry, date '2026-06-20' as window_from, date '2026-08-02' as window_to, "
        "'<10' as observed_band, '' as people_band, timestamp '2026-08-01' as known_from",
        {"area": "371502", "industry": "C"},
    )
    assert attack(place.con, REGION, [JULY]).inside.empty, "fewer than ten is what a hidden cell may tell"
    place.con.execute(
        "insert into restricted.episode by name select 'f' as episode_id, 'spike' as kind, 'benefit_claim' as indicator, "
        "$area as area, $industry as industry, date '2026-07-02' as window_from, date '2026-07-20' as window_to, "
        "'10–19' as observed_band, '' as people_band, timestamp '2026-08-01' as known_from",
        {"area": hidden[0], "industry": hidden[1]},
    )
    assert attack(place.con, REGION, [JULY]).cells == 4


def test_a_witness_of_one_table_that_contradicts_a_figure_shown_in_another_is_none() -> None:
    """Two areas hide 4 and 30 under a shown total; another table shows the total of the first with a shown figure."""
    truth = np.array([34.0, 4.0, 30.0, 24.0, 20.0])
    program = Program(
        truth, np.array([False, True, True, False, False]), np.zeros(5), np.full(5, np.inf), np.full(5, 9.0),
        [(np.array([[0], [1], [2]]), np.ones((3, 1), dtype=bool)), (np.array([[3], [1], [4]]), np.ones((3, 1), dtype=bool))],
    )  # fmt: skip
    low, high = _bound(program, program.hidden)
    assert low[1:3].tolist() == high[1:3].tolist() == [4.0, 30.0]
    program.blocks.pop()
    low, high = _bound(program, program.hidden)
    assert (high - low >= 9)[1:3].all()
    program.less.append({1: 1.0, 3: -0.25})  # at most a quarter of a shown figure: six
    low, high = _bound(program, program.hidden)
    assert (low[1], high[1]) == (0.0, 6.0)
