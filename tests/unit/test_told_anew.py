"""Evidence told anew: judged again by the rule that opened the warning; absence says nothing, of totals too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import pytest

from pipelines.judging.findings import FINDING
from pipelines.judging.kinds import WARNING_KINDS
from pipelines.judging.lifecycle import EarlyWarning, opened
from pipelines.warehouse.tables import define
from tests.unit.test_rule_scope import AREA, CITY, inputs, report, rule

OTHER, DAY = "371522", date(2026, 10, 30)
CUTOFF = datetime(2026, 10, 29, 23)  # noqa: DTZ001 - the warehouse holds naive UTC
SEPTEMBER = date(2026, 9, 1)


def warning(kind: str, indicator: str, first: date, last: date, **values: object) -> EarlyWarning:
    given = {"rule_id": "r", "kind": kind, "indicator": indicator, "area": AREA, "industry": "ALL", "level": 3}
    days = {"window_from": first, "window_to": last, "data_to": last}
    return opened(dict.fromkeys(FINDING) | given | days | {"observed": 9.0} | values, DAY - timedelta(days=8))


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened_here:
        define(opened_here, "reading")
        define(opened_here, "score")
        yield opened_here


def told(con: duckdb.DuckDBPyConnection, area: str, values: dict[date, float], indicator: str = "job_loss_rate",
         grain: str = "month", until: datetime | None = None, reporting: int = 1) -> pd.DataFrame:  # fmt: skip
    """Complete readings of an area, in force since long ago or, of those that ended ``until``, before."""
    frame = pd.DataFrame({"period": pd.to_datetime(list(values)), "value": list(values.values())}).assign(
        indicator=indicator, area=area, industry="ALL", cohort="all", grain=grain, numerator=60.0, denominator=1000.0,
        units=30, largest_unit=5.0, reporting=reporting, due=1, is_provisional=False, is_suppressed=False,
        known_from=CUTOFF - timedelta(days=9), known_to=pd.Series([until] * len(values), dtype="datetime64[us]"),
    )  # fmt: skip
    con.register("incoming", frame)
    con.execute("insert into reading by name select * from incoming")
    return frame


def months(**last: float) -> dict[date, float]:
    known = dict.fromkeys((one.date() for one in pd.date_range("2025-03-01", "2026-09-01", freq="MS")), 1.0)
    return known | {date(2026, int(month[1:]), 1): value for month, value in last.items()}


@pytest.mark.parametrize(
    ("known", "fresh", "is_gone"),
    [
        (months(m9=0.5), [SEPTEMBER], True),
        (months(m9=6.0), [SEPTEMBER], False),
        (months(m9=0.5), [date(2026, 8, 1)], False),  # not its own evidence
        (months(m8=9.0, m9=0.5), [SEPTEMBER], False),  # the month before, of the same warning, stands
        ({SEPTEMBER: 0.5}, [SEPTEMBER], False),  # its history is gone: nothing to judge by
    ],
)
def test_a_month_corrected_below_its_line_takes_the_warning_away(
    con: duckdb.DuckDBPyConnection, known: dict[date, float], fresh: list[date], is_gone: bool
) -> None:
    one = replace(warning("level", "job_loss_rate", SEPTEMBER, SEPTEMBER), opened_on=date(2026, 9, 15))
    readings = told(con, AREA, known)
    level = rule(kind="level", indicator="job_loss_rate", line=4.0, margin=2.0)
    now = readings[readings["period"].isin(pd.to_datetime(fresh))]
    kind = WARNING_KINDS["level"]
    assert kind.reevaluate([one], inputs(con, level, fresh=now)) == ({one.key} if is_gone else set())
    assert kind.reevaluate([one], inputs(con, level, fresh=now.assign(is_provisional=True))) == set()
    assert kind.reevaluate([one], inputs(con, level, lambda _: level[:0], fresh=now)) == set()  # its rule is not known


def test_a_mean_over_months_is_judged_again_when_one_of_them_is_corrected(con: duckdb.DuckDBPyConnection) -> None:
    one = warning("change", "job_loss_rate", SEPTEMBER, SEPTEMBER)
    change = rule(kind="change", indicator="job_loss_rate", line=1.0, window_periods=3)
    readings = told(con, AREA, months(m7=1.2, m9=3.0))
    july, june = (readings[readings["period"] == f"2026-0{month}-01"] for month in (7, 6))
    kind = WARNING_KINDS["change"]
    assert kind.reevaluate([one], inputs(con, change, fresh=july)) == {one.key}
    assert kind.reevaluate([one], inputs(con, change, fresh=june)) == set()


@pytest.mark.parametrize(
    ("reports", "is_gone"),
    [([], True), ([("e1", 4)], True), ([("e2", 40)], True), ([("e1", 40)], False), ([("e1", 30)], False)],
)
def test_a_report_that_is_gone_or_below_the_line_takes_its_warning_away_and_time_does_not(
    reports: list[tuple[str, int]], is_gone: bool
) -> None:
    on = date(2026, 10, 20)
    one = warning("event", "layoff_reported", on, on, employer="e1", industry="C")
    event = rule(kind="event", indicator="layoff_reported", line=20.0, window_days=30.0, scope="employer")
    columns = list(report("e", 1, 1))
    layoffs = pd.DataFrame([report(name, 300, planned) for name, planned in reports], columns=columns)
    layoffs = layoffs.astype({"reported_on": "datetime64[ns]", "effective_on": "datetime64[ns]"})
    kind = WARNING_KINDS["event"]
    for day in (DAY, DAY + timedelta(days=60)):
        known = inputs(None, event, day=day, layoffs=layoffs)
        assert kind.reevaluate([one], known) == ({one.key} if is_gone else set())
    assert kind.reevaluate([one], inputs(None, event, day=DAY + timedelta(days=200), layoffs=layoffs)) == set()


@pytest.mark.parametrize(
    ("area", "status", "came", "is_judged"),
    [
        (AREA, "reported", "2026-10-28 02:00", True),
        (AREA, "late", "2026-10-22 23:30", True),
        (AREA, "missing", None, False),  # days off: nothing is due, and nothing comes
        (AREA, "reported", "2026-10-20 02:00", False),  # before it was judged last
        (AREA, "held", "2026-10-28 02:00", False),
        (OTHER, "reported", "2026-10-28 02:00", False),
    ],
)
def test_a_warning_about_reports_that_lack_is_judged_when_some_have_come(
    con: duckdb.DuckDBPyConnection, area: str, status: str, came: str | None, is_judged: bool
) -> None:
    define(con, "roster")
    row = ["benefit_claim", area, SEPTEMBER, status, came, CUTOFF - timedelta(days=1)]
    con.execute(
        "insert into roster (feed, area, period, status, received_at, known_from) values (?, ?, ?, ?, ?, ?)", row
    )
    one = warning("data_fault", "benefit_claim", SEPTEMBER, date(2026, 10, 22))
    judged = WARNING_KINDS["data_fault"].evaluated_until([one], inputs(con, pd.DataFrame()))
    assert judged == ({one.key: (DAY, 8)} if is_judged else {})


WEEK = [day.date() for day in pd.date_range("2026-10-16", "2026-10-22")]
AFTER = [day.date() for day in pd.date_range("2026-10-23", "2026-10-27")]


def spike(con: duckdb.DuckDBPyConnection) -> EarlyWarning:
    one = warning("spike", "benefit_claim", WEEK[0], WEEK[-1], area=CITY)
    con.execute(
        "insert into score (edition_id, indicator, area, industry, cohort, window_periods, window_from, data_to) "
        "values ('e', 'benefit_claim', ?, 'ALL', 'all', 7, ?, ?)",
        [CITY, WEEK[0], WEEK[-1]],
    )
    return one


def ends(last: date) -> pd.DataFrame:
    return pd.DataFrame(
        {"indicator": ["benefit_claim"], "area": [CITY], "industry": ["ALL"], "data_to": [pd.Timestamp(last)]}
    )


@pytest.mark.parametrize(("silent", "quiet"), [([], 5), (AFTER[1:3], 3), (AFTER, 0)])
def test_a_total_is_quiet_only_in_periods_that_all_areas_told_which_told_its_evidence(
    con: duckdb.DuckDBPyConnection, silent: list[date], quiet: int
) -> None:
    one = spike(con)
    for area in (CITY, AREA):
        told(con, area, dict.fromkeys(WEEK + AFTER, 3.0), "benefit_claim", "day")
    told(con, OTHER, dict.fromkeys([*WEEK, *(set(AFTER) - set(silent))], 3.0), "benefit_claim", "day")
    told(con, "371525", dict.fromkeys(AFTER[:1], 3.0), "benefit_claim", "day")  # it told nothing of the evidence
    judged = WARNING_KINDS["spike"].evaluated_until([one], inputs(con, pd.DataFrame(), score=ends(AFTER[-1])))
    last = max(set(AFTER) - set(silent), default=None)
    assert judged == ({one.key: (last, quiet)} if quiet else {})
    assert WARNING_KINDS["spike"].evaluated_until([one], inputs(con, pd.DataFrame(), score=ends(WEEK[-1]))) == {}


@pytest.mark.parametrize(("usual", "risen", "quiet"), [(30.0, 30.0, 3), (2.0, 2.0, 5), (2.0, 30.0, 5)])
def test_an_area_that_suddenly_tells_of_nobody_on_workdays_is_not_seen_to_be_quiet(
    con: duckdb.DuckDBPyConnection, usual: float, risen: float, quiet: int
) -> None:
    one = spike(con)  # of 23 to 27 October two are days off
    for area in (CITY, AREA):
        told(con, area, dict.fromkeys(WEEK + AFTER, 3.0), "benefit_claim", "day")
    down = {AFTER[0]: 0.0, AFTER[1]: 0.0, AFTER[2]: 0.0, AFTER[3]: 0.0}
    before = [WEEK[0] - timedelta(days=ahead) for ahead in range(1, 29)]
    told(
        con,
        OTHER,
        dict.fromkeys(before, usual) | dict.fromkeys(WEEK, risen) | down | {AFTER[4]: usual},
        "benefit_claim",
        "day",
    )
    judged = WARNING_KINDS["spike"].evaluated_until([one], inputs(con, pd.DataFrame(), score=ends(AFTER[-1])))
    assert judged == {one.key: (AFTER[-1], quiet)}


@pytest.mark.parametrize(
    ("strength", "is_withdrawn", "is_gone"), [(1.0, False, True), (5.0, False, False), (1.0, True, False)]
)
def test_a_window_told_anew_without_a_rise_takes_its_warning_away_but_a_withdrawn_file_does_not(
    con: duckdb.DuckDBPyConnection, strength: float, is_withdrawn: bool, is_gone: bool
) -> None:
    one = spike(con)
    fresh = told(con, CITY, dict.fromkeys(WEEK, 3.0), "benefit_claim", "day")
    told(con, AREA, dict.fromkeys(WEEK, 9.0), "benefit_claim", "day", until=CUTOFF)
    told(con, AREA, dict.fromkeys(WEEK[1:] if is_withdrawn else WEEK, 3.0), "benefit_claim", "day")
    asked: list[tuple[str, date, str]] = []

    def again(indicator: str, until: date, cohort: str) -> pd.DataFrame:
        asked.append((indicator, until, cohort))
        numbers = {"observed": 90.0, "expected": 30.0, "variance": 30.0, "p": 0.1, "strength": strength}
        window = {"window_periods": 7, "window_from": WEEK[0], "data_to": WEEK[-1]}
        row = {"indicator": indicator, "area": CITY, "industry": "ALL", "level": "total"}
        return pd.DataFrame([row | numbers | window])

    terms = rule(kind="spike", indicator="benefit_claim", grain="day", min_strength=3.0)
    gone = WARNING_KINDS["spike"].reevaluate([one], inputs(con, terms, fresh=fresh, rescore=again))
    assert gone == ({one.key} if is_gone else set())
    assert asked == ([] if is_withdrawn else [("benefit_claim", WEEK[-1], "all")])
    later = fresh.assign(period=pd.Timestamp(AFTER[0]))
    assert WARNING_KINDS["spike"].reevaluate([one], inputs(con, terms, fresh=later, rescore=again)) == set()
