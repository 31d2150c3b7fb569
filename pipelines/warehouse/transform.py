"""From facts in force to readings with vintages: every indicator, its zeros, its totals, its completeness."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import sqlglot

from pipelines.core.catalogue.indicators import COHORT_GRAINS, Indicator, catalogue
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, literal, name, step
from pipelines.warehouse.as_of import (
    DIVIDED,
    create_cohort_view,
    create_division_views,
    create_fact_views,
    create_tag_table,
    create_views,
    drop_fact_views,
)
from pipelines.warehouse.scd2 import scd2

_TRUNCATED = {
    Grain.DAY: Sql("period"),
    Grain.MONTH: Sql("date_trunc('month', period)"),
    Grain.QUARTER: Sql("date_trunc('quarter', period)"),
}
# What the second largest unit of a total brings, from the two largest of each of its parts.
_SECOND = Sql("list_reverse_sort(flatten(list([coalesce(largest_unit, 0), coalesce(second_unit, 0)])))[2]")
_NOTHING = Sql("null")
FINAL_AFTER = timedelta(days=15)  # after the last of a period's files was due: what lacks then is not waited for
_TOTALS = {
    ("area", "industry"): Sql("(area, industry, 3), (area, 3), (industry, 3), (3)"),
    ("area",): Sql("(area, 3), (3)"),
    ("city",): Sql("(area, 3)"),
}  # 3: the third column, the period
_AS_GIVEN = Sql("(area, industry, 3)")
_OF_TAGS = Sql("(area, industry, 3), (industry, 3)")  # tags overlap: no total over them
BY_BIRTH = ("woman", "young", "older")
"""Cohorts by sex and year of birth (is_of_cohort.sql); young: 16 to 24, older: women from 40, men from 50."""
NO_COHORT = "unknown"  # class of the code that says of a person: none of these groups


def has_tags(indicator: Indicator) -> bool:
    """Whether an indicator can be told by industry tag: by industry, of facts that name divisions."""
    return indicator.kind != "given" and "industry" in indicator.dimensions and DIVIDED.issuperset(indicator.tables)


@dataclass(frozen=True)
class Change:
    """What an edition recomputed: per indicator the first period that may differ, new readings, readings that ended."""

    since: Mapping[str, date]
    fresh: pd.DataFrame
    gone: pd.DataFrame


def truncated(grain: Grain, region: Region) -> Sql:
    """SQL expression for the first day of the period that contains ``period``; weeks end on the region's week end."""
    if grain is Grain.WEEK:
        shift = (7 - region.week_start(date(2024, 1, 1) + timedelta(days=6)).weekday()) % 7
        return Sql(f"date_trunc('week', period + interval {shift} day) - interval {shift} day")
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
        self._con.register("slots", slots.assign(final_at=slots["due_at"] + FINAL_AFTER))
        self._con.execute("create or replace temp table roster_slot as select * from slots")
        units = region.places.loc[region.places["level"] == "unit", ["code", "valid_from", "valid_to"]]
        self._con.register("units", units)
        self._con.execute(
            "create or replace temp table unit_life as "
            "select code, valid_from, coalesce(valid_to, timestamp '9999-12-31') as valid_to from units"
        )
        self._con.execute(
            "create or replace temp table due_slot as "
            "select slots.feed, unit_life.code as area, cast(slots.period as date) as period, slots.final_at "
            "from slots join unit_life on (slots.area = unit_life.code or slots.area = $city) "
            "and slots.until between unit_life.valid_from and unit_life.valid_to",
            {"city": region.city},
        )
        pairs = [(item.name, feed) for item in catalogue().values() for feed in item.roster_feeds]
        self._con.register("pairs", pd.DataFrame(pairs, columns=["indicator", "feed"]))
        self._con.execute("create or replace temp table roster_feed as select * from pairs")
        self._con.unregister("pairs")
        codes = region.codes[(region.codes["list"] == "cohort") & (region.codes["class"] != NO_COHORT)]
        self._con.register("codes", codes[["code"]].drop_duplicates().assign(is_derived=codes["code"].isin(BY_BIRTH)))
        self._con.execute("create or replace temp table cohort_code as select code, is_derived from codes")
        self._con.unregister("codes")
        create_tag_table(self._con, region.tag_divisions)
        self._con.unregister("slots")
        self._con.unregister("units")

    def restore(self, cutoff_at: datetime | None) -> None:
        """Take as known what was in force at the last edition's cut-off; None when there is none."""
        before = cutoff_at or datetime(1900, 1, 1)  # noqa: DTZ001 - instants in the warehouse are naive UTC
        create_views(self._con, before)
        self._remember()

    def _remember(self) -> None:
        self._con.execute("create or replace temp table in_force_before as select * from in_force")
        self._con.execute("create or replace temp table reversed_event_before as select * from reversed_event")

    def run(self, cutoff_at: datetime) -> Change:
        """Bring ``reading`` to what was known at ``cutoff_at`` (naive UTC) and say what changed."""
        create_views(self._con, cutoff_at)
        self._con.execute(step("reported"), {"city": self._region.city})
        self._con.execute(step("drop_change"))
        since = self.since = dict(self._con.execute(step("changed")).fetchall())
        reversal = self._con.execute(step("reversal_since")).fetchall()[0][0]
        if reversal is not None:
            since["insured_event"] = min(reversal, since.get("insured_event", reversal))
        recomputed: dict[str, date] = {}
        fresh: list[pd.DataFrame] = []
        gone: list[pd.DataFrame] = []
        final = self._final_since(cutoff_at)
        for indicator in catalogue().values():
            touched = [since[table] for table in indicator.tables if table in since]
            starts = {grain: final[indicator.name, grain] for grain in Grain if (indicator.name, grain) in final}
            if touched:
                for grain in indicator.grains:
                    first = self._region.period_start(grain, min(touched))
                    starts[grain] = min(first, starts.get(grain, first))
            if starts:
                recomputed[indicator.name] = min(starts.values())
                self._update(indicator, starts, cutoff_at)
                fresh.append(self._con.execute("select * from scd2_begun").df())
                gone.append(self._con.execute("select * from scd2_ended").df())
        drop_fact_views(self._con)
        self._remember()
        none = self._con.execute("select * from reading limit 0").df()
        return Change(recomputed, pd.concat([none, *fresh]), pd.concat([none, *gone]))

    def _final_since(self, cutoff_at: datetime) -> dict[tuple[str, Grain], date]:
        """By indicator and grain the first period that is provisional so far and final at the cut-off."""
        open_ones = self._con.execute("select min(period) from reading where known_to is null and is_provisional")
        first = open_ones.fetchall()[0][0]
        if first is None:
            return {}
        values = {"city": self._region.city, "since": first, "cutoff_at": cutoff_at}
        found: dict[tuple[str, Grain], date] = {}
        for grain in Grain:
            sql = step("final_since", period=truncated(grain, self._region))
            rows = self._con.execute(sql, values | {"grain": str(grain)}).fetchall()
            found |= {(indicator, grain): since for indicator, since in rows}
        return found

    def _update(self, indicator: Indicator, starts: Mapping[Grain, date], cutoff_at: datetime) -> None:
        """Recompute the periods from each grain's own start on; facts are read from the earliest of them."""
        start = min(starts.values())
        create_fact_views(self._con, indicator.tables, start - timedelta(days=indicator.look_back_days))
        self._base(indicator, start)
        if indicator.kind == "count":
            self._fill_zeros(indicator, start)
        else:
            self._con.execute("create or replace temp table dense as select * from base")
        said = [column for column in tables()["reading"].columns if column.name not in {"known_from", "known_to"}]
        self._con.execute(step("fresh", columns=Sql(", ".join(column.definition for column in said))))
        sets = _AS_GIVEN if indicator.kind == "given" else _TOTALS[indicator.dimensions]
        for grain, first in starts.items():
            self._write_grain(indicator, grain, first, cutoff_at, Sql("dense"), sets)
        if has_tags(indicator) and len(self._region.tag_divisions):
            self._write_tags(indicator, starts, cutoff_at)
        if indicator.has_cohorts:
            self._write_cohorts(indicator, starts, cutoff_at)
        since = " or ".join(
            f"known.grain = {literal(grain)} and known.period >= {literal(day)}" for grain, day in starts.items()
        )
        within = Sql(f"known.indicator = {literal(indicator.name)} and ({since})")
        scd2(self._con, tables()["reading"], "fresh", cutoff_at, within)

    def _base(self, indicator: Indicator, start: date) -> None:
        sql = with_second(indicator)
        columns = {row[0] for row in self._con.execute(f"describe {sql}").fetchall()}
        absent = {
            "area": literal(self._region.city),
            "industry": literal(TOTAL_INDUSTRY),
            "denominator": _NOTHING,
            "second_unit": _NOTHING,
        }
        places = {column: name(column) if column in columns else value for column, value in absent.items()}
        self._con.execute(step("base", indicator=Sql(sql), **places), {"start": start})

    def _fill_zeros(self, indicator: Indicator, start: date) -> None:
        has_roster = self._con.execute(
            "select count(*) from due_slot where feed = $feed", {"feed": indicator.roster_feeds[0]}
        ).fetchall()[0][0]
        if has_roster and indicator.dimensions == ("area", "industry"):
            self._con.execute(step("spine"), {"feed": indicator.roster_feeds[0], "start": start})
            self._con.execute(step("dense"))
        else:
            self._con.execute("create or replace temp table dense as select * from base")

    def _write_tags(self, indicator: Indicator, starts: Mapping[Grain, date], cutoff_at: datetime) -> None:
        """Add what is told of each industry tag to ``fresh``, by area and in the whole city.

        The indicator's own SQL on views whose industries are divisions; a tag is the sum of its divisions.
        """
        start = min(starts.values())
        create_division_views(self._con, indicator.tables)
        self._base(indicator, start)
        self._con.execute(step("tagged"))
        if indicator.kind == "count":
            self._con.execute(step("tag_zeros"), {"feed": indicator.roster_feeds[0], "start": start})
        for grain, first in starts.items():
            self._write_grain(indicator, grain, first, cutoff_at, Sql("tagged"), _OF_TAGS)

    def _write_grain(
        self, indicator: Indicator, grain: Grain, start: date, cutoff_at: datetime, rows: Sql, sets: Sql
    ) -> None:
        """Add the readings of one grain to ``fresh``: the sums of ``rows`` over the grouping ``sets``."""
        self._count_files(indicator, grain, start)
        places = {
            "period": truncated(grain, self._region),
            "rows": rows,
            "sets": sets,
            "industry": literal(TOTAL_INDUSTRY),
            "value": Sql("round(sum(numerator), 6)"),
            "second_unit": _SECOND if indicator.units in {"employers", "villages"} else _NOTHING,
        }
        if "industry" in indicator.dimensions:
            places["industry"] = Sql(f"coalesce(industry, {literal(TOTAL_INDUSTRY)})")
        if indicator.is_ratio:
            places["value"] = Sql(
                f"{literal(indicator.scale)} * round(sum(numerator), 6) / nullif(round(sum(denominator), 6), 0)"
            )
        values: dict[str, object] = {"indicator": indicator.name, "grain": str(grain), "city": self._region.city}
        values |= {"start": start, "cutoff_at": cutoff_at, "is_count": indicator.kind == "count"}
        self._con.execute(step("fresh_grain", **places), values)

    def _write_cohorts(self, indicator: Indicator, starts: Mapping[Grain, date], cutoff_at: datetime) -> None:
        """Add the people of each cohort to ``fresh``, by area and in the whole city.

        The indicator's own SQL, on a view that has a row for every cohort of a person; cohorts overlap, no total is
        made of them.
        """
        start, feed = min(starts.values()), indicator.roster_feeds[0]
        create_cohort_view(self._con, indicator.tables[0])
        self._con.execute(step("cohort_start"))
        query = sqlglot.parse_one(indicator.sql, read="duckdb", into=sqlglot.exp.Select)
        sql = Sql(query.select("cohort").sql(dialect="duckdb"))
        self._con.execute(step("cohort_base", indicator=sql), {"start": start})
        self._con.execute(step("cohort_spine"), {"feed": feed, "start": start})
        self._con.execute(step("cohort_dense"))
        for grain in (one for one in starts if one in COHORT_GRAINS):
            self._count_files(indicator, grain, starts[grain])
            values: dict[str, object] = {"indicator": indicator.name, "grain": str(grain), "city": self._region.city}
            values |= {"start": starts[grain], "cutoff_at": cutoff_at}
            self._con.execute(step("fresh_cohorts", period=truncated(grain, self._region)), values)

    def _count_files(self, indicator: Indicator, grain: Grain, start: date) -> None:
        """Make ``completeness``: of each area and period of a grain how many of the files that are due have come."""
        feeds = {"feeds": list(indicator.roster_feeds), "start": start}
        self._con.execute(step("slot", period=truncated(grain, self._region)), feeds)
        self._con.execute(step("completeness"), {"city": self._region.city})
