"""The days and instants at which a step of SQL begins and ceases to count: the last that counts, and the first that does not."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import pytest

from pipelines.core.sql import step
from pipelines.judging.kinds.rehire import PRIORITY_MONTHS
from pipelines.judging.kinds.unreported import FILED_WITHIN_DAYS, list_windows
from pipelines.warehouse.tables import define

AREA, DAY = "371502", date(2026, 10, 15)
NOON = datetime(2026, 10, 15, 12)  # noqa: DTZ001 - the warehouse holds naive UTC
INSTANT = timedelta(microseconds=1)
REGISTER = ("drop_register", "drop_act", "roster")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def facts(con: duckdb.DuckDBPyConnection, feed: str, *rows: Mapping[str, object]) -> None:
    """Rows of a feed that are in force."""
    define(con, feed)
    for number, row in enumerate(rows, 1):
        values = {"drop_id": "d", "line_number": number} | row
        named = ", ".join(f"${name} as {name}" for name in values)
        con.execute(f"insert into {feed} by name select {named}", values)
    con.execute(f"create view {feed}_in_force as select * from {feed}")


def leave(filed_on: date, effective_on: date = DAY, reason: str = "11") -> dict[str, object]:
    return {"event_id": f"{filed_on}", "employer": "E", "person": "P", "area": AREA, "direction": "leave",
            "reason": reason, "filed_on": filed_on, "effective_on": effective_on}  # fmt: skip


@pytest.mark.parametrize(
    ("filed_on", "effective_on", "blocks"),
    [
        (date(2026, 10, 31), DAY, [0]),
        (date(2026, 11, 1), DAY, []),
        (date(2026, 10, 2), DAY, [0]),
        (date(2026, 10, 1), DAY, [1]),
        (date(2026, 9, 2), DAY, [1]),
        (date(2026, 9, 1), DAY, []),
        (date(2026, 10, 31), date(2026, 9, 2), [0]),  # filed within the thirty days of 社会保险法 57
        (date(2026, 10, 31), date(2026, 9, 1), []),
    ],
)
def test_a_leave_belongs_to_the_block_of_days_in_which_it_was_filed(
    con: duckdb.DuckDBPyConnection, filed_on: date, effective_on: date, blocks: list[int]
) -> None:
    facts(con, "insured_event", leave(filed_on, effective_on))
    con.execute("create table reversed_event (event_id varchar)")
    windows = list_windows(date(2026, 10, 31), 30, date(2026, 9, 2))
    con.register("lead_block", windows)
    earliest = windows["since"].iloc[0] - timedelta(days=FILED_WITHIN_DAYS)
    asked = {"since": windows["since"].min(), "until": windows["until"].max(), "reasons": ["11"], "earliest": earliest}
    con.execute(step("lead_leave"), asked)
    assert [block for (block,) in con.execute("select block from lead_leave").fetchall()] == blocks


@pytest.mark.parametrize(
    ("joined_on", "left_on", "told"),
    [
        (date(2026, 4, 2), date(2026, 4, 1), (1, 1)),
        (date(2026, 4, 1), date(2026, 3, 30), None),  # on the very day of the layoff nobody is taken on again
        (date(2026, 9, 30), date(2026, 4, 1), (1, 1)),
        (date(2026, 10, 1), date(2026, 4, 1), None),  # six months are over: 劳动合同法 41
        (date(2026, 4, 2), date(2026, 3, 1), (1, 1)),  # left on the day of the report
        (date(2026, 4, 2), date(2026, 2, 28), (1, 0)),
    ],
)
def test_people_are_counted_who_join_within_six_months_of_the_layoff(
    con: duckdb.DuckDBPyConnection, joined_on: date, left_on: date, told: tuple[int, int] | None
) -> None:
    join = leave(joined_on, joined_on) | {"direction": "join", "event_id": "back"}
    facts(con, "insured_event", leave(left_on, left_on), join)
    con.execute("create table reversed_event (event_id varchar)")
    effective_on = pd.Timestamp("2026-04-01")
    done = {"report_id": "R", "employer": "E", "begun_on": pd.Timestamp("2026-03-01"), "effective_on": effective_on}
    until = effective_on + pd.DateOffset(months=PRIORITY_MONTHS)
    con.register("done_layoff", pd.DataFrame([done | {"until": until}]))
    found = con.execute(step("lead_rehire"), {"since": date(2026, 3, 1)}).fetchall()
    assert found == ([] if told is None else [("R", *told)])


@pytest.mark.parametrize(
    ("reported_on", "counts"),
    [(date(2026, 9, 30), False), (date(2026, 10, 1), True), (date(2026, 10, 31), True), (date(2026, 11, 1), False)],
)
def test_layoff_reports_count_from_the_first_to_the_last_day_asked_for(
    con: duckdb.DuckDBPyConnection, reported_on: date, counts: bool
) -> None:
    facts(con, "layoff_report", {"report_id": "R", "area": AREA, "reported_on": reported_on})
    found = con.execute(step("layoff"), {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}).fetchall()
    assert len(found) == counts


@pytest.mark.parametrize(("ends_on", "counts"), [(DAY - timedelta(days=1), False), (DAY, True)])
@pytest.mark.parametrize(("period", "is_recent"), [(date(2026, 6, 30), False), (date(2026, 7, 1), True)])
def test_what_ends_counts_from_its_day_on_and_while_its_list_is_recent(
    con: duckdb.DuckDBPyConnection, ends_on: date, counts: bool, period: date, is_recent: bool
) -> None:
    con.execute("create table in_force (feed varchar, sender varchar, period date)")
    facts(con, "insured_headcount", {"employer": "E", "area": AREA, "insured": 9, "is_deferred": True,
                                     "deferred_until": ends_on, "period": period})  # fmt: skip
    facts(con, "welfare_post", {"post_id": "1", "area": AREA, "persons": 1, "ends_on": ends_on, "period": period},
          {"post_id": "2", "area": AREA, "persons": 0, "ends_on": ends_on, "period": period})  # fmt: skip
    asked = {"since": date(2026, 7, 1), "day": DAY, "every_industry": "ALL"}
    found = con.execute(step("ending"), asked).df()["indicator"].tolist()
    assert sorted(found) == (["insured_deferring", "welfare_post"] if counts and is_recent else [])


def register(con: duckdb.DuckDBPyConnection, drop_id: str, received_at: datetime, **values: object) -> None:
    """A drop of one slice, read when it came."""
    given = {
        "drop_id": drop_id, "content_hash": drop_id, "feed": "benefit_claim", "sender": AREA, "period": DAY,
        "version": 1, "is_supplement": False, "received_at": received_at, "known_at": received_at,
        "status": "accepted", "rows_quarantined": 0,
    } | values  # fmt: skip
    named = ", ".join(f"${name} as {name}" for name in given)
    con.execute(f"insert into drop_register by name select {named}", given)


def act(con: duckdb.DuckDBPyConnection, kind: str, acted_at: datetime) -> None:
    con.execute("insert into drop_act values (1, 'a', $kind, $at, null, null)", {"kind": kind, "at": acted_at})


def in_force(con: duckdb.DuckDBPyConnection, cutoff_at: datetime = NOON) -> list[tuple[str, int]]:
    for name in ("decided", "in_force"):
        con.execute(step(name), {"cutoff_at": cutoff_at})
    return con.execute("select drop_id, layer from in_force order by layer").fetchall()


def test_what_an_edition_knows_was_known_at_its_cut_off_and_no_instant_later(con: duckdb.DuckDBPyConnection) -> None:
    for table in REGISTER:
        define(con, table)
    register(con, "a", NOON)
    assert in_force(con) == [("a", 0)]
    assert in_force(con, NOON - INSTANT) == []
    act(con, "withdraw", NOON + INSTANT)
    assert in_force(con) == [("a", 0)]
    assert in_force(con, NOON + INSTANT) == []


@pytest.mark.parametrize(
    ("supplement", "version", "counts"),
    [
        (timedelta(), 1, True),  # came with the file that replaced the first
        (-INSTANT, 1, False),  # it completed the file that was replaced
        (-INSTANT, 2, False),
        (-INSTANT, 3, True),  # of a version to come
        (-timedelta(hours=2), 1, False),  # came with the first
        (-timedelta(hours=2) - INSTANT, 1, True),  # came before any file, and waits for one
    ],
)
def test_a_supplement_counts_until_a_whole_file_comes_after_it(
    con: duckdb.DuckDBPyConnection, supplement: timedelta, version: int, counts: bool
) -> None:
    for table in REGISTER:
        define(con, table)
    register(con, "a", NOON - timedelta(hours=2))
    register(con, "b", NOON, version=2)
    register(con, "c", NOON + supplement, version=version, is_supplement=True)
    assert in_force(con) == ([("b", 0), ("c", 1)] if counts else [("b", 0)])


@pytest.mark.parametrize(
    ("received", "due", "status"),
    [
        (timedelta(), timedelta(), "reported"),
        (timedelta(), -INSTANT, "late"),
        (INSTANT, timedelta(), "missing"),  # it comes after the cut-off
        (INSTANT, INSTANT, "not_due"),
    ],
)
def test_a_slot_is_reported_until_the_instant_it_is_due_then_late_or_missing(
    con: duckdb.DuckDBPyConnection, received: timedelta, due: timedelta, status: str
) -> None:
    for table in REGISTER:
        define(con, table)
    register(con, "a", NOON + received)
    in_force(con)
    slot = {"feed": "benefit_claim", "area": AREA, "period": pd.Timestamp(DAY), "grain": "day", "due_at": NOON + due}
    con.register("slots", pd.DataFrame([slot]))
    con.execute("create temp table roster_slot as select * from slots")
    for since, until, told in ((DAY, DAY, [(status,)]), (DAY + timedelta(days=1), DAY + timedelta(days=9), []),
                               (DAY - timedelta(days=9), DAY - timedelta(days=1), [])):  # fmt: skip
        con.execute(step("roster_fresh"), {"cutoff_at": NOON, "since": since, "until": until})
        assert con.execute("select status from roster_fresh").fetchall() == told


@pytest.mark.parametrize(
    ("due_at", "counts"),
    [(NOON, True), (NOON + INSTANT, False), (NOON - timedelta(days=7), False), (NOON - timedelta(days=7) + INSTANT, True)],
)  # fmt: skip
def test_a_slot_is_a_fault_from_when_it_is_due_until_the_window_is_over(
    con: duckdb.DuckDBPyConnection, due_at: datetime, counts: bool
) -> None:
    for table in REGISTER:
        define(con, table)
    con.execute(
        "insert into roster by name select 'benefit_claim' as feed, $area as area, $day as period, $due_at as due_at,"
        " 'missing' as status, $noon as known_from",
        {"area": AREA, "day": DAY, "due_at": due_at, "noon": NOON},
    )
    asked = {"feeds": ["benefit_claim"], "since": NOON - timedelta(days=7), "cutoff_at": NOON}
    assert len(con.execute(step("fault"), asked).fetchall()) == counts
    con.execute("update roster set known_to = $noon", {"noon": NOON})
    assert con.execute(step("fault"), asked).fetchall() == []


@pytest.mark.parametrize(
    ("filed_on", "claimed"),
    [(date(2024, 12, 31), 0), (date(2025, 1, 1), 1), (date(2025, 12, 31), 1), (date(2026, 1, 1), 0)],
)
def test_claims_of_a_year_are_those_filed_from_its_first_to_its_last_day(
    con: duckdb.DuckDBPyConnection, filed_on: date, claimed: int
) -> None:
    before, after = date(2024, 12, 1), date(2025, 12, 1)
    facts(con, "insured_headcount", {"employer": "E", "area": AREA, "insured": 100, "period": before},
          {"employer": "E", "area": AREA, "insured": 90, "period": after})  # fmt: skip
    facts(con, "benefit_claim", {"employer": "E", "person": "P", "filed_on": filed_on})
    con.execute(
        "create table claim_slot as select 'benefit_claim' as feed, '371502' as area, date '2025-01-02' as period"
    )
    con.execute("create table in_force as select 'd' as drop_id, feed, area as sender, period from claim_slot")
    asked = {"before": before, "after": after, "first": date(2025, 1, 1), "last": date(2025, 12, 31), "city": "371500"}
    (row,) = con.execute(step("layoff_rate"), asked).df().to_dict("records")
    assert (row["before"], row["after"], row["claimed"]) == (100, 90, claimed)
