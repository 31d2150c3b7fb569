"""Several employers of one area, or of one industry, whose reports of layoffs add up in a window."""

from datetime import date, timedelta

import pandas as pd

from pipelines.judging.findings import SumFinder
from pipelines.judging.rule_kind import ReportKind, SeenSeries
from pipelines.judging.rule_scope import by_rule_scope

NAME = "several"
_LEAST_EMPLOYERS = 2


class Several(ReportKind):
    """Rules on the reports of some employers together."""

    name = NAME
    has_contributors = True

    def find(self, rules: pd.DataFrame, layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
        """As of ``ReportKind``."""
        return find_several(rules, layoffs, day, city)

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        return f"{seen.area}{seen.industry}有多家用人单位先后报告裁减人员"


KIND = Several()


def find_several(rules: pd.DataFrame, layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
    """Findings of rules on several employers; ``layoffs``: as for events."""
    rule = rules[rules["kind"] == NAME]
    sums = SumFinder("planned", "reported_on", city)
    for days, limits in rule.groupby("window_days"):
        reported = layoffs["reported_on"]
        recent = layoffs[(reported > pd.Timestamp(day - timedelta(days=int(days)))) & (reported <= pd.Timestamp(day))]
        for own, reports in by_rule_scope(limits, recent, "staff"):
            sums.add(own, reports)
    return sums.findings(_LEAST_EMPLOYERS)
