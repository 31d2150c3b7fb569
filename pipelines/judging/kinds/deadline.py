"""Deadlines: people at employers whose deferral of contributions ends soon, or in posts that do."""

from datetime import date, timedelta

import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.sql import step
from pipelines.judging.findings import SumFinder
from pipelines.judging.rule_kind import EditionContext, RuleInputs, SeenSeries, WarningKind
from pipelines.judging.rule_scope import by_rule_scope

NAME = "deadline"
_HEADCOUNT_DAYS = 100  # what ends is told by a monthly file of the last three months
_ENDS = {"welfare_post": "有公益性岗位即将到期，在岗人员去向须提前安排"}


class Deadline(WarningKind):
    """Rules on what ends within ``window_days`` from today."""

    name = NAME
    uses_facts = True
    is_certain = True

    def load_facts(self, context: EditionContext, rules: pd.DataFrame) -> pd.DataFrame:
        """Deferrals and posts that end: indicator, employer, area, industry, people, ends_on."""
        del rules
        since = context.day - timedelta(days=_HEADCOUNT_DAYS)
        asked = {"since": since, "day": context.day, "every_industry": TOTAL_INDUSTRY}
        return context.con.execute(step("ending"), asked).df()

    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``WarningKind``."""
        return find_deadlines(inputs.rules, inputs.facts_of(NAME), inputs.context.day, inputs.city)

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        deferral = f"{seen.industry}有用人单位缓缴社会保险费即将到期，职工去留须提前摸清"
        return f"{seen.area}{_ENDS.get(seen.indicator, deferral)}"


KIND = Deadline()


def find_deadlines(rules: pd.DataFrame, endings: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
    """Findings of rules on deadlines; ``endings``: as loaded. A rule is held against those of its indicator."""
    rule = rules[rules["kind"] == NAME]
    sums = SumFinder("people", "ends_on", city)
    for (days, name), limits in rule.groupby(["window_days", "indicator"]):
        ends, last = endings["ends_on"], pd.Timestamp(day + timedelta(days=int(days)))
        soon = endings[(endings["indicator"] == name) & (ends >= pd.Timestamp(day)) & (ends <= last)]
        for own, ending in by_rule_scope(limits, soon, "people"):
            sums.add(own, ending)
    found = sums.findings(least_employers=1)
    return found.assign(data_to=pd.Timestamp(day)) if len(found) else found
