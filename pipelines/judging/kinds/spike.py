"""Spikes: a window that is improbable, and larger (or smaller, where lower is worse) by enough times and people."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models import completeness
from models.panel import periods_from
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.sql import step
from pipelines.judging.contributor import add_causes
from pipelines.judging.findings import FINDING, NORMAL_95, SERIES, as_findings, in_scope, keep_worst
from pipelines.judging.grouping import group_in_everybody, group_spikes, group_sums
from pipelines.judging.lifecycle import EarlyWarning, Key
from pipelines.judging.rule_kind import (
    RuleInputs,
    SeenSeries,
    WarningKind,
    find_revised,
    is_of_series,
    is_within_evidence,
)
from pipelines.judging.rule_scope import holds_in_area, is_tag, of_industry

NAME = "spike"
_SCOPE_OF_LEVEL = {"total": "city", "area": "area", "industry": "industry", "cell": "cell"}
_USUAL_BEFORE = timedelta(weeks=completeness.MEMORY // 5)  # so many days hold the workdays that make the usual one


class Spike(WarningKind):
    """Rules on scores: what came in a window beside what was expected of it."""

    name = NAME
    is_grouped = True
    has_contributors = True

    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``WarningKind``; only counts of sections are explained by one another, all others stand themselves.

        A cohort that rises no more than everybody in its area is explained by it; else the city and its areas explain
        one another as sums do. No employer is named as the cause of a cohort's rise.
        """
        spikes = find_spikes(inputs.rules, inputs.score, inputs.worse)
        if inputs.cohort != EVERY_COHORT:
            if spikes.empty:
                return spikes
            line = spikes["rule_id"].map(inputs.rules.groupby("rule_id")["min_strength"].min())
            told = group_in_everybody(spikes.assign(line_of_rule=line), inputs.score_of_all)
            is_own = told["explained_by"].isna()
            return as_findings(pd.concat([group_sums(told[is_own], inputs.city), told[~is_own]], ignore_index=True))
        is_open = {(one.indicator, one.area, one.industry) for one in inputs.open_warnings if one.kind == NAME}
        counts = [name for name, item in catalogue().items() if item.nature == "count"]
        is_grouped = spikes["indicator"].isin(counts) & ~is_tag(spikes)
        score = inputs.score[~is_tag(inputs.score)] if len(inputs.score) else inputs.score
        parts = [group_spikes(spikes[is_grouped], inputs.rules, score, is_open), spikes[~is_grouped]]
        grouped = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        return add_causes(inputs.context.con, grouped, inputs.city) if inputs.names_causes else grouped

    def evaluated_until(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> dict[Key, tuple[date, int]]:
        """As of ``WarningKind``.

        A period is quiet when the areas that told the evidence have told it and its series' score has come to it.
        """
        con, score, region = inputs.context.con, inputs.score, inputs.context.region
        if score.empty:
            return {}
        until = score.groupby(SERIES)["data_to"].max().rename("until").dropna()
        evidence = _evidence_of(warnings, inputs.cohort).merge(until, left_on=SERIES, right_index=True)
        if evidence.empty:
            return {}
        since = evidence["usual_from"].min()
        days = [one.date() for one in pd.date_range(since, evidence["until"].max())]
        con.register("evidence", evidence)
        found = con.execute(
            step("quiet"),
            {
                "city": region.city,
                "total": TOTAL_INDUSTRY,
                "cohort": inputs.cohort,
                "cutoff_at": inputs.context.cutoff_at,
                "since": since.date(),
                "indicators": evidence["indicator"].unique().tolist(),
                "few": completeness.LEAST_EXPECTED,
                "workdays": [one for one in days if region.is_workday(one)],
            },
        ).fetchall()
        con.unregister("evidence")
        return {warnings[number].key: (period, periods) for number, period, periods in found}

    def still_exceeding(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """As of ``WarningKind``: the strongest window counts."""
        lines = inputs.rules[(inputs.rules["kind"] == NAME) & inputs.rules["leave_line"].notna()]
        if lines.empty or inputs.score.empty:
            return set()
        leave = lines.groupby("rule_id")["leave_line"].min().rename("leave")
        strength = inputs.score.groupby(SERIES, as_index=False)["strength"].max()
        rows = [(one.rule_id, one.indicator, one.area, one.industry, one.key) for one in warnings]
        named = pd.DataFrame(rows, columns=["rule_id", *SERIES, "key"])
        met = named.merge(leave, left_on="rule_id", right_index=True).merge(strength, on=SERIES)
        return set(met.loc[met["strength"] >= met["leave"], "key"])

    def reevaluate(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """Warnings whose window, revised by no fewer areas, is no spike any more.

        In a backtest those of series whose warning that edition closed by a revision.
        """
        if inputs.rescore is None:
            return _closed_then(warnings, inputs)
        if inputs.fresh.empty:
            return set()
        revised = find_revised(warnings, inputs.fresh)
        spikes = [one for one, readings in revised if is_within_evidence(one, readings, inputs.cohort)]
        if not spikes:
            return set()
        con = inputs.context.con
        con.register("evidence", _evidence_of(spikes, inputs.cohort))
        asked = {
            "city": inputs.city,
            "total": TOTAL_INDUSTRY,
            "cohort": inputs.cohort,
            "cutoff_at": inputs.context.cutoff_at,
            "indicators": sorted({one.indicator for one in spikes}),
        }
        windows = con.execute(step("evidence"), asked).fetchall()
        con.unregister("evidence")
        scores: dict[tuple[str, date], pd.DataFrame] = {}
        keys: set[Key] = set()
        for number, periods, is_whole in windows:
            warning = spikes[number]
            if not is_whole:
                continue
            grain = catalogue()[warning.indicator].judged_grain(inputs.cohort)
            last = periods_from(pd.Timestamp(warning.window_from), periods, grain.value)[-1].date()
            if (warning.indicator, last) not in scores:
                scores[warning.indicator, last] = inputs.rescore(warning.indicator, last, inputs.cohort)
            score = scores[warning.indicator, last]
            if score.empty:
                continue
            own = score[is_of_series(warning, score)]
            terms = inputs.terms_of(warning)
            is_scored = len(terms) and own.loc[own["window_periods"] == periods, "p"].notna().any()
            if is_scored and find_spikes(terms, own, inputs.worse).empty:
                keys.add(warning.key)
        return keys

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        return f"{seen.name}明显{'低于' if seen.is_lower else '高于'}按往年同期和近期水平的预期"


KIND = Spike()


def find_spikes(rules: pd.DataFrame, score: pd.DataFrame, worse: Mapping[str, str]) -> pd.DataFrame:
    """Findings of spike rules.

    ``score``: one row a series and window with level (total, area, industry, cell), observed, expected, variance, p,
    strength (standard deviations with the allowance of its level; NaN: none). Returns frame of FINDING columns, one
    row a rule and series, of its strongest window. ``worse``: indicator to higher or lower.
    """
    spike = rules[rules["kind"] == NAME]
    if spike.empty or score.empty:
        return pd.DataFrame(columns=FINDING)
    likely = score[score["strength"] >= spike["min_strength"].min()].rename(columns={"level": "place"})
    met = likely.merge(spike.drop(columns="grain"), on="indicator")
    is_lower = met["indicator"].map(worse) == "lower"
    more, less = met["observed"].mask(is_lower, met["expected"]), met["expected"].mask(is_lower, met["observed"])
    met = met.assign(people=more - less)[
        (met["strength"] >= met["min_strength"])
        & (met["min_ratio"].isna() | (more >= met["min_ratio"] * less))
        & (more - less >= met["min_people"].fillna(0.0))
        & in_scope(met, met["scope"], met["place"].map(_SCOPE_OF_LEVEL))
        & of_industry(met)
        & holds_in_area(met)
    ]
    met = keep_worst(met.assign(weakness=-met["strength"]), ["rule_id", *SERIES], ["weakness"])
    spread = NORMAL_95 * np.sqrt(met["variance"].to_numpy(dtype=float))
    return as_findings(
        met.assign(
            window_to=met["data_to"],
            lo=np.maximum(met["expected"] - spread, np.minimum(met["expected"], 0.0)),  # of a net loss it is no bound
            hi=met["expected"] + spread,
        )
    )


def _evidence_of(warnings: Sequence[EarlyWarning], cohort: str) -> pd.DataFrame:
    """Series and window of what warnings rest on, with the number of each in its list, for SQL to join.

    ``usual_from``: from when on one sees what was usual before the evidence, of counts by day.
    """
    rows = [
        (
            number,
            one.indicator,
            str(catalogue()[one.indicator].judged_grain(cohort)),
            one.area,
            one.industry,
            one.window_from,
            one.data_to,
            one.judged_to,
        )
        for number, one in enumerate(warnings)
    ]
    names = ["number", "indicator", "grain", "area", "industry", "window_from", "data_to", "judged_to"]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("window_from", "data_to", "judged_to")})
    is_daily = frame["grain"] == Grain.DAY
    return frame.assign(usual_from=frame["window_from"].mask(is_daily, frame["window_from"] - _USUAL_BEFORE))


def _closed_then(warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
    """Warnings of series whose spike the edition closed by a revision."""
    found = inputs.context.con.execute(
        "select rule_id, indicator, area, industry from episode "
        "where kind = 'spike' and close_reason = 'revision' and known_from = $cutoff_at",
        {"cutoff_at": inputs.context.cutoff_at},
    ).fetchall()
    rules = inputs.context.region.rules
    cohorts = dict(zip(rules["rule_id"], rules["cohort"], strict=True))
    closed = {tuple(series) for rule_id, *series in found if cohorts.get(rule_id, EVERY_COHORT) == inputs.cohort}
    return {one.key for one in warnings if (one.indicator, one.area, one.industry) in closed}
