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

from pipelines.core import sql
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.catalogue.table import Clock, Origin, Readers
from pipelines.core.catalogue.tables import published_tables, tables
from pipelines.core.domain import TOTAL_INDUSTRY, Edition
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, equal, literal, names, step
from pipelines.ledger.audit_trail.publication import hashes
from pipelines.published import schema
from pipelines.publishing.attacker import check_newest
from pipelines.publishing.checks import check
from pipelines.publishing.disclosure import NOT_IN_GENERAL, OF_EMPLOYER, fingerprint, general_band
from pipelines.publishing.release import release
from pipelines.publishing.withheld import offices, withhold
from pipelines.warehouse.tables import append_frame, define

KEPT_EDITIONS = 6  # the one in force and those before it, on which readers may still be kept: published.read.show
_OF_WAREHOUSE = tuple(table for table in published_tables() if table.origin is Origin.WAREHOUSE)
VINTAGE = tuple(table.name for table in _OF_WAREHOUSE if table.clock is Clock.VINTAGE)
BY_EDITION = tuple(
    table.name for table in _OF_WAREHOUSE if table.clock in (Clock.EDITION, Clock.STANDING) and table.name != "edition"
)
REFERENCE = tuple(table.name for table in published_tables() if table.origin is Origin.REFERENCE)
_COPIED = (*REFERENCE, "edition", "manifest")  # from the restricted file into the general one as they are
_REGISTERS = {
    **dict.fromkeys(BY_EDITION, ("edition", "edition_id")),
    "edition": ("edition", "edition_id"),
    "drop_register": ("drop_register", "drop_id"),
    "quarantine": ("quarantine", "drop_id"),
}
"""Tables that only grow: the table that names what their rows are of, and the column that does; it comes after them."""
DISCLOSURE = ("release", "suppression", "checked_month", "withheld")
IN_GENERAL = tuple(table.name for table in published_tables() if table.readers is Readers.GENERAL and table.owner)


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
    for name in ("restricted", "general"):
        con.execute(f"attach {literal(str(aside / f'{name}.duckdb'))} as {name}")
    try:
        if before is not None:
            form = con.execute("select value from restricted.manifest where key = 'schema_version'").fetchall()
            schema.check(form[0][0] if form else None, before)
        known = _write_restricted(con, region)
        _write_manifest(con, region, facts)
        _write_general(con, region)
        check(con, known)
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


def _write_restricted(con: duckdb.DuckDBPyConnection, region: Region) -> datetime:
    """Bring the restricted file up to the warehouse; returns the last cut-off that it knew before."""
    for published in published_tables():
        define(con, published.name, "restricted")
    known = _known(con, "restricted")
    for table in VINTAGE:
        _follow_vintages(con, table, known, "main", "restricted")
    con.execute(step("add_second_unit"))
    for table, (register, key) in _REGISTERS.items():
        con.execute(
            step(
                "append_new",
                warehouse=sql.name("main", table),
                published=sql.name("restricted", table),
                register=sql.name("main", register),
                published_register=sql.name("restricted", register),
                key=sql.name(key),
            )
        )
    _write_reference(con, region)
    return known


def _known(con: duckdb.DuckDBPyConnection, database: str) -> datetime:
    last = con.execute(step("last_cutoff", edition=sql.name(database, "edition"))).fetchall()[0][0]
    return last or datetime(1900, 1, 1)  # noqa: DTZ001 - instants in the files are naive UTC


def _follow_vintages(con: duckdb.DuckDBPyConnection, table: str, known: datetime, source: str, target: str) -> None:
    """Close in a file what the warehouse closed after ``known``, and append what came after it in the file before."""
    published = sql.name(target, table)
    same = equal((*tables()[table].key, "known_from"), "published", "ended")
    con.execute(
        step("close_published", published=published, warehouse=sql.name("main", table), same=same), {"known": known}
    )
    columns = [column.name for column in tables()[table].columns]
    if target == "general":
        columns = [column for column in columns if column not in NOT_IN_GENERAL.get(table, ())]
    con.execute(
        step("append_published", published=published, source=sql.name(source, table), columns=names(columns)),
        {"known": known},
    )


def _clear(con: duckdb.DuckDBPyConnection, database: str, *cleared: str) -> None:
    for table in cleared:
        con.execute(step("clear_table", target=sql.name(database, table)))


def _write_reference(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    items = catalogue().values()
    frames = {
        "place": region.places.assign(sort=range(len(region.places))),
        "industry": region.industries_and_tags,
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
    _clear(con, "restricted", *frames)
    for table, frame in frames.items():
        append_frame(con, table, frame, "restricted")


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
    _clear(con, "restricted", "manifest")
    con.executemany("insert into restricted.manifest values (?, ?)", list(entries.items()))


def _write_general(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    """Bring the general file up to the restricted one; all of it is derived anew when disclosure control changed."""
    for table in (*_COPIED, *IN_GENERAL):
        define(con, table, "general")
    told = con.execute("select value from general.manifest where key = 'disclosure'").fetchall()
    if told != [(fingerprint(region.disclosure),)]:
        _clear(con, "general", "edition", "roster", "reading", "suppression", "corroboration")
        _clear(con, "restricted", *DISCLOSURE)
    known = _known(con, "general")
    _follow_vintages(con, "roster", known, "restricted", "general")
    release(con, region, known)
    withhold(con, region, known)
    con.execute(step("general_suppression"), {"known": known})
    _clear(con, "general", *_COPIED, "episode", "announced_event")
    for table in _COPIED:
        con.execute(step("append_all", source=sql.name("restricted", table), target=sql.name("general", table)))
    codes = {"of_employer": OF_EMPLOYER, "every_industry": TOTAL_INDUSTRY}
    con.execute(step("general_corroboration", agreement=Sql(f"({step('agreement')})")), codes)
    bands = {column: general_band(column, region.disclosure) for column in ("observed_band", "people_band")}
    con.execute(step("general_episode", **bands), codes | {"city": region.city})
    least = {"persons": region.disclosure.persons, "respondents": region.disclosure.respondents}
    con.execute(step("general_announced_event"), {"city": region.city, **least})


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
