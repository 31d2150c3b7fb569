"""Rules on forecasts drawn as small tables: what came beyond the range of weeks before, told at the level it explains."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.recipe import RECIPES
from pipelines.core.catalogue.rule_terms import FURTHEST_AHEAD
from pipelines.judging.findings import FINDING
from pipelines.judging.kinds.exceedance import KIND, NAME, find_exceedances, load_spans
from pipelines.judging.lifecycle import EarlyWarning, opened
from pipelines.judging.rule_kind import EditionContext
from pipelines.warehouse.tables import define
from tests.unit.test_rule_scope import AREA, CITY, REGION, inputs, rule

OTHER, DAY = "371522", date(2026, 10, 30)
CUTOFF = datetime(2026, 10, 30, 23)  # noqa: DTZ001 - the warehouse holds naive UTC
WEEK = date(2026, 10, 22)  # its seven days end on the 28th, the last one told
ASKED = {"kind": NAME, "indicator": "benefit_claim", "grain": "day", "min_strength": 3.0, "window_periods": 2.0}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened_here:
        define(opened_here, "reading")
        define(opened_here, "forecast")
        yield opened_here


def forecast(
    con: duckdb.DuckDBPyConnection, since: date = WEEK, made_on: date = date(2026, 10, 15), **said: object
) -> None:
    """One of 100 people, 80 to 120, two weeks ahead; ``said``: what is otherwise."""
    given = {
        "edition_id": f"{made_on}.1", "made_on": made_on, "indicator": "benefit_claim", "area": AREA, "industry": "ALL",
        "cohort": "all", "grain": "week", "period": since, "horizon": 14, "expected": 100.0, "lo80": 90.0, "hi80": 110.0,
        "lo95": 80.0, "hi95": 120.0,
    } | said  # fmt: skip
    con.register("incoming", pd.DataFrame([given]))
    con.execute("insert into forecast by name select * from incoming")


def told(
    con: duckdb.DuckDBPyConnection, a_day: float, first: date = WEEK, days: int = 7, **said: object
) -> pd.DataFrame:
    frame = pd.DataFrame({"period": pd.date_range(first, periods=days), "numerator": a_day, "value": a_day}).assign(
        **{
            "indicator": "benefit_claim", "area": AREA, "industry": "ALL", "cohort": "all", "grain": "day",
            "denominator": np.nan, "units": 9, "largest_unit": 1.0, "reporting": 1, "due": 1, "is_provisional": False,
            "is_suppressed": False, "known_from": CUTOFF - timedelta(hours=1), "known_to": pd.NaT,
        }
        | said
    )  # fmt: skip
    con.register("incoming", frame)
    con.execute("insert into reading by name select * from incoming")
    return frame


def strengths(con: duckdb.DuckDBPyConnection, since: date | None = None, **terms: object) -> dict[str, float]:
    """Of each span by its first day."""
    found = load_spans(EditionContext(con, REGION, DAY, CUTOFF), rule(**ASKED | terms), since)
    return {str(row.window_from.date()): round(row.strength, 3) for row in found.itertuples()}


def test_a_week_is_held_against_what_was_forecast_for_it_so_far_ahead(con: duckdb.DuckDBPyConnection) -> None:
    forecast(con)
    forecast(con, horizon=7, hi95=200.0)
    told(con, 20.0)
    assert strengths(con) == {str(WEEK): round(1.959964 * 40 / 20, 3)}
    assert strengths(con, window_periods=1.0) == {str(WEEK): round(1.959964 * 40 / 100, 3)}
    assert strengths(con, window_periods=3.0) == {}


def test_the_last_forecast_of_the_week_counts_and_none_made_later_than_the_edition(
    con: duckdb.DuckDBPyConnection,
) -> None:
    forecast(con)
    forecast(con, made_on=date(2026, 10, 16), expected=120.0, hi95=140.0)
    forecast(con, made_on=date(2026, 10, 31), expected=999.0)
    told(con, 20.0)
    assert strengths(con) == {str(WEEK): round(1.959964 * 20 / 20, 3)}


@pytest.mark.parametrize(
    "last_day",
    [None, {"is_provisional": True}, {"numerator": None}, {"known_from": CUTOFF + timedelta(hours=1)},
     {"known_to": CUTOFF}],
)  # fmt: skip
def test_a_week_that_is_not_told_in_full_is_not_judged_and_the_one_before_is(
    con: duckdb.DuckDBPyConnection, last_day: dict[str, object] | None
) -> None:
    before = WEEK - timedelta(days=1)
    forecast(con)
    forecast(con, since=before)
    told(con, 20.0, first=before)
    if last_day is not None:
        told(con, 20.0, first=WEEK + timedelta(days=6), days=1, **last_day)
    assert list(strengths(con)) == [str(before)]


def test_a_weekend_nobody_works_on_lacks_nothing_and_a_day_that_others_told_does(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """The 24th and the 25th of October 2026 are a Saturday and a Sunday."""
    forecast(con)
    told(con, 28.0, days=2)
    told(con, 28.0, first=date(2026, 10, 26), days=3)
    assert list(strengths(con)) == [str(WEEK)]
    told(con, 28.0, first=date(2026, 10, 24), days=1, area=CITY)
    assert strengths(con) == {}


def test_a_span_that_began_long_ago_is_history(con: duckdb.DuckDBPyConnection) -> None:
    old = DAY - timedelta(days=36)
    forecast(con, since=old, made_on=old - timedelta(days=7))
    told(con, 20.0, first=old)
    assert strengths(con) == {}
    assert list(strengths(con, since=old)) == [str(old)]  # it is still there to be told anew


def test_months_are_spans_of_their_own_and_where_lower_is_worse_the_lower_end_counts(
    con: duckdb.DuckDBPyConnection,
) -> None:
    month = date(2026, 9, 1)
    known = {"indicator": "insured_headcount", "grain": "month"}
    forecast(con, since=month, horizon=6, made_on=date(2026, 4, 10), **known)
    told(con, 60.0, first=month, days=1, **known)
    assert strengths(con, window_periods=6.0, **known) == {str(month): round(1.959964 * 40 / 20, 3)}


def spans(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    """area, industry, observed, expected and half the width of the 95 % range."""
    frame = pd.DataFrame(rows, columns=["area", "industry", "observed", "expected", "half"])
    first, last = pd.Timestamp(WEEK), pd.Timestamp(WEEK + timedelta(days=6))
    half = frame.pop("half")
    return frame.assign(
        indicator="benefit_claim", horizon=2, grain="day", window_from=first, window_to=last,
        lo=frame["expected"] - half, hi=frame["expected"] + half,
        strength=1.959964 * (frame["observed"] - frame["expected"]) / half,
    )  # fmt: skip


def levels(told_spans: pd.DataFrame, *terms: dict[str, object]) -> dict[str, tuple[int, str | None]]:
    """Level of each finding and by which series it is explained."""
    rows = pd.concat([rule(**ASKED | {"scope": "city;area;industry;cell"} | one) for one in terms], ignore_index=True)
    found = find_exceedances(rows, told_spans, CITY)
    return {f"{row.area}|{row.industry}": (row.level, row.explained_by) for row in found.itertuples()}


def test_deviations_times_and_people_are_asked_at_once_and_the_worst_level_met_is_told() -> None:
    one = spans((AREA, "ALL", 140.0, 100.0, 20.0))  # 3.92 standard deviations, 1.4 times, 40 people more
    assert levels(one, {}) == {f"{AREA}|ALL": (3, None)}
    assert levels(one, {"min_ratio": 1.4, "min_people": 40.0}) == {f"{AREA}|ALL": (3, None)}
    for stricter in ({"min_strength": 4.0}, {"min_ratio": 1.41}, {"min_people": 41.0}, {"scope": "city"},
                     {"window_periods": 3.0}):  # fmt: skip
        assert levels(one, stricter) == {}
    assert levels(one, {}, {"level": 2, "min_strength": 3.9}) == {f"{AREA}|ALL": (2, None)}


def test_a_finding_says_what_came_what_was_forecast_and_how_many_people_that_is_beyond() -> None:
    found = find_exceedances(rule(**ASKED), spans((AREA, "ALL", 140.0, 100.0, 20.0)), CITY).iloc[0]
    assert found[["observed", "expected", "lo", "hi", "people"]].tolist() == [140.0, 100.0, 80.0, 120.0, 40.0]
    assert found[["window_from", "window_to", "data_to"]].tolist() == [
        pd.Timestamp(WEEK), pd.Timestamp("2026-10-28"), pd.Timestamp("2026-10-28"),
    ]  # fmt: skip
    assert pd.isna(found["p"])


def test_a_slide_of_the_whole_city_is_one_warning() -> None:
    whole = spans(
        (CITY, "ALL", 1400.0, 1000.0, 100.0), (AREA, "ALL", 140.0, 100.0, 15.0), (OTHER, "ALL", 280.0, 200.0, 25.0)
    )
    assert levels(whole, {}) == {
        f"{CITY}|ALL": (3, None), f"{AREA}|ALL": (3, f"{CITY}|ALL"), f"{OTHER}|ALL": (3, f"{CITY}|ALL"),
    }  # fmt: skip


def test_a_total_that_one_part_makes_is_that_part_and_a_part_worse_than_its_whole_stands_itself() -> None:
    one = spans((CITY, "ALL", 1200.0, 1000.0, 100.0), (AREA, "ALL", 300.0, 100.0, 15.0))
    assert levels(one, {}) == {f"{CITY}|ALL": (3, f"{AREA}|ALL"), f"{AREA}|ALL": (3, None)}
    both = spans((CITY, "ALL", 1600.0, 1000.0, 100.0), (AREA, "ALL", 300.0, 100.0, 15.0))
    assert levels(both, {}) == {f"{CITY}|ALL": (3, None), f"{AREA}|ALL": (3, None)}


def test_a_part_is_not_folded_into_a_whole_of_a_lesser_level() -> None:
    whole = spans((CITY, "ALL", 1400.0, 1000.0, 230.0), (AREA, "ALL", 140.0, 100.0, 10.0))
    told_levels = levels(whole, {}, {"level": 2, "min_strength": 7.0})
    assert told_levels == {f"{CITY}|ALL": (3, None), f"{AREA}|ALL": (2, None)}


def warning(**values: object) -> EarlyWarning:
    given = {"rule_id": "r", "kind": NAME, "indicator": "benefit_claim", "area": AREA, "industry": "ALL", "level": 3}
    days = {"window_from": WEEK, "window_to": WEEK + timedelta(days=6), "data_to": WEEK + timedelta(days=6)}
    return opened(dict.fromkeys(FINDING) | given | days | {"observed": 140.0} | values, DAY)


def test_new_days_count_as_quiet_when_they_are_told_and_not_before(con: duckdb.DuckDBPyConnection) -> None:
    one, quiet = warning(), spans((AREA, "ALL", 100.0, 100.0, 20.0))
    later = quiet.assign(window_to=pd.Timestamp("2026-10-31"))

    def until(known: pd.DataFrame) -> object:
        return KIND.evaluated_until([one], inputs(con, pd.DataFrame(), facts={NAME: known}))

    assert until(quiet) == {}
    assert until(later) == {one.key: (date(2026, 10, 31), 3)}
    assert until(later.assign(area=OTHER)) == {}


def test_what_is_still_beyond_the_leave_line_is_held() -> None:
    one = warning()
    for strength, is_held in ((1.6, True), (1.4, False)):
        now = spans((AREA, "ALL", 100.0, 100.0, 20.0)).assign(strength=strength)
        terms = rule(**ASKED | {"leave_line": 1.5})
        assert KIND.still_exceeding([one], inputs(None, terms, facts={NAME: now})) == ({one.key} if is_held else set())


@pytest.mark.parametrize(("a_day", "is_gone"), [(20.0, False), (16.0, True)])
def test_a_week_told_anew_within_its_forecast_takes_the_reason_away(
    con: duckdb.DuckDBPyConnection, a_day: float, *, is_gone: bool
) -> None:
    forecast(con)
    fresh = told(con, a_day)
    terms = rule(**ASKED)
    for told_anew, is_told in ((fresh, True), (fresh[:0], False), (fresh.assign(area=OTHER), False)):
        gone = KIND.reevaluate([warning()], inputs(con, terms, cutoff_at=CUTOFF, fresh=told_anew))
        assert gone == ({warning().key} if is_gone and is_told else set())


def test_a_week_that_lacks_a_report_since_takes_no_reason_away(con: duckdb.DuckDBPyConnection) -> None:
    forecast(con)
    fresh = told(con, 16.0, is_provisional=True)
    assert KIND.reevaluate([warning()], inputs(con, rule(**ASKED), cutoff_at=CUTOFF, fresh=fresh)) == set()


def test_rules_may_ask_as_far_ahead_as_there_are_forecasts() -> None:
    for grain, recipe in RECIPES.items():
        assert len(recipe.horizons) == FURTHEST_AHEAD[grain]
