"""Loads what one edition knows that rules are held against: the same in a run and in a backtest."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.region.key_period import apply_key_periods
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.judging.findings import SERIES
from pipelines.judging.kinds import RULE_KINDS, WARNING_KINDS
from pipelines.judging.lifecycle import EarlyWarning
from pipelines.judging.rule_kind import LAYOFF_DAYS, READING_DAYS, EditionContext, RuleInputs, RulesOn
from pipelines.judging.rule_scope import apply_overrides, drop_unmet


def in_force_on(region: Region, day: date, chosen: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rules judged on a day: enabled ones (or those ``chosen``) whose indicator exists, with the areas' overrides; in a
    key period those that it names are stricter.

    A rule that no reading can meet (of indicators by size of employers) is not among them; the doctor names it.
    """
    own = drop_unmet(region.rules_on(day) if chosen is None else chosen)
    own = own[(own["is_enabled"] | (chosen is not None)) & own["indicator"].isin(list(catalogue()))]
    return apply_overrides(apply_key_periods(own, region.key_period, day), region.rule_overrides, day)


def needs_facts(rules: pd.DataFrame) -> bool:
    """Whether rules are held against facts in force, so that the connection must see them as of the edition."""
    return any(RULE_KINDS[kind].uses_facts for kind in rules["kind"]) or bool(rules["raise_by"].notna().any())


def load_inputs(
    context: EditionContext,
    rules_on: RulesOn,
    score: pd.DataFrame,
    fresh: pd.DataFrame,
    open_warnings: Sequence[EarlyWarning] = (),
) -> RuleInputs:
    """Ask for what the rules of the edition's day need. ``fresh``: readings this edition opened."""
    rules = rules_on(context.day)
    readings, past = _load_readings(context, rules, fresh)
    layoffs = pd.DataFrame()
    if any(RULE_KINDS[kind].uses_layoffs for kind in rules["kind"]) or rules["raise_by"].notna().any():
        since = context.day - timedelta(days=LAYOFF_DAYS)
        layoffs = context.con.execute(step("layoff"), {"since": since, "until": context.day}).df()
    facts = {
        name: RULE_KINDS[name].load_facts(context, rules[rules["kind"] == name]) for name in rules["kind"].unique()
    }
    return RuleInputs(context, rules, rules_on, score, fresh, readings, past, layoffs, facts, open_warnings)


def _load_readings(
    context: EditionContext, rules: pd.DataFrame, fresh: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts: list[pd.DataFrame] = []
    past: list[pd.DataFrame] = []
    on_readings = rules[rules["kind"].isin([name for name, kind in WARNING_KINDS.items() if kind.uses_readings])]
    on_past = rules[rules["kind"].isin([name for name, kind in WARNING_KINDS.items() if kind.uses_past])]
    with_past = set(on_past["indicator"])
    for rule in on_readings.drop_duplicates(["indicator", "cohort"]).itertuples():
        own = fresh[(fresh["indicator"] == rule.indicator) & (fresh["grain"] == rule.grain)]
        own = own[own["cohort"] == rule.cohort]
        recent = own["period"] >= pd.Timestamp(context.day - timedelta(days=READING_DAYS))
        own = own[recent & ~own["is_provisional"].astype(bool) & own["value"].notna()]
        if own.empty:
            continue
        asked = {"indicator": rule.indicator, "grain": rule.grain, "cohort": rule.cohort}
        history = context.con.execute(step("level_history"), asked | {"cutoff_at": context.cutoff_at}).df()
        history = history.assign(indicator=rule.indicator, cohort=rule.cohort)
        known = history.merge(own[["area", "industry", "period"]], on=["area", "industry", "period"])
        newest = known.groupby(["area", "industry"])["period"].transform("max")
        parts.append(known[known["period"] == newest])
        if rule.indicator in with_past:
            past.append(history[[*SERIES, "cohort", "period", "value"]])
    empty = pd.DataFrame()
    return (pd.concat(parts, ignore_index=True) if parts else empty), (
        pd.concat(past, ignore_index=True) if past else empty
    )
