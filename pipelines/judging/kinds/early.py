"""Layoffs planned for a day too soon after the staff were told."""

from datetime import date

import pandas as pd

from pipelines.judging.findings import EVENT_DAYS, add_instalments
from pipelines.judging.leads import LEAD, leads_of_reports
from pipelines.judging.rule_kind import LeadKind, RuleInputs
from pipelines.judging.rule_scope import of_industry, of_size

NAME = "early"


class Early(LeadKind):
    """Rules on the time between telling the staff and the planned day."""

    name = NAME

    def find_leads(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``LeadKind``."""
        return find_early(inputs.rules, inputs.layoffs, inputs.context.day)


KIND = Early()


def find_early(rules: pd.DataFrame, reports: pd.DataFrame, day: date) -> pd.DataFrame:
    """Leads on reports whose planned day is less than ``window_days`` after staff were told, and of the size the law
    means (persons ≥ line, or share ≥ min_ratio), with what its employer reported in the thirty days up to it. A report
    stays on the list until its planned day is half a year past.
    """
    rule = rules[rules["kind"] == NAME]
    whole = add_instalments(reports, EVENT_DAYS)
    told = whole[whole["told_on"].notna() & whole["effective_on"].notna()]
    if rule.empty or told.empty:
        return pd.DataFrame(columns=LEAD)
    met = told.merge(rule, how="cross", suffixes=("", "_of_rule"))
    met = met.assign(ratio=met["planned"] / met["staff"].where(met["staff"] > 0))
    met = met[
        ((met["effective_on"] - met["told_on"]).dt.days < met["window_days"])
        & (met["planned"] >= met["line"].fillna(0.0))
        & (met["min_ratio"].isna() | (met["ratio"] >= met["min_ratio"]))
        & of_size(met, met["staff"])
        & of_industry(met)
    ]
    met = met.sort_values(["planned", "report_id"], ascending=[False, True])
    return leads_of_reports(met, met["planned"]).drop_duplicates(["rule_id", "employer"])
