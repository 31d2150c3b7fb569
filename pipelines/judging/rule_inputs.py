"""What one edition knows that rules judge, and what the rules make of it: the same in a run and in a backtest."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.core.region.rules import LEADS
from pipelines.core.sql import step
from pipelines.judging import findings
from pipelines.judging.exceedance import came, exceedances
from pipelines.judging.grouping import Series, fold
from pipelines.judging.override import with_overrides
from pipelines.judging.rule_scope import by_cohort, judged

LAYOFF_DAYS = 180  # reports older than this are behind every rule's window
READING_DAYS = 75  # a month that ended longer ago is history, no warning
HEADCOUNT_DAYS = 100  # what ends is told by a monthly file of the last three months
OF_FACTS = frozenset({"event", "several", "deadline", *LEADS})
"""Kinds that judge facts in force, not readings."""
_OF_READINGS = ("level", "change")


@dataclass(frozen=True)
class Grounds:
    """score: windows of this edition with their series' level. readings: newest complete readings of indicators with
    level or change rules where new or revised, with what is usual; past: all readings of the latter. layoffs: reports
    of half a year. endings: deferrals and posts that end. faults: slots that did not come. spans: the newest sums
    beside what was forecast for them."""

    score: pd.DataFrame
    readings: pd.DataFrame
    past: pd.DataFrame
    layoffs: pd.DataFrame
    endings: pd.DataFrame
    faults: pd.DataFrame
    spans: pd.DataFrame


def in_force_on(region: Region, day: date, chosen: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rules judged on a day: enabled ones (or those ``chosen``) whose indicator exists, with the areas' overrides.

    A rule that no reading can meet (of indicators by size of employers) is not among them; the doctor names it.
    """
    own = judged(region.rules_on(day) if chosen is None else chosen)
    own = own[(own["is_enabled"] | (chosen is not None)) & own["indicator"].isin(list(catalogue()))]
    return with_overrides(own, region.rule_overrides, day)


def grounds(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    in_force: pd.DataFrame,
    score: pd.DataFrame,
    fresh: pd.DataFrame,
    day: date,
    cutoff_at: datetime,
) -> Grounds:
    """Ask for what the rules in force need. ``fresh``: readings this edition opened. ``con`` sees the facts in force
    where a rule of ``OF_FACTS`` wants them; ``cutoff_at`` naive UTC."""
    kinds = set(in_force["kind"])
    readings, past = _readings(con, in_force, fresh, day, cutoff_at)
    layoffs = endings = faults = pd.DataFrame()
    if kinds & {"event", "several", *LEADS} or in_force["raise_by"].notna().any():
        layoffs = con.execute(step("layoff"), {"since": day - timedelta(days=LAYOFF_DAYS), "until": day}).df()
    if "deadline" in kinds:
        since = {"since": day - timedelta(days=HEADCOUNT_DAYS), "day": day, "every_industry": TOTAL_INDUSTRY}
        endings = con.execute(step("ending"), since).df()
    if "data_fault" in kinds:
        faults = _faults(con, in_force, cutoff_at)
    return Grounds(score, readings, past, layoffs, endings, faults, came(con, region, in_force, day, cutoff_at))


def found(in_force: pd.DataFrame, known: Grounds, region: Region, day: date, told: Set[Series]) -> list[pd.DataFrame]:
    """Findings of all rules, spikes first and folded; ``told``: series that have an open spike warning."""
    worse: dict[str, str] = {name: item.worse for name, item in catalogue().items()}
    parts = list(by_cohort(in_force, (), known.readings, known.past, known.score))
    everybody = next(part.rules for part in parts if len(part.score) == len(known.score))
    return [
        _folded(findings.spikes(everybody, known.score, worse), everybody, known.score, told),
        exceedances(in_force, known.spans, region.city),
        *(findings.levels(part.rules, part.readings, worse, region.city) for part in parts),
        *(findings.changes(part.rules, part.readings, part.past, worse, region.city) for part in parts),
        findings.events(in_force, known.layoffs, day),
        findings.several(in_force, known.layoffs, day, region.city),
        findings.deadlines(in_force, known.endings, day, region.city),
        findings.data_faults(in_force, known.faults, day),
    ]


def _readings(
    con: duckdb.DuckDBPyConnection, in_force: pd.DataFrame, fresh: pd.DataFrame, day: date, cutoff_at: datetime
) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts: list[pd.DataFrame] = []
    past: list[pd.DataFrame] = []
    rows = in_force[in_force["kind"].isin(_OF_READINGS)]
    with_past = set(rows.loc[rows["kind"] == "change", "indicator"])
    for rule in rows.drop_duplicates(["indicator", "cohort"]).itertuples():
        own = fresh[(fresh["indicator"] == rule.indicator) & (fresh["grain"] == rule.grain)]
        own = own[own["cohort"] == rule.cohort]
        recent = own["period"] >= pd.Timestamp(day - timedelta(days=READING_DAYS))
        own = own[recent & ~own["is_provisional"].astype(bool) & own["value"].notna()]
        if own.empty:
            continue
        asked = {"indicator": rule.indicator, "grain": rule.grain, "cohort": rule.cohort, "cutoff_at": cutoff_at}
        history = con.execute(step("level_history"), asked).df().assign(indicator=rule.indicator, cohort=rule.cohort)
        known = history.merge(own[["area", "industry", "period"]], on=["area", "industry", "period"])
        newest = known.groupby(["area", "industry"])["period"].transform("max")
        parts.append(known[known["period"] == newest])
        if rule.indicator in with_past:
            past.append(history[[*findings.SERIES, "cohort", "period", "value"]])
    empty = pd.DataFrame()
    return (pd.concat(parts, ignore_index=True) if parts else empty), (
        pd.concat(past, ignore_index=True) if past else empty
    )


def _faults(con: duckdb.DuckDBPyConnection, in_force: pd.DataFrame, cutoff_at: datetime) -> pd.DataFrame:
    rows = in_force[in_force["kind"] == "data_fault"]
    feeds = pd.DataFrame(
        [(name, feed) for name in rows["indicator"].unique() for feed in catalogue()[str(name)].roster_feeds],
        columns=["indicator", "feed"],
    )
    since = cutoff_at - timedelta(days=int(rows["window_days"].max()))
    asked = {"feeds": feeds["feed"].tolist(), "since": since, "cutoff_at": cutoff_at}
    return con.execute(step("fault"), asked).df().merge(feeds, on="feed")


def _folded(spikes: pd.DataFrame, in_force: pd.DataFrame, score: pd.DataFrame, told: Set[Series]) -> pd.DataFrame:
    """Spikes with explained_by: only counts are explained by one another, stocks and net changes stand themselves."""
    counts = [name for name, item in catalogue().items() if item.nature == "count"]
    is_count = spikes["indicator"].isin(counts)
    parts = [fold(spikes[is_count], in_force, score, told), spikes[~is_count]]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
