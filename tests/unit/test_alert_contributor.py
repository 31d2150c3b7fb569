"""Who makes up a rise, and what the sources together say of it: drawn on small tables."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest

from pipelines.core.sql import step
from pipelines.judging.contributor import MOST_NAMED, add_causes, load_contributors
from pipelines.judging.findings import FINDING
from pipelines.judging.lifecycle import EarlyWarning, opened
from pipelines.warehouse.tables import define

CITY, AREA, OTHER = "371500", "371502", "371503"
SINCE, UNTIL = date(2026, 10, 24), date(2026, 10, 30)
WEEK, MONTH = date(2026, 10, 19), date(2026, 9, 1)
RULES = pd.DataFrame(
    [
        ("benefit_claim_spike", "day", "all", None), ("job_loss_rate_level", "month", "all", None),
        ("several_employers_layoff", "day", "all", None), ("returning_labour_level", "week", "all", None),
        ("of_graduates", "day", "graduate", None), ("of_large_ones", "day", "all", 500),
        ("of_factories", "day", "all", None),
    ],
    columns=["rule_id", "grain", "cohort", "staff_least"],
).assign(staff_most=None)  # fmt: skip
RULES["industries"] = ["C" if rule == "of_factories" else None for rule in RULES["rule_id"]]


def reported(con: duckdb.DuckDBPyConnection, rows: Sequence[tuple[object, ...]]) -> None:
    con.executemany(
        "insert into layoff_report (drop_id, line_number, area, industry, employer, reported_on, planned)"
        " values ('a', ?, ?, ?, ?, ?, ?)",
        list(zip(range(len(rows)), *zip(*rows, strict=True), strict=True)),
    )


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as here:
        here.execute("create table benefit_claim_in_force (area text, industry text, employer text, filed_on date)")
        here.execute(
            "create table monitored_employer_in_force (area text, industry text, employer text, period date, losses int)"
        )
        define(here, "layoff_report")
        here.execute("create view layoff_report_in_force as select * from layoff_report")
        here.execute(
            "create table monitored_village_in_force (village text, village_name text, area text, surveyed_on date,"
            " returned int)"
        )
        here.execute("create table employer (employer text, employer_name text, known_to timestamp)")
        here.execute("insert into employer values ('factory', '示例厂', null), ('factory', '示例旧名厂', '2026-01-01')")
        yield here


def claims(con: duckdb.DuckDBPyConnection, employer: str | None, people: int, day: date, area: str = AREA) -> None:
    asked = {"employer": employer, "day": day, "people": people, "area": area}
    con.execute("insert into benefit_claim_in_force select $area, 'C', $employer, $day from range($people)", asked)


def warning(rule: str, kind: str = "spike", indicator: str = "benefit_claim", **values: object) -> EarlyWarning:
    given = {"rule_id": rule, "kind": kind, "indicator": indicator, "area": AREA, "industry": "ALL", "level": 3,
             "window_from": SINCE, "window_to": UNTIL, "data_to": UNTIL}  # fmt: skip
    return opened(dict.fromkeys(FINDING) | given | values, UNTIL)


def told(con: duckdb.DuckDBPyConnection, one: EarlyWarning) -> list[tuple[object, ...]]:
    found = load_contributors(con, [one], RULES, CITY)
    assert (found["episode_id"] == one.episode_id).all()
    assert (found["area"] == one.area).all()
    rows = found[["place", "member", "member_name", "observed", "expected"]].astype(object)
    return list(rows.where(rows.notna(), None).itertuples(index=False, name=None))


def test_members_are_told_beside_their_own_usual_and_with_all_others_make_up_what_was_seen(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for week in range(54):
        claims(con, "agency", 20, UNTIL - timedelta(days=7 * week))
    claims(con, "factory", 16, UNTIL)
    claims(con, "agency", 4, UNTIL)
    claims(con, "small", 2, UNTIL)
    claims(con, None, 9, UNTIL)
    claims(con, "elsewhere", 40, UNTIL, OTHER)
    assert told(con, warning("benefit_claim_spike")) == [
        (1, "factory", "示例厂", 16.0, 0.0), (2, "agency", None, 24.0, 20.0), (0, None, None, 11.0, 0.0),
    ]  # fmt: skip
    assert told(con, warning("benefit_claim_spike", area=CITY))[0][1] == "elsewhere"
    assert told(con, warning("benefit_claim_spike", industry="F")) == []


def test_the_employer_named_as_the_cause_is_the_first_of_those_told(con: duckdb.DuckDBPyConnection) -> None:
    claims(con, "old", 1, SINCE - timedelta(days=70))
    claims(con, "factory", 16, UNTIL)
    claims(con, "agency", 14, UNTIL)
    one = warning("benefit_claim_spike", people=30.0)
    finding = pd.DataFrame([vars(one)]).astype({"window_from": "datetime64[us]", "data_to": "datetime64[us]"})
    cause = add_causes(con, finding, CITY).iloc[0]
    assert told(con, one)[0][1:3] == (cause["employer"], cause["employer_name"]) == ("factory", "示例厂")


def test_no_more_are_named_than_a_reader_looks_at(con: duckdb.DuckDBPyConnection) -> None:
    claims(con, "old", 1, SINCE - timedelta(days=70))
    for number in range(8):
        claims(con, f"number {number}", 10 + number, UNTIL)
    found = told(con, warning("benefit_claim_spike"))
    assert [row[1] for row in found] == [f"number {number}" for number in (7, 6, 5, 4, 3)] + [None]
    assert len(found) == MOST_NAMED + 1
    assert found[-1][3:] == (33.0, 0.1), "one of the seventy days before, in seven"


def test_who_brings_less_than_three_beyond_its_usual_is_not_named(con: duckdb.DuckDBPyConnection) -> None:
    claims(con, "old", 1, SINCE - timedelta(days=70))
    claims(con, "factory", 2, UNTIL)
    assert told(con, warning("benefit_claim_spike")) == []


@pytest.mark.parametrize(
    ("day", "is_named"),
    [(SINCE, True), (UNTIL, True), (SINCE - timedelta(days=1), False), (UNTIL + timedelta(days=1), False)],
)
def test_three_beyond_the_usual_are_named_on_the_days_of_the_window(
    con: duckdb.DuckDBPyConnection, day: date, is_named: bool
) -> None:
    reported(con, [(AREA, "C", "factory", day, 3)])
    found = told(con, warning("several_employers_layoff", "several", "layoff_reported"))
    assert found == [(1, "factory", "示例厂", 3.0, None)] * is_named


def test_what_is_usual_of_a_form_is_of_the_months_it_was_told(con: duckdb.DuckDBPyConnection) -> None:
    forms = [(AREA, "C", "factory", month.date(), 4) for month in pd.date_range("2026-05-01", "2026-08-01", freq="MS")]
    forms += [
        (AREA, "C", "agency", date(2026, 8, 1), 30),
        (AREA, "C", "factory", MONTH, 24),
        (AREA, "C", "agency", MONTH, 31),
    ]
    con.executemany("insert into monitored_employer_in_force values (?, ?, ?, ?, ?)", forms)
    level = warning("job_loss_rate_level", "level", "job_loss_rate", window_from=MONTH, window_to=MONTH, data_to=MONTH)
    assert told(con, level) == [(1, "factory", "示例厂", 24.0, 4.0), (0, None, None, 31.0, 30.0)]


def test_of_reports_nothing_is_usual(con: duckdb.DuckDBPyConnection) -> None:
    reports = [(AREA, "C", "factory", day, people) for day, people in ((date(2026, 3, 2), 80), (UNTIL, 120))]
    reported(con, reports)
    one = warning("several_employers_layoff", "several", "layoff_reported", industry="C")
    assert told(con, one) == [(1, "factory", "示例厂", 120.0, None)]


def test_those_who_came_home_are_told_by_the_township_of_their_villages(con: duckdb.DuckDBPyConnection) -> None:
    weeks = [WEEK + timedelta(days=4 - 7 * back) for back in range(5)]
    rows = [(f"37150210{place}20{village}", f"示例{place}{village}村", AREA, day, 30 if (place, day) == (1, weeks[0]) else 2)
            for place in (1, 2) for village in (1, 2) for day in weeks]  # fmt: skip
    con.executemany("insert into monitored_village_in_force values (?, ?, ?, ?, ?)", rows)
    level = warning(
        "returning_labour_level", "level", "returning_labour_share", window_from=WEEK, window_to=WEEK, data_to=WEEK
    )
    assert told(con, level) == [(1, "371502101", "示例11村", 60.0, 4.0), (0, None, None, 4.0, 4.0)]


def test_a_weekly_form_is_one_on_whichever_days_it_was_collected(con: duckdb.DuckDBPyConnection) -> None:
    days = [(village, WEEK + timedelta(days=day - 7 * back)) for back in range(5) for village, day in ((1, 3), (2, 4))]
    rows = [(f"37150210120{village}", f"示例{village}村", AREA, day, 10) for village, day in days]
    rows += [(f"37150210220{village}", f"示例{village}庄", AREA, day, 9 if day >= WEEK else 2) for village, day in days]
    con.executemany("insert into monitored_village_in_force values (?, ?, ?, ?, ?)", rows)
    level = warning(
        "returning_labour_level", "level", "returning_labour_share", window_from=WEEK, window_to=WEEK, data_to=WEEK
    )
    assert told(con, level) == [(1, "371502102", "示例1庄", 18.0, 4.0), (0, None, None, 20.0, 20.0)]


def test_of_all_others_nothing_is_usual_where_one_of_them_is_new(con: duckdb.DuckDBPyConnection) -> None:
    before = date(2026, 8, 1)
    forms = [("factory", before, 4), ("old", before, 3), ("factory", MONTH, 24), ("old", MONTH, 3), ("new", MONTH, 50)]
    con.executemany("insert into monitored_employer_in_force values ('371502', 'C', ?, ?, ?)", forms)
    level = warning("job_loss_rate_level", "level", "job_loss_rate", window_from=MONTH, window_to=MONTH, data_to=MONTH)
    assert told(con, level) == [(1, "factory", "示例厂", 24.0, 4.0), (0, None, None, 53.0, None)]


def test_a_sum_over_the_industries_of_a_rule_names_nobody_for_its_rows_are_of_all(
    con: duckdb.DuckDBPyConnection,
) -> None:
    reports = [(AREA, "C", "factory", UNTIL, 70), (AREA, "F", "shop", UNTIL, 500)]
    reported(con, reports)
    assert told(con, warning("of_factories", "several", "layoff_reported")) == []
    (only,) = told(con, warning("of_factories", "several", "layoff_reported", industry="C"))
    assert only[:2] == (1, "factory")


@pytest.mark.parametrize("rule", ["of_graduates", "of_large_ones", "no_longer_in_force"])
def test_of_a_rule_about_some_only_nobody_is_named(con: duckdb.DuckDBPyConnection, rule: str) -> None:
    claims(con, "old", 1, SINCE - timedelta(days=70))
    claims(con, "factory", 16, UNTIL)
    assert told(con, warning(rule)) == []
    assert told(con, warning("benefit_claim_spike"))


@pytest.mark.parametrize(
    ("agree", "disagree", "together"),
    [
        (0, 0, "single"), (1, 0, "corroborated"), (2, 0, "consistent"), (5, 0, "consistent"), (0, 1, "conflicting"),
        (1, 1, "corroborated"), (1, 2, "conflicting"), (3, 2, "corroborated"), (2, 2, "corroborated"), (2, 3, "conflicting"),
    ],
)  # fmt: skip
def test_sources_together_say_one_of_four_things(agree: int, disagree: int, together: str) -> None:
    says = ["agrees"] * agree + ["disagrees"] * disagree + ["silent", "unclear"]
    said = pd.DataFrame({"edition_id": "e", "episode_id": "w", "says": says})
    other = pd.DataFrame({"edition_id": "e", "episode_id": ["v", "v"], "says": "agrees"})
    before = pd.DataFrame({"edition_id": "d", "episode_id": ["w", "w"], "says": "disagrees"})
    with duckdb.connect() as con:
        con.register("said", pd.concat([said, other, before]))
        found = con.execute(step("agreement")).df().set_index(["edition_id", "episode_id"])["agreement"]
    assert set(found.loc[[("e", "w")]]) == {together}
    assert len(found) == len(says) + 4
    assert set(found.loc[[("e", "v")]]) == {"consistent"}
