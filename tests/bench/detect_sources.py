"""What each rule finds of the events of its source, and says in vain, in a loud and a quiet city of weekly editions."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy import stats

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT
from pipelines.core.region.load import Region
from pipelines.core.region.rule_version import newest
from pipelines.demo import CitySpec, plan_city
from pipelines.judging.kinds import LEAD_KINDS
from pipelines.judging.rule_backtest import YELLOW, backtest_together
from pipelines.run import editions, first_edition
from tests.bench.detect import contains
from tests.bench.place import LAST_DAY, Place, now, place

WEEKS = 54  # of editions, one a week; the first opens what was going on
WITHIN_DAYS = 21  # of an event being visible: an edition of up to a week later says it
MONTH = 365.25 / 12
OF_JOBS = frozenset(
    {
        "benefit_claim", "insured_event", "insured_headcount", "layoff_report", "monitored_employer",
        "unemployment_registration",
    }
)  # fmt: skip
"""Feeds in which a job that is lost leaves its mark."""
OF_NO_EVENT = frozenset({"deadline", "data_fault"})
MEASURED = Path(__file__).resolve().parents[2] / "docs" / "reference" / "rules_measured.csv"


def replay_weeks(here: Place, days: int, scale: float, seed: int, *, is_quiet: bool) -> None:
    """A city of this size with its last year of weekly editions."""
    here.generate(days, scale, seed, is_quiet)
    here.ingest()
    last = LAST_DAY + timedelta(days=1)
    wanted = [first_edition(here.region, here.ledger, last - timedelta(days=7 * ago)) for ago in range(WEEKS)]
    editions(here.settings, here.region, here.ledger, wanted[::-1], now(), is_replay=True)


def tried(region: Region) -> list[pd.DataFrame]:
    """The rows of every rule that warns, switched on or not."""
    rows = [newest(region, rule_id) for rule_id in region.rules["rule_id"].unique()]
    return [one for one in rows if one["kind"].iloc[0] not in LEAD_KINDS]


def warnings_of(here: Place, rules: Sequence[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """By rule its warnings of yellow or worse over the weeks: area, industry, told_on."""
    between = (LAST_DAY - timedelta(days=7 * WEEKS), LAST_DAY + timedelta(days=1))
    with here.warehouse() as warehouse:
        answer = backtest_together(warehouse.connection, here.region, rules, between)
    told = {}
    for rule_id, found in answer.items():
        cases = pd.DataFrame(found["cases"], columns=["area", "industry", "opened_on", "level", "level_on"])
        bad = cases[cases["level"] <= YELLOW]
        told[rule_id] = bad.assign(told_on=pd.to_datetime(bad["opened_on"]))
    return told


def events_of(truth: pd.DataFrame, rule: pd.Series) -> pd.DataFrame:
    """Large events of the year that a rule's facts tell of, none of one about a cohort, a day to come or missing files:
    no event is of one cohort, and jobs that are lost change neither the other sources nor what is due."""
    if rule["cohort"] != EVERY_COHORT or rule["kind"] in OF_NO_EVENT:
        return truth.iloc[:0]
    first = pd.Timestamp(LAST_DAY - timedelta(days=7 * (WEEKS - 1)))
    seen = truth["first_visible_on"].between(first, pd.Timestamp(LAST_DAY - timedelta(days=WITHIN_DAYS)))
    tables = catalogue()[str(rule["indicator"])].tables
    own = truth[truth["source"].isin(tables)]
    if not OF_JOBS.isdisjoint(tables):
        own = truth[truth["source"].isna() & (truth["kind"] != "past_shock")]
    return own[seen.reindex(own.index) & (own["size_class"] == "large")].reset_index(drop=True)


def found_of(told: pd.DataFrame, events: pd.DataFrame, city: str) -> pd.Series:
    """(events,) days after each was visible until a warning touched it; NaN where none did."""
    pairs = told.merge(events.assign(e=events.index), how="cross", suffixes=("", "_event"))
    event = pairs[["area_event", "industry_event"]].set_axis(["area", "industry"], axis=1)
    pairs = pairs[contains(pairs, event, city) | contains(event, pairs, city)]
    after = (pairs["told_on"] - pairs["first_visible_on"]).dt.days
    met = pairs.assign(after=after)[after >= 0]
    return met.groupby("e")["after"].min().reindex(events.index)


def at_best(region: Region, spec: CitySpec, events: pd.DataFrame, series: int) -> float | None:
    """Chance that the likelihood ratio of the true rates finds the events of one source within the same days, at one
    false alarm a month among so many series; None where the events are of jobs."""
    if events.empty or events["source"].isna().any():
        return None
    drawn = {f"S{event.number + 1:04d}": event for event in plan_city(region, spec).source_events}
    line, power = stats.norm.isf(7 / MONTH / series), []
    for row in events.itertuples():
        event = drawn[str(row.event_id)]
        weeks = (
            event.shape(spec.days)[event.start : event.start + WITHIN_DAYS].reshape(-1, 7).mean(axis=1) / event.depth
        )
        power.append(stats.norm.sf(line - row.z_source * np.sqrt((weeks**2).sum())))
    return round(float(np.mean(power)), 3)


def counts(loud: Place, quiet: Place, spec: CitySpec) -> pd.DataFrame:
    """(rules,) of one pair of cities: events, found within the days, what an oracle finds of them, days until found,
    warnings told in the loud city and in vain."""
    region = loud.region
    rules = tried(region)
    told, vain = warnings_of(loud, rules), warnings_of(quiet, rules)
    truth = pd.read_csv(loud.truth, parse_dates=["first_visible_on", "end_on"])
    answer = []
    for rows in rules:
        rule_id = str(rows["rule_id"].iloc[0])
        events = events_of(truth, rows.iloc[0])
        delay = found_of(told[rule_id], events, region.city)
        scopes = {"city": 1, "area": len(region.units), "industry": 20, "cell": 20 * len(region.units)}
        series = sum(scopes.get(scope, 1) for scope in str(rows["scope"].iloc[0]).split(";"))
        answer.append(
            {
                "rule": rule_id,
                "events": len(events),
                "found": int((delay <= WITHIN_DAYS).sum()),
                "best": at_best(region, spec, events, series),
                "delays": delay.dropna().tolist(),
                "told": len(told[rule_id]),
                "vain": len(vain[rule_id]),
            }
        )
    return pd.DataFrame(answer).set_index("rule")


def pooled(of_cities: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """(rules,) over all cities: events, pod, oracle, delay_days, told, false_per_month; NaN where there is none."""
    months = len(of_cities) * 7 * (WEEKS - 1) / MONTH
    whole = pd.concat(of_cities)
    whole["expected"] = whole["best"].astype(float) * whole["events"]
    by_rule = whole.groupby(level=0, sort=False)
    sums = by_rule[["events", "found", "expected", "told", "vain"]].sum(min_count=1)
    events = sums["events"].where(sums["events"] > 0)
    return pd.DataFrame(
        {
            "events": sums["events"],
            "pod": (sums["found"] / events).round(2),
            "oracle": (sums["expected"] / events).round(2),
            "delay_days": whole["delays"].explode().astype(float).groupby(level=0).median(),
            "told": sums["told"],
            "false_per_month": (sums["vain"] / months).round(2),
        }
    )


def show(answer: pd.DataFrame) -> None:
    """Print the figures as a table, a row a rule."""
    table = Table("rule", *answer.columns, title=f"rules, {WEEKS - 1} weekly editions a city")
    for row in answer.itertuples():
        table.add_row(*(str(value) for value in row))
    Console(width=160).print(table)


def run(small: bool, seeds: tuple[int, ...] = (1, 2)) -> dict[str, Any]:
    """Scale 0.2, three years, the last 53 weeks, one edition a week; a loud and a quiet city a seed. Not small: writes
    the figures that docs/reference/rules.md shows."""
    of_cities = []
    for seed in seeds[: 1 if small else None]:
        spec = CitySpec(1095, 0.2, seed, LAST_DAY)
        with place() as loud, place() as quiet:
            for here, is_quiet in ((loud, False), (quiet, True)):
                replay_weeks(here, spec.days, spec.scale, spec.seed, is_quiet=is_quiet)
            of_cities.append(counts(loud, quiet, spec))
    answer = pooled(of_cities)
    show(answer)
    if not small:
        answer.assign(cities=len(of_cities)).to_csv(MEASURED)
    return {"rules": json.loads(answer.to_json(orient="index"))}
