"""Publish: a new folder aside, checked, then one atomic switch of the pointer; readers see before or after."""

import calendar
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.catalogue.table import Clock, Origin, Readers
from pipelines.core.catalogue.tables import published_tables, tables
from pipelines.core.domain import TOTAL_INDUSTRY, Edition, UserError
from pipelines.core.region.load import Region
from pipelines.ledger.audit_trail.publication import hashes
from pipelines.published import schema
from pipelines.publishing.attacker import check_newest
from pipelines.publishing.disclosure import (
    GENERAL_CORROBORATION,
    GENERAL_ROSTER,
    IS_GENERAL,
    OF_EMPLOYER,
    fingerprint,
    general_episodes,
    general_events,
    is_weekly_of_city,
)
from pipelines.publishing.release import release
from pipelines.publishing.withheld import offices, withhold
from pipelines.warehouse.tables import define

KEPT_EDITIONS = 6  # the one in force and those before it, on which readers may still be kept: published.read.show
_OF_WAREHOUSE = tuple(table for table in published_tables() if table.origin is Origin.WAREHOUSE)
VINTAGE = tuple(table.name for table in _OF_WAREHOUSE if table.clock is Clock.VINTAGE)
BY_EDITION = tuple(
    table.name for table in _OF_WAREHOUSE if table.clock in (Clock.EDITION, Clock.STANDING) and table.name != "edition"
)
REFERENCE = tuple(table.name for table in published_tables() if table.origin is Origin.REFERENCE)
DISCLOSURE = ("release", "suppression", "checked_month", "withheld")
IN_GENERAL = tuple(table.name for table in published_tables() if table.readers is Readers.GENERAL and table.owner)
RESTRICTED_ONLY = tuple(table.name for table in published_tables() if table.readers is not Readers.GENERAL)


def current_edition(published: Path) -> str | None:
    """Identity of the edition the pointer names; None when nothing is published, or its files are gone."""
    pointer = published / "current"
    if not pointer.exists():
        return None
    edition_id = pointer.read_text(encoding="utf-8").strip()
    files = [published / edition_id / f"{name}.duckdb" for name in ("general", "restricted")]
    return edition_id if all(path.exists() for path in files) else None


def publish(
    con: duckdb.DuckDBPyConnection,
    published: Path,
    region: Region,
    edition: Edition,
    facts: Mapping[str, str],
    enter: Callable[[Mapping[str, str]], Mapping[str, object]] | None = None,
    *,
    is_anew: bool = False,
) -> Path:
    """Publish what the warehouse knows as ``edition``; returns the new folder.

    What an earlier file says about the past is copied, not computed again: its open vintages are closed where the
    warehouse closed them since, and what is new is appended; ``is_anew``: nothing is copied. ``facts`` go into the
    manifest. ``enter`` is given the SHA-256 of the finished files and returns the anchor of the audit trail; both go
    into ``manifest.json`` alone: the tables say the same however often they are made. Raises UserError when a check
    fails; the pointer then still names the edition before.
    """
    published.mkdir(parents=True, exist_ok=True)
    in_force = current_edition(published)
    before = None if is_anew else in_force
    folder = published / edition.edition_id
    aside = published / f".{edition.edition_id}.partial"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    if before is not None:
        for name in ("restricted", "general"):
            shutil.copyfile(published / before / f"{name}.duckdb", aside / f"{name}.duckdb")
    con.execute(f"attach '{aside / 'restricted.duckdb'}' as restricted")
    con.execute(f"attach '{aside / 'general.duckdb'}' as general")
    try:
        if before is not None:
            form = con.execute("select value from restricted.manifest where key = 'schema_version'").fetchall()
            schema.check(form[0][0] if form else None, before)
        known = _write_restricted(con, region)
        _write_manifest(con, region, facts)
        _write_general(con, region)
        _check(con, known)
        check_newest(con, region)
    finally:
        con.execute("detach restricted")
        con.execute("detach general")
    (aside / "restricted.duckdb").chmod(0o640)
    (aside / "general.duckdb").chmod(0o644)
    sha256 = hashes(aside)
    anchor = enter(sha256) if enter is not None else {}
    told = {**facts, "sha256": sha256, **({"audit_anchor": dict(anchor)} if anchor else {})}
    (aside / "manifest.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    _into_place(aside, folder, is_in_force=edition.edition_id == in_force)
    _switch(published, edition.edition_id)
    _forget(published, edition.edition_id)
    return folder


def _into_place(aside: Path, folder: Path, *, is_in_force: bool) -> None:
    """Give the new folder its name. The edition in force is never missing: its files are replaced one by one."""
    if is_in_force:
        for path in aside.iterdir():
            path.replace(folder / path.name)
        aside.rmdir()
    else:
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)


# Editions of before form 9 lack the column; a warehouse that was rebuilt since has it for the same readings.
_ADD_SECOND_UNIT = """
    update restricted.reading as published set second_unit = made.second_unit from main.reading as made
    where published.known_to is null and made.known_to is null and published.second_unit is null
        and made.second_unit is not null and published.indicator = made.indicator and published.area = made.area
        and published.industry = made.industry and published.cohort = made.cohort and published.grain = made.grain
        and published.period = made.period and published.known_from = made.known_from"""


def _write_restricted(con: duckdb.DuckDBPyConnection, region: Region) -> datetime:
    """Bring the restricted file up to the warehouse; returns the last cut-off that it knew before."""
    for published in published_tables():
        define(con, published.name, "restricted")
    known = _known(con, "restricted")
    for table in VINTAGE:
        _follow_vintages(con, "restricted", table, known, "select * from main." + table)  # nosec B608 # names of our own tables and columns
    con.execute(_ADD_SECOND_UNIT)
    for table in BY_EDITION:
        con.execute(
            f"insert into restricted.{table} by name select * from main.{table} where edition_id in (select edition_id "  # nosec B608 # names of our own tables and columns
            "from main.edition where edition_id not in (select edition_id from restricted.edition))"
        )
    for table in ("edition", "drop_register"):
        key = {"edition": "edition_id", "drop_register": "drop_id"}[table]
        con.execute(
            f"insert into restricted.{table} by name select * from main.{table} "  # nosec B608 # names of our own tables and columns
            f"where {key} not in (select {key} from restricted.{table})"
        )
    con.execute(
        "insert into restricted.quarantine by name select * from main.quarantine "
        "where drop_id not in (select drop_id from restricted.quarantine)"
    )
    _write_reference(con, region)
    return known


def _known(con: duckdb.DuckDBPyConnection, database: str) -> datetime:
    last = con.execute(f"select max(cutoff_at) from {database}.edition").fetchall()[0][0]  # nosec B608 # names of our own tables and columns
    return last or datetime(1900, 1, 1)  # noqa: DTZ001 - instants in the files are naive UTC


def _follow_vintages(con: duckdb.DuckDBPyConnection, database: str, table: str, known: datetime, source: str) -> None:
    """Close in a file what the warehouse closed after ``known``, and append what ``source`` says came after it."""
    keys = (*tables()[table].key, "known_from")
    same = " and ".join(f"published.{key} = ended.{key}" for key in keys)
    con.execute(
        f"update {database}.{table} as published set known_to = ended.known_to from main.{table} as ended "  # nosec B608 # names of our own tables and columns
        f"where published.known_to is null and ended.known_to > $known and {same}",
        {"known": known},
    )
    con.execute(
        f"insert into {database}.{table} by name select * from ({source}) as said where known_from > $known",  # nosec B608 # names of our own tables and columns
        {"known": known},
    )


def _write_reference(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    items = catalogue().values()
    frames = {
        "place": region.places.assign(sort=range(len(region.places))),
        "industry": region.industries,
        "indicator": pd.DataFrame(
            [
                {
                    "indicator": item.name,
                    "title_zh": item.title_zh,
                    "title_en": item.title_en,
                    "unit": item.unit,
                    "worse": item.worse,
                    "grains": ", ".join(item.grains),
                    "clock": item.clock,
                    "by_dims": ", ".join([*item.dimensions, *(["cohort"] if item.has_cohorts else [])]),
                    "formula": item.formula,
                    "source": item.source,
                    "feed": ", ".join(item.roster_feeds),
                    "is_ratio": item.is_ratio,
                    "scale": item.scale,
                    "sort": item.sort,
                    "shown": ", ".join(item.shown),
                }
                for item in items
            ]
        ),
        "rule": region.rules.assign(
            status=[
                "not_available" if name not in catalogue() else "enabled" if enabled else "disabled"
                for name, enabled in zip(region.rules["indicator"], region.rules["is_enabled"], strict=True)
            ]
        ),
    }
    for table, frame in frames.items():
        con.execute(f"delete from restricted.{table}")  # nosec B608 # names of our own tables and columns
        con.register("incoming", frame)
        con.execute(f"insert into restricted.{table} by name select {_common_columns(con, table, frame)} from incoming")  # nosec B608 # names of our own tables and columns
        con.unregister("incoming")


def _common_columns(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> str:
    columns = [row[0] for row in con.execute(f"describe restricted.{table}").fetchall()]
    return ", ".join(column for column in columns if column in frame.columns)


def _write_manifest(con: duckdb.DuckDBPyConnection, region: Region, facts: Mapping[str, str]) -> None:
    entries = {
        "schema_version": str(schema.VERSION),
        "region": region.folder.name,
        "region_name_zh": region.name_zh,
        "region_name_en": region.name_en,
        "time_zone": region.time_zone.key,
        "city": region.city,
        "week_end": calendar.day_name[region.week_end].lower(),
        "disclosure": fingerprint(region.disclosure),
        "least_persons": str(region.disclosure.persons),
        "office_sees": ";".join(sorted(region.office_sees)),
        "offices": ",".join(offices(region)),
        **facts,
    }
    con.execute("delete from restricted.manifest")
    con.executemany("insert into restricted.manifest values (?, ?)", list(entries.items()))


def _write_general(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    """Bring the general file up to the restricted one; all of it is derived anew when disclosure control changed."""
    for table in (*REFERENCE, "edition", "manifest", *IN_GENERAL):
        define(con, table, "general")
    told = con.execute("select value from general.manifest where key = 'disclosure'").fetchall()
    if told != [(fingerprint(region.disclosure),)]:
        for table in ("edition", "roster", "reading", "suppression", "corroboration"):
            con.execute(f"delete from general.{table}")  # nosec B608 # names of our own tables and columns
        for table in DISCLOSURE:
            con.execute(f"delete from restricted.{table}")  # nosec B608 # names of our own tables and columns
    known = _known(con, "general")
    _follow_vintages(con, "general", "roster", known, GENERAL_ROSTER)
    release(con, region, known)
    withhold(con, region, known)
    con.execute(
        "insert into general.suppression by name select * from restricted.suppression "
        "where reason = 'revised' and known_from > $known",
        {"known": known},
    )
    for table in (*REFERENCE, "edition", "manifest"):
        con.execute(f"delete from general.{table}")  # nosec B608 # names of our own tables and columns
        con.execute(f"insert into general.{table} by name select * from restricted.{table}")  # nosec B608 # names of our own tables and columns
    con.execute(GENERAL_CORROBORATION)
    con.execute("delete from general.episode")
    con.execute(f"insert into general.episode by name {general_episodes(region.disclosure)}")
    con.execute("delete from general.announced_event")
    con.execute(f"insert into general.announced_event by name {general_events(region.disclosure, region.city)}")


WEEKLY_OF_CITY = ", ".join(f"'{item.name}'" for item in catalogue().values() if is_weekly_of_city(item))
_DIFFERS = "已发布的现行读数与库中不符 (published readings differ from the warehouse)"
_TWICE = "同一读数有两个现行值 (a reading has two current values)"
CHECKS = {
    _DIFFERS: """
        select count(*) from (
            (select * from main.reading where known_to is null
             except select * from restricted.reading where known_to is null)
            union all
            (select * from restricted.reading where known_to is null
             except select * from main.reading where known_to is null)
        ) as difference""",
    "公开文件含有日度数据 (the general file holds daily cells)": """
        select count(*) from general.reading where grain = 'day'""",
    "公开文件的抑制单元仍有数值 (a suppressed cell still has a number)": """
        select count(*) from general.reading
        where is_suppressed and (value is not null or numerator is not null or denominator is not null)""",
    "公开文件含有单元背后的单位数或最大一家的数 (the general file tells how many stand behind a cell)": """
        select count(*) from general.reading
        where units is not null or largest_unit is not null or second_unit is not null""",
    "公开文件的预警含有精确数值或单位名称 (an episode of the general file is exact)": """
        select count(*) from general.episode
        where observed is not null or people is not null or p is not null or employer is not null
            or employer_name is not null""",
    "公开文件的来源比对含有数值或某一行业 (agreement of sources in the general file is exact)": """
        select count(*) from general.corroboration
        where strength is not null or by_industry <> 'ALL' or source = 'layoff_reports'""",
    "公开文件的到报情况含有退回行数 (the roster of the general file tells how many rows were sent back)": """
        select count(*) from general.roster where rows_quarantined is not null""",
    "公开文件的单个企业预警写明了行业 (a warning about an employer in the general file names its industry)": f"""
        select count(*) from general.episode where kind = '{OF_EMPLOYER}' and industry <> '{TOTAL_INDUSTRY}'""",  # nosec B608 # names of ours
    "公开文件含有区县的人数周度数据 (the general file tells a week of an area whose months it tells)": f"""
        select count(*) from general.reading, general.manifest
        where indicator in ({WEEKLY_OF_CITY}) and grain = 'week' and key = 'city' and area <> manifest.value
            and numerator is not null""",  # nosec B608 # names of our own indicators
    "公开文件含有分行业的周度数据 (the general file tells a week of an industry)": f"""
        select count(*) from general.reading where grain = 'week' and industry <> '{TOTAL_INDUSTRY}'""",  # nosec B608 # a code of ours
    "公开文件的政策与停产事项含有岗位数或企业数 (a policy event of the general file tells jobs or employers)": """
        select count(*) from general.announced_event where jobs is not null or employers is not null""",
    "公开文件含有单位或明细表 (the general file holds a restricted table)": f"""
        select count(*) from duckdb_tables() where database_name = 'general'
            and table_name in ({", ".join(f"'{table}'" for table in RESTRICTED_ONLY)})""",  # nosec B608 # names of our own tables and columns
    _TWICE: """
        select count(*) from (
            select count(*) from restricted.reading where known_to is null
            group by indicator, area, industry, cohort, grain, period having count(*) > 1
        ) as double_key""",
    "公开文件的现行读数与放出时的条数不符 (the general file lacks current readings or has too many)": f"""
        select coalesce(sum(abs(coalesce(told, 0) - coalesce(known, 0))), 0) from (
            select indicator, cohort, grain, period, count(*) as told from general.reading
            where known_to is null group by all
        ) as general_table
        full join (
            select indicator, cohort, grain, period, count(*) as known from restricted.reading
            join (
                select indicator, cohort, grain, period, max(released_at) as released_at
                from restricted.release group by all
            ) as last using (indicator, cohort, grain, period)
            where {IS_GENERAL} and known_from <= released_at and (known_to is null or known_to > released_at)
            group by all
        ) as released using (indicator, cohort, grain, period)""",  # nosec B608 # names of our own tables and columns
    "读数的地区不在地区表中 (a reading's area is unknown)": """
        select count(*) from restricted.reading where area not in (select code from restricted.place)""",
}


# What two of the checks compare row by row, in a fraction of the time: NULL or 0 means nothing is wrong and the check
# need not run. Years of readings are compared by hashes on every day; a reading can only be said twice by one that
# is new, because those before were looked at when they were.
QUICK = {
    _DIFFERS: """
        select count(*) from (
            select count(*) as many, sum(cast(hash({columns}) as hugeint)) as total from main.reading
            where known_to is null
            union
            select count(*), sum(cast(hash({columns}) as hugeint)) from restricted.reading where known_to is null
        ) as either
        having count(*) > 1""",
    _TWICE: """
        select count(*) - count(distinct hash(indicator, area, industry, cohort, grain, period))
        from restricted.reading
        where known_to is null and hash(indicator, area, industry, cohort, grain, period) in (
            select hash(indicator, area, industry, cohort, grain, period) from restricted.reading
            where known_from > timestamp '{known}'
        )""",
}


def _check(con: duckdb.DuckDBPyConnection, known: datetime) -> None:
    columns = ", ".join(name for name, *_ in con.execute("describe restricted.reading").fetchall())
    for sentence, query in CHECKS.items():
        text = QUICK.get(sentence, "select 1").format(columns=columns, known=known)
        quick = con.execute(text).fetchall()
        if not quick or not quick[0][0]:
            continue
        wrong = con.execute(query).fetchall()[0][0]
        if wrong:
            raise UserError(f"发布前检查未通过：{sentence}，{wrong} 处；上一版次仍然有效")


def _switch(published: Path, edition_id: str) -> None:
    pointer = published / ".current.partial"
    with pointer.open("w", encoding="utf-8") as file:
        file.write(edition_id + "\n")
        file.flush()
        os.fsync(file.fileno())
    pointer.replace(published / "current")


def put_back(published: Path, edition_id: str, recorded: Sequence[str]) -> None:
    """Take the files of an edition away; the pointer names those of the newest other of ``recorded`` that are there."""
    kept = [one for one in recorded if one != edition_id and (published / one / "restricted.duckdb").exists()]
    if current_edition(published) == edition_id:
        if kept:
            _switch(published, kept[-1])
        else:
            (published / "current").unlink()
    shutil.rmtree(published / edition_id, ignore_errors=True)


def _forget(published: Path, edition_id: str) -> None:
    """Remove editions nobody needs any more, and what an interrupted run left."""
    folders = sorted(
        (path for path in published.iterdir() if path.is_dir() and path.name != edition_id),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    kept = [path for path in folders if not path.name.startswith(".")][: KEPT_EDITIONS - 1]
    for path in folders:
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)
