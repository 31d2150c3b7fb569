"""Breakdowns and monthly lists of what was collected: by reason, occupation or state, and employer by employer."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import duckdb

from pipelines.core.catalogue.breakdowns import Breakdown, breakdowns
from pipelines.core.catalogue.tables import tables
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, literal, name, names, step
from pipelines.warehouse.as_of import create_fact_views, drop_fact_views
from pipelines.warehouse.scd2 import scd2
from pipelines.warehouse.transform import truncated

LISTS = {"monitored_list": "monitored_employer", "shortage_list": "labour_shortage", "welfare_list": "welfare_post"}
"""Tables that hold the newest monthly list of each sender, and the feed that brings it."""
_ABSENT = {"area": Sql("null"), "industry": Sql("null"), "denominator": Sql("null")}


def follow_breakdowns(
    con: duckdb.DuckDBPyConnection, region: Region, since: Mapping[str, date], cutoff_at: datetime
) -> None:
    """Bring ``breakdown`` to what the facts in force say; ``since``: per feed the first period that changed."""
    con.register("codes", region.codes[["list", "code"]].drop_duplicates())
    con.execute("create or replace temp table listed_code as select list, code from codes")
    con.unregister("codes")
    said = [column for column in tables()["breakdown"].columns if column.name not in {"known_from", "known_to"}]
    con.execute(step("fresh", columns=Sql(", ".join(column.definition for column in said))))
    spoken_of = []
    for one in breakdowns().values():
        touched = [since[table] for table in one.tables if table in since]
        if touched:
            start = region.period_start(one.grain, min(touched))
            _add(con, region, one, start)
            spoken_of.append(f"(known.breakdown = {literal(one.name)} and known.period >= {literal(start)})")
    drop_fact_views(con)
    if spoken_of:
        scd2(con, tables()["breakdown"], "fresh", cutoff_at, Sql(" or ".join(spoken_of)))


def _add(con: duckdb.DuckDBPyConnection, region: Region, one: Breakdown, start: date) -> None:
    """Add what one says of its periods from ``start`` on to ``fresh``."""
    create_fact_views(con, one.tables, start - timedelta(days=one.look_back_days))
    columns = {row[0] for row in con.execute(f"describe {one.sql}").fetchall()}
    places = {column: name(column) if column in columns else value for column, value in _ABSENT.items()}
    sql = step(
        "breakdown_fresh",
        breakdown=literal(one.name),
        period=truncated(one.grain, region),
        query=Sql(one.sql),
        **places,
    )
    con.execute(sql, {"start": start, "city": region.city})


def follow_lists(con: duckdb.DuckDBPyConnection, since: Mapping[str, date], cutoff_at: datetime) -> None:
    """Bring the monthly lists, and the leads on unpaid wages, to what the facts in force say."""
    for table, feed in LISTS.items():
        if feed not in since:
            continue
        said = [column.name for column in tables()[table].columns if column.name not in {"known_from", "known_to"}]
        sql = step(
            "list_fresh",
            feed=literal(feed),
            columns=names(said),
            key=names(tables()[table].key, "fact"),
            in_force=name(f"{feed}_in_force"),
        )
        con.execute(sql)
        scd2(con, tables()[table], "list_fresh", cutoff_at)
    if "wage_arrears_lead" in since:
        con.execute(step("arrears_lead_fresh"))
        scd2(con, tables()["arrears_lead"], "arrears_lead_fresh", cutoff_at)
