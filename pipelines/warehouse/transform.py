"""From facts in force to readings with vintages: every indicator, its zeros, its totals, its completeness."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import sqlglot

from pipelines.core.catalogue.indicators import COHORT_GRAINS, Indicator, catalogue, step
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.warehouse.as_of import hide, look, show, show_by_cohort

_TRUNCATED = {
    Grain.DAY: "period",
    Grain.MONTH: "date_trunc('month', period)",
    Grain.QUARTER: "date_trunc('quarter', period)",
}
# What the second largest unit of a total brings, from the two largest of each of its parts.
_SECOND = "list_reverse_sort(flatten(list([coalesce(largest_unit, 0), coalesce(second_unit, 0)])))[2]"
NO_COHORT = "unknown"  # class of the code that says of a person: none of these groups


@dataclass(frozen=True)
class Change:
    """What an edition recomputed: per indicator the first period that may differ, new readings, readings that ended."""

    since: Mapping[str, date]
    fresh: pd.DataFrame
    gone: pd.DataFrame


def truncated(grain: Grain, region: Region) -> str:
    """SQL expression for the first day of the period that contains ``period``; weeks end on the region's week end."""
    if grain is Grain.WEEK:
        shift = (7 - region.week_start(date(2024, 1, 1) + timedelta(days=6)).weekday()) % 7
        return f"date_trunc('week', period + interval {shift} day) - interval {shift} day"
    return _TRUNCATED[grain]


def with_second(indicator: Indicator) -> str:
    """An indicator's SQL with ``second_unit`` beside ``largest_unit``, where its units are employers or villages."""
    if indicator.units not in {"employers", "villages"}:
        return indicator.sql
    query = sqlglot.parse_one(indicator.sql, read="duckdb", into=sqlglot.exp.Select)
    largest = next(item.this for item in query.selects if item.alias == "largest_unit")
    if not isinstance(largest, sqlglot.exp.Max):  # each counts for the same
        return query.select(f"{largest.sql(dialect='duckdb')} as second_unit", dialect="duckdb").sql(dialect="duckdb")
    two = f"list_extract(max({largest.this.sql(dialect='duckdb')}, 2), 2) as second_unit"
    return query.select(two, dialect="duckdb").sql(dialect="duckdb")


class Transform:
    """Computes the readings of one edition after another on one connection; remembers which drops were in force.

    The connection's own temporary views hide the fact tables behind what is in force at the cut-off, so an indicator's
    SQL says ``from benefit_claim`` and cannot see anything else.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, region: Region, slots: pd.DataFrame) -> None:
        """``slots``: one row per feed, area and period that is due (region.roster), for all days to come."""
        self._con = con
        self._region = region
        self.since: dict[str, date] = {}
        """Per feed, the first period whose drops in force the last run saw change."""
        self._con.register("slots", slots)
        self._con.execute("create or replace temp table roster_slot as select * from slots")
        units = region.places.loc[region.places["level"] == "unit", ["code", "valid_from", "valid_to"]]
        self._con.register("units", units)
        self._con.execute(
            "create or replace temp table unit_life as "
            "select code, valid_from, coalesce(valid_to, timestamp '9999-12-31') as valid_to from units"
        )
        self._con.execute(
            "create or replace temp table due_slot as "
            "select slots.feed, unit_life.code as area, cast(slots.period as date) as period from slots "
            "join unit_life on (slots.area = unit_life.code or slots.area = $city) "
            "and slots.until between unit_life.valid_from and unit_life.valid_to",
            {"city": region.city},
        )
        codes = region.codes[(region.codes["list"] == "cohort") & (region.codes["class"] != NO_COHORT)]
        self._con.register("codes", codes[["code"]].drop_duplicates())
        self._con.execute("create or replace temp table cohort_code as select code from codes")
        self._con.unregister("codes")
        self._con.unregister("slots")
        self._con.unregister("units")

    def restore(self, cutoff_at: datetime | None) -> None:
        """Take as known what was in force at the last edition's cut-off; None when there is none."""
        before = cutoff_at or datetime(1900, 1, 1)  # noqa: DTZ001 - instants in the warehouse are naive UTC
        look(self._con, before)
        self._remember()

    def _remember(self) -> None:
        self._con.execute("create or replace temp table in_force_before as select * from in_force")
        self._con.execute("create or replace temp table reversed_event_before as select * from reversed_event")

    def run(self, cutoff_at: datetime) -> Change:
        """Bring ``reading`` to what was known at ``cutoff_at`` (naive UTC) and say what changed."""
        look(self._con, cutoff_at)
        self._con.execute(step("reported"), {"city": self._region.city})
        self._con.execute(step("drop_change"))
        since = self.since = dict(self._con.execute(step("changed")).fetchall())
        reversal = self._con.execute(step("reversal_since")).fetchall()[0][0]
        if reversal is not None:
            since["insured_event"] = min(reversal, since.get("insured_event", reversal))
        recomputed: dict[str, date] = {}
        fresh: list[pd.DataFrame] = []
        gone: list[pd.DataFrame] = []
        for indicator in catalogue().values():
            touched = [since[table] for table in indicator.tables if table in since]
            if touched:
                starts = {grain: self._region.period_start(grain, min(touched)) for grain in indicator.grains}
                recomputed[indicator.name] = min(starts.values())
                self._update(indicator, starts, cutoff_at)
                fresh.append(self._con.execute("select * from reading_new").df())
                gone.append(self._con.execute("select * from reading_gone").df())
        hide(self._con)
        self._remember()
        none = self._con.execute("select * from reading limit 0").df()
        return Change(recomputed, pd.concat([none, *fresh]), pd.concat([none, *gone]))

    def _update(self, indicator: Indicator, starts: Mapping[Grain, date], cutoff_at: datetime) -> None:
        """Recompute the periods from each grain's own start on; facts are read from the earliest of them."""
        start = min(starts.values())
        rows = ", ".join(f"('{grain}', date '{first}')" for grain, first in starts.items())
        self._con.execute(
            f"create or replace temp table grain_start as select * from (values {rows}) as listed(grain, start)"  # nosec B608 # grains of ours and days written by date
        )
        show(self._con, indicator.tables, start - timedelta(days=indicator.look_back_days))
        self._base(indicator, start)
        if indicator.kind == "count":
            self._fill_zeros(indicator, start)
        else:
            self._con.execute("create or replace temp table dense as select * from base")
        fresh = self._fresh(indicator, starts)
        if indicator.has_cohorts:
            fresh += self._fresh_cohorts(indicator, starts)
        self._con.execute(f"create or replace temp table fresh as {fresh}")
        key = {"indicator": indicator.name}
        self._con.execute(step("reading_change"), key)
        self._con.execute(step("reading_gone"), key)
        self._con.execute(step("reading_close"), {"cutoff_at": cutoff_at})
        self._con.execute(step("reading_open"), {"cutoff_at": cutoff_at})

    def _base(self, indicator: Indicator, start: date) -> None:
        sql = with_second(indicator)
        columns = {row[0] for row in self._con.execute(f"describe {sql}").fetchall()}
        second = "cast(second_unit as double)" if "second_unit" in columns else "cast(null as double)"
        area = "area" if "area" in columns else f"'{self._region.city}'"
        industry = "industry" if "industry" in columns else f"'{TOTAL_INDUSTRY}'"
        denominator = "cast(denominator as double)" if "denominator" in columns else "cast(null as double)"
        self._con.execute(
            f"create or replace temp table base as select {area} as area, {industry} as industry, "  # nosec B608 # names and SQL of the catalogue
            "cast(period as date) as period, cast(numerator as double) as numerator, "
            f"{denominator} as denominator, cast(units as integer) as units, "
            f"cast(largest_unit as double) as largest_unit, {second} as second_unit from ({sql}) as answer "
            f"where period >= date '{start}'"
        )

    def _fill_zeros(self, indicator: Indicator, start: date) -> None:
        has_roster = self._con.execute(
            "select count(*) from due_slot where feed = $feed", {"feed": indicator.roster_feeds[0]}
        ).fetchall()[0][0]
        if has_roster and indicator.dimensions == ("area", "industry"):
            self._con.execute(step("spine"), {"feed": indicator.roster_feeds[0], "start": start})
            self._con.execute(step("dense"))
        else:
            self._con.execute("create or replace temp table dense as select * from base")

    def _fresh_cohorts(self, indicator: Indicator, starts: Mapping[Grain, date]) -> str:
        """More of ``fresh``, to be asked after it: the people of each cohort by area and in the whole city.

        The indicator's own SQL, on a view that has a row for every cohort of a person; cohorts overlap, no total is
        made of them.
        """
        start, feed = min(starts.values()), indicator.roster_feeds[0]
        show_by_cohort(self._con, indicator.tables[0])
        self._con.execute(step("cohort_start"))
        query = sqlglot.parse_one(indicator.sql, read="duckdb", into=sqlglot.exp.Select)
        sql = query.select("cohort").sql(dialect="duckdb")
        self._con.execute(
            "create or replace temp table cohort_base as select area, cohort, cast(period as date) as period, "  # nosec B608 # names and SQL of the catalogue
            "cast(numerator as double) as numerator, cast(units as integer) as units, "
            f"cast(largest_unit as double) as largest_unit from ({sql}) as answer where period >= date '{start}'"
        )
        self._con.execute(step("cohort_spine"), {"feed": feed, "start": start})
        self._con.execute(step("cohort_dense"))
        grains = [grain for grain in starts if grain in COHORT_GRAINS]
        return "".join(f" union all {self._cohorts_of_grain(indicator, grain, starts[grain])}" for grain in grains)

    def _cohorts_of_grain(self, indicator: Indicator, grain: Grain, start: date) -> str:
        period = truncated(grain, self._region)
        return f"""
            select '{indicator.name}' as indicator, total.area, '{TOTAL_INDUSTRY}' as industry, total.cohort,
                '{grain}' as grain, total.period, total.numerator, cast(null as double) as denominator,
                total.numerator as value, total.units, total.largest_unit,
                cast(coalesce(own.reporting, 0) as integer) as reporting, cast(coalesce(own.due, 0) as integer) as due,
                coalesce(own.reporting < own.due, false) as is_provisional, false as is_suppressed,
                cast(null as double) as second_unit
            from (
                select coalesce(area, '{self._region.city}') as area, cohort, cast({period} as date) as period,
                    sum(numerator) as numerator, cast(sum(units) as integer) as units, max(largest_unit) as largest_unit
                from cohort_dense
                where {period} >= date '{start}'
                group by grouping sets ((area, cohort, 3), (cohort, 3))
            ) as total
            left join completeness_{grain} as own on own.area = total.area and own.period = total.period"""  # nosec B608 # names and SQL of the catalogue

    def _fresh(self, indicator: Indicator, starts: Mapping[Grain, date]) -> str:
        return " union all ".join(self._one_grain(indicator, grain, start) for grain, start in starts.items())

    def _one_grain(self, indicator: Indicator, grain: Grain, start: date) -> str:
        period = truncated(grain, self._region)
        name = f"completeness_{grain}"
        feeds = ", ".join(f"'{feed}'" for feed in indicator.roster_feeds)
        self._con.execute(
            f"create or replace temp table slot as select feed, area, period, {period} as slot_period "  # nosec B608 # names and SQL of the catalogue
            f"from due_slot where feed in ({feeds}) and period >= date '{start}'"
        )
        self._con.execute(step("completeness"), {"city": self._region.city})
        self._con.execute(f"create or replace temp table {name} as select * from completeness")  # nosec B608 # names of our own tables and columns
        sets = {
            ("area", "industry"): "((area, industry, 3), (area, 3), (industry, 3), (3))",
            ("area",): "((area, 3), (3))",
            ("city",): "((area, 3))",
        }[indicator.dimensions]  # 3: the third column, the period
        if indicator.kind == "given":
            sets = "((area, industry, 3))"
        industry = (
            f"coalesce(industry, '{TOTAL_INDUSTRY}')" if "industry" in indicator.dimensions else f"'{TOTAL_INDUSTRY}'"
        )
        absent = "" if indicator.kind == "count" else " and not (coalesce(own.due, 0) > 0 and own.reporting = 0)"
        value = (
            f"{indicator.scale} * sum(numerator) / nullif(sum(denominator), 0)"
            if indicator.is_ratio
            else "sum(numerator)"
        )
        second = _SECOND if indicator.units in {"employers", "villages"} else "cast(null as double)"
        return f"""
            select '{indicator.name}' as indicator, total.area, total.industry, '{EVERY_COHORT}' as cohort,
                '{grain}' as grain, total.period, total.numerator, total.denominator, total.value, total.units,
                total.largest_unit, cast(coalesce(own.reporting, 0) as integer) as reporting,
                cast(coalesce(own.due, 0) as integer) as due,
                coalesce(own.reporting < own.due, false) as is_provisional,
                false as is_suppressed, total.second_unit
            from (
                select coalesce(area, '{self._region.city}') as area, {industry} as industry,
                    cast({period} as date) as period, sum(numerator) as numerator, sum(denominator) as denominator,
                    {value} as value, cast(sum(units) as integer) as units, max(largest_unit) as largest_unit,
                    {second} as second_unit
                from dense
                where {period} >= date '{start}'
                group by grouping sets {sets}
            ) as total
            left join {name} as own on own.area = total.area and own.period = total.period
            where true{absent}"""  # nosec B608 # names and SQL of the catalogue
