"""Entering slowly and leaving late: k of the last n periods, a cool-down after the last warning, a leave line."""

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region
from pipelines.judging.exceedance import KIND
from pipelines.judging.findings import SERIES, place_of
from pipelines.judging.lifecycle import EarlyWarning, Key, finding_key


def waiting(
    findings: pd.DataFrame,
    in_force: pd.DataFrame,
    earlier: pd.DataFrame,
    closed: Mapping[Key, tuple[int, date]],
    region: Region,
    day: date,
) -> pd.Series:
    """Why each finding opens no warning yet: ``enter 1/2`` or ``cool_down 2026-11-30``; NaN where it does.

    ``earlier``: findings of editions before (rule_id, indicator, area, industry, employer, kind, data_to). ``closed``:
    level and day of the last warning of each key that was closed. A worse level than that one's ends the cool-down.
    """
    terms = in_force.drop_duplicates("rule_id").set_index("rule_id")
    patient = set(terms.index[terms["enter_k"].notna() | terms["cool_down_days"].notna()])
    reasons: list[str | None] = [None] * len(findings)
    seen = _seen(earlier)
    for place, row in enumerate(findings.to_dict("records")):
        if row["rule_id"] not in patient:
            continue
        term, key = terms.loc[row["rule_id"]], finding_key(row)
        if pd.notna(term["enter_k"]):
            now = pd.Timestamp(row["data_to"]).date()
            first = periods_before(region, Grain(str(term["grain"])), now, int(term["enter_n"]) - 1)
            count = len({now, *(at for at in seen.get(key, ()) if first <= at <= now)})
            if count < term["enter_k"]:
                reasons[place] = f"enter {count}/{int(term['enter_k'])}"
                continue
        if pd.notna(term["cool_down_days"]) and key in closed:
            level, on = closed[key]
            until = on + timedelta(days=int(term["cool_down_days"]))
            if day < until and int(row["level"]) >= level:
                reasons[place] = f"cool_down {until.isoformat()}"
    return pd.Series(reasons, index=findings.index, dtype="object")


def _seen(earlier: pd.DataFrame) -> dict[Key, set[date]]:
    seen: dict[Key, set[date]] = {}
    for row in earlier.to_dict("records"):
        seen.setdefault(finding_key(row), set()).add(pd.Timestamp(row["data_to"]).date())
    return seen


def periods_before(region: Region, grain: Grain, at: date, periods: int) -> date:
    """The day ``periods`` periods before: workdays where the grain is a day, else first days of periods."""
    for _ in range(periods):
        at = region.period_start(grain, at - timedelta(days=1))
        while grain is Grain.DAY and not region.is_workday(at):
            at -= timedelta(days=1)
    return at


def look_back_days(in_force: pd.DataFrame) -> int:
    """How far before today findings matter for the rules' k of n; 0 when no rule has one."""
    longest = {"day": 4, "week": 8, "month": 32, "quarter": 93}  # days a period with its days off
    rows = in_force[in_force["enter_n"].notna()]
    return int((rows["enter_n"].astype(float) * rows["grain"].map(longest)).max()) + 100 if len(rows) else 0


def held(
    current: list[EarlyWarning],
    in_force: pd.DataFrame,
    score: pd.DataFrame,
    readings: pd.DataFrame,
    spans: pd.DataFrame,
    worse: Mapping[str, str],
    city: str,
) -> set[Key]:
    """Open warnings without a finding whose series is still beyond its rule's leave line: no quiet period for them."""
    lines = in_force[in_force["leave_line"].notna()]
    if lines.empty or not current:
        return set()
    open_now = pd.DataFrame(
        [(one.rule_id, one.indicator, one.area, one.industry, one.judged_to, one.key) for one in current],
        columns=["rule_id", *SERIES, "judged_to", "key"],
    )
    keys: set[Key] = set()
    spike = lines[lines["kind"] == "spike"].groupby("rule_id")["leave_line"].min().rename("leave")
    if len(spike) and len(score):
        strength = score.groupby(SERIES, as_index=False)["strength"].max()
        met = open_now.merge(spike, left_on="rule_id", right_index=True).merge(strength, on=SERIES)
        keys |= set(met.loc[met["strength"] >= met["leave"], "key"])
    ahead = lines[lines["kind"] == KIND].rename(columns={"window_periods": "horizon"})
    if len(ahead) and len(spans):
        met = open_now.merge(ahead[["rule_id", "horizon", "leave_line"]], on="rule_id").merge(
            spans, on=[*SERIES, "horizon"]
        )
        keys |= set(met.loc[met["strength"] >= met["leave_line"], "key"])
    level = lines[lines["kind"] == "level"]
    if len(level) and len(readings):
        met = open_now.merge(level[["rule_id", "scope", "leave_line"]], on="rule_id").merge(readings, on=SERIES)
        met = met[[place in scope.split(";") for place, scope in zip(place_of(met, city), met["scope"], strict=True)]]
        sign = met["indicator"].map(worse).map({"higher": 1.0, "lower": -1.0})
        keys |= set(met.loc[sign * met["value"] >= sign * met["leave_line"], "key"])
    return keys
