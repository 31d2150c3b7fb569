"""People who left an employer without a layoff report: enough of them, and more than its history explains."""

from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.evidence import exceeds
from pipelines.core.sql import step
from pipelines.judging.leads import LEAD
from pipelines.judging.rule_kind import EditionContext, LeadKind, RuleInputs
from pipelines.judging.rule_scope import of_industry, of_size

NAME = "unreported"
BLOCKS = 12  # windows before the one judged: a year of an employer's own history
LEAST_BLOCKS = 3  # below it nothing is known of what is usual
STRENGTH_OF_PRIOR = 2.0  # how much an employer's industry counts beside its own history: as two expected leavers
FILED_WITHIN_DAYS = 30  # 社会保险法 57: changes are filed within 30 days, so older ones are no leaves of the window
_HEADCOUNT_MONTHS = 3  # a headcount older than that is none
_LEFT_CLASSES = ("employer", "unknown")
Floats = NDArray[np.float64]


class Unreported(LeadKind):
    """Rules on leavers of an employer beside its layoff reports."""

    name = NAME

    def find_leads(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``LeadKind``."""
        return load_unreported(inputs.context, inputs.rules, inputs.layoffs)


KIND = Unreported()


def load_unreported(context: EditionContext, rules: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Ask for leavers and headcounts, first of the last window alone, and find the leads."""
    con, region, day = context.con, context.region, context.day
    rule = rules[rules["kind"] == NAME]
    first_on, last_on = con.execute(step("lead_first")).fetchall()[0]
    if rule.empty or first_on is None:
        return pd.DataFrame(columns=LEAD)
    days = int(rule["window_days"].iloc[0])
    windows = list_windows(min(day, last_on), days, first_on)
    since = windows["since"].iloc[0]
    listed = region.codes[(region.codes["list"] == "insured_reason") & region.codes["class"].isin(_LEFT_CLASSES)]
    asked = {
        "until": windows["until"].max(),
        "reasons": listed["code"].tolist(),
        "earliest": since - timedelta(days=FILED_WITHIN_DAYS),
    }
    least = int(rule["min_people"].min())
    base = (since.replace(day=1) - timedelta(days=1)).replace(day=1)
    oldest = (pd.Timestamp(base) - pd.DateOffset(months=_HEADCOUNT_MONTHS - 1)).date()
    _look_back(con, windows[:1], asked)
    leavers = con.execute(step("lead_employer"), {"least": least}).df()
    if leavers.empty:
        return pd.DataFrame(columns=LEAD)
    con.execute(step("lead_headcount"), {"oldest": oldest, "base": base})
    headcount = con.execute("select * from lead_headcount").df()
    if find_large_enough(rule, leavers, headcount, reports, windows).empty:
        return pd.DataFrame(columns=LEAD)
    _look_back(con, windows, asked)
    leavers = con.execute(step("lead_employer"), {"least": least}).df()
    return find_unreported(rule, leavers, con.execute(step("lead_industry")).df(), headcount, reports, windows)


def _look_back(con: duckdb.DuckDBPyConnection, windows: pd.DataFrame, asked: dict[str, object]) -> None:
    con.register("lead_block", windows)
    con.execute(step("lead_leave"), {"since": windows["since"].min(), **asked})
    con.unregister("lead_block")


def list_windows(day: date, days: int, first_on: date) -> pd.DataFrame:
    """Windows of ``days`` that end on ``day`` and before: block (0 is the last), since, until; none before the data."""
    ends = [day - timedelta(days=days * block) for block in range(BLOCKS + 1)]
    frame = pd.DataFrame(
        {"block": range(BLOCKS + 1), "since": [end - timedelta(days=days - 1) for end in ends], "until": ends}
    )
    return frame[(frame["block"] == 0) | (frame["since"] >= first_on)]


def leaver_probability(observed: Floats, expected: Floats, history: Floats) -> Floats:
    """(n,) probability of so many leavers or more: negative binomial about ``expected`` (n,).

    history: (n, B) leavers of the blocks before. The variance has what the mean is uncertain by and, where an
    employer's own blocks scatter more than a Poisson count would, as much more.
    """
    total = history.sum(axis=1)
    mean = total / history.shape[1]
    spread = history.var(axis=1, ddof=1) / np.maximum(mean, 1e-9)
    variance = np.where(total > 0, np.maximum(spread, 1.0), 1.0) * expected
    variance += expected**2 / (total + STRENGTH_OF_PRIOR)
    return exceeds(observed - 1.0, expected**2 / (variance - expected), expected / variance)


def expected_leavers(history: Floats, staff: Floats, rate: Floats, season: float) -> Floats:
    """(n,) leavers a window should bring: the employer's own history, leant on its industry's rate.

    history: (n, B). staff: (n,) insured persons, NaN where unknown (then its history stands alone). rate: (n,) leavers
    an insured person and block of its industry. season: what the whole city brings now over what it brought in a block.
    """
    own, count = history.sum(axis=1), history.shape[1]
    prior = np.where(np.isfinite(staff * rate), np.maximum(staff * rate, 1e-6), np.maximum(own, 0.5) / count)
    return np.asarray(prior * (STRENGTH_OF_PRIOR + own) / (STRENGTH_OF_PRIOR + prior * count) * max(season, 1.0))


def find_unreported(
    rules: pd.DataFrame,
    leavers: pd.DataFrame,
    industries: pd.DataFrame,
    headcount: pd.DataFrame,
    reports: pd.DataFrame,
    windows: pd.DataFrame,
) -> pd.DataFrame:
    """Leads on employers whose people left without a report: enough of them, and more than their history explains.

    ``leavers``: employer, block, leavers of employers with enough of them in block 0; ``industries``: industry, block,
    leavers of all employers; ``headcount``: employer, employer_name, area, industry, insured before the window;
    ``reports``: layoff reports of half a year (employer, planned); ``windows``: see list_windows. Rows of the rule are
    joined by *or*, legs of a row by *and*: persons ≥ line, share of the insured ≥ min_ratio, persons ≥ min_people,
    p < max_p. What reports in force plan for is taken off before, unless the layoff was carried out so long before the
    window that its leaves were filed before it, or is planned for after it. Returns frame of LEAD columns, one row an
    employer.
    """
    rule = rules[rules["kind"] == NAME]
    before = [block for block in windows["block"] if block > 0]
    if rule.empty or leavers.empty or len(before) < LEAST_BLOCKS:
        return pd.DataFrame(columns=LEAD)
    table = leavers.pivot(index="employer", columns="block", values="leavers").reindex(columns=[0, *before]).fillna(0.0)
    found = headcount.drop_duplicates("employer").set_index("employer").reindex(table.index)
    history = table[before].to_numpy(dtype=np.float64)
    by_block = industries.groupby("block")["leavers"].sum().reindex([0, *before]).fillna(0.0)
    season = float((by_block[0] - table[0].sum()) / max((by_block[before] - table[before].sum()).mean(), 1.0))
    left = industries[industries["block"] > 0].groupby("industry")["leavers"].sum() / len(before)
    rate = found["industry"].map(left / headcount.groupby("industry")["insured"].sum()).to_numpy(dtype=np.float64)
    frame = _add_sizes(table[0], found.reset_index(), reports, windows)
    staff = frame["staff"].to_numpy(dtype=np.float64)
    expected = expected_leavers(history, staff, rate, season)
    people = np.maximum(frame["people"].to_numpy(dtype=np.float64), 0.0)
    frame = frame.assign(
        expected=expected,
        p=leaver_probability(people, expected, history),
        window_from=windows["since"].iloc[0],
        window_to=windows["until"].iloc[0],
    )
    met = _met_rows(frame, rule)
    return met[met["p"] < met["max_p"]].drop_duplicates(["rule_id", "employer"]).reindex(columns=LEAD)


def find_large_enough(
    rules: pd.DataFrame, leavers: pd.DataFrame, headcount: pd.DataFrame, reports: pd.DataFrame, windows: pd.DataFrame
) -> pd.DataFrame:
    """Employers whose leavers of the window alone reach the lines of persons and share, before any look at history."""
    now = leavers[leavers["block"] == 0].set_index("employer")["leavers"].astype(float)
    found = headcount.drop_duplicates("employer").set_index("employer").reindex(now.index).reset_index()
    return _met_rows(_add_sizes(now, found, reports, windows), rules)


def _add_sizes(now: pd.Series, found: pd.DataFrame, reports: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """``found`` (one row an employer, in the order of ``now``) with people, reported, staff and ratio."""
    planned = now.index.map(_reports_in_window(reports, windows).groupby("employer")["planned"].sum()).to_numpy(
        dtype=np.float64
    )
    reported, staff = np.nan_to_num(planned), found["insured"].to_numpy(dtype=np.float64)
    people = now.to_numpy(dtype=np.float64) - reported
    ratio = people / np.where(staff > 0, staff, np.nan)
    return found.assign(people=people, reported=reported, staff=staff, ratio=ratio)


def _reports_in_window(reports: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """Reports whose leavers may have been filed in the window judged."""
    carried_out = reports["effective_on"].fillna(reports["reported_on"])
    since = pd.Timestamp(windows["since"].iloc[0]) - timedelta(days=FILED_WITHIN_DAYS)
    return reports[carried_out.between(since, pd.Timestamp(windows["until"].iloc[0]))]


def _met_rows(frame: pd.DataFrame, rule: pd.DataFrame) -> pd.DataFrame:
    """Rows of employer and rule whose legs of persons and share are met."""
    met = frame.merge(rule.drop(columns=["industry", "area"], errors="ignore"), how="cross")
    return met[
        (met["people"] >= met["min_people"])
        & (met["people"] >= met["line"].fillna(0.0))
        & (met["min_ratio"].isna() | (met["ratio"] >= met["min_ratio"]))
        & of_size(met, met["staff"])
        & of_industry(met)
    ]
