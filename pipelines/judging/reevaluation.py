"""Open warnings whose own evidence was told anew: judged again by the rule that was in force when they opened."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd

from models.panel import periods_from
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.judging import findings
from pipelines.judging.evaluated_until import evidence_of, is_of
from pipelines.judging.exceedance import KIND, came, exceedances
from pipelines.judging.hysteresis import periods_before
from pipelines.judging.lifecycle import EarlyWarning, Key, finding_key
from pipelines.judging.rule_inputs import LAYOFF_DAYS, READING_DAYS

InForce = Callable[[date], pd.DataFrame]
"""The rules that were judged on a day."""
Again = Callable[[str, date], pd.DataFrame]
"""Indicator and a past period: scores as if it were the last one, by what is known of it now; empty: not scored."""


def reports_gone(
    current: Sequence[EarlyWarning], layoffs: pd.DataFrame, in_force: InForce, city: str, day: date
) -> set[Key]:
    """Warnings about reports that would not open now on the day of their evidence: withdrawn, or corrected below the
    line. ``current``: those without a finding; ``layoffs``: reports in force of half a year."""
    keys: set[Key] = set()
    for warning in current:
        if warning.kind not in {"event", "several"} or warning.window_from < day - timedelta(days=LAYOFF_DAYS):
            continue
        at = max(warning.opened_on, warning.data_to)
        terms = _terms(warning, in_force)
        if terms.empty:
            continue
        met = (
            findings.events(terms, layoffs, at)
            if warning.kind == "event"
            else findings.several(terms, layoffs, at, city)
        )
        if warning.key not in {finding_key(row) for row in met.to_dict("records")}:
            keys.add(warning.key)
    return keys


def readings_corrected(
    con: duckdb.DuckDBPyConnection,
    current: Sequence[EarlyWarning],
    fresh: pd.DataFrame,
    in_force: InForce,
    region: Region,
    cutoff_at: datetime,
) -> set[Key]:
    """Warnings of level and change rules that none of their periods meets, now that their evidence was told anew.

    ``current``: those without a finding; ``fresh``: readings this edition opened. A period that lacks a report, or has
    lost its history, is not judged.
    """
    whole = fresh[~fresh["is_provisional"].astype(bool) & fresh["value"].notna()]
    worse: dict[str, str] = {name: item.worse for name, item in catalogue().items()}
    keys: set[Key] = set()
    for warning, told in _told_anew([one for one in current if one.kind in {"level", "change"}], whole):
        terms = _terms(warning, in_force)
        if terms.empty:
            continue
        rule = terms.iloc[0]
        mean = int(rule["window_periods"]) if warning.kind == "change" else 1
        since = periods_before(region, Grain(rule["grain"]), warning.data_to, mean - 1)
        is_own = (told["grain"] == rule["grain"]) & (told["cohort"] == rule["cohort"])
        if not (is_own & (told["period"] >= pd.Timestamp(since))).any():
            continue
        asked = {name: rule[name] for name in ("indicator", "grain", "cohort")} | {"cutoff_at": cutoff_at}
        past = con.execute(step("level_history"), asked).df().assign(indicator=warning.indicator)
        past = past[is_of(warning, past) & (past["period"] <= pd.Timestamp(warning.data_to))].sort_values("period")
        least = mean + (findings.BEST_OF if warning.kind == "change" else findings.A_YEAR[str(rule["grain"])])
        if past["value"].tail(least).count() < least:
            continue
        recent = past["period"] >= pd.Timestamp(warning.opened_on - timedelta(days=READING_DAYS))
        own = past[recent & ~past["is_provisional"].astype(bool)]
        met = (
            findings.levels(terms, own, worse, region.city)
            if warning.kind == "level"
            else findings.changes(terms, own, past[[*findings.SERIES, "period", "value"]], worse, region.city)
        )
        if met.empty:
            keys.add(warning.key)
    return keys


def spans_corrected(
    con: duckdb.DuckDBPyConnection,
    current: Sequence[EarlyWarning],
    fresh: pd.DataFrame,
    in_force: InForce,
    region: Region,
    day: date,
    cutoff_at: datetime,
) -> set[Key]:
    """Warnings of exceedance rules whose span, told anew in full, is within the range that was forecast for it."""
    own = fresh[fresh["cohort"] == EVERY_COHORT]
    keys: set[Key] = set()
    for warning, told in _told_anew([one for one in current if one.kind == KIND], own):
        terms = _terms(warning, in_force)
        if terms.empty or not _is_within(warning, told):
            continue
        spans = came(con, region, terms, day, cutoff_at, warning.window_from)
        spans = spans[is_of(warning, spans)] if len(spans) else spans
        if len(spans) and exceedances(terms, spans, region.city).empty:
            keys.add(warning.key)
    return keys


def scores_corrected(
    con: duckdb.DuckDBPyConnection,
    current: Sequence[EarlyWarning],
    fresh: pd.DataFrame,
    in_force: InForce,
    again: Again,
    city: str,
    cutoff_at: datetime,
) -> set[Key]:
    """Spike warnings whose window, told anew by no fewer areas, is no spike any more; arguments as above."""
    own = fresh[fresh["cohort"] == EVERY_COHORT]
    told_anew = _told_anew([one for one in current if one.kind == "spike"], own)
    spikes = [one for one, told in told_anew if _is_within(one, told)]
    if not spikes:
        return set()
    con.register("evidence", evidence_of(spikes))
    asked = {
        "city": city,
        "total": TOTAL_INDUSTRY,
        "everybody": EVERY_COHORT,
        "cutoff_at": cutoff_at,
        "indicators": sorted({one.indicator for one in spikes}),
    }
    windows = con.execute(step("evidence"), asked).fetchall()
    con.unregister("evidence")
    worse: dict[str, str] = {name: item.worse for name, item in catalogue().items()}
    scores: dict[tuple[str, date], pd.DataFrame] = {}
    keys: set[Key] = set()
    for number, periods, is_whole in windows:
        warning = spikes[number]
        if not is_whole:
            continue
        grain = catalogue()[warning.indicator].grains[0]
        asked_for = warning.indicator, periods_from(pd.Timestamp(warning.window_from), periods, grain.value)[-1].date()
        if asked_for not in scores:
            scores[asked_for] = again(*asked_for)
        score = scores[asked_for]
        if score.empty:
            continue
        own = score[is_of(warning, score)]
        terms = _terms(warning, in_force)
        is_judged = len(terms) and own.loc[own["window_periods"] == periods, "p"].notna().any()
        if is_judged and findings.spikes(terms, own, worse).empty:
            keys.add(warning.key)
    return keys


def _terms(warning: EarlyWarning, in_force: InForce) -> pd.DataFrame:
    """The rows of a warning's rule as they were when it opened; none where rules.csv does not tell them any more."""
    own = in_force(warning.opened_on)
    return own[own["rule_id"] == warning.rule_id]


def _told_anew(current: Sequence[EarlyWarning], fresh: pd.DataFrame) -> list[tuple[EarlyWarning, pd.DataFrame]]:
    """The warnings with new readings of their series for periods up to that of their evidence, and these readings."""
    rows = [(number, one.indicator, one.area, one.industry, one.data_to) for number, one in enumerate(current)]
    named = pd.DataFrame(rows, columns=["number", *findings.SERIES, "data_to"])
    told = named.merge(fresh[[*findings.SERIES, "cohort", "grain", "period"]], on=findings.SERIES)
    told = told[told["period"] <= pd.to_datetime(told["data_to"])]
    return [(current[int(str(number))], own) for number, own in told.groupby("number")]


def _is_within(warning: EarlyWarning, told: pd.DataFrame) -> bool:
    grain = str(catalogue()[warning.indicator].grains[0])
    return bool(((told["grain"] == grain) & (told["period"] >= pd.Timestamp(warning.window_from))).any())
