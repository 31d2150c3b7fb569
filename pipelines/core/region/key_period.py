"""Key periods (重点时段): when they are, which rules are stricter then, which reports are wanted more often."""

from datetime import date

import pandas as pd

from pipelines.core.catalogue.rule_terms import OF_SERIES
from pipelines.core.region.table import Cell, Table, day, optional_number, optional_text, text

KEY_PERIOD: dict[str, Cell] = {
    "key_period": text,
    "title": text,
    "from_on": day,
    "to_on": day,
    "rules": optional_text,
    "strictness": optional_number,
    "feeds": optional_text,
    "basis": text,
}
LEAST_STRICTNESS = 0.5  # [P] below it, half of what is usual would be a warning
_LOWERED = ("min_strength", "min_people")


def check_key_periods(periods: Table | None, rules: Table, feeds: Table) -> None:
    """Days in order, no two spells of one period at once; rules and feeds are the region's."""
    if periods is None:
        return
    frame = periods.frame
    periods.refuse(frame["to_on"] < frame["from_on"], "to_on", "早于 from_on")
    before = frame.sort_values("from_on").groupby("key_period")["to_on"].shift()
    periods.refuse((before.reindex(frame.index) >= frame["from_on"]).fillna(False), "from_on", "与同一时段的上一行重叠")
    of_series = rules.frame.loc[rules.frame["kind"].isin(OF_SERIES), "rule_id"]
    periods.require_in("rules", set(of_series), "rules.csv 按指标判断的规则", separator=";")
    periods.require_in("feeds", set(feeds.frame["feed"]), "feeds.csv", separator=";")
    periods.refuse(frame["rules"].notna() != frame["strictness"].notna(), "strictness", "应与 rules 同时填写或同时空着")
    is_within = frame["strictness"].isna() | frame["strictness"].between(LEAST_STRICTNESS, 1.0)
    periods.refuse(~is_within, "strictness", f"应在 {LEAST_STRICTNESS} 和 1 之间：界限乘以它")


def key_periods_on(periods: pd.DataFrame, at: date) -> pd.DataFrame:
    """The rows of the periods in which a day lies."""
    stamp = pd.Timestamp(at)
    return periods[(periods["from_on"] <= stamp) & (periods["to_on"] >= stamp)]


def apply_key_periods(rules: pd.DataFrame, periods: pd.DataFrame, at: date) -> pd.DataFrame:
    """The rules of a day, those that a key period names with its share of the usual strength and people."""
    now = key_periods_on(periods, at)
    named = now[now["rules"].notna()]
    if named.empty:
        return rules
    each = named.assign(rule_id=named["rules"].str.split(";")).explode("rule_id")
    share = rules["rule_id"].map(each.groupby("rule_id")["strictness"].min()).astype("float64").fillna(1.0)
    return rules.assign(**{limit: rules[limit].astype("float64") * share for limit in _LOWERED})
