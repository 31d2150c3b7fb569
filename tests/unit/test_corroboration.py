"""What other sources say of a warning, drawn as small tables: agree, disagree, unclear, silent."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pandas as pd
import pytest

from pipelines.judging.corroboration import SOURCES, compare_sources
from pipelines.warehouse.tables import define
from tests.unit.test_rule_scope import inputs

CITY, DAY, CUTOFF = "371500", date(2026, 10, 31), datetime(2026, 10, 31, 0)  # noqa: DTZ001 - the warehouse holds naive UTC
WARNING = pd.DataFrame(
    [{"indicator": "benefit_claim", "area": "371502", "industry": "C", "window_from": date(2026, 10, 24)}]
)
USUAL = [100.0, 104.0, 96.0, 100.0, 102.0, 98.0, 100.0, 103.0]  # median 100, absolute deviations 0 to 4, median 2


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        define(opened, "reading")
        yield opened


def fill(con: duckdb.DuckDBPyConnection, indicator: str, last: float, *, industry: str = "ALL", area: str = "371502",
         until: str = "2026-10-19", known: str = "2026-10-27", past: list[float] | None = None) -> None:  # fmt: skip
    """Weeks of one series, known since a day; the last reading is the newest."""
    values = [*(USUAL if past is None else past), last]
    rows = pd.DataFrame(
        {
            "indicator": indicator, "area": area, "industry": industry, "cohort": "all", "grain": "week",
            "period": pd.date_range(end=until, periods=len(values), freq="7D"), "value": values, "is_provisional": False,
            "known_from": pd.Timestamp(known),
        }
    )  # fmt: skip
    con.register("rows_in", rows)
    con.execute("insert into reading by name select * from rows_in")


def asked(
    con: duckdb.DuckDBPyConnection, score: pd.DataFrame | None = None, layoffs: pd.DataFrame | None = None,
    warning: pd.DataFrame = WARNING,
) -> pd.DataFrame:  # fmt: skip
    none = pd.DataFrame()
    known = inputs(
        con, none, day=DAY, cutoff_at=CUTOFF, score=none if score is None else score,
        layoffs=none if layoffs is None else layoffs,
    )  # fmt: skip
    told = compare_sources(warning, known)
    return told.set_index("source")


@pytest.mark.parametrize(
    ("last", "says", "strength"),
    [
        (106.0, "agrees", 6 / (1.4826 * 2)),
        (105.0, "unclear", 5 / (1.4826 * 2)),
        (100.0, "disagrees", 0.0),
        (90.0, "disagrees", -10 / (1.4826 * 2)),
    ],
)
def test_a_reading_is_compared_with_median_and_scatter_of_those_before(
    con: duckdb.DuckDBPyConnection, last: float, says: str, strength: float
) -> None:
    fill(con, "telecom_net_outflow", last)
    told = asked(con)
    assert told.loc["telecom", "says"] == says
    assert told.loc["telecom", "strength"] == pytest.approx(strength)
    assert (told.drop("telecom")["says"] == "silent").all()


def test_where_lower_is_worse_a_fall_agrees(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, "vacancy", 90.0)
    assert asked(con).loc["recruitment", "says"] == "agrees"


def test_the_own_series_speaks_before_the_areas_total(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, "vacancy", 90.0)
    fill(con, "vacancy", 110.0, industry="C")
    told = asked(con)
    assert told.loc["recruitment", ["by_industry", "says"]].tolist() == ["C", "disagrees"]


def test_the_own_series_of_a_second_indicator_speaks_before_the_areas_total_of_the_first(
    con: duckdb.DuckDBPyConnection,
) -> None:
    total = {"indicator": "benefit_claim", "area": "371502", "industry": "ALL", "observed": 80.0, "expected": 50.0}
    total["cohort"] = "all"
    score = pd.DataFrame([total | {"strength": 3.0, "data_to": pd.Timestamp("2026-10-30")}])
    warning = WARNING.assign(indicator="insured_leave")
    fill(con, "unemployment_registration", 100.0)
    told = asked(con, score, warning=warning).loc["claims"]
    assert told[["by_indicator", "by_industry", "says"]].tolist() == ["benefit_claim", "ALL", "agrees"]
    fill(con, "unemployment_registration", 100.0, industry="C")
    told = asked(con, score, warning=warning).loc["claims"]
    assert told[["by_indicator", "by_industry", "says"]].tolist() == ["unemployment_registration", "C", "disagrees"]


@pytest.mark.parametrize(("readings", "says"), [(5, "silent"), (6, "agrees")])
def test_a_reading_needs_six_before_it(con: duckdb.DuckDBPyConnection, readings: int, says: str) -> None:
    fill(con, "telecom_net_outflow", 150.0, past=USUAL[:readings])
    assert asked(con).loc["telecom", "says"] == says


def test_the_source_a_warning_comes_from_is_not_asked(con: duckdb.DuckDBPyConnection) -> None:
    assert set(asked(con).index) == set(SOURCES) - {"claims"}
    by_insurance = asked(con, warning=WARNING.assign(indicator="insured_leave"))
    assert "claims" in by_insurance.index
    assert "insurance" not in by_insurance.index


@pytest.mark.parametrize(
    "given",
    [
        {"until": "2026-08-03"},  # too old
        {"known": "2026-11-01"},  # not known then
        {"past": [100.0, 101.0, 99.0, 100.0, 102.0]},  # too short a history
        {"past": [100.0] * 8},  # no scatter: any difference would be infinitely improbable
        {"area": "371503"},
    ],
)
def test_what_says_nothing_is_silent(con: duckdb.DuckDBPyConnection, given: dict[str, object]) -> None:
    fill(con, "telecom_net_outflow", 150.0, **given)  # type: ignore[arg-type]
    assert asked(con).loc["telecom", "says"] == "silent"


@pytest.mark.parametrize(
    ("begins", "says"),
    [
        (date(2026, 8, 30), "agrees"),
        (date(2026, 8, 31), "silent"),  # the week ended the day before
        (date(2026, 10, 24), "silent"),
        (date(2026, 11, 20), "agrees"),  # a deferral that ends: nothing has begun yet
    ],
)
def test_a_reading_that_was_over_before_the_rise_began_says_nothing_of_it(
    con: duckdb.DuckDBPyConnection, begins: date, says: str
) -> None:
    fill(con, "telecom_net_outflow", 150.0, until="2026-08-24", known="2026-09-01")
    assert asked(con, warning=WARNING.assign(window_from=begins)).loc["telecom", "says"] == says
    month = WARNING.assign(indicator="job_loss_rate")
    both = pd.concat([WARNING, month, month.assign(window_from=begins)])
    told = asked(con, warning=both).reset_index().set_index(["indicator", "source"])["says"]
    assert told["benefit_claim", "telecom"] == "silent"
    assert told["job_loss_rate", "telecom"] == ("agrees" if begins < date(2026, 8, 31) else "silent")


def test_what_was_corrected_later_counts_as_it_was_known(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, "telecom_net_outflow", 150.0)
    con.execute("update reading set known_to = timestamp '2026-11-02' where period = (select max(period) from reading)")
    assert asked(con).loc["telecom", "says"] == "agrees"


@pytest.mark.parametrize(
    ("observed", "strength", "says"),
    [(80.0, 2.0, "agrees"), (80.0, 1.9, "unclear"), (40.0, float("nan"), "disagrees"), (50.5, float("nan"), "unclear")],
)
def test_days_are_judged_by_their_score(
    con: duckdb.DuckDBPyConnection, observed: float, strength: float, says: str
) -> None:
    score = pd.DataFrame(
        [
            {
                "indicator": "insured_leave", "area": "371502", "industry": "C", "observed": observed, "expected": 50.0,
                "strength": strength, "data_to": pd.Timestamp("2026-10-30"), "cohort": "all",
            }
        ]
    )  # fmt: skip
    assert asked(con, score).loc["insurance", "says"] == says


@pytest.mark.parametrize(("planned", "reported", "says"), [
    (20, "2026-10-30", "agrees"), (19, "2026-10-30", "silent"), (50, "2026-10-02", "agrees"), (50, "2026-10-01", "silent"),
])  # fmt: skip
def test_layoff_reports_agree_from_the_laws_twenty_persons_in_thirty_days_on(
    con: duckdb.DuckDBPyConnection, planned: int, reported: str, says: str
) -> None:
    layoffs = pd.DataFrame(
        [{"area": "371502", "industry": "C", "planned": planned, "reported_on": pd.Timestamp(reported)}]
    )
    assert asked(con, layoffs=layoffs).loc["layoff_reports", "says"] == says
    whole = asked(con, layoffs=layoffs, warning=WARNING.assign(area=CITY, industry="ALL"))
    assert whole.loc["layoff_reports", "says"] == says
