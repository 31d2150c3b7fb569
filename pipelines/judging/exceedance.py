"""What came beyond the range that was forecast for it weeks or months before: a slide too slow for a short window."""

from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.judging.findings import FINDING, NORMAL_95, SERIES, in_scope, place_of, worst
from pipelines.judging.override import holds_here
from pipelines.judging.rule_scope import of_industry

KIND = "exceedance"
SPAN_DAYS = {"day": 35, "week": 56, "month": 75, "quarter": 200}
"""Days since its start after which a span is history, no warning."""
_SPAN = {"day": 7, "week": 1, "month": 1, "quarter": 1}  # periods that one forecast sums up
_AHEAD = ["indicator", "horizon"]


def came(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    rules: pd.DataFrame,
    day: date,
    cutoff_at: datetime,
    since: date | None = None,
) -> pd.DataFrame:
    """The newest span of every series that is over and told in full, beside its forecast, for the rules that ask.

    ``since``: the span that began then instead. Returns indicator, area, industry, horizon (spans ahead, as
    ``window_periods`` of the rules), grain, window_from, window_to (first days of its first and last period), observed,
    expected, lo, hi (95 %), strength (standard deviations to the worse side; NaN where the range has no width).
    """
    own = rules[rules["kind"] == KIND].drop_duplicates(["indicator", "window_periods"])
    if own.empty:
        return pd.DataFrame()
    grain = own["indicator"].map(lambda name: catalogue()[name].grains[0].value)
    spans = grain.map(_SPAN)
    wanted = pd.DataFrame(
        {"indicator": own["indicator"], "grain": grain, "horizon": own["window_periods"].astype("int64") * spans}
    )
    first = since or day - timedelta(days=max(SPAN_DAYS[one] for one in grain))
    days = region.calendar_frame(first, day)
    con.register("wanted", wanted)
    con.register("workday", days.loc[days["is_workday"], ["date"]].rename(columns={"date": "period"}))
    found: pd.DataFrame = con.execute(
        step("beyond_forecast"),
        {
            "everybody": EVERY_COHORT,
            "total": TOTAL_INDUSTRY,
            "city": region.city,
            "cutoff_at": cutoff_at,
            "day": day,
            "window_from": since,
            "since": first,
        },
    ).df()
    con.unregister("wanted")
    con.unregister("workday")
    if since is None:
        age = (pd.Timestamp(day) - found["window_from"]).dt.days
        found = found[age <= found["grain"].map(SPAN_DAYS)]
    is_lower = found["indicator"].map(lambda name: catalogue()[name].worse) == "lower"
    width = (found["expected"] - found["lo"]).where(is_lower, found["hi"] - found["expected"])
    beyond = (found["observed"] - found["expected"]) * np.where(is_lower, -1.0, 1.0)
    return found.assign(
        horizon=found["horizon"] // found["grain"].map(_SPAN), strength=NORMAL_95 * beyond / width.where(width > 0)
    )


def exceedances(rules: pd.DataFrame, spans: pd.DataFrame, city: str) -> pd.DataFrame:
    """Findings of exceedance rules, folded: beyond the forecast by enough standard deviations, times and people.

    ``spans``: as of ``came``. Returns frame of FINDING columns, one row a rule and series; explained_by
    ("area|industry") of what another finding of the rule explains.
    """
    rule = rules[rules["kind"] == KIND].rename(columns={"window_periods": "horizon"})
    if rule.empty or spans.empty:
        return pd.DataFrame(columns=FINDING)
    met = spans.merge(rule.drop(columns="grain"), on=_AHEAD)
    is_up = met["observed"] >= met["expected"]
    more, less = met["observed"].where(is_up, met["expected"]), met["expected"].where(is_up, met["observed"])
    met = met.assign(people=more - less, line_of_rule=met.groupby("rule_id")["min_strength"].transform("min"))[
        (met["strength"] >= met["min_strength"])
        & (met["min_ratio"].isna() | (more >= met["min_ratio"] * less))
        & (more - less >= met["min_people"].fillna(0.0))
        & in_scope(met, met["scope"], place_of(met, city))
        & of_industry(met)
        & holds_here(met)
    ]
    met = worst(met, ["rule_id", *SERIES], [])
    return folded(met.assign(data_to=met["window_to"]), city).reindex(columns=FINDING)


def folded(met: pd.DataFrame, city: str) -> pd.DataFrame:
    """The findings of one or more rules with explained_by: a whole without the part that makes it, a part by its whole.

    A whole is explained by a part when without it the rest is not beyond the rule's lowest line. A part is explained
    by a whole that stands, of no lesser level, when its share of the whole's excess leaves it within that line.
    """
    met = met.assign(explained_by=None).reset_index(drop=True)
    if len(met) < 2:
        return met
    side = np.sign(met["observed"] - met["expected"])
    met = met.assign(deviation=side * (met["observed"] - met["expected"]) / met["strength"])
    pairs = met.reset_index(names="part").merge(met.reset_index(names="whole"), on="rule_id", suffixes=("", "_whole"))
    is_total, is_city = pairs["industry_whole"] == TOTAL_INDUSTRY, pairs["area_whole"] == city
    holds = (is_city | (pairs["area"] == pairs["area_whole"])) & (
        is_total | (pairs["industry"] == pairs["industry_whole"])
    )
    pairs = pairs[holds & (pairs["part"] != pairs["whole"]) & (pairs["window_from"] == pairs["window_from_whole"])]
    rest = (pairs["observed_whole"] - pairs["observed"]) - (pairs["expected_whole"] - pairs["expected"])
    spread = np.sqrt(np.maximum(pairs["deviation_whole"] ** 2 - pairs["deviation"] ** 2, pairs["deviation"] ** 2))
    made_by = pairs[(rest.abs() < pairs["line_of_rule"] * spread) & (pairs["level"] <= pairs["level_whole"])]
    made_by = made_by.sort_values(["whole", "strength"], ascending=[True, False]).drop_duplicates("whole")
    met.loc[made_by["whole"], "explained_by"] = (made_by["area"] + "|" + made_by["industry"]).to_numpy(dtype=object)
    ratio = pairs["observed_whole"] / pairs["expected_whole"].where(pairs["expected_whole"] > 0)
    left = (pairs["observed"] - ratio * pairs["expected"]).abs()
    own = pairs[
        (left < pairs["line_of_rule"] * pairs["deviation"] * np.maximum(ratio, 1.0))
        & (pairs["level_whole"] <= pairs["level"])
        & ~pairs["whole"].isin(made_by["whole"])
        & ~pairs["part"].isin(made_by["whole"])
    ]
    own = own.sort_values(["part", "strength_whole"], ascending=[True, False]).drop_duplicates("part")
    whole = own["area_whole"] + "|" + own["industry_whole"]
    met.loc[own["part"], "explained_by"] = whole.to_numpy(dtype=object)
    return met
