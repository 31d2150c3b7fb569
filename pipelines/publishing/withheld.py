"""Told figures of the city that an office may not see: without its own, which it knows, too little would be left.

An office reads its own area exactly. A figure of the city less its own is the figure of all other areas together; where
that is small for itself, the city's is kept from the office, and with it as many others of its table as the totals of
the table would need to tell it. Decided when the figure is released, for every office by the readings of that time.
"""

from datetime import datetime

import duckdb

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.publishing.decision import KEY, period_back
from pipelines.publishing.disclosure import is_weekly_of_city, small_cells

_TABLE = "indicator, cohort, grain, period, known_from"
_CELL = ", ".join(key for key in KEY if key != "area")


def offices(region: Region) -> tuple[str, ...]:
    """The areas of every reporting unit, and of every office that answers for several, as ``withheld`` names them."""
    several = {";".join(sorted(str(areas).split(";"))) for areas in region.offices["areas"]}
    return tuple(sorted((set(region.units) | several) - {region.city}))


def withhold(con: duckdb.DuckDBPyConnection, region: Region, known: datetime) -> None:
    """Write ``restricted.withheld`` for what was released after ``known``; ``restricted`` and ``general`` attached."""
    con.execute(
        f"""
        create or replace temp table told_of_city as
        select {_CELL}, known_from from general.reading
        where area = $city and not is_suppressed and known_from > $known""",  # nosec B608 # names of our own columns
        {"city": region.city, "known": known},
    )
    con.execute(
        f"""
        create or replace temp table part_of_city as
        select c.*, r.area, r.numerator, r.units, r.largest_unit,
            coalesce(r.second_unit, r.largest_unit, 0) as second_unit
        from told_of_city as c
        join restricted.reading as r using ({_CELL})
        where r.area <> $city and r.known_from <= c.known_from and (r.known_to is null or r.known_to > c.known_from)""",  # nosec B608 # names of our own columns
        {"city": region.city},
    )
    small = small_cells(catalogue().values(), region.disclosure)
    for office in offices(region):
        _withhold(con, region, office, small)
    con.execute("drop table told_of_city; drop table part_of_city")


def _withhold(con: duckdb.DuckDBPyConnection, region: Region, office: str, small: str) -> None:
    """Of one table with a small remainder: these cells, and the next smallest until persons enough are among them.

    A week's total that is withheld takes the total of the month in which it ends with it, as ``outside`` does.
    """
    con.execute(
        f"""
        create or replace temp table beside_own as
        select *, coalesce({small}, false) as is_small
        from (
            select {_CELL}, known_from, coalesce(sum(numerator) filter (where not is_own), 0) as numerator,
                coalesce(sum(units) filter (where not is_own), 0) as units,
                max(largest_unit) filter (where not is_own) as largest_unit,
                list_reverse_sort(flatten(list([coalesce(largest_unit, 0), second_unit]) filter (where not is_own)))[2]
                    as second_unit
            from (select *, area in (select unnest($own)) as is_own from part_of_city)
            group by all
            having bool_or(is_own)
        ) as cell""",  # nosec B608 # names and SQL of the catalogue
        {"own": office.split(";")},
    )
    weekly = [item.name for item in catalogue().values() if is_weekly_of_city(item)]
    con.execute(
        f"""
        insert into restricted.withheld by name
        with asked as (
            select *, is_small or (grain = 'month' and industry = '{TOTAL_INDUSTRY}'
                and (indicator, period) in (
                    select (indicator, date_trunc('month', period + interval 6 day)) from beside_own
                    where is_small and grain = 'week' and indicator in (select unnest($weekly))
                    union all
                    select (indicator, date_trunc('month', period + interval 6 day)) from restricted.withheld
                    where areas = $office and grain = 'week' and indicator in (select unnest($weekly))
                )) as is_asked
            from beside_own
        ),
        ordered as (
            select *, bool_or(is_asked) over (partition by {_TABLE}) as is_any,
                row_number() over its as place,
                coalesce(sum(units) over (its rows between unbounded preceding and 1 preceding), 0) as before
            from asked
            window its as (partition by {_TABLE}, industry = '{TOTAL_INDUSTRY}' order by units, industry)
        )
        select $office as areas, {_CELL}, known_from from ordered
        where is_asked or (is_any and industry <> '{TOTAL_INDUSTRY}' and (place <= 2 or before < $persons))""",  # nosec B608 # names of our own tables and columns
        {"office": office, "weekly": weekly, "persons": region.disclosure.persons},
    )
    for rate in catalogue().values():
        for share in rate.shares:
            con.execute(
                f"""
                insert into restricted.withheld by name
                select distinct $office as areas, c.*
                from told_of_city as c
                join restricted.withheld as w on w.areas = $office and w.indicator = $count and w.cohort = c.cohort
                    and w.grain = c.grain and w.industry = c.industry and w.period = {period_back("c", share)}
                where c.indicator = $rate""",  # nosec B608 # names and SQL of the catalogue
                {"office": office, "count": share.indicator, "rate": rate.name},
            )
