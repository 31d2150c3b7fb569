"""Real weekly claims of 27 US regions through the same program: known shocks found, false episodes beside a plain rule."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from tests.bench.place import ROOT, SHARED, Place, place
from tests.bench.plain import plain_rule
from tests.regions.us_states.drops import write_drops

SOURCE = SHARED / "realdata" / "us_unemployment_claims" / "ar539.csv.gz"
REGION = ROOT / "tests" / "regions" / "us_states"
COVID = (date(2020, 3, 21), date(2020, 3, 28))
KATRINA = date(2005, 9, 3)
FALSE_FROM, FALSE_TO = date(2010, 1, 1), date(2019, 12, 31)
QUIET_WEEKS = 2  # an alarm after so many weeks without one is a new episode


def alarmed(here: Place, first: date, last: date) -> set[str]:
    """Regions whose own data of these days met a rule at yellow or worse, be the warning new or already open."""
    with here.warehouse() as warehouse:
        rows = warehouse.connection.execute(
            "select distinct area from finding where level <= 3 and day between $first and $last",
            {"first": first, "last": last},
        ).fetchall()
    return {area for (area,) in rows}


def told(here: Place) -> pd.DataFrame:
    """Day on which each warning became yellow or worse, by region."""
    with here.warehouse() as warehouse:
        return warehouse.connection.execute(
            "select episode_id, area, cast(min(day) as timestamp) as told_on from episode "
            "join edition on known_from = cutoff_at where level <= 3 group by all"
        ).df()


def plain_episodes(here: Place, first: date) -> pd.DataFrame:
    """Episodes of the plain rule on the same published readings."""
    with here.warehouse() as warehouse:
        frame = warehouse.connection.execute(
            "select area, period, value from reading where known_to is null and grain = 'week' and area <> $city",
            {"city": here.region.city},
        ).df()
    matrix = frame.pivot(index="area", columns="period", values="value")
    alarm = plain_rule(matrix.to_numpy())
    before = np.zeros_like(alarm)
    for back in range(1, QUIET_WEEKS + 1):
        before[:, back:] |= alarm[:, :-back]
    area, week = np.nonzero(alarm & ~before)
    day = matrix.columns[week] + pd.Timedelta(days=6)
    found = pd.DataFrame({"area": matrix.index.to_numpy()[area], "told_on": day})
    return found[found["told_on"] >= pd.Timestamp(first)]


def per_region_year(episodes: pd.DataFrame, regions: int) -> float:
    """Episodes between 2010 and 2019 per region and year; which of them are false nobody knows: all are counted."""
    inside = episodes["told_on"].between(pd.Timestamp(FALSE_FROM), pd.Timestamp(FALSE_TO))
    years = (FALSE_TO - FALSE_FROM).days / 365.25
    return round(float(inside.sum()) / regions / years, 3)


def replay(start: date, first: date, last: date) -> tuple[pd.DataFrame, pd.DataFrame, set[str], int]:
    """Warnings, plain episodes, regions alarmed in the weeks of COVID, and how many regions; data since ``start``."""
    with place(REGION) as here:
        write_drops(SOURCE, here.settings.inbox, start, last)
        here.ingest()
        here.replay(first, last)
        return told(here), plain_episodes(here, first), alarmed(here, *COVID), len(here.region.units)


def run(small: bool) -> dict[str, Any]:
    """Data from 1988, editions from 2005 to mid 2020; small: two spans, data from five years before each."""
    spans = (
        [
            (date(2000, 1, 1), date(2005, 6, 4), date(2005, 10, 29)),
            (date(2015, 1, 1), date(2019, 6, 1), date(2020, 4, 4)),
        ]
        if small
        else [(date(1988, 1, 1), date(2005, 1, 1), date(2020, 6, 27))]
    )
    answers = [replay(*span) for span in spans]
    warned = pd.concat([answer[0] for answer in answers])
    plain = pd.concat([answer[1] for answer in answers])
    regions = answers[0][3]
    covid = len(set.union(*(answer[2] for answer in answers)))
    after = warned[(warned["area"] == "LA") & (warned["told_on"] >= pd.Timestamp(KATRINA))]["told_on"].min()
    weeks = None if pd.isna(after) else int((after.date() - KATRINA) / timedelta(weeks=1))
    answer = {
        "covid_regions_flagged": covid,
        "katrina_weeks": weeks,
        "false_per_region_year": per_region_year(warned, regions),
        "false_per_region_year_plain_rule": per_region_year(plain, regions),
    }
    table = Table(
        title="US weekly claims, 27 regions" + (" (small: false rates over half of 2019 only)" if small else "")
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    for key, value in answer.items():
        table.add_row(key, str(value))
    Console().print(table)
    return {"claims": answer}
