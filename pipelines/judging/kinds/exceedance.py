"""What came beyond the range that was forecast for it weeks or months before: a slide too slow for a short window."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.panel import period_numbers
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY
from pipelines.core.sql import step
from pipelines.judging.findings import FINDING, NORMAL_95, SERIES, in_scope, keep_worst, place_of
from pipelines.judging.grouping import group_sums
from pipelines.judging.lifecycle import EarlyWarning, Key
from pipelines.judging.rule_kind import (
    EditionContext,
    RuleInputs,
    SeenSeries,
    WarningKind,
    find_revised,
    is_of_series,
    is_within_evidence,
)
from pipelines.judging.rule_scope import holds_in_area, of_industry

NAME = "exceedance"
SPAN_DAYS = {"day": 35, "week": 56, "month": 75, "quarter": 200}
"""Days since its start after which a span is history, no warning."""
_SPAN = {"day": 7, "week": 1, "month": 1, "quarter": 1}  # periods that one forecast sums up
_AHEAD = ["indicator", "horizon"]


class Exceedance(WarningKind):
    """Rules on forecasts: the newest sum of a series beside what was forecast for it."""

    name = NAME
    has_contributors = True

    def load_facts(self, context: EditionContext, rules: pd.DataFrame) -> pd.DataFrame:
        """The newest spans beside their forecasts."""
        return load_spans(context, rules)

    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``WarningKind``."""
        return find_exceedances(inputs.rules, inputs.facts_of(NAME), inputs.city)

    def evaluated_until(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> dict[Key, tuple[date, int]]:
        """As of ``WarningKind``: up to the newest span that is over."""
        spans = inputs.facts_of(NAME)
        if spans.empty:
            return {}
        found: dict[Key, tuple[date, int]] = {}
        for warning in warnings:
            own = spans[is_of_series(warning, spans) & (spans["window_to"] > pd.Timestamp(warning.judged_to))]
            if own.empty:
                continue
            until, grain = own["window_to"].max(), catalogue()[warning.indicator].grains[0]
            before, now = period_numbers(pd.DatetimeIndex([warning.judged_to, until]), grain.value)
            found[warning.key] = (until.date(), int(now - before))
        return found

    def still_exceeding(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """As of ``WarningKind``."""
        lines = inputs.rules[(inputs.rules["kind"] == NAME) & inputs.rules["leave_line"].notna()]
        spans = inputs.facts_of(NAME)
        if lines.empty or spans.empty:
            return set()
        ahead = lines.rename(columns={"window_periods": "horizon"})[["rule_id", "horizon", "leave_line"]]
        rows = [(one.rule_id, one.indicator, one.area, one.industry, one.key) for one in warnings]
        named = pd.DataFrame(rows, columns=["rule_id", *SERIES, "key"])
        met = named.merge(ahead, on="rule_id").merge(spans, on=[*SERIES, "horizon"])
        return set(met.loc[met["strength"] >= met["leave_line"], "key"])

    def reevaluate(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """Warnings whose span, revised and reported in full, is within the range that was forecast for it."""
        if inputs.fresh.empty:
            return set()
        keys: set[Key] = set()
        for warning, revised in find_revised(warnings, inputs.fresh):
            terms = inputs.terms_of(warning)
            if terms.empty or not is_within_evidence(warning, revised, inputs.cohort):
                continue
            spans = load_spans(inputs.context, terms, warning.window_from)
            spans = spans[is_of_series(warning, spans)] if len(spans) else spans
            if len(spans) and find_exceedances(terms, spans, inputs.city).empty:
                keys.add(warning.key)
        return keys

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        return f"{seen.name}{'低于' if seen.is_lower else '高于'}此前对这一时期预测的区间"


KIND = Exceedance()


def load_spans(context: EditionContext, rules: pd.DataFrame, since: date | None = None) -> pd.DataFrame:
    """The newest span of every series that is over and told in full, beside its forecast, for the rules that ask.

    ``since``: the span that began then instead. Returns indicator, area, industry, horizon (spans ahead, as
    ``window_periods`` of the rules), grain, window_from, window_to (first days of its first and last period), observed,
    expected, lo, hi (95 %), strength (standard deviations to the worse side; NaN where the range has no width).
    """
    own = rules[rules["kind"] == NAME].drop_duplicates(["indicator", "window_periods"])
    if own.empty:
        return pd.DataFrame()
    con, region, day = context.con, context.region, context.day
    grain = own["indicator"].map(lambda name: catalogue()[name].grains[0].value)
    spans = grain.map(_SPAN)
    wanted = pd.DataFrame(
        {"indicator": own["indicator"], "grain": grain, "horizon": own["window_periods"].astype("int64") * spans}
    )
    first = since or day - timedelta(days=max(SPAN_DAYS[one] for one in grain))
    days = region.calendar_frame(first, day)
    con.register("wanted", wanted)
    con.register("workday", days.loc[days["is_workday"], ["date"]].rename(columns={"date": "period"}))
    found: pd.DataFrame = con.execute(
        step("beyond_forecast"),
        {
            "everybody": EVERY_COHORT,
            "total": TOTAL_INDUSTRY,
            "city": region.city,
            "cutoff_at": context.cutoff_at,
            "day": day,
            "window_from": since,
            "since": first,
        },
    ).df()
    con.unregister("wanted")
    con.unregister("workday")
    if since is None:
        age = (pd.Timestamp(day) - found["window_from"]).dt.days
        found = found[age <= found["grain"].map(SPAN_DAYS)]
    is_lower = found["indicator"].map(lambda name: catalogue()[name].worse) == "lower"
    width = (found["expected"] - found["lo"]).where(is_lower, found["hi"] - found["expected"])
    beyond = (found["observed"] - found["expected"]) * np.where(is_lower, -1.0, 1.0)
    return found.assign(
        horizon=found["horizon"] // found["grain"].map(_SPAN), strength=NORMAL_95 * beyond / width.where(width > 0)
    )


def find_exceedances(rules: pd.DataFrame, spans: pd.DataFrame, city: str) -> pd.DataFrame:
    """Findings of exceedance rules, grouped: beyond the forecast by enough standard deviations, times and people.

    ``spans``: as of ``load_spans``. Returns frame of FINDING columns, one row a rule and series; explained_by
    ("area|industry") of what another finding of the rule explains.
    """
    rule = rules[rules["kind"] == NAME].rename(columns={"window_periods": "horizon"})
    if rule.empty or spans.empty:
        return pd.DataFrame(columns=FINDING)
    met = spans.merge(rule.drop(columns="grain"), on=_AHEAD)
    is_up = met["observed"] >= met["expected"]
    more, less = met["observed"].where(is_up, met["expected"]), met["expected"].where(is_up, met["observed"])
    met = met.assign(people=more - less, line_of_rule=met.groupby("rule_id")["min_strength"].transform("min"))[
        (met["strength"] >= met["min_strength"])
        & (met["min_ratio"].isna() | (more >= met["min_ratio"] * less))
        & (more - less >= met["min_people"].fillna(0.0))
        & in_scope(met, met["scope"], place_of(met, city))
        & of_industry(met)
        & holds_in_area(met)
    ]
    met = keep_worst(met, ["rule_id", *SERIES], [])
    return group_sums(met.assign(data_to=met["window_to"]), city).reindex(columns=FINDING)
