"""From facts in force to readings: zeros, absence, corrections, reversals, vintages."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.core.catalogue.indicators import INDICATORS, catalogue, parse
from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.warehouse.expected_submissions import roster
from pipelines.warehouse.tables import define_all
from pipelines.warehouse.transform import FINAL_AFTER, Transform
from tests.house import ROOT

REGION = regions.load(ROOT / "data" / "regions" / "liaocheng")
MONDAY = date(2026, 10, 12)
LAST_WEEK = date(2026, 9, 28)  # the week in which September ends
A, B = "371502", "371503"


@dataclass
class Facts:
    """A warehouse in memory into which drops are put by hand, and the transform over it."""

    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    count: int = 0

    def __post_init__(self) -> None:
        self.con.execute("attach ':memory:' as warehouse")
        self.con.execute("use warehouse")
        define_all(self.con)
        places = REGION.places.assign(sort=range(len(REGION.places)))
        self.con.register("places", places)
        self.con.execute("insert into place by name select code, name, level, parent, sort from places")
        industries = REGION.industries
        self.con.register("industries", industries)
        self.con.execute("insert into industry by name select code, name, level, parent from industries")
        self.transform = self.fresh()

    def fresh(self) -> Transform:
        slots = roster(REGION, date(2026, 9, 1), date(2026, 12, 31))
        transform = Transform(self.con, REGION, slots)
        transform.restore(None)
        return transform

    def drop(self, feed: str, sender: str, period: date, received: datetime, version: int = 1) -> str:
        self.count += 1
        identity = f"d{self.count}"
        self.con.execute(
            "insert into drop_register by name select $id as drop_id, $id as content_hash, $feed as feed, $sender as sender, "
            "$period as period, $version as version, false as is_supplement, $received as received_at, $received as known_at, 'accepted' as status",
            {
                "id": identity,
                "feed": feed,
                "sender": sender,
                "period": period,
                "version": version,
                "received": received,
            },
        )
        return identity

    def claims(self, sender: str, period: date, counts: dict[str, int], received: datetime, version: int = 1) -> None:
        identity = self.drop("benefit_claim", sender, period, received, version)
        for industry, count in counts.items():
            for line in range(count):
                self.con.execute(
                    "insert into benefit_claim by name select $id as drop_id, $line as line_number, $sender as area, "
                    "$industry as industry, $period as filed_on",
                    {"id": identity, "line": line, "sender": sender, "industry": industry, "period": period},
                )

    def event(self, sender: str, period: date, received: datetime, event_id: str, reverses: str | None = None) -> None:
        identity = self.drop("insured_event", sender, period, received)
        self.con.execute(
            "insert into insured_event by name select $id as drop_id, 1 as line_number, $event as event_id, $reverses as "
            "reverses_event_id, $sender as area, 'C' as industry, 'leave' as direction, true as is_risk, $period as filed_on",
            {"id": identity, "event": event_id, "reverses": reverses, "sender": sender, "period": period},
        )

    def reading(
        self, area: str, industry: str, period: date, grain: str = "day", indicator: str = "benefit_claim"
    ) -> object:
        rows = self.con.execute(
            "select value, is_provisional from reading where known_to is null and indicator = $indicator and area = $area "
            "and industry = $industry and period = $period and grain = $grain",
            {"indicator": indicator, "area": area, "industry": industry, "period": period, "grain": grain},
        ).fetchall()
        return rows[0] if rows else None

    def everything(self) -> list[tuple[object, ...]]:
        return self.con.execute(
            "select * exclude (known_from) from reading where known_to is null order by all"
        ).fetchall()


@pytest.fixture
def facts() -> Iterator[Facts]:
    made = Facts()
    yield made
    made.con.close()


def at(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour)  # noqa: DTZ001 - the warehouse keeps naive UTC


def test_who_reported_without_a_case_has_zero_and_who_was_silent_has_nothing(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY))
    facts.transform.run(at(MONDAY, 23))
    assert facts.reading(A, "C", MONDAY) == (2, False)
    assert facts.reading(A, "F", MONDAY) == (0, False)
    assert facts.reading(B, "C", MONDAY) is None


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [("2026-10-18", None, (1, 7, 7)), ("2026-10-19", None, (0, 7, 7)), ("2026-10-01", "2026-10-19", (7, 1, 0)),
     ("2026-10-01", "2026-10-18", (7, 0, 0))],
)  # fmt: skip
def test_an_area_has_zeros_in_the_weeks_in_which_it_is_one_and_in_no_other(
    facts: Facts, first: str, last: str | None, days: tuple[int, ...]
) -> None:
    places = REGION.places.copy()
    is_own = places["code"] == B
    places.loc[is_own, "valid_from"], places.loc[is_own, "valid_to"] = pd.Timestamp(first), pd.Timestamp(last)
    region = replace(REGION, places=places)
    transform = Transform(facts.con, region, roster(region, MONDAY, MONDAY + timedelta(days=20)))
    transform.restore(None)
    for offset in range(21):
        day = MONDAY + timedelta(days=offset)
        facts.drop("vacancy", REGION.city, day, at(day, 12))  # one file of the city for all its areas
    transform.run(at(MONDAY + timedelta(days=21)))
    weeks = facts.con.execute(
        "select reading.value, place.due from (select unnest($weeks) as period) as week left join reading on"
        " reading.period = week.period and area = $area and industry = 'C' and grain = 'week' and indicator = 'vacancy'"
        " left join reading as place on place.period = week.period and place.area = $area and place.industry = 'ALL'"
        " and place.grain = 'week' and place.indicator = 'vacancy' order by week.period",
        {"area": B, "weeks": [MONDAY + timedelta(days=7 * number) for number in range(3)]},
    ).fetchall()
    assert weeks == [(0.0, due) if due else (None, None) for due in days]


def test_a_total_over_an_incomplete_roster_is_provisional_until_all_have_reported(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY))
    facts.transform.run(at(MONDAY, 20))
    assert facts.reading(REGION.city, "ALL", MONDAY) == (2, True)
    for unit in REGION.units[1:]:
        facts.claims(unit, MONDAY, {"C": 1}, at(MONDAY, 21))
    facts.transform.run(at(MONDAY, 22))
    assert facts.reading(REGION.city, "ALL", MONDAY) == (12, False)


def test_a_period_of_which_a_report_never_came_is_final_once_it_is_not_waited_for(facts: Facts) -> None:
    slots = roster(REGION, date(2026, 9, 1), date(2026, 12, 31))
    due = slots[slots["feed"] == "benefit_claim"].set_index("period")["due_at"]
    of_day = (due[pd.Timestamp(MONDAY)].max() + FINAL_AFTER).to_pydatetime()
    of_month = (due[: pd.Timestamp("2026-10-31")].max() + FINAL_AFTER).to_pydatetime()
    month = MONDAY.replace(day=1)
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY))
    facts.transform.run(at(MONDAY, 20))
    facts.transform.run(of_day - timedelta(seconds=1))
    assert facts.reading(REGION.city, "ALL", MONDAY) == (2, True)
    facts.transform = facts.fresh()
    facts.transform.restore(of_day - timedelta(seconds=1))
    facts.transform.run(of_day)
    assert facts.reading(REGION.city, "ALL", MONDAY) == (2, False)
    assert facts.reading(REGION.city, "ALL", month, "month") == (2, True)
    facts.transform.run(of_month)
    assert facts.reading(REGION.city, "ALL", month, "month") == (2, False)
    files = "select reporting, due from reading where known_to is null and area = $city and industry = 'ALL' and period = $day"
    assert facts.con.execute(files, {"city": REGION.city, "day": MONDAY}).fetchall()[0] == (1, len(REGION.units))
    facts.claims(B, MONDAY, {"C": 1}, of_month + timedelta(days=1))
    facts.transform.run(of_month + timedelta(days=2))
    assert facts.reading(REGION.city, "ALL", MONDAY) == (3, False)
    assert facts.reading(REGION.city, "ALL", month, "month") == (3, False)


def test_a_correction_replaces_the_file_and_the_past_still_says_what_was_known(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY))
    facts.transform.run(at(MONDAY, 20))
    facts.claims(A, MONDAY, {"C": 5}, at(MONDAY, 21), version=2)
    facts.transform.run(at(MONDAY, 22))
    assert facts.reading(A, "C", MONDAY) == (5, False)
    vintages = facts.con.execute(
        "select value, known_from, known_to from reading where area = $area and industry = 'C' and grain = 'day' "
        "and indicator = 'benefit_claim' order by known_from",
        {"area": A},
    ).fetchall()
    assert vintages == [(2, at(MONDAY, 20), at(MONDAY, 22)), (5, at(MONDAY, 22), None)]


def test_an_older_version_that_comes_late_changes_nothing(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 5}, at(MONDAY), version=2)
    facts.transform.run(at(MONDAY, 20))
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY, 21), version=1)
    change = facts.transform.run(at(MONDAY, 22))
    assert facts.reading(A, "C", MONDAY) == (5, False)
    assert change.fresh.empty


def test_a_cancelled_event_is_gone_from_the_day_it_was_filed(facts: Facts) -> None:
    later = MONDAY + timedelta(days=40)
    facts.event(A, MONDAY, at(MONDAY), "e1")
    facts.transform.run(at(MONDAY, 22))
    assert facts.reading(A, "C", MONDAY, indicator="insured_leave") == (1, False)
    facts.event(A, later, at(later), "e2", reverses="e1")
    facts.transform.run(at(later, 22))
    assert facts.reading(A, "C", MONDAY, indicator="insured_leave") == (0, False)
    assert facts.reading(A, "C", later, indicator="insured_leave") == (0, False)


def test_a_week_that_crosses_a_month_keeps_its_first_days_when_the_last_ones_come(facts: Facts) -> None:
    for offset in range(5):
        day = LAST_WEEK + timedelta(days=offset)
        facts.claims(A, day, {"C": 1}, at(day))
        facts.transform.run(at(day, 22))
    assert facts.reading(A, "C", LAST_WEEK, grain="week") == (5, False)
    assert facts.reading(A, "C", date(2026, 9, 1), grain="month") == (3, True)
    assert facts.reading(A, "C", date(2026, 10, 1), grain="month") == (2, True)


def test_weeks_and_months_add_up_the_days(facts: Facts) -> None:
    for offset, count in enumerate((1, 2, 3)):
        day = MONDAY + timedelta(days=offset)
        facts.claims(A, day, {"C": count}, at(day))
    facts.transform.run(at(MONDAY + timedelta(days=2), 22))
    assert facts.reading(A, "C", MONDAY, grain="week") == (6, True)
    assert facts.reading(A, "C", MONDAY.replace(day=1), grain="month") == (6, True)


FILES = st.lists(
    st.tuples(
        st.sampled_from([A, B]), st.integers(0, 9), st.integers(0, 12), st.integers(1, 3),
        st.dictionaries(st.sampled_from(["C", "F", "U"]), st.integers(0, 3), max_size=2),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(FILES)
def test_day_by_day_ends_where_one_run_over_everything_ends(
    files: list[tuple[str, int, int, int, dict[str, int]]],
) -> None:
    daily, whole = Facts(), Facts()
    try:
        for made in (daily, whole):
            for area, offset, delay, version, counts in files:
                day = LAST_WEEK + timedelta(days=offset)
                made.claims(area, day, counts, at(day + timedelta(days=delay)), version)
        for offset in range(0, 25, 2):
            daily.transform.run(at(LAST_WEEK + timedelta(days=offset), 12))
        whole.transform.run(at(LAST_WEEK + timedelta(days=24), 12))
        assert daily.everything() == whole.everything()
    finally:
        daily.con.close()
        whole.con.close()


def test_the_first_edition_of_a_large_city_keeps_all_its_days(facts: Facts) -> None:
    """Only here a transaction computes more readings of one indicator than DuckDB keeps in one group of rows."""
    days, first = 520, MONDAY - timedelta(days=520)
    facts.con.execute(
        "create table sent as select 'd' || row_number() over () as drop_id, code as sender, "
        "cast($first as date) + cast(day as integer) as period from range($days) as day(day) cross join place "
        "where level = 'unit'",
        {"first": first, "days": days},
    )
    facts.con.execute(
        "insert into drop_register by name select drop_id, drop_id as content_hash, 'benefit_claim' as feed, sender, "
        "period, 1 as version, false as is_supplement, period as received_at, period as known_at, "
        "'accepted' as status from sent"
    )
    facts.con.execute(
        "insert into benefit_claim by name select drop_id, 1 as line_number, sender as area, 'C' as industry, "
        "period as filed_on from sent"
    )
    transform = Transform(facts.con, REGION, roster(REGION, first, MONDAY))
    transform.restore(None)
    facts.con.execute("begin")
    transform.run(at(MONDAY))
    facts.con.execute("commit")
    ((of_days, periods, weeks),) = facts.con.execute(
        "select count(*) filter (grain = 'day'), count(distinct period) filter (grain = 'day'), "
        "count(distinct period) filter (grain = 'week') from reading where indicator = 'benefit_claim'"
    ).fetchall()
    assert of_days > 122_880
    assert (periods, weeks) == (days, (days + 6) // 7)


def test_the_order_of_indicators_is_read_from_their_sql() -> None:
    assert catalogue()["insured_net_change_rate"].tables == ("insured_event", "insured_headcount")
    assert catalogue()["insured_net_change_rate"].roster_feeds == ("insured_event",)


@pytest.mark.parametrize("line", ["-- sort: first", "-- sort: 0", "-- shown: map"])
def test_a_place_on_pages_that_there_is_not_is_refused_by_name(tmp_path: Path, line: str) -> None:
    header = (INDICATORS / "benefit_claim.sql").read_text(encoding="utf-8")
    key = line[3:].partition(":")[0]
    kept = "\n".join(one for one in header.split("\n") if not one.startswith(f"-- {key}:"))
    (tmp_path / "odd.sql").write_text(f"{line}\n{kept}", encoding="utf-8")
    with pytest.raises(UserError, match=rf"odd\.sql.* {key}"):
        parse(tmp_path / "odd.sql")


def test_an_indicator_without_a_unit_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "odd.sql").write_text("-- title: 甲 | A\nselect 1 as numerator", encoding="utf-8")
    with pytest.raises(UserError, match=r"odd\.sql.*unit"):
        parse(tmp_path / "odd.sql")
