"""What two attackers find in the general file of the demonstration city: months one by one, and all of them together.

The first is the check that publishing makes itself, here over every month; the second is written apart and reads the
general file alone, as it is and as it was before each restatement. The restricted file only says what is true.
"""

import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines import run as runs
from pipelines.core.domain import Edition
from pipelines.core.region import load as regions
from pipelines.demo import CitySpec, generate_city
from pipelines.ledger import open_ledger
from pipelines.publishing.attacker import attack as attack_month
from pipelines.publishing.attacker import told_months
from pipelines.publishing.decision import KEY
from pipelines.publishing.edition import current_edition, publish
from pipelines.warehouse import store
from tests.bench.day import REGION, settings
from tests.bench.place import now
from tests.pipeline.second_attacker import attack, snapshots

LAST = date(2026, 10, 30)
WIDTH = 9  # least and largest figure of a hidden cell are so far apart: ten whole numbers
SEEDS = (1, 2)
DAYS, SCALE = 760, 0.05  # 24 months and the first days of a month before; at this scale every county has small cells
SMALL_DAYS, SMALL_SCALE = 150, 0.05
EDITIONS = [date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 11) for month in range(11, 23)]  # November to October
SMALL_EDITIONS = [date(2026, 9, 20), date(2026, 10, 5), date(2026, 10, 20)]


def run(small: bool, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """The city over a year of editions, a quarter's restatements among them; small: 150 days of it, one seed."""
    return {"disclosure": {str(seed): _of_seed(seed, small) for seed in (seeds[:1] if small else seeds)}}


def _of_seed(seed: int, small: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as name:
        folder = Path(name)
        seconds = _publish(folder, small, seed)
        here = settings(folder)
        its = here.published / str(current_edition(here.published))
        with duckdb.connect() as con:
            for source in ("restricted", "general"):
                con.execute(f"attach '{its / f'{source}.duckdb'}' as {source} (read_only)")
            second = _second(con, its / "general.duckdb")
        with duckdb.connect() as con:
            for source in ("restricted", "general"):
                con.execute(f"attach '{its / f'{source}.duckdb'}' as {source}")
            return _attacked(con, seconds) | second | {"publishing_cpu_s": round(seconds, 1)}


def _publish(folder: Path, small: bool, seed: int) -> float:
    """Invent, take in, compute and publish; processor seconds of the last, which decides all that is told."""
    here, region = settings(folder), regions.load(REGION)
    days, scale = (SMALL_DAYS, SMALL_SCALE) if small else (DAYS, SCALE)
    generate_city(region, here.inbox, CitySpec(days, scale, seed, LAST), truth=folder / "truth.csv")
    runs.ingest_all(here, region, open_ledger(here), True, now())
    wanted = [Edition(day, 1, region.cutoff_at(day)) for day in (SMALL_EDITIONS if small else EDITIONS)]
    with store.connect(here) as warehouse:
        work = runs.start(warehouse.connection, here, region, wanted[-1].day)
        for edition in wanted:
            runs.compute(work, edition)
        begun = time.process_time()
        publish(warehouse.connection, here.published, region, wanted[-1], runs.manifest(here))
        return time.process_time() - begun


def _second(con: duckdb.DuckDBPyConnection, general: Path) -> dict[str, Any]:
    """What the second attacker finds in all states of the general file; how much of it is hidden below the city."""
    cells, narrow, exact, small, begun = 0, 0, 0, 0, time.process_time()
    for before in snapshots(general):
        found = attack(general, before)
        inside = found[found["most"] - found["least"] < WIDTH - 0.01]
        is_exact = inside["most"] - inside["least"] < 0.5
        cells, narrow, exact = cells + len(found), narrow + len(inside), exact + int(is_exact.sum())
        con.register("inside_now", inside[is_exact])
        small += con.execute(
            "select count(distinct (i.indicator, i.grain, i.area, i.industry, i.period)) from inside_now as i "
            "join restricted.reading as r using (indicator, grain, area, industry, period) "
            "where r.cohort = 'all' and abs(r.numerator - i.least) < 0.5 and abs(i.least) < 10"
        ).fetchall()[0][0]
    hidden = con.execute(
        "select grain, round(avg(is_suppressed::int), 3) from general.reading where known_to is null group by grain"
    ).fetchall()
    return {
        "second_cells": cells, "second_inside": narrow, "second_exact": exact, "second_exact_and_small": small,
        "second_cpu_s": round(time.process_time() - begun, 1), "hidden_share_by_grain": dict(hidden),
    }  # fmt: skip


def _attacked(con: duckdb.DuckDBPyConnection, published_s: float) -> dict[str, Any]:
    region, months = regions.load(REGION), told_months(con)
    table = Table(title=f"{len(months)} months, published in {published_s:.0f} s of the processor")
    for column in ("month", "hidden figures", "inside protection", "s"):
        table.add_column(column, justify="left" if column == "month" else "right")
    inside, seconds = 0, 0.0
    for month in months:
        begun = time.perf_counter()
        found = attack_month(con, region, [month])
        took = time.perf_counter() - begun
        inside, seconds = inside + len(found.inside), seconds + took
        table.add_row(f"{month:%Y-%m}", f"{found.cells:,}", str(len(found.inside)), f"{took:.2f}")
    hidden, small = con.execute(
        "select avg(is_suppressed::int), (select avg((reason = 'small')::int) from restricted.suppression) "
        "from general.reading where known_to is null"
    ).fetchall()[0]
    table.caption = (
        f"{small:.0%} of the hidden cells are hidden for themselves; told but for these, {months[-2]:%Y-%m} "
    )
    table.caption += f"has {_control(con, months[-2])} or more inside"
    Console().print(table)
    return {
        "periods": len(months),
        "cells_hidden_share": round(hidden, 3),
        "cells_inside_protection": inside,
        "seconds": round(seconds, 1),
    }


def _control(con: duckdb.DuckDBPyConnection, month: date) -> int:
    """Tell what a month hides only for the sake of other cells: the check must find it wanting (it stops at a few)."""
    con.execute(
        "update general.reading as g set numerator = r.numerator from restricted.reading as r, restricted.suppression as s "
        "where s.reason = 'complement' and g.period = $month and g.known_to is null and r.known_to is null"
        + "".join(f" and g.{key} = r.{key} and g.{key} = s.{key}" for key in KEY),
        {"month": month},
    )
    return len(attack_month(con, regions.load(REGION), [month]).inside)
