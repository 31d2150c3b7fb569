"""A backtest's cases: which touch a known event, what people decided on the same, how early each was."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.cli import rules
from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.judging.rule_backtest import figures
from pipelines.judging.verification_labels import DECIDED, decided
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.workflow.steps import Ground, Subject, apply_transition
from pipelines.warehouse.tables import define

REGION = regions.load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")
CITY, AREA = "371500", "371502"
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 29)


def case(on: str, industry: str = "C", employer: str = "", *, level: int = 3, is_fault: bool = False) -> tuple:
    day = date.fromisoformat(on)
    return (AREA, industry, employer, is_fault, day, level, day, "20–49")


def cases(*rows: tuple) -> pd.DataFrame:
    columns = ["area", "industry", "employer", "is_fault", "opened_on", "level", "level_on", "people_band"]
    return pd.DataFrame(rows, columns=columns)


def labels(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["industry", "first_visible_on", "end_on"]).assign(area=AREA, kind="closure")
    return frame.astype({"first_visible_on": "datetime64[us]", "end_on": "datetime64[us]"})


def said(*rows: tuple[str, str, bool, str, str | None, str, str]) -> pd.DataFrame:
    return pd.DataFrame([(AREA, *row) for row in rows], columns=DECIDED)


def told(frame: pd.DataFrame, known: pd.DataFrame | None = None, by_people: pd.DataFrame | None = None) -> dict:
    return json.loads(json.dumps(figures(frame, FIRST, LAST, 20, CITY, known, by_people)))


def test_each_case_says_whether_it_touches_a_known_event_and_how_long_before_its_end() -> None:
    frame = cases(case("2026-09-05"), case("2026-09-20"), case("2026-09-20", "F"), case("2026-10-19"))
    known = labels(
        ("C", "2026-09-03", "2026-09-17"), ("C", "2026-09-19", "2026-09-21"), ("ALL", "2026-09-25", "2026-09-26")
    )
    found = told(frame, known)
    assert [(one["touched"], one["lead_days"]) for one in found["cases"]] == [
        (True, 12), (True, 1), (False, None), (True, -23),
    ]  # fmt: skip
    assert (found["events"], found["touched"]) == (3, 0.75)
    assert (found["delay_days"], found["lead_days"]) == (2.0, 1.0)  # of events: 2, 1, 24 and 12, 1, -23 days


def test_without_labels_and_without_decisions_nothing_is_said_to_be_right() -> None:
    found = told(cases(case("2026-09-05")))
    assert not {"touched", "lead_days", "confirmed", "judged"} & found.keys()
    only = found["cases"][0]
    assert [only[name] for name in ("touched", "lead_days", "ruling", "decided_lead_days")] == [None] * 4
    assert told(cases(), labels(), said())["cases"] == []


def test_what_people_decided_counts_for_the_same_series_near_in_time() -> None:
    frame = cases(
        case("2026-09-05"), case("2026-08-01"), case("2026-09-05", "F"), case("2026-09-22"), case("2026-09-25"),
        case("2026-09-05", is_fault=True), case("2026-09-06", level=4),
    )  # fmt: skip
    by_people = said(
        ("C", "", False, "2026-09-10", "2026-09-20", "confirmed", "2026-09-12"),
        ("C", "", False, "2026-09-24", None, "dismissed", "2026-09-26"),
    )
    found = told(frame, None, by_people)
    assert [(one["ruling"], one["decided_lead_days"]) for one in found["cases"]] == [
        ("confirmed", 7), (None, None), (None, None), ("dismissed", 4), ("dismissed", 1), (None, None),
        ("confirmed", 6),
    ]  # fmt: skip
    assert (found["judged"], found["confirmed"], found["confirmed_lead_days"]) == (3, 0.333, 7.0)  # blue ones aside


def test_an_employer_s_event_is_told_from_another_s_and_no_employer_is_kept() -> None:
    frame = cases(case("2026-09-05", employer="E1"), case("2026-09-05", employer="E2"))
    found = told(frame, None, said(("C", "E2", False, "2026-09-05", None, "confirmed", "2026-09-08")))
    assert [one["ruling"] for one in found["cases"]] == [None, "confirmed"]
    assert "E2" not in json.dumps(found)
    assert "employer" not in json.dumps(found)


def test_what_stands_of_a_warning_is_read_from_the_ledger(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path, keys=tmp_path / "keys"))
    head, viewer = Actor("赵主任", "127.0.0.1"), Viewer(Role.COUNTY_HEAD, frozenset({AREA}), "赵主任")
    steps = {"right": State.CONFIRMED, "wrong": State.DISMISSED}
    with duckdb.connect() as con:
        define(con, "episode")
        for name in (*steps, "nobody"):
            con.execute(
                "insert into episode (episode_id, kind, indicator, area, industry, employer, opened_on, known_from) "
                "values (?, 'spike', 'benefit_claim', ?, ?, 'its cause', '2026-09-01', '2026-09-01')",
                [name, AREA, name],
            )
        for name, state in steps.items():
            apply_transition(ledger, REGION.transition, ActContext(viewer, head, datetime(2026, 9, 2, 17, tzinfo=UTC), "核查"), Subject(name, "", AREA, Level.YELLOW), state, Ground(cause="chance"))  # fmt: skip
        found = decided(con, ledger, REGION, "benefit_claim").set_index("industry")
    ledger.close()
    assert found["ruling"].to_dict() == {"right": "confirmed", "wrong": "dismissed"}
    assert set(found["decided_on"].dt.date) == {date(2026, 9, 3)}, "the day it was there"
    assert found["employer"].eq("").all()


def test_a_figure_that_only_one_of_two_rules_has_is_said_to_lack_of_the_other() -> None:
    found = {"first": "2026-01-01", "last": "2026-06-30", "editions": 180, "confirmed": 0.5, "touched": None,
             "per_week_of_area": {}, "cases": [], "replaces": {"confirmed": None, "touched": 0.7}}  # fmt: skip
    lines = rules.backtest_lines(REGION, "new_rule", found)
    assert "  已判定的当中属实的比例：0.5（现行 无）" in lines
    assert "  黄色及以上与已知事件有关的比例：无（现行 0.7）" in lines
