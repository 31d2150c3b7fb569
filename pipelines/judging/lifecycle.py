"""Episodes of early warnings over editions: opened by a finding, raised at once, closed only by evidence."""

import hashlib
from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from pipelines.core.catalogue.rule_terms import TERMS
from pipelines.core.domain import EVENT_KINDS

BANDS = ((10, "<10"), (20, "10–19"), (50, "20–49"), (100, "50–99"), (200, "100–199"), (500, "200–499"))
Key = tuple[str, str, str, str, str]  # rule, indicator, area, industry, employer (events only)


@dataclass(frozen=True)
class EarlyWarning:
    """The machine side of an early warning: one row of ``episode`` without its vintage."""

    episode_id: str
    rule_id: str
    kind: str
    indicator: str
    area: str
    industry: str
    employer: str | None
    employer_name: str | None
    level: int
    status: str
    opened_on: date
    changed_on: date
    closed_on: date | None
    close_reason: str | None
    window_from: date
    window_to: date
    data_to: date
    observed: float | None
    expected: float | None
    lo: float | None
    hi: float | None
    p: float | None
    people: float | None
    line: float | None
    observed_band: str
    people_band: str
    quiet_periods: int
    judged_to: date
    rule_hash: str | None

    @property
    def key(self) -> Key:
        """What makes two findings the same warning."""
        return (
            self.rule_id,
            self.indicator,
            self.area,
            self.industry,
            self.employer or "" if TERMS[self.kind].names_employer else "",
        )


def band(people: float | None) -> str:
    """The range a number of people lies in, as mails and the general file show it; empty when there is no number, or
    one below 0, which is a balance."""
    if people is None or pd.isna(people) or people < 0:
        return ""
    return next((words for limit, words in BANDS if people < limit), "500+")


def _day(value: Any) -> date:
    day: date = pd.Timestamp(value).date()
    return day


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def from_row(row: Mapping[Hashable, Any]) -> EarlyWarning:
    """An early warning from a row of ``episode``."""
    days = ("opened_on", "changed_on", "window_from", "window_to", "data_to", "judged_to")
    numbers = ("observed", "expected", "lo", "hi", "p", "people", "line")
    values: dict[str, Any] = {name: row[name] for name in EarlyWarning.__dataclass_fields__}
    values |= {name: _day(row[name]) for name in days} | {name: _number(row[name]) for name in numbers}
    values |= {name: _text(row[name]) for name in ("employer", "employer_name", "close_reason", "rule_hash")}
    values["closed_on"] = None if pd.isna(row["closed_on"]) else _day(row["closed_on"])
    values |= {name: int(row[name]) for name in ("level", "quiet_periods")}
    return EarlyWarning(**values)


def finding_key(row: Mapping[Hashable, Any]) -> Key:
    """The key of a finding: a spike's likely cause is no part of what the warning is about."""
    employer = row["employer"] if TERMS[str(row["kind"])].names_employer else ""
    return (str(row["rule_id"]), str(row["indicator"]), str(row["area"]), str(row["industry"]), str(employer or ""))


def _evidence(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    numbers = {name: _number(row[name]) for name in ("observed", "expected", "lo", "hi", "p", "people", "line")}
    return {
        **numbers,
        "window_from": _day(row["window_from"]),
        "window_to": _day(row["window_to"]),
        "data_to": _day(row["data_to"]),
        "judged_to": _day(row["data_to"]),
        "employer": _text(row["employer"]),
        "employer_name": _text(row["employer_name"]),
        "rule_hash": _text(row.get("rule_hash")),
        "observed_band": band(numbers["observed"]) if TERMS[str(row["kind"])].counts_people else "",
        "people_band": band(numbers["people"]),
    }


def opened(row: Mapping[Hashable, Any], day: date) -> EarlyWarning:
    """A new early warning from a finding."""
    key = finding_key(row)
    identity = hashlib.sha256("|".join((*key, day.isoformat())).encode()).hexdigest()[:12]
    return EarlyWarning(
        episode_id=identity,
        rule_id=key[0],
        kind=str(row["kind"]),
        indicator=key[1],
        area=key[2],
        industry=key[3],
        level=int(row["level"]),
        status="open",
        opened_on=day,
        changed_on=day,
        closed_on=None,
        close_reason=None,
        quiet_periods=0,
        **_evidence(row),
    )


def renewed(warning: EarlyWarning, row: Mapping[Hashable, Any], day: date) -> EarlyWarning:
    """An open warning met again: newest evidence, the level raised at once and not lowered by newer data.

    Data already judged say nothing new, unless they were revised: to something worse, or to another number. Only where
    the very window of the evidence was, and is nearer to what is usual, the machine takes a milder level: the old one
    was never reached.
    """
    level = int(row["level"]) if _is_milder(warning, row) else min(warning.level, int(row["level"]))
    if _day(row["data_to"]) <= warning.judged_to and level == warning.level:
        if _number(row["observed"]) == warning.observed:
            return warning
        return replace(warning, **_evidence(row) | {"judged_to": warning.judged_to})
    return replace(
        warning,
        level=level,
        changed_on=day if level != warning.level else warning.changed_on,
        quiet_periods=0,
        **_evidence(row),
    )


def _is_milder(warning: EarlyWarning, row: Mapping[Hashable, Any]) -> bool:
    """Whether this is the warning's evidence, revised to less than it was."""
    of_row = (_day(row["window_from"]), _day(row["window_to"]), _day(row["data_to"]))
    now, before = ((one["observed"] or 0.0) - (one["expected"] or 0.0) for one in (_evidence(row), vars(warning)))
    return of_row == (warning.window_from, warning.window_to, warning.data_to) and abs(now) < abs(before)


def closed(warning: EarlyWarning, reason: str, day: date) -> EarlyWarning:
    """A warning that ends with this edition, and why."""
    return replace(warning, status="closed", changed_on=day, closed_on=day, close_reason=reason)


def rested(warning: EarlyWarning, data_to: date, periods: int, leave_after: int, day: date) -> EarlyWarning:
    """An open warning whose series was judged on new data without a finding; ``leave_after`` such periods close it."""
    quiet = warning.quiet_periods + periods
    judged = replace(warning, quiet_periods=quiet, judged_to=data_to)
    if quiet < leave_after:
        return judged
    return closed(judged, "window_passed" if warning.kind in EVENT_KINDS else "evidence", day)


def advance(
    current: list[EarlyWarning],
    findings: pd.DataFrame,
    judged: Mapping[Key, tuple[date, int]],
    leave_after: Mapping[str, int],
    day: date,
    held: Set[Key] = frozenset(),
    unfounded: Set[Key] = frozenset(),
) -> list[EarlyWarning]:
    """The warnings after one edition, those closed by it included.

    ``judged``: for keys without a finding, up to which day their data were judged and how many new periods that adds
    beyond what the warning has seen; a key that is absent was not judged (data did not come) and stays as it is.
    ``leave_after``: of every rule in force; a warning of another rule ends with it. A finding that another one
    explains, or that waits (``waits_for``: for more periods, for the end of a cool-down), renews its own warning and
    opens none. ``held``: keys without a finding that are still beyond their leave line: their count of quiet periods
    begins anew. ``unfounded``: keys whose own evidence was told anew and does not meet their rule any more.
    """
    met = {finding_key(row): row for row in findings.to_dict("records")}
    after: list[EarlyWarning] = []
    for warning in current:
        row = met.pop(warning.key, None)
        data_to, periods = judged.get(warning.key, (warning.judged_to, 0))
        if row is not None:
            after.append(renewed(warning, row, day))
        elif warning.rule_id not in leave_after:
            after.append(closed(warning, "rule_ended", day))
        elif warning.key in unfounded:
            after.append(closed(replace(warning, judged_to=data_to), "revision", day))
        elif periods == 0:
            after.append(warning)
        elif warning.key in held:
            after.append(replace(warning, quiet_periods=0, judged_to=data_to))
        else:
            after.append(rested(warning, data_to, periods, leave_after[warning.rule_id], day))
    return after + [
        opened(row, day)
        for row in met.values()
        if not isinstance(row.get("explained_by"), str) and not isinstance(row.get("waits_for"), str)
    ]
