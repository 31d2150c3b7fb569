"""Employers that took people on within half a year of a layoff that was carried out."""

from datetime import date, timedelta

import duckdb
import pandas as pd

from pipelines.core.sql import step
from pipelines.judging.leads import LEAD, leads_of_reports
from pipelines.judging.rule_kind import LeadKind, RuleInputs
from pipelines.judging.rule_scope import of_industry, of_size

NAME = "rehire"
_REPORT_DAYS = 300  # a report of half a year's priority and of the time between report and layoff
PRIORITY_MONTHS = 6  # 劳动合同法 41: who was laid off comes first for six months


class Rehire(LeadKind):
    """Rules on people who joined after a layoff."""

    name = NAME

    def find_leads(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``LeadKind``."""
        return load_rehired(inputs.context.con, inputs.rules, inputs.context.day)


KIND = Rehire()


def load_rehired(con: duckdb.DuckDBPyConnection, rules: pd.DataFrame, day: date) -> pd.DataFrame:
    """Ask for layoffs carried out and who joined their employers since, and find the"""
    if not (rules["kind"] == NAME).any():
        return pd.DataFrame(columns=LEAD)
    reports = con.execute(step("layoff"), {"since": day - timedelta(days=_REPORT_DAYS), "until": day}).df()
    until = reports["effective_on"] + pd.DateOffset(months=PRIORITY_MONTHS)
    is_open = (reports["effective_on"] <= pd.Timestamp(day)) & (until > pd.Timestamp(day))
    reports = reports.assign(until=until)[is_open]
    if reports.empty:
        return pd.DataFrame(columns=LEAD)
    begun_on = reports[["reported_on", "effective_on"]].min(axis=1)  # a report may come after its layoff
    done = reports[["report_id", "employer", "effective_on", "until"]].assign(begun_on=begun_on)
    con.register("done_layoff", done)
    joined = con.execute(step("lead_rehire"), {"since": begun_on.min().date()}).df()
    con.unregister("done_layoff")
    return find_rehired(rules, reports, joined)


def find_rehired(rules: pd.DataFrame, reports: pd.DataFrame, joined: pd.DataFrame) -> pd.DataFrame:
    """Leads on employers that took on ``line`` people or more within six months of a layoff that was carried out.

    ``joined``: report_id, joined, returned (of them, people who had left it since the report).
    """
    rule = rules[rules["kind"] == NAME]
    if rule.empty or joined.empty:
        return pd.DataFrame(columns=LEAD)
    met = reports.merge(joined, on="report_id").merge(rule, how="cross", suffixes=("", "_of_rule"))
    met = met[(met["joined"] >= met["line"]) & of_size(met, met["staff"]) & of_industry(met)]
    met = met.sort_values(["joined", "report_id"], ascending=[False, True])
    return leads_of_reports(met, met["joined"]).drop_duplicates(["rule_id", "employer"])
