"""Rules judge scores, readings and single reports of one edition; a rule met is a finding. Pure functions on frames."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.domain import TOTAL_INDUSTRY

SCOPE_OF_LEVEL = {"total": "city", "area": "area", "industry": "industry", "cell": "cell"}
SERIES = ["indicator", "area", "industry"]
FINDING = [
    "rule_id", "kind", "indicator", "area", "industry", "employer", "employer_name", "level",
    "window_from", "window_to", "data_to", "observed", "expected", "lo", "hi", "p", "strength", "people", "line",
    "explained_by",
]  # fmt: skip
HISTORY_PERIODS = 12  # a level rule needs a year of its own history before its median means anything
NORMAL_95 = 1.959964
SEVERAL = 2  # employers


def _findings(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=FINDING)


def _worst(frame: pd.DataFrame, key: list[str], then: list[str]) -> pd.DataFrame:
    """One row a key: the most severe level, then the strongest evidence."""
    return frame.sort_values(["level", *then, *key]).drop_duplicates(key)


def _in_scope(frame: pd.DataFrame, scope: pd.Series, place: pd.Series) -> pd.Series:
    return pd.Series(
        [where in str(allowed).split(";") for allowed, where in zip(scope, place, strict=True)],
        index=frame.index,
        dtype=bool,
    )


def spikes(rules: pd.DataFrame, score: pd.DataFrame, worse: dict[str, str]) -> pd.DataFrame:
    """Findings of spike rules: improbable, and larger (or smaller, where lower is worse) by enough times and people.

    ``score``: one row a series and window with level (total, area, industry, cell), observed, expected, variance, p,
    strength (standard deviations with the allowance of its level; NaN: none). Returns frame of FINDING columns, one
    row a rule and series, of its strongest window. ``worse``: indicator to higher or lower.
    """
    spike = rules[rules["kind"] == "spike"]
    if spike.empty or score.empty:
        return pd.DataFrame(columns=FINDING)
    likely = score[score["strength"] >= spike["min_strength"].min()].rename(columns={"level": "place"})
    met = likely.merge(spike.drop(columns="grain"), on="indicator")
    is_lower = met["indicator"].map(worse) == "lower"
    more, less = met["observed"].mask(is_lower, met["expected"]), met["expected"].mask(is_lower, met["observed"])
    met = met.assign(people=more - less)[
        (met["strength"] >= met["min_strength"])
        & (met["min_ratio"].isna() | (more >= met["min_ratio"] * less))
        & (more - less >= met["min_people"].fillna(0.0))
        & _in_scope(met, met["scope"], met["place"].map(SCOPE_OF_LEVEL))
    ]
    met = _worst(met.assign(weakness=-met["strength"]), ["rule_id", *SERIES], ["weakness"])
    spread = NORMAL_95 * np.sqrt(met["variance"].to_numpy(dtype=float))
    return _findings(
        met.assign(
            window_to=met["data_to"],
            lo=np.maximum(met["expected"] - spread, np.minimum(met["expected"], 0.0)),  # of a net loss it is no bound
            hi=met["expected"] + spread,
        )
    )


def levels(rules: pd.DataFrame, readings: pd.DataFrame, worse: dict[str, str], city: str) -> pd.DataFrame:
    """Findings of level rules: beyond the line and beyond the series' own 24-period median by the margin.

    ``readings``: complete, new or revised readings with value, numerator, denominator, usual (median of the 24 periods
    before) and history (how many there were). ``worse``: indicator to higher or lower.
    """
    rule = rules[(rules["kind"] == "level") & rules["indicator"].isin(list(worse))]
    if rule.empty or readings.empty:
        return pd.DataFrame(columns=FINDING)
    met = readings.merge(rule.drop(columns="grain"), on="indicator")
    sign = met["indicator"].map(worse).map({"higher": 1.0, "lower": -1.0})
    place = np.select(
        [
            (met["area"] == city) & (met["industry"] == TOTAL_INDUSTRY),
            met["industry"] == TOTAL_INDUSTRY,
            met["area"] == city,
        ],
        ["city", "area", "industry"],
        "cell",
    )
    usual = met["usual"] + sign * met["margin"].fillna(0.0)
    met = met[
        (sign * met["value"] >= sign * met["line"])
        & (sign * met["value"] >= sign * usual)
        & (met["history"] >= HISTORY_PERIODS)
        & (met["denominator"] >= met["min_base"].fillna(0.0))
        & (met["numerator"].abs() >= met["min_people"].fillna(0.0))
        & _in_scope(met, met["scope"], pd.Series(place, index=met.index))
    ]
    met = _worst(met, ["rule_id", *SERIES, "period"], [])
    return _findings(
        met.assign(
            window_from=met["period"], window_to=met["period"], data_to=met["period"], observed=met["value"],
            expected=met["usual"], people=met["numerator"].abs(),
        )
    )  # fmt: skip


def events(rules: pd.DataFrame, layoffs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Findings of event rules: one employer's report of a layoff or closure that reaches a line.

    ``layoffs``: reports in force with employer, staff, planned, reported_on, effective_on. Legs in one row of a rule
    are joined by *and* (persons ≥ line, share ≥ min_ratio, staff ≥ min_base), rows of a level by *or*. A report counts
    until ``window_days`` after the day it plans for.
    """
    rule = rules[rules["kind"] == "event"]
    if rule.empty or layoffs.empty:
        return pd.DataFrame(columns=FINDING)
    met = layoffs[layoffs["planned"] >= rule["line"].fillna(0.0).min()].merge(rule, how="cross")
    age = (pd.Timestamp(day) - met[["reported_on", "effective_on"]].max(axis=1)).dt.days
    share = met["planned"] / met["staff"].where(met["staff"] > 0)
    met = met[
        (met["planned"] >= met["line"].fillna(0.0))
        & (met["min_ratio"].isna() | (share >= met["min_ratio"]))
        & (met["staff"] >= met["min_base"].fillna(0.0))
        & (age < met["window_days"].fillna(30))
    ]
    met = _worst(met.assign(planned=-met["planned"]), ["rule_id", "employer"], ["planned"])
    people = -met["planned"].astype(float)
    return _findings(
        met.assign(
            window_from=met["reported_on"], window_to=met["reported_on"], data_to=met["reported_on"], observed=people,
            people=people,
        )
    )  # fmt: skip


def several(rules: pd.DataFrame, layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
    """Findings of rules on several employers of one area, or of one industry, whose reports add up in a window."""
    rule = rules[rules["kind"] == "several"]
    parts: list[pd.DataFrame] = []
    for (days, scopes), limits in rule.groupby(["window_days", "scope"]):
        reported = layoffs["reported_on"]
        since = pd.Timestamp(day - timedelta(days=int(days)))
        recent = layoffs[(reported > since) & (reported <= pd.Timestamp(day))]
        for scope in str(scopes).split(";"):
            if not (recent.groupby(scope)["planned"].sum() >= limits["line"].min()).any():
                continue
            total = recent.groupby(scope, as_index=False).agg(
                people=("planned", "sum"), employers=("employer", "nunique"), window_from=("reported_on", "min"),
                window_to=("reported_on", "max"),
            )  # fmt: skip
            whole = {"industry": TOTAL_INDUSTRY} if scope == "area" else {"area": city}
            met = total.assign(**whole).merge(limits, how="cross")
            parts.append(met[(met["people"] >= met["line"]) & (met["employers"] >= SEVERAL)])
    if not any(len(part) for part in parts):
        return pd.DataFrame(columns=FINDING)
    met = _worst(pd.concat(parts, ignore_index=True), ["rule_id", "area", "industry"], ["people"])
    people = met["people"].astype(float)
    return _findings(met.assign(people=people, observed=people, data_to=met["window_to"]))
