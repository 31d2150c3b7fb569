"""Evaluates the rules of one edition and brings the open warnings up to it: the same in a run and in a backtest."""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from pipelines.judging.corroboration import compare_sources, raise_levels
from pipelines.judging.hysteresis import find_waiting
from pipelines.judging.kinds import LEAD_KINDS, WARNING_KINDS
from pipelines.judging.leads import LEAD
from pipelines.judging.lifecycle import EarlyWarning, Key, advance, finding_key
from pipelines.judging.rule_kind import RuleInputs


def evaluate_rules(inputs: RuleInputs, earlier: pd.DataFrame, closed: Mapping[Key, tuple[int, date]]) -> pd.DataFrame:
    """The findings of all rules, raised by agreeing sources, each with what it waits for.

    ``earlier``, ``closed``: findings of editions before and warnings closed, as of ``find_waiting``.
    """
    parts = [kind.evaluate(part) for kind in WARNING_KINDS.values() for _, part in inputs.by_cohort()]
    findings = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    findings["level_alone"] = findings["level"]
    findings["level"] = _raise_levels(findings, inputs)
    context = inputs.context
    findings["waits_for"] = find_waiting(findings, inputs.rules, earlier, closed, context.region, context.day)
    return findings


def evaluate_leads(inputs: RuleInputs) -> pd.DataFrame:
    """The leads of all law rules: frame of LEAD columns."""
    names = [name for name in LEAD_KINDS if (inputs.rules["kind"] == name).any()]
    parts = [LEAD_KINDS[name].find_leads(inputs) for name in names] or [pd.DataFrame(columns=LEAD)]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def advance_warnings(inputs: RuleInputs, findings: pd.DataFrame, current: Sequence[EarlyWarning]) -> list[EarlyWarning]:
    """The warnings after this edition, those closed by it included; ``current``: those open before."""
    leave_after = {str(row.rule_id): int(row.leave_after) for row in inputs.rules.itertuples()}
    alive = [one for one in current if one.rule_id in leave_after]
    cohorts: dict[str, str] = dict(zip(inputs.rules["rule_id"], inputs.rules["cohort"], strict=True))
    met = {finding_key(row) for row in findings.to_dict("records")}
    evaluated: dict[Key, tuple[date, int]] = {}
    exceeding: set[Key] = set()
    unfounded: set[Key] = set()
    for cohort, part in inputs.by_cohort():
        for name, kind in WARNING_KINDS.items():
            own = [one for one in alive if one.kind == name and cohorts[one.rule_id] == cohort]
            if own:
                evaluated |= kind.evaluated_until(own, part)
                exceeding |= kind.still_exceeding(own, part)
            rest = [one for one in own if one.key not in met]
            if rest:
                unfounded |= kind.reevaluate(rest, part)
    return advance(list(current), findings, evaluated, leave_after, inputs.context.day, exceeding, unfounded)


def _raise_levels(findings: pd.DataFrame, inputs: RuleInputs) -> pd.Series:
    raising = set(inputs.rules.loc[inputs.rules["raise_by"].notna(), "rule_id"])
    wanted = findings[findings["rule_id"].isin(raising)]
    if wanted.empty:
        return findings["level"]
    return raise_levels(findings, inputs.rules, compare_sources(wanted, inputs))
