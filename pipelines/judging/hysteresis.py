"""Entering slowly and leaving late: k of the last n periods, a cool-down after the last warning."""

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region
from pipelines.judging.lifecycle import Key, finding_key
from pipelines.judging.period import periods_before


def find_waiting(
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


def look_back_days(in_force: pd.DataFrame) -> int:
    """How far before today findings matter for the rules' k of n; 0 when no rule has one."""
    longest = {"day": 4, "week": 8, "month": 32, "quarter": 93}  # days a period with its days off
    rows = in_force[in_force["enter_n"].notna()]
    return int((rows["enter_n"].astype(float) * rows["grain"].map(longest)).max()) + 100 if len(rows) else 0
