"""A rule as it stands: its rows on a day and their hash, so that a changed line is another version."""

import hashlib
import json
from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from pipelines.core.domain import EVERY_COHORT, UserError
from pipelines.core.region.load import Region
from pipelines.core.region.rules import RULE

NOT_JUDGED_BY = frozenset({"title", "basis", "effective_from", "effective_to", "is_enabled", "author", "approver"})
"""Columns that say nothing of when the rule is met."""
SCOPES_ADDED = {"cohort": EVERY_COHORT, "staff_least": None, "staff_most": None, "industries": None}
"""Columns that older versions lacked, with what they mean: a rule that says no more hashes as it did."""
JUDGED_BY = tuple(column for column in RULE if column not in {*NOT_JUDGED_BY, *SCOPES_ADDED})


def rule_hash(rows: pd.DataFrame) -> str:
    """Sixteen hex digits over what the rows of one rule are met by; their order does not matter."""
    told = sorted(
        json.dumps([_plain(row[column]) for column in JUDGED_BY] + _added(row), ensure_ascii=False)
        for row in rows.to_dict("records")
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _plain(value: Any) -> str | None:
    return None if pd.isna(value) else value if isinstance(value, str) else f"{float(value):.12g}"


def _added(row: Mapping[Hashable, Any]) -> list[str]:
    said = {column: _plain(row[column]) for column in SCOPES_ADDED}
    return [f"{column} {value}" for column, value in said.items() if value != SCOPES_ADDED[column]]


def hashes_on(region: Region, day: date) -> dict[str, str]:
    """By rule the hash of its enabled rows in force on a day: what judges then."""
    rules = region.rules_on(day)
    return {str(rule_id): rule_hash(rows) for rule_id, rows in rules[rules["is_enabled"]].groupby("rule_id")}


def rows_on(region: Region, rule_id: str, day: date) -> pd.DataFrame:
    """The rows of a rule in force on a day, disabled ones included; empty when there are none."""
    rules = region.rules_on(day)
    return rules[rules["rule_id"] == rule_id]


def newest(region: Region, rule_id: str) -> pd.DataFrame:
    """The rows of a rule as they stand from its last change on, whether that day has come or not.

    Raises UserError when rules.csv has no such rule.
    """
    own = region.rules[region.rules["rule_id"] == rule_id]
    if own.empty:
        known = "、".join(sorted(set(region.rules["rule_id"])))
        raise UserError(f"rules.csv 中没有规则“{rule_id}”，现有 {known} (no such rule)")
    return rows_on(region, rule_id, own["effective_from"].max().date())


def two_named(rows: pd.DataFrame) -> tuple[str, str]:
    """Author and approver as the rows of a rule name them. Raises UserError when they do not, or not alike."""
    author, approver = rows["author"].iloc[0], rows["approver"].iloc[0]
    if pd.isna(author) or pd.isna(approver) or rows["author"].nunique() > 1 or rows["approver"].nunique() > 1:
        raise UserError("rules.csv 中该规则的 author、approver 须在每一行写明同样的两个人 (two persons must be named)")
    return str(author), str(approver)


def before(region: Region, rule_id: str) -> pd.DataFrame:
    """The rows that the newest version replaces: those in force the day before its last change; may be empty."""
    own = region.rules[region.rules["rule_id"] == rule_id]
    return rows_on(region, rule_id, (own["effective_from"].max() - pd.Timedelta(days=1)).date())


def released(region: Region) -> set[tuple[str, str]]:
    """Rule and hash of what this version of the program shipped and the release stands for."""
    return set(zip(region.rule_release["rule_id"], region.rule_release["rule_hash"], strict=True))
