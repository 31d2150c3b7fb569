"""What is found of each source's counts, without files: the invented city's rows, judged as editions would judge them.

A city is drawn, its rows are counted by the day they were filed, and each edition sees the rows of files received by
then. An episode is a finding of yellow that stands (``pipelines.judging.grouping``), none within a week before it on
the same series; the lines are moved together until the quiet city of the same seed has at most one episode a week.
"""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from models.assess import Memory
from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.core.domain import Grain
from pipelines.core.region import load as regions
from pipelines.core.region.load import Region
from pipelines.demo import CitySpec, Plan, plan_city
from pipelines.demo.daily import Claims, InsuredEvents, draw_claims, draw_insured, filed_reasons
from pipelines.demo.events import PersonRow
from pipelines.demo.rhythm import draw_counts
from pipelines.judging.grouping import group_spikes
from pipelines.judging.kinds.spike import find_spikes
from pipelines.warehouse.cells import Cells
from pipelines.warehouse.series_judgement import judgement
from tests.bench.detect import contains
from tests.bench.place import LAST_DAY, REGION

SCALE, DAYS, JUDGED = 1.0, 1095, 364
WITHIN_DAYS = {"factory_closing": 7, "county_shock": 7, "region_shock": 7, "industry_slide": 21}
TOUCHED_AFTER_DAYS = 28
LEAVE_AFTER_DAYS = 7
YELLOW = 3
MOVED = (-0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4)  # standard deviations by which the lines are tried
PROCESSES = 2
NOWCASTS = pd.DataFrame({name: [] for name in ("area", "period", "value", "likely", "lo", "hi")})


@dataclass(frozen=True)
class Rows:
    """The rows of one feed that an indicator counts."""

    feed: str
    area: np.ndarray
    cell: np.ndarray
    filed: np.ndarray


Drawn = tuple[Plan, InsuredEvents, Claims, np.ndarray]


def _rows(drawn: Drawn, is_counted: np.ndarray, row: PersonRow, feed: str) -> Rows:
    cell = drawn[0].city.cell[row.employer[is_counted]]
    return Rows(feed, drawn[0].city.area_of(cell), cell, row.filed[is_counted])


def leaves(drawn: Drawn, reasons: tuple[str, ...]) -> Rows:
    """Leaves whose reason, as it was filed, is one of these."""
    insured = drawn[1]
    is_counted = ~insured.is_join & (insured.reverses < 0)
    is_counted &= np.isin(drawn[3], np.array(reasons, dtype="S2"))
    return _rows(drawn, is_counted, insured.row, "insured_event")


def claims(drawn: Drawn) -> Rows:
    """All claims."""
    return _rows(drawn, np.ones(len(drawn[2].area), dtype=bool), drawn[2].row, "benefit_claim")


@cache
def _reasons(classes: tuple[str, ...]) -> tuple[str, ...]:
    codes = pd.read_csv(REGION / "codes.csv", dtype=str)
    own = codes[(codes.iloc[:, 0] == "insured_reason") & codes.iloc[:, 3].isin(classes)]
    return tuple(own.iloc[:, 1])


def lines_of(region: Region, indicator: str) -> pd.DataFrame:
    """The rows of yellow of the indicator's spike rules."""
    rules = region.rules
    return rules[(rules["kind"] == "spike") & (rules["indicator"] == indicator) & (rules["level"] == YELLOW)]


COUNTED: dict[str, tuple[str, Callable[[Drawn], Rows]]] = {
    "risk leaves": (
        "insured_leave",
        lambda drawn: leaves(drawn, _reasons(("employer", "expiry", "worker", "unknown"))),
    ),
    "employer leaves": ("dismissal", lambda drawn: leaves(drawn, _reasons(("employer",)))),
    "claims": ("benefit_claim", claims),
}
DETECTORS = {
    "claims": ("claims",),
    "risk leaves + claims": ("risk leaves", "claims"),
    "employer leaves + claims": ("employer leaves", "claims"),
    "all three": ("risk leaves", "employer leaves", "claims"),
}


def draw(region: Region, seed: int, *, is_quiet: bool) -> Drawn:
    """A city with the rows of its daily feeds, and the reasons of its leaves as they were filed."""
    plan = plan_city(region, CitySpec(DAYS, SCALE, seed, LAST_DAY, is_quiet))
    counts = draw_counts(plan.rhythm, plan.city, plan.timeline, seed)
    insured = draw_insured(plan.city, plan.timeline, counts, plan.events, seed)
    told = draw_claims(plan.city, plan.timeline, counts, insured, plan.events, seed)
    return plan, insured, told, filed_reasons(insured, seed)


def seen(region: Region, drawn: Drawn, rows: Rows, indicator: Indicator) -> Iterable[tuple[int, Cells]]:
    """(day, cells) of each judged edition: the counts of files received by that day, NaN where none has come."""
    city, timeline, arrival = drawn[0].city, drawn[0].timeline, drawn[0].arrival
    shape = (city.cells, timeline.days)
    inside = rows.filed < timeline.days
    count = np.bincount(rows.cell[inside] * shape[1] + rows.filed[inside], minlength=shape[0] * shape[1])
    count = count.reshape(shape).astype(float)
    received = arrival.received[rows.feed][:, : timeline.days]
    came = np.repeat(received, len(city.sections), axis=0)
    is_due = timeline.is_workday[: timeline.days]
    place = {
        (area, section): at for at, (area, section) in enumerate((a, s) for a in city.areas for s in city.sections)
    }
    keys = [(area, section) for area in region.units for section in city.sections]
    row = np.array([place[key] for key in keys])
    for day in range(timeline.days - JUDGED, timeline.days + 1):
        told = (came[:, :day] >= 0) & (came[:, :day] <= day) & is_due[:day]
        numerator = np.where(told, count[:, :day], np.nan)[row]
        share = np.where(told, 1.0, np.nan)[row]
        yield day, Cells(indicator, Grain.DAY, keys, timeline.date_of(0), numerator, np.full_like(share, np.nan), share)


def found_at(region: Region, drawn: Drawn, name: str) -> pd.DataFrame:
    """The findings of each edition that stand, with the lines of yellow moved by each of MOVED: moved, day, area,
    industry."""
    shown, count = COUNTED[name]
    indicator = replace(catalogue()[shown], kind="count", nature="count")
    lines, timeline, memory, parts = lines_of(region, shown), drawn[0].timeline, None, []
    calendar = region.calendar_frame(timeline.date_of(0) - timedelta(days=280), LAST_DAY + timedelta(days=700))
    for day, cells in seen(region, drawn, count(drawn), indicator):
        made = judgement(cells, region, NOWCASTS, calendar, memory)
        if made is None:
            continue
        memory: Memory | None = made.memory
        score = made.assessment.score.rename(columns={"level": "level_mean", "factor": "factor_mean"})
        score = score.merge(made.panel.series[["level", "area", "industry"]], left_on="series", right_index=True)
        score = score.assign(indicator=shown, grain=str(Grain.DAY))
        for moved in MOVED:
            rules = lines.assign(min_strength=lines["min_strength"] + moved)
            found = find_spikes(rules, score, {shown: indicator.worse})
            if len(found):
                found = group_spikes(found, rules, score, set())
                stands = found.loc[found["explained_by"].isna(), ["area", "industry"]]
                parts.append(stands.assign(moved=moved, day=day))
    return pd.concat(parts, ignore_index=True)


def episodes(found: pd.DataFrame, moved: float, first: int) -> pd.DataFrame:
    """First day of each episode: findings of a series, none within a week before; what began before does not count."""
    met = found.loc[found["moved"] == moved, ["area", "industry", "day"]].drop_duplicates()
    met = met.sort_values(["area", "industry", "day"])
    gap = met.groupby(["area", "industry"])["day"].diff()
    opened = met[gap.isna() | (gap > LEAVE_AFTER_DAYS)]
    return opened[opened["day"] > first]


def line_of(quiet: pd.DataFrame, first: int) -> float:
    """The lowest of MOVED at which the quiet city has no more than one episode a week; the highest if none has."""
    return next((moved for moved in MOVED if len(episodes(quiet, moved, first)) <= JUDGED / 7), MOVED[-1])


def power(opened: pd.DataFrame, drawn: Drawn, first: int) -> pd.DataFrame:
    """Events visible in the judged span with is_found within the days of their kind, and within 7 and 21 days."""
    plan = drawn[0]
    truth = plan.truth[plan.truth["kind"].isin(list(WITHIN_DAYS)) & plan.truth["first_visible_on"].notna()].copy()
    visible = pd.to_datetime(truth["first_visible_on"])
    truth["at"] = (visible - pd.Timestamp(plan.timeline.first)).dt.days
    truth = truth[(truth["at"] > first) & (truth["at"] <= plan.timeline.days - 21)].reset_index(drop=True)
    pairs = opened.merge(truth.assign(e=truth.index), how="cross", suffixes=("", "_event"))
    event = pairs[["area_event", "industry_event"]].set_axis(["area", "industry"], axis=1)
    pairs = pairs[contains(pairs, event, plan.city.code) | contains(event, pairs, plan.city.code)]
    after = (pairs["day"] - pairs["at"])[lambda days: days >= 0]
    delay = after.groupby(pairs.loc[after.index, "e"]).min().reindex(truth.index)
    return truth.assign(
        found_7d=delay <= 7, found_21d=delay <= 21, is_found=delay <= truth["kind"].map(WITHIN_DAYS), delay=delay
    )


def _large_found(told: pd.DataFrame, within: str) -> float:
    return round(float(told.loc[told["size_class"] == "large", within].mean()), 3)


def seed_figures(seed: int) -> dict[str, Any]:
    """Of each detector the share of events found, by class and kind."""
    region = regions.load(REGION)
    cities = {is_quiet: draw(region, seed, is_quiet=is_quiet) for is_quiet in (True, False)}
    first = cities[True][0].timeline.days - JUDGED
    found = {(name, is_quiet): found_at(region, city, name) for name in COUNTED for is_quiet, city in cities.items()}
    answer: dict[str, Any] = {"seed": seed}
    for name, parts in DETECTORS.items():
        quiet, loud = (
            pd.concat([found[part, is_quiet] for part in parts], ignore_index=True) for is_quiet in (True, False)
        )
        line = line_of(quiet, first)
        shipped = power(episodes(loud, 0.0, first), cities[False], first)
        told = power(episodes(loud, line, first), cities[False], first)
        large = told[told["size_class"] == "large"]
        answer[name] = {
            "line": round(line, 2),
            "false_per_week_as_shipped": round(len(episodes(quiet, 0.0, first)) / (JUDGED / 7), 2),
            "large_7d_as_shipped": _large_found(shipped, "found_7d"),
            "large_21d_as_shipped": _large_found(shipped, "found_21d"),
            "large": len(large),
            "large_7d": _large_found(told, "found_7d"),
            "large_21d": _large_found(told, "found_21d"),
            "medium_7d": round(float(told.loc[told["size_class"] == "medium", "found_7d"].mean()), 3),
            "by_kind": {
                str(kind): [len(own), round(float(own["is_found"].mean()), 3)] for kind, own in large.groupby("kind")
            },
        }
    return answer


def run(small: bool, seeds: tuple[int, ...] = (11, 12)) -> dict[str, Any]:
    """Scale 1, three years, the last 52 weeks judged; small: one seed."""
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(seed_figures, seeds[:1] if small else seeds))
    table = Table(
        title=f"rows alone: scale {SCALE}, {DAYS} days, {JUDGED // 7} weeks judged, mean of {len(found)} seeds"
    )
    table.add_column("counted")
    keys = [key for key in found[0]["claims"] if key != "by_kind"]
    for key in keys:
        table.add_column(key, justify="right")
    for name in DETECTORS:
        table.add_row(name, *(str(round(float(np.mean([item[name][key] for item in found])), 3)) for key in keys))
    Console().print(table)
    return {"detect_rows": {"seeds": found}}
