"""Whether other sources say what a warning says: from insurance and claims to villages, arrears and unpaid wages.

Notice, item 19: sources are compared. A source agrees where its own series of the same area is clearly worse than
usual, disagrees where it is no worse than usual, and is silent where it has nothing to say of that time.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.sql import step
from pipelines.judging.findings import SERIES
from pipelines.judging.period import last_day
from pipelines.judging.rule_kind import READING_DAYS, EditionContext, RuleInputs

SOURCES: dict[str, tuple[str, ...]] = {
    "insurance": ("dismissal", "insured_leave", "insured_net_change_rate"),
    "claims": ("benefit_claim", "unemployment_registration"),
    "recruitment": ("vacancy_seeker_ratio", "vacancy"),
    "monitored": ("job_loss_rate",),
    "layoff_reports": ("layoff_reported",),
    "telecom": ("telecom_net_outflow",),
    "transport": ("transport_net_outflow",),
    "villages": ("outworking_share", "returning_labour_share"),
    "arrears": ("insured_in_arrears",),
    "wages": ("wage_arrears_lead",),
    "disputes": ("labour_dispute",),
}
SCORED = ("dismissal", "insured_leave", "benefit_claim")
"""Judged every day by their scores; the others by the newest reading beside those before."""
AGREES_FROM = 2.0  # [P] standard deviations, about one in forty by chance
HISTORY, LEAST_HISTORY = 24, 6  # readings before the newest, as many as a level's median looks back on
HISTORY_DAYS = 830  # 24 months and the time until a month is reported
LEAST_REPORTED, REPORTED_DAYS = 20, 30  # 劳动合同法 41: from this many persons in 30 days a layoff is to be reported
MAD_TO_SD = 1.4826
SAID = [*SERIES, "source", "by_indicator", "by_industry", "says", "strength", "data_to"]
_EVIDENCE = ["by_indicator", "area", "by_industry", "strength", "is_worse", "data_to", "until"]


def compare_sources(wanted: pd.DataFrame, inputs: RuleInputs) -> pd.DataFrame:
    """What every source says of each wanted series (indicator, area, industry) in one edition: frame of SAID.

    A source speaks by its first indicator that has the series itself or the area's total; the source a warning comes
    from is not asked. ``wanted`` has window_from beside its series: what was over before the first of a series' windows
    began says nothing of it. strength: standard deviations beyond the usual, NaN where nothing is known.
    """
    wanted = wanted.groupby(SERIES, as_index=False)["window_from"].min()
    if wanted.empty:
        return pd.DataFrame(columns=SAID)
    day = inputs.context.day
    parts = [
        _by_score(inputs.score, inputs.worse),
        _by_reading(_load_readings(inputs.context, wanted), inputs.worse, day),
        _by_report(inputs.layoffs, day, inputs.city),
    ]
    evidence = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    listed = [(source, name, rank) for source, names in SOURCES.items() for rank, name in enumerate(names)]
    asked = wanted.merge(pd.DataFrame(listed, columns=["source", "by_indicator", "rank"]), how="cross")
    own = {name: source for source, names in SOURCES.items() for name in names}
    asked = asked[asked["source"] != asked["indicator"].map(own)]
    exact = asked.assign(by_industry=asked["industry"], is_total=False)
    total = asked.assign(by_industry=TOTAL_INDUSTRY, is_total=True)
    both = pd.concat([exact, total], ignore_index=True).merge(evidence, on=["by_indicator", "area", "by_industry"])
    begins = pd.to_datetime(both["window_from"])
    both = both[(both["until"] >= begins) | (begins >= pd.Timestamp(day))]  # what is still to come began at no time
    best = both.sort_values(["is_total", "rank"], kind="stable").drop_duplicates([*SERIES, "source"])
    every = asked.drop_duplicates([*SERIES, "source"])[[*SERIES, "source"]]
    told = every.merge(best.drop(columns=["rank", "is_total"]), on=[*SERIES, "source"], how="left")
    is_report = told["source"] == "layoff_reports"
    told["says"] = np.select(
        [told["strength"] >= AGREES_FROM, told["by_indicator"].isna() | is_report, ~told["is_worse"].eq(True)],
        ["agrees", "silent", "disagrees"],
        "unclear",
    )
    return told.reindex(columns=SAID)


def raise_levels(findings: pd.DataFrame, in_force: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    """Levels of the findings, one more severe where a rule's ``raise_by`` sources or more agree; red stays red."""
    by = in_force.dropna(subset=["raise_by"]).drop_duplicates("rule_id").set_index("rule_id")["raise_by"]
    if by.empty or told.empty or findings.empty:
        return findings["level"]
    agreeing = told[told["says"] == "agrees"].groupby(SERIES).size().rename("agreeing").reset_index()
    count = findings[SERIES].merge(agreeing, on=SERIES, how="left")["agreeing"].fillna(0).to_numpy(dtype=np.float64)
    needed = findings["rule_id"].map(by).to_numpy(dtype=np.float64, na_value=np.nan)
    level = findings["level"].astype(int)
    return (level - (count >= needed).astype(int)).clip(lower=1)


def _by_score(score: pd.DataFrame, worse: Mapping[str, str]) -> pd.DataFrame:
    own = score[score["indicator"].isin(SCORED) & (score["cohort"] == EVERY_COHORT)] if len(score) else score
    if own.empty:
        return pd.DataFrame(columns=_EVIDENCE)
    sign = np.where(own["indicator"].map(worse) == "lower", -1.0, 1.0)
    own = own.assign(is_worse=sign * (own["observed"] - own["expected"]) > 0)
    own = own[own["observed"].notna() & own["expected"].notna()]
    strongest = own.groupby(SERIES, as_index=False).agg(
        strength=("strength", "max"), is_worse=("is_worse", "max"), data_to=("data_to", "max")
    )
    named = strongest.rename(columns={"indicator": "by_indicator", "industry": "by_industry"})
    return named.assign(until=named["data_to"])[_EVIDENCE]


def _load_readings(context: EditionContext, wanted: pd.DataFrame) -> pd.DataFrame:
    con = context.con
    names = [name for group in SOURCES.values() for name in group if name in catalogue() and name not in SCORED]
    grains = pd.DataFrame(
        [(name, str(_compared_by(name))) for name in names if name != "layoff_reported"], columns=["indicator", "grain"]
    )
    places = pd.concat([wanted[["area", "industry"]], wanted[["area"]].assign(industry=TOTAL_INDUSTRY)])
    con.register("source_series", places.drop_duplicates())
    con.register("source_grain", grains)
    since = context.day - timedelta(days=HISTORY_DAYS)
    frame = con.execute(step("source_reading"), {"since": since, "cutoff_at": context.cutoff_at}).df()
    con.unregister("source_series")
    con.unregister("source_grain")
    return frame


def _compared_by(name: str) -> Grain:
    """A week where the indicator has weeks, else its longest grain: days are too few people to compare."""
    grains = catalogue()[name].grains
    return next((grain for grain in (Grain.WEEK, Grain.MONTH, Grain.QUARTER) if grain in grains), grains[0])


def _by_reading(readings: pd.DataFrame, worse: Mapping[str, str], day: date) -> pd.DataFrame:
    """Newest reading of every series against median and scatter of those before; too old a reading says nothing."""
    if readings.empty:
        return pd.DataFrame(columns=_EVIDENCE)
    readings = readings.sort_values([*SERIES, "period"]).groupby(SERIES).tail(1 + HISTORY)
    is_last = ~readings.duplicated(SERIES, keep="last")
    past = readings[~is_last].groupby(SERIES)["value"]
    usual = past.median().rename("usual")
    off = (readings[~is_last].set_index(SERIES)["value"] - usual).abs().groupby(level=SERIES).median().rename("off")
    newest = readings[is_last].merge(
        pd.concat([usual, off, past.size().rename("count")], axis=1).reset_index(), on=SERIES
    )
    newest = newest[
        (newest["count"] >= LEAST_HISTORY)
        & (newest["period"] >= pd.Timestamp(day - timedelta(days=READING_DAYS)))
        & (newest["off"] > 0)
    ]
    sign = np.where(newest["indicator"].map(worse) == "lower", -1.0, 1.0)
    strength = sign * (newest["value"] - newest["usual"]) / (MAD_TO_SD * newest["off"])
    pairs = zip(newest["indicator"], newest["period"], strict=True)
    until = pd.to_datetime([last_day(_compared_by(name), period.date()) for name, period in pairs])
    named = newest.assign(strength=strength, is_worse=strength > 0, data_to=newest["period"], until=until)
    return named.rename(columns={"indicator": "by_indicator", "industry": "by_industry"})[_EVIDENCE]


def _by_report(layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
    """Layoffs reported lately agree from the law's twenty persons on; no report says nothing."""
    if layoffs.empty:
        return pd.DataFrame(columns=_EVIDENCE)
    recent = layoffs[layoffs["reported_on"] > pd.Timestamp(day - timedelta(days=REPORTED_DAYS))]
    rows = [recent, recent.assign(industry=TOTAL_INDUSTRY)]
    rows += [part.assign(area=city) for part in rows]
    sums = (
        pd.concat(rows)
        .groupby(["area", "industry"], as_index=False)
        .agg(people=("planned", "sum"), data_to=("reported_on", "max"))
    )
    sums = sums[sums["people"] >= LEAST_REPORTED]
    return sums.assign(
        by_indicator="layoff_reported",
        by_industry=sums["industry"],
        strength=AGREES_FROM,
        is_worse=True,
        until=pd.Timestamp(day),
    )[_EVIDENCE]
