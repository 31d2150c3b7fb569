"""When a file waits for a person: the share of rows it may lose, how far its sum may jump, and against which file."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest

from pipelines.feeds import contracts
from pipelines.ingest.acceptance import Held, decide_status
from pipelines.warehouse.store import Warehouse
from pipelines.warehouse.tables import define_all

CLAIMS, STAFF, CONTRIBUTION = "benefit_claim", "insured_headcount", "unemployment_contribution"
FIRST = datetime(2026, 10, 12, 8)  # noqa: DTZ001 - the warehouse keeps naive UTC
MONTH = date(2026, 10, 1)


class Register:
    """A register of files and acts in memory; each file comes an hour after the one before."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._numbers = count(1)
        self.warehouse = Warehouse(connection, Path())

    def file(
        self, rows: int, version: int = 1, feed: str = CLAIMS, period: date = MONTH, total: float | None = None
    ) -> str:
        number = next(self._numbers)
        self.warehouse.connection.execute(
            "insert into drop_register by name select $id as drop_id, $id as content_hash, $feed as feed, '371521' as"
            " sender, $period as period, $version as version, false as is_supplement, $at as received_at, $at as"
            " known_at, $rows as rows_accepted, $total as control_total, 'accepted' as status",
            {"id": f"d{number}", "feed": feed, "period": period, "version": version, "rows": rows, "total": total,
             "at": FIRST + timedelta(hours=number)},
        )  # fmt: skip
        return f"d{number}"

    def act(self, kind: str, drop_id: str) -> None:
        number = next(self._numbers)
        self.warehouse.connection.execute(
            "insert into drop_act by name select $number as act_id, $drop_id as drop_id, $kind as kind, $at as acted_at",
            {"number": number, "drop_id": drop_id, "kind": kind, "at": FIRST + timedelta(hours=number)},
        )

    def held(self, feed: str = CLAIMS) -> list[Held]:
        drops = self.warehouse.connection.execute("select drop_id from drop_register").fetchall()
        found = decide_status(self.warehouse, feed, [drop_id for (drop_id,) in drops])
        stored = self.warehouse.connection.execute("select drop_id from drop_register where status = 'held'").fetchall()
        assert sorted(stored) == sorted((one.drop_id,) for one in found)
        return found


@pytest.fixture
def register() -> Iterator[Register]:
    with duckdb.connect() as connection:
        define_all(connection)
        yield Register(connection)


@pytest.mark.parametrize(
    ("before", "rows", "is_held"),
    [(10, 7, False), (10, 6, True), (90, 63, False), (90, 62, True), (1000, 700, False), (1000, 699, True), (1, 0, True)],
)  # fmt: skip
def test_a_file_that_would_replace_a_slice_by_less_than_seven_tenths_of_its_rows_is_held(
    register: Register, before: int, rows: int, is_held: bool
) -> None:
    register.file(before)
    second = register.file(rows, version=2)
    assert [one.drop_id for one in register.held()] == [second] * is_held


def test_a_file_that_will_not_speak_for_its_slice_is_not_held(register: Register) -> None:
    register.file(10, version=2)
    register.file(1, version=1)  # an older version that comes late
    assert register.held() == []


def test_a_file_is_measured_by_the_newest_version_not_by_what_came_last(register: Register) -> None:
    register.file(10, version=2)
    register.file(100, version=1)
    register.file(7, version=3)
    assert register.held() == []


def test_of_two_held_files_that_were_confirmed_the_newer_version_speaks(register: Register) -> None:
    register.file(100, version=1)
    newer, older = register.file(50, version=3), register.file(20, version=2)
    for drop_id in (newer, older):
        register.act("confirm", drop_id)
    last = register.file(34, version=4)  # less than seven tenths of fifty, more than all of twenty
    assert [one.drop_id for one in register.held()] == [newer, older, last]


@pytest.mark.parametrize(
    ("total", "is_held"), [(1000.0, False), (500.0, False), (499.0, True), (2000.0, False), (2001.0, True)]
)
def test_a_sum_may_halve_or_double_between_periods(register: Register, total: float, is_held: bool) -> None:
    register.file(10, feed=STAFF, period=date(2026, 9, 1), total=1000.0)
    register.file(10, feed=STAFF, total=total)
    bound = contracts()[STAFF].bound
    assert bound is not None
    assert (bound.least, bound.most) == (0.5, 2.0)
    assert len(register.held(STAFF)) == is_held


@pytest.mark.parametrize(
    ("month", "total", "is_held"),
    [
        (11, 4000.0, False),
        (11, 4001.0, True),
        (11, 1000.0, False),
        (11, 999.0, True),
        (8, 1.0, False),  # of the months there are all came after it
        (8, 9000.0, False),
    ],
)
def test_a_sum_is_held_against_the_newest_of_the_periods_before_it(
    register: Register, month: int, total: float, is_held: bool
) -> None:
    register.file(10, feed=STAFF, period=date(2026, 9, 1), total=1000.0)
    register.file(10, feed=STAFF, period=date(2026, 10, 1), total=2000.0)
    register.file(10, feed=STAFF, period=date(2026, month, 1), total=total)
    assert len(register.held(STAFF)) == is_held


@pytest.mark.parametrize(
    ("total", "says_unit"), [(3.0e7, True), (3.1e7, False), (10_000 / 3.0 * 1000 + 1, True), (3.3e6, False),
                             (0.3, True), (0.31, False), (0.034, True), (0.033, False)],
)  # fmt: skip
def test_ten_thousand_times_is_said_to_be_a_mistaken_unit(register: Register, total: float, says_unit: bool) -> None:
    register.file(10, feed=STAFF, period=date(2026, 9, 1), total=1000.0)
    register.file(10, feed=STAFF, total=total)
    (held,) = register.held(STAFF)
    assert ("万人" in held.said.zh) is says_unit


def test_the_sum_of_amounts_is_the_same_in_whatever_order_the_rows_are_stored(register: Register) -> None:
    paid = [0.1, 0.2, 0.3, 1e9, 1234.56, 0.7] * 40
    assert sum(paid) != sum(sorted(paid))
    for rows in (paid, sorted(paid)):
        drop_id = register.file(len(rows), feed=CONTRIBUTION)
        register.warehouse.connection.execute(
            "insert into unemployment_contribution by name select $id as drop_id, range as line_number, 'e' as employer,"
            " '371521' as area, $period as period, ($paid)[range + 1] as paid from range($count)",
            {"id": drop_id, "period": MONTH, "paid": rows, "count": len(rows)},
        )  # fmt: skip
    register.held(CONTRIBUTION)
    sums = register.warehouse.connection.execute("select distinct control_total from drop_register").fetchall()
    assert len(sums) == 1
    assert sums[0][0] == pytest.approx(sum(paid))
