"""Rules judge scores, readings and single reports of one edition; a rule met is a finding. Pure functions on frames."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.judging.override import holds_here
from pipelines.judging.rule_scope import of_industry, of_size, parts_by_reach

SCOPE_OF_LEVEL = {"total": "city", "area": "area", "industry": "industry", "cell": "cell"}
SERIES = ["indicator", "area", "industry"]
FINDING = [
    "rule_id",
    "kind",
    "indicator",
    "area",
    "industry",
    "employer",
    "employer_name",
    "level",
    "window_from",
    "window_to",
    "data_to",
    "observed",
    "expected",
    "lo",
    "hi",
    "p",
    "strength",
    "people",
    "line",
    "explained_by",
    "level_alone",
    "waits_for",
    "rule_hash",
]
A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4}  # periods: a level rule needs so much history of its own
BEST_OF = 12  # periods: a change is one from the best mean of these
EVERY = {"day": "D", "week": "7D", "month": "MS", "quarter": "3MS"}  # from one period to the next
NORMAL_95 = 1.959964
SEVERAL = 2  # employers
EVENT_DAYS = 30  # 劳动合同法 41 gives thirty days: how long a report counts where its rule does not say
ROUNDING = 9  # decimals: a mean that reaches its line in writing reaches it here


def _findings(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=FINDING)


def worst(frame: pd.DataFrame, key: list[str], then: list[str]) -> pd.DataFrame:
    """One row a key: the most severe level, then the strongest evidence (columns ``then``)."""
    return frame.sort_values(["level", *then, *key]).drop_duplicates(key)


def in_scope(frame: pd.DataFrame, scope: pd.Series, place: pd.Series) -> pd.Series:
    """Row by row whether the place (city, area, industry, cell) is among those of the scope (``;`` between)."""
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
        & in_scope(met, met["scope"], met["place"].map(SCOPE_OF_LEVEL))
        & of_industry(met)
        & holds_here(met)
    ]
    met = worst(met.assign(weakness=-met["strength"]), ["rule_id", *SERIES], ["weakness"])
    spread = NORMAL_95 * np.sqrt(met["variance"].to_numpy(dtype=float))
    return _findings(
        met.assign(
            window_to=met["data_to"],
            lo=np.maximum(met["expected"] - spread, np.minimum(met["expected"], 0.0)),  # of a net loss it is no bound
            hi=met["expected"] + spread,
        )
    )


def levels(rules: pd.DataFrame, readings: pd.DataFrame, worse: dict[str, str], city: str) -> pd.DataFrame:
    """Findings of level rules: beyond the line and beyond the series' own median of two years by the margin.

    ``readings``: complete, new or revised readings with value, numerator, denominator, usual (median of the two years
    before) and history (how many periods of them there were). ``worse``: indicator to higher or lower.
    """
    rule = rules[(rules["kind"] == "level") & rules["indicator"].isin(list(worse))]
    if rule.empty or readings.empty:
        return pd.DataFrame(columns=FINDING)
    met = readings.merge(rule.assign(least=rule["grain"].map(A_YEAR)).drop(columns="grain"), on="indicator")
    sign = met["indicator"].map(worse).map({"higher": 1.0, "lower": -1.0})
    usual = met["usual"] + sign * met["margin"].fillna(0.0)
    met = met[
        (sign * met["value"] >= sign * met["line"])
        & (sign * met["value"] >= sign * usual)
        & (met["history"] >= met["least"])
        & (met["denominator"] >= met["min_base"].fillna(0.0))
        & (met["numerator"].abs() >= met["min_people"].fillna(0.0))
        & in_scope(met, met["scope"], place_of(met, city))
        & of_industry(met)
        & holds_here(met)
    ]
    met = worst(met, ["rule_id", *SERIES, "period"], [])
    return _findings(
        met.assign(
            window_from=met["period"],
            window_to=met["period"],
            data_to=met["period"],
            observed=met["value"],
            expected=met["usual"],
            people=met["numerator"].abs(),
        )
    )


def place_of(frame: pd.DataFrame, city: str) -> pd.Series:
    """city, area, industry or cell of every row, by its columns area and industry."""
    is_total, is_city = frame["industry"] == TOTAL_INDUSTRY, frame["area"] == city
    place = np.select([is_city & is_total, is_total, is_city], ["city", "area", "industry"], "cell")
    return pd.Series(place, index=frame.index)


def changes(
    rules: pd.DataFrame, readings: pd.DataFrame, past: pd.DataFrame, worse: dict[str, str], city: str
) -> pd.DataFrame:
    """Findings of rules on change: the mean of ``window_periods`` is worse than its best of a year by ``line``.

    ``readings``: as for levels. ``past``: all current readings of their indicators (indicator, area, industry, period,
    value). The mean is compared with the means of the 12 periods before (Sahm's rule takes the 3-month mean of the
    unemployment rate over its low of twelve months). A series needs all of these periods, none left out.
    """
    rule = rules[(rules["kind"] == "change") & rules["indicator"].isin(list(worse))]
    if rule.empty or readings.empty or past.empty:
        return pd.DataFrame(columns=FINDING)
    parts = []
    for (name, grain, periods), limits in rule.groupby(["indicator", "grain", "window_periods"]):
        sign = 1.0 if worse[str(name)] == "higher" else -1.0
        own = past[past["indicator"] == name].pivot(index="period", columns=["area", "industry"], values="value")
        mean = own.asfreq(EVERY[str(grain)]).rolling(int(periods)).mean()
        best = (sign * mean).shift().rolling(BEST_OF).min()
        told = pd.DataFrame({"mean": mean.unstack(), "best": sign * best.unstack()})
        own = told.assign(rise=(sign * (told["mean"] - told["best"])).round(ROUNDING), indicator=name).reset_index()
        fresh = readings[readings["indicator"] == name].drop(columns="value")
        met = fresh.merge(own, on=[*SERIES, "period"]).merge(limits.drop(columns="grain"), on="indicator")
        parts.append(
            met[
                (met["rise"] >= met["line"])
                & (met["denominator"].fillna(np.inf) >= met["min_base"].fillna(0.0))
                & in_scope(met, met["scope"], place_of(met, city))
                & of_industry(met)
                & holds_here(met)
            ]
        )
    met = worst(pd.concat(parts, ignore_index=True), ["rule_id", *SERIES, "period"], [])
    return _findings(
        met.assign(
            window_from=met["period"],
            window_to=met["period"],
            data_to=met["period"],
            observed=met["mean"],
            expected=met["best"],
            people=met["numerator"].abs(),
        )
    )


def events(rules: pd.DataFrame, layoffs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Findings of event rules: one employer's report of a layoff or closure that reaches a line.

    ``layoffs``: reports in force with employer, staff, planned, reported_on, effective_on. Legs in one row of a rule
    are joined by *and* (persons ≥ line, share ≥ min_ratio, staff ≥ min_base), rows of a level by *or*. A report counts
    until ``window_days`` after the day it plans for, with what its employer reported in the ``window_days`` up to it:
    a layoff in instalments is one. What an employer reports in another area, or industry, is a finding of its own.
    """
    rule = rules[rules["kind"] == "event"]
    if rule.empty or layoffs.empty:
        return pd.DataFrame(columns=FINDING)
    rule = rule.assign(window_days=rule["window_days"].fillna(EVENT_DAYS))
    met = pd.concat(
        [with_instalments(layoffs, int(days)).merge(own, how="cross") for days, own in rule.groupby("window_days")]
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
        & holds_here(met)
    ]
    met = worst(met.assign(planned=-met["planned"]), ["rule_id", "employer", "area", "industry"], ["planned"])
    people = -met["planned"].astype(float)
    return _findings(
        met.assign(
            window_from=met["since"],
            window_to=met["reported_on"],
            data_to=met["reported_on"],
            observed=people,
            people=people,
        )
    )


def with_instalments(layoffs: pd.DataFrame, days: int) -> pd.DataFrame:
    """Each report with the people its employer reported in the ``days`` up to it, and ``since`` when."""
    own = layoffs[["employer", "reported_on"]].reset_index()
    pairs = own.merge(layoffs[["employer", "reported_on", "planned"]], on="employer", suffixes=("", "_before"))
    age = (pairs["reported_on"] - pairs["reported_on_before"]).dt.days
    told = pairs[(age >= 0) & (age < days)].groupby("index")
    return layoffs.assign(planned=told["planned"].sum(), since=told["reported_on_before"].min())


def several(rules: pd.DataFrame, layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
    """Findings of rules on several employers of one area, or of one industry, whose reports add up in a window."""
    rule = rules[rules["kind"] == "several"]
    parts: list[pd.DataFrame] = []
    for days, limits in rule.groupby("window_days"):
        reported = layoffs["reported_on"]
        recent = layoffs[(reported > pd.Timestamp(day - timedelta(days=int(days)))) & (reported <= pd.Timestamp(day))]
        for own, reports in parts_by_reach(limits, recent, "staff"):
            parts += _summed(own, reports, "planned", "reported_on", city)
    return _sums(parts, SEVERAL, "window_to")


def deadlines(rules: pd.DataFrame, endings: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
    """Findings of rules on what ends within ``window_days`` from today: people at employers whose deferral does, or in
    posts that do.

    ``endings``: indicator, employer, area, industry, people, ends_on. A rule is held against those of its indicator.
    """
    rule = rules[rules["kind"] == "deadline"]
    parts: list[pd.DataFrame] = []
    for (days, name), limits in rule.groupby(["window_days", "indicator"]):
        ends, last = endings["ends_on"], pd.Timestamp(day + timedelta(days=int(days)))
        soon = endings[(endings["indicator"] == name) & (ends >= pd.Timestamp(day)) & (ends <= last)]
        for own, ending in parts_by_reach(limits, soon, "people"):
            parts += _summed(own, ending, "people", "ends_on", city)
    found = _sums(parts, 1, "window_to")
    return found.assign(data_to=pd.Timestamp(day)) if len(found) else found


def data_faults(rules: pd.DataFrame, faults: pd.DataFrame, day: date) -> pd.DataFrame:
    """Findings of rules on data: so many slots of an area's feed due within ``window_days`` did not come, or not well.

    ``faults``: indicator, area, due_on of slots that are missing, held, refused or withdrawn.
    """
    rule = rules[rules["kind"] == "data_fault"]
    if rule.empty or faults.empty:
        return pd.DataFrame(columns=FINDING)
    met = faults.merge(rule, on="indicator")
    met = met[(pd.Timestamp(day) - met["due_on"]).dt.days < met["window_days"].astype(float)]
    slots = ["rule_id", "indicator", "area", "level", "line"]
    met = (
        met[holds_here(met)]
        .groupby(slots, as_index=False)
        .agg(
            observed=("due_on", "size"),
            window_from=("due_on", "min"),
            window_to=("due_on", "max"),
            kind=("kind", "first"),
        )
    )
    met = worst(met[met["observed"] >= met["line"]], ["rule_id", "area"], [])
    return _findings(met.assign(industry=TOTAL_INDUSTRY, data_to=pd.Timestamp(day)))


def _summed(limits: pd.DataFrame, frame: pd.DataFrame, people: str, on: str, city: str) -> list[pd.DataFrame]:
    """Sums of the people by every scope of the rules that reach a line, beside the rule."""
    parts = []
    for scopes, own in limits.groupby("scope"):
        for scope in str(scopes).split(";"):
            by = frame.assign(everywhere=city).groupby("everywhere" if scope == "city" else scope, as_index=False)
            total = by.agg(
                people=(people, "sum"),
                employers=("employer", "nunique"),
                window_from=(on, "min"),
                window_to=(on, "max"),
            )
            if not (total["people"] >= own["line"].min()).any():
                continue
            whole = {"industry": {"area": city}}.get(scope, {"industry": TOTAL_INDUSTRY})
            met = total.rename(columns={"everywhere": "area"}).assign(**whole).merge(own, how="cross")
            parts.append(met[(met["people"] >= met["line"]) & holds_here(met)])
    return parts


def _sums(parts: list[pd.DataFrame], least: int, data_to: str) -> pd.DataFrame:
    met = [part[part["employers"] >= least] for part in parts]
    if not any(len(part) for part in met):
        return pd.DataFrame(columns=FINDING)
    told = worst(pd.concat(met, ignore_index=True), ["rule_id", "area", "industry"], ["people"])
    people = told["people"].astype(float)
    return _findings(told.assign(people=people, observed=people, data_to=told[data_to]))
