"""Who makes up a rise: the employers, or townships of monitored villages, with the most beyond their usual."""

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.sql import step
from pipelines.judging.lifecycle import EarlyWarning
from pipelines.judging.period import last_day
from pipelines.judging.rule_scope import names_a_size

HISTORY = timedelta(days=364)  # 52 weeks say what is usual of a member; fewer where data begin later
MOST_NAMED = 5  # [P] beside them stands what all others brought together
LEAST_NAMED = 3.0  # [P] people beyond the usual: who brings fewer is no cause, and its few people nobody's business
_DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Members:
    """Of whom the rows behind an indicator speak, how what is usual of one is told (steps/contributor.sql), and the
    grain of their forms, if they report by form."""

    kind: str
    usual: str
    form: Grain | None = None


MEMBERS = {
    "benefit_claim": Members("employer", "day"),
    "dismissal": Members("employer", "day"),
    "insured_leave": Members("employer", "day"),
    "job_loss_rate": Members("employer", "form", Grain.MONTH),
    "layoff_reported": Members("employer", "none"),
    "returning_labour_share": Members("township", "form", Grain.WEEK),
}
"""Indicators with a file ``contribution_<indicator>.sql``."""
CAUSE_SHARE, CAUSE_PEOPLE = 0.5, 10  # of the excess, and people: an employer is named when it brings both
CONTRIBUTOR = ["episode_id", "area", "kind", "place", "member", "member_name", "observed", "expected"]


def load_contributions(
    con: duckdb.DuckDBPyConnection, indicator: str, wanted: pd.DataFrame, city: str, least: float, most: int
) -> pd.DataFrame:
    """Who brought what was seen in the windows of one indicator of ``MEMBERS``; ``con`` sees the facts in force.

    ``wanted``: number, area, industry, window_from, until (last day). Returns number, place (1: the largest
    rise; 0: all others together, last), member, observed, expected (people; NaN where nothing is known of what is
    usual): at most ``most`` members a window, with ``least`` people or more beyond their usual.
    """
    since, until = pd.to_datetime(wanted["window_from"]), pd.to_datetime(wanted["until"])
    windows = wanted[["number", "area", "industry"]].assign(
        window_from=since, until=until, history_from=since - HISTORY, periods=_periods(since, until, indicator)
    )
    con.register("wanted", windows)
    con.execute(f"create or replace temp view contribution as {step(f'contribution_{indicator}')}")
    members = MEMBERS[indicator]
    asked = {
        "city": city,
        "least": least,
        "most": most,
        "usual": members.usual,
        "form_days": _DAYS_A_WEEK if members.form is Grain.WEEK else 1,
    }
    found: pd.DataFrame = con.execute(step("contributor"), asked).df()
    con.unregister("wanted")
    return found


def load_contributors(
    con: duckdb.DuckDBPyConnection, warnings: list[EarlyWarning], in_force: pd.DataFrame, city: str
) -> pd.DataFrame:
    """Who makes up the rise of each warning, of kinds that have contributors: frame of CONTRIBUTOR.

    None of a warning by a rule of one cohort or of some sizes of employers, nor of a sum over the industries that a
    rule names: the rows behind these are of all.
    """
    plain = in_force[(in_force["cohort"] == EVERY_COHORT) & ~names_a_size(in_force)]
    grain = dict(zip(plain["rule_id"], plain["grain"], strict=True))
    of_industries = set(plain.loc[plain["industries"].notna(), "rule_id"])
    rows = [
        (one.episode_id, one.indicator, one.area, one.industry, one.window_from, _until(grain[one.rule_id], one))
        for one in warnings
        if one.indicator in MEMBERS
        and one.rule_id in grain
        and not (one.industry == TOTAL_INDUSTRY and one.rule_id in of_industries)
    ]
    named = ["episode_id", "indicator", "area", "industry", "window_from", "until"]
    asked = pd.DataFrame(rows, columns=named).rename_axis("number").reset_index()
    parts = [
        load_contributions(con, str(indicator), wanted, city, LEAST_NAMED, MOST_NAMED)
        .merge(wanted[["number", "episode_id", "area"]], on="number")
        .assign(kind=MEMBERS[str(indicator)].kind)
        for indicator, wanted in asked.groupby("indicator")
    ]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CONTRIBUTOR)
    found = found[found["episode_id"].isin(found.loc[found["place"] > 0, "episode_id"])]
    return found.assign(member_name=_names(con, found))[CONTRIBUTOR]


def employer_names(con: duckdb.DuckDBPyConnection, codes: list[str]) -> dict[str, str]:
    """Names of employers by their codes, as their newest headcounts have them."""
    named = "select employer, employer_name from employer where known_to is null and list_contains($codes, employer)"
    return dict(con.execute(named, {"codes": codes}).fetchall()) if codes else {}


def _names(con: duckdb.DuckDBPyConnection, found: pd.DataFrame) -> pd.Series:
    """Names of employers; a township is called by one of its villages, because no source names townships."""
    codes = {kind: sorted(set(own["member"].dropna())) for kind, own in found.groupby("kind")}
    names = employer_names(con, codes.get("employer", []))
    if townships := codes.get("township"):
        names |= dict(con.execute(step("township"), {"codes": townships}).fetchall())
    return found["member"].map(names)


def _periods(since: pd.Series, until: pd.Series, indicator: str) -> pd.Series:
    """How many days or forms each window has."""
    if MEMBERS[indicator].form is Grain.MONTH:
        return 12 * (until.dt.year - since.dt.year) + until.dt.month - since.dt.month + 1
    days = (until - since).dt.days + 1
    return days // _DAYS_A_WEEK if MEMBERS[indicator].form is Grain.WEEK else days


def _until(grain: str, warning: EarlyWarning) -> date:
    return last_day(Grain(grain), warning.data_to)


def add_causes(con: duckdb.DuckDBPyConnection, spikes: pd.DataFrame, city: str) -> pd.DataFrame:
    """Findings of spikes each with the employer that brought most of its excess, where one did.

    ``con`` sees the facts in force. An employer's part is what it brought in the window less what it usually brings in
    one as long; of an indicator whose rows name no employers nobody is named.
    """
    if spikes.empty:
        return spikes
    spikes = spikes.astype({"employer": "object", "employer_name": "object"})
    for indicator, group in spikes.groupby("indicator"):
        if indicator not in MEMBERS or MEMBERS[str(indicator)].kind != "employer":
            continue
        wanted = group.rename_axis("number").reset_index()
        wanted = wanted.assign(until=wanted["data_to"])
        first = load_contributions(con, str(indicator), wanted, city, CAUSE_PEOPLE, most=1).query("place == 1")
        match = wanted[["number", "people"]].merge(first, on="number")
        match = match[match["observed"] - match["expected"] >= CAUSE_SHARE * match["people"]]
        spikes.loc[match["number"].to_numpy(), "employer"] = match["member"].to_numpy(dtype=object)
    codes = sorted(set(spikes["employer"].dropna()))
    if codes:
        spikes["employer_name"] = spikes["employer"].map(employer_names(con, codes))
    return spikes
