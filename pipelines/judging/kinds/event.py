"""Events: one employer's report of a layoff or closure that reaches a line."""

from datetime import date

import pandas as pd

from pipelines.judging.findings import EVENT_DAYS, FINDING, add_instalments, as_findings, keep_worst
from pipelines.judging.rule_kind import ReportKind, SeenSeries
from pipelines.judging.rule_scope import holds_in_area, of_industry, of_size

NAME = "event"


class Event(ReportKind):
    """Rules on the report of one employer."""

    name = NAME

    def find(self, rules: pd.DataFrame, layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
        """As of ``ReportKind``."""
        del city
        return find_events(rules, layoffs, day)

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        return f"{seen.area}{seen.industry}有用人单位报告裁减人员"


KIND = Event()


def find_events(rules: pd.DataFrame, layoffs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Findings of event rules.

    ``layoffs``: reports in force with employer, staff, planned, reported_on, effective_on. Legs in one row of a rule
    are joined by *and* (persons ≥ line, share ≥ min_ratio, staff ≥ min_base), rows of a level by *or*. A report counts
    until ``window_days`` after the day it plans for, with what its employer reported in the ``window_days`` up to it:
    a layoff in instalments is one. What an employer reports in another area, or industry, is a finding of its own.
    """
    rule = rules[rules["kind"] == NAME]
    if rule.empty or layoffs.empty:
        return pd.DataFrame(columns=FINDING)
    rule = rule.assign(window_days=rule["window_days"].fillna(EVENT_DAYS))
    met = pd.concat(
        [add_instalments(layoffs, int(days)).merge(own, how="cross") for days, own in rule.groupby("window_days")]
    )
    age = (pd.Timestamp(day) - met[["reported_on", "effective_on"]].max(axis=1)).dt.days
    share = met["planned"] / met["staff"].where(met["staff"] > 0)
    met = met[
        (met["planned"] >= met["line"].fillna(0.0))
        & (met["min_ratio"].isna() | (share >= met["min_ratio"]))
        & (met["staff"] >= met["min_base"].fillna(0.0))
        & of_size(met, met["staff"])
        & (age < met["window_days"])
        & of_industry(met)
        & holds_in_area(met)
    ]
    met = keep_worst(met.assign(planned=-met["planned"]), ["rule_id", "employer", "area", "industry"], ["planned"])
    people = -met["planned"].astype(float)
    return as_findings(
        met.assign(
            window_from=met["since"],
            window_to=met["reported_on"],
            data_to=met["reported_on"],
            observed=people,
            people=people,
        )
    )
