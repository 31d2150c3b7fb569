"""What a rule would have done on vintages: each edition's own scores, readings and files, never today's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY, State, UserError
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.judging.corroboration import SCORED
from pipelines.judging.findings import FINDING, place_of
from pipelines.judging.kinds import LEAD_KINDS, WARNING_KINDS
from pipelines.judging.lifecycle import EarlyWarning, Key
from pipelines.judging.rule_evaluation import advance_warnings, evaluate_rules
from pipelines.judging.rule_inputs import in_force_on, load_inputs, needs_facts
from pipelines.judging.rule_kind import EditionContext
from pipelines.judging.verification_labels import DECIDED, of_cases
from pipelines.warehouse.as_of import create_views

YELLOW = 3
TOUCHED_AFTER_DAYS = 28  # a warning that long after an event's end is still about it
_OF_THE_SAME = ["employer", "is_fault"]
"""What tells two cases of a series apart, and is not kept."""
_CASE = ["area", "industry", *_OF_THE_SAME, "opened_on", "level", "level_on", "people_band"]
_GROUPED = [name for name, kind in WARNING_KINDS.items() if kind.is_grouped]
_FINDINGS_KEPT = 400  # editions whose findings count for k of n
LEVEL_OF_PLACE = {"city": "total", "area": "area", "industry": "industry", "cell": "cell"}
Progress = Callable[[str, int, int], None]


@dataclass
class _Past:
    """What the replayed editions said so far."""

    current: list[EarlyWarning]
    opened: list[EarlyWarning]
    closed: dict[Key, tuple[int, date]]
    findings: list[pd.DataFrame]
    worst: dict[str, tuple[int, date]]


def backtest(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    rows: pd.DataFrame,
    days: tuple[date, date],
    truth: Path | None = None,
    progress: Progress = lambda *_: None,
    decided: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Judge the editions of these days (first, last) again with these rows of one rule in place of those then.

    ``con`` is the warehouse; other rules of the same indicator are judged beside it, for rises are told once. Warnings
    of the first edition were going on before and are not counted. Returns figures: editions, weeks, warnings,
    yellow_or_worse, per_week, yellow_per_week, per_week_of_area, levels, and with labels (``truth``: as `gangshao demo`
    writes them) events, touched (share of yellow or worse that touch one), delay_days and lead_days (medians, from the
    day an event could be seen, and to its end); with what people decided so far (``decided``: as of
    pipelines.judging.verification_labels) judged (how many of yellow or worse), confirmed (the share of these) and
    confirmed_lead_days (median, to the day of confirmation); cases: all warnings, each with touched, lead_days, ruling
    and decided_lead_days of its own (None: no labels, nobody decided). Raises UserError when there are no editions or
    the kind of rule makes no warnings.
    """
    told = {} if decided is None else {str(rows["indicator"].iloc[0]): decided}
    [found] = backtest_together(con, region, [rows], days, truth, progress, told).values()
    return found


def backtest_together(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    rules: Sequence[pd.DataFrame],
    days: tuple[date, date],
    truth: Path | None = None,
    progress: Progress = lambda *_: None,
    decided: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """Of each of several rules what ``backtest`` says of it alone, by rule, in as few passes as give the same.

    ``rules``: the rows of each; ``decided``: by indicator what people decided.
    """
    if any(rows["kind"].iloc[0] in LEAD_KINDS for rows in rules):
        raise UserError("这条规则只产生线索，不产生预警，不需回测 (this rule makes leads, no warnings)")
    editions = con.execute(
        "select max_by(edition_id, cutoff_at), day, max(cutoff_at) from edition where day between $first and $last "
        "group by day order by day",
        {"first": days[0], "last": days[1]},
    ).fetchall()
    if not editions:
        raise UserError(f"{days[0]} 至 {days[1]} 没有版次，请先运行 gangshao run --from … --to … (no editions then)")
    passes, labels = _passes(rules, days), _labels(truth)
    answer: dict[str, dict[str, Any]] = {}
    for number, together in enumerate(passes):
        past = _Past([], [], {}, [], {})
        for done, edition in enumerate(editions, number * len(editions) + 1):
            _evaluate(con, region, pd.concat(together, ignore_index=True), past, edition)
            progress("回测", done, len(passes) * len(editions))
        for rows in together:
            rule_id, indicator = str(rows["rule_id"].iloc[0]), str(rows["indicator"].iloc[0])
            told = [one for one in past.opened if one.rule_id == rule_id and one.opened_on > editions[0][1]]
            answer[rule_id] = figures(
                _cases(told, past.worst),
                editions[0][1],
                editions[-1][1],
                len(editions),
                region.city,
                None if labels is None else _told_by(indicator, labels),
                decided.get(indicator),
            )
    return answer


def _passes(rules: Sequence[pd.DataFrame], between: tuple[date, date]) -> list[list[pd.DataFrame]]:
    """Rules that are judged together: those in force on all days, and the others where that changes nothing.

    Two spike rules of one indicator tell each other's rises; of them one that was not in force has a pass of its own.
    """
    days = pd.Timestamp(between[0]), pd.Timestamp(between[1])
    passes: list[list[pd.DataFrame]] = [[]]
    others: list[pd.DataFrame] = []
    for rows in rules:
        is_in_force = (
            rows["is_enabled"] & (rows["effective_from"] <= days[0]) & ~(rows["effective_to"].fillna(days[1]) < days[1])
        )
        (passes[0] if is_in_force.all() else others).append(rows)
    for rows in others:
        own = next((one for one in passes if not any(_are_told_once(rows, other) for other in one)), None)
        if own is None:
            passes.append(own := [])
        own.append(rows)
    return passes


def _are_told_once(rows: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two rules are about rises of the same indicator, which one of them tells."""
    named = {(one["kind"].iloc[0], one["indicator"].iloc[0]) for one in (rows, other)}
    return len(named) == 1 and rows["kind"].iloc[0] in _GROUPED


def _evaluate(
    con: duckdb.DuckDBPyConnection, region: Region, rows: pd.DataFrame, past: _Past, edition: tuple[str, date, datetime]
) -> None:
    """Bring ``past`` up to an edition (its identity, day and cut-off)."""
    edition_id, day, cutoff_at = edition
    rules_on = partial(_rules_on, region, rows)
    rules = rules_on(day)
    if needs_facts(rules):
        create_views(con, cutoff_at)
    raising = bool(rules["raise_by"].notna().any())
    indicators = sorted(rows["indicator"].unique())
    scored = sorted({*indicators, *(SCORED if raising else ())})
    score = con.execute(step("score_of_edition"), {"edition_id": edition_id, "indicators": scored}).df()
    score = score.assign(level=place_of(score, region.city).map(LEVEL_OF_PLACE))
    fresh = con.execute(step("fresh_reading"), {"cutoff_at": cutoff_at, "indicators": indicators}).df()
    inputs = load_inputs(EditionContext(con, region, day, cutoff_at), rules_on, score, fresh, past.current)
    earlier = pd.concat(past.findings, ignore_index=True) if past.findings else pd.DataFrame(columns=FINDING)
    findings = evaluate_rules(inputs, earlier, past.closed)
    if rules["enter_n"].notna().any():
        past.findings = [*past.findings[-(_FINDINGS_KEPT - 1) :], findings]
    after = advance_warnings(inputs, findings, past.current)
    known_before = {one.episode_id for one in past.current}
    past.opened += [one for one in after if one.episode_id not in known_before]
    for one in after:
        if one.status == "closed":
            past.closed[one.key] = (one.level, day)
        if one.episode_id not in past.worst or one.level < past.worst[one.episode_id][0]:
            past.worst[one.episode_id] = (one.level, day)
    past.current = [one for one in after if one.status == "open"]


def _rules_on(region: Region, rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """The rules' rows, whatever their days, and those that tell the rises of their indicators beside them on a day."""
    own = region.rules_on(day)
    indicators = rows.loc[rows["kind"].isin(_GROUPED), "indicator"]
    beside = own[own["is_enabled"] & own["kind"].isin(_GROUPED) & own["indicator"].isin(indicators)]
    beside = beside[~beside["rule_id"].isin(rows["rule_id"])]
    return in_force_on(region, day, pd.concat([rows, beside], ignore_index=True))


def _cases(told: list[EarlyWarning], worst: dict[str, tuple[int, date]]) -> pd.DataFrame:
    rows = [
        (
            one.area,
            one.industry,
            one.key[-1],
            WARNING_KINDS[one.kind].is_about_data,
            one.opened_on,
            *worst[one.episode_id],
            "" if catalogue()[one.indicator].unit == "ratio" else one.people_band,
        )
        for one in told
    ]
    return pd.DataFrame(rows, columns=_CASE)


def _labels(truth: Path | None) -> pd.DataFrame | None:
    if truth is None:
        return None
    try:
        labels = pd.read_csv(truth, parse_dates=["first_visible_on", "end_on"])
        return labels[labels["kind"] != "past_shock"].dropna(subset=["first_visible_on"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{truth} 读不出事件标签，应为 gangshao demo 写的 truth.csv (not a truth file)") from error


def _told_by(indicator: str, labels: pd.DataFrame) -> pd.DataFrame:
    """The labelled events that the indicator's facts tell of: those of its own source, else those of jobs."""
    if "source" not in labels:
        return labels
    own = labels[labels["source"].isin(catalogue()[indicator].tables)]
    return own if len(own) else labels[labels["source"].isna()]


def figures(
    cases: pd.DataFrame,
    first: date,
    last: date,
    editions: int,
    city: str,
    labels: pd.DataFrame | None,
    decided: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The figures of a backtest from its cases (area, industry, employer, is_fault, opened_on, level, level_on,
    people_band); what is returned names no employer."""
    weeks = max((last - first).days, 1) / 7
    bad = cases[cases["level"] <= YELLOW].index
    areas = cases[cases["area"] != city].groupby("area").size() / weeks
    answer: dict[str, Any] = {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "editions": editions,
        "weeks": round(weeks, 2),
        "warnings": len(cases),
        "yellow_or_worse": len(bad),
        "per_week": round(len(cases) / weeks, 3),
        "yellow_per_week": round(len(bad) / weeks, 3),
        "per_week_of_area": {str(area): round(float(value), 3) for area, value in areas.items()},
        "levels": {str(level): int(count) for level, count in cases["level"].value_counts().sort_index().items()},
    }
    told = cases.assign(touched=None, lead_days=None)
    if labels is not None:
        told[["touched", "lead_days"]], delay, lead = _touch(cases, labels, city)
        seen = labels[labels["first_visible_on"].between(pd.Timestamp(first), pd.Timestamp(last))]
        touched = told.loc[bad, "touched"]
        answer |= {
            "events": len(seen),
            "touched": round(float(touched.mean()), 3) if len(bad) else None,
            "delay_days": delay,
            "lead_days": lead,
        }
    told[["ruling", "decided_lead_days"]] = of_cases(
        cases, pd.DataFrame(columns=DECIDED) if decided is None else decided
    )
    if decided is not None:
        answer |= _confirmed(told.loc[bad])
    told = told.drop(columns=_OF_THE_SAME).astype({"opened_on": str, "level_on": str})
    return answer | {"cases": told.to_dict("records")}


def _confirmed(bad: pd.DataFrame) -> dict[str, Any]:
    judged = bad[bad["ruling"].notna()]
    own = judged[judged["ruling"] == State.CONFIRMED.value]
    return {
        "judged": len(judged),
        "confirmed": round(len(own) / len(judged), 3) if len(judged) else None,
        "confirmed_lead_days": float(own["decided_lead_days"].astype(float).median()) if len(own) else None,
    }


def _touch(cases: pd.DataFrame, labels: pd.DataFrame, city: str) -> tuple[pd.DataFrame, float | None, float | None]:
    """Case by case touched and lead_days (to the end of the labelled event it touches, the one seen last before it;
    None: none), and the events' medians of days after it could be seen and before it was over."""
    pairs = cases.reset_index(names="case").merge(
        labels.reset_index(names="event"), how="cross", suffixes=("", "_event")
    )

    def holds(outer: str, inner: str) -> pd.Series:
        area = (pairs[f"area{outer}"] == pairs[f"area{inner}"]) | (pairs[f"area{outer}"] == city)
        own = pairs[f"industry{outer}"]
        return area & ((own == pairs[f"industry{inner}"]) | (own == TOTAL_INDUSTRY))

    opened = pd.to_datetime(pairs["opened_on"])
    pairs = pairs.assign(after=(opened - pairs["first_visible_on"]).dt.days, lead=(pairs["end_on"] - opened).dt.days)
    in_time = (pairs["after"] >= 0) & (pairs["lead"] >= -TOUCHED_AFTER_DAYS)
    met = pairs[(holds("", "_event") | holds("_event", "")) & in_time].sort_values("after")
    own = met.drop_duplicates("case").set_index("case")["lead"].reindex(cases.index).astype("Int64")
    of_case = pd.DataFrame({"touched": cases.index.isin(met["case"]), "lead_days": own}).astype(object)
    of_case = of_case.where(of_case.notna(), None)
    first = met.drop_duplicates("event")
    if first.empty:
        return of_case, None, None
    return of_case, float(first["after"].median()), float(first["lead"].median())
