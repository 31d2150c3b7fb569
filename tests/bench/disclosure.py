"""What the attacker check finds in the general file of the demonstration city, every month and every vintage of it."""

import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines import region as regions
from pipelines import run as runs
from pipelines.demo import generate
from pipelines.domain import Edition
from pipelines.ledger import open_ledger
from pipelines.publish.attack import attack, told_months
from pipelines.publish.decision import KEY
from pipelines.publish.edition import current_edition, publish
from pipelines.warehouse import store
from tests.bench.day import REGION, settings
from tests.bench.place import now

LAST = date(2026, 10, 30)
DAYS, SCALE = 900, 0.1
SMALL_DAYS, SMALL_SCALE = 150, 0.05
EDITIONS = [date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 11) for month in range(11, 23)]  # November to October
SMALL_EDITIONS = [date(2026, 9, 20), date(2026, 10, 5), date(2026, 10, 20)]


def run(small: bool) -> dict[str, Any]:
    """The city of `make run` over a year of editions, a quarter's restatements among them; small: 150 days of it."""
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as name:
        folder = Path(name)
        seconds = _publish(folder, small)
        here = settings(folder)
        edition = current_edition(here.published)
        with duckdb.connect() as con:
            for source in ("restricted", "general"):
                con.execute(f"attach '{here.published / str(edition) / f'{source}.duckdb'}' as {source}")
            return {"disclosure": _attacked(con, seconds)}


def _publish(folder: Path, small: bool) -> float:
    """Invent, take in, compute and publish; seconds of the last, which decides all that is told."""
    here, region = settings(folder), regions.load(REGION)
    days, scale = (SMALL_DAYS, SMALL_SCALE) if small else (DAYS, SCALE)
    generate(region, here.inbox, days, scale, 1, False, LAST, truth=folder / "truth.csv")
    runs.take(here, region, open_ledger(here), True, now())
    wanted = [Edition(day, 1, region.cutoff_at(day)) for day in (SMALL_EDITIONS if small else EDITIONS)]
    with store.connect(here) as warehouse:
        work = runs.start(warehouse.connection, here, region, wanted[-1].day)
        for edition in wanted:
            runs.compute(work, edition)
        begun = time.perf_counter()
        publish(warehouse.connection, here.published, region, wanted[-1], runs.manifest(here))
        return time.perf_counter() - begun


def _attacked(con: duckdb.DuckDBPyConnection, published_s: float) -> dict[str, Any]:
    region, months = regions.load(REGION), told_months(con)
    table = Table(title=f"{len(months)} months, published in {published_s:.0f} s")
    for column in ("month", "hidden figures", "inside protection", "s"):
        table.add_column(column, justify="left" if column == "month" else "right")
    inside, seconds = 0, 0.0
    for month in months:
        begun = time.perf_counter()
        found = attack(con, region, [month])
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
    return len(attack(con, regions.load(REGION), [month]).inside)
