"""Asks the facts in force what the law rules on layoffs need, and stores the leads of an edition."""

from datetime import date, timedelta

import duckdb
import pandas as pd

from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.region.rules import LEADS
from pipelines.core.sql import step
from pipelines.judging import leads

HEADCOUNT_MONTHS = 3  # a headcount older than that is none
REPORT_DAYS = 300  # a report of half a year's priority and of the time between report and layoff
LEFT_CLASSES = ("employer", "unknown")


def found(
    con: duckdb.DuckDBPyConnection, region: Region, rules: pd.DataFrame, reports: pd.DataFrame, day: date
) -> pd.DataFrame:
    """Leads of the rules in force on ``day``; ``con`` sees the facts in force, ``reports`` are those of half a year."""
    rules = rules[rules["kind"].isin(LEADS)]
    if rules.empty:
        return pd.DataFrame(columns=leads.LEAD)
    parts = [_unreported(con, region, rules, reports, day), leads.early(rules, reports, day), _rehired(con, rules, day)]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def store(con: duckdb.DuckDBPyConnection, edition: Edition, frame: pd.DataFrame) -> None:
    """Write the leads of an edition; ``frame``: columns of LEAD and rule_hash."""
    if frame.empty:
        return
    columns = ", ".join(["edition_id", "day", *leads.LEAD, "rule_hash"])
    con.register("incoming", frame.assign(edition_id=edition.edition_id, day=pd.Timestamp(edition.day)))
    con.execute(f"insert into layoff_lead ({columns}) select {columns} from incoming")  # nosec B608 # names of our own tables and columns
    con.unregister("incoming")


def _unreported(
    con: duckdb.DuckDBPyConnection, region: Region, rules: pd.DataFrame, reports: pd.DataFrame, day: date
) -> pd.DataFrame:
    rule = rules[rules["kind"] == "unreported"]
    first_on, last_on = con.execute(step("lead_first")).fetchall()[0]
    if rule.empty or first_on is None:
        return pd.DataFrame(columns=leads.LEAD)
    days = int(rule["window_days"].iloc[0])
    windows = leads.blocks(min(day, last_on), days, first_on)
    since = windows["since"].iloc[0]
    listed = region.codes[(region.codes["list"] == "insured_reason") & region.codes["class"].isin(LEFT_CLASSES)]
    asked = {
        "until": windows["until"].max(),
        "reasons": listed["code"].tolist(),
        "earliest": since - timedelta(days=leads.FILED_WITHIN_DAYS),
    }
    least = int(rule["min_people"].min())
    base = (since.replace(day=1) - timedelta(days=1)).replace(day=1)
    oldest = (pd.Timestamp(base) - pd.DateOffset(months=HEADCOUNT_MONTHS - 1)).date()
    _look_back(con, windows[:1], asked)
    leavers = con.execute(step("lead_employer"), {"least": least}).df()
    if leavers.empty:
        return pd.DataFrame(columns=leads.LEAD)
    con.execute(step("lead_headcount"), {"oldest": oldest, "base": base})
    headcount = con.execute("select * from lead_headcount").df()
    if leads.large_enough(rule, leavers, headcount, reports, windows).empty:
        return pd.DataFrame(columns=leads.LEAD)
    _look_back(con, windows, asked)
    leavers = con.execute(step("lead_employer"), {"least": least}).df()
    return leads.unreported(rule, leavers, con.execute(step("lead_industry")).df(), headcount, reports, windows)


def _look_back(con: duckdb.DuckDBPyConnection, windows: pd.DataFrame, asked: dict[str, object]) -> None:
    con.register("lead_block", windows)
    con.execute(step("lead_leave"), {"since": windows["since"].min(), **asked})
    con.unregister("lead_block")


def _rehired(con: duckdb.DuckDBPyConnection, rules: pd.DataFrame, day: date) -> pd.DataFrame:
    if not (rules["kind"] == "rehire").any():
        return pd.DataFrame(columns=leads.LEAD)
    reports = con.execute(step("layoff"), {"since": day - timedelta(days=REPORT_DAYS), "until": day}).df()
    until = reports["effective_on"] + pd.DateOffset(months=leads.PRIORITY_MONTHS)
    is_open = (reports["effective_on"] <= pd.Timestamp(day)) & (until > pd.Timestamp(day))
    reports = reports.assign(until=until)[is_open]
    if reports.empty:
        return pd.DataFrame(columns=leads.LEAD)
    begun_on = reports[["reported_on", "effective_on"]].min(axis=1)  # a report may come after its layoff
    done = reports[["report_id", "employer", "effective_on", "until"]].assign(begun_on=begun_on)
    con.register("done_layoff", done)
    joined = con.execute(step("lead_rehire"), {"since": begun_on.min().date()}).df()
    con.unregister("done_layoff")
    return leads.rehired(rules, reports, joined)
