"""Timelines of early warnings: opened, raised, resting, closed by evidence, a revision or the end of their rule, never by silence."""

from datetime import date, timedelta

import pandas as pd
import pytest

from pipelines.judging.findings import FINDING
from pipelines.judging.lifecycle import EarlyWarning, advance, band

START = date(2026, 10, 1)
LEAVE = {"r": 3}


def finding(day: date, level: int = 3, people: float = 42.0) -> pd.DataFrame:
    row = dict.fromkeys(FINDING) | {
        "rule_id": "r", "kind": "spike", "indicator": "benefit_claim", "area": "371502", "industry": "C", "level": level,
        "window_from": pd.Timestamp(day) - pd.Timedelta(days=6), "window_to": pd.Timestamp(day),
        "data_to": pd.Timestamp(day), "observed": 100.0, "expected": 100.0 - people, "people": people, "p": 1e-5,
    }  # fmt: skip
    return pd.DataFrame([row])


NOTHING = pd.DataFrame(columns=FINDING)
KEY = ("r", "benefit_claim", "371502", "C", "")


def day(offset: int) -> date:
    return START + timedelta(days=offset)


def judged(offset: int, periods: int = 1) -> dict[tuple[str, str, str, str, str], tuple[date, int]]:
    return {KEY: (day(offset), periods)}


def opened() -> list[EarlyWarning]:
    return advance([], finding(day(0)), {}, LEAVE, day(1))


def test_a_finding_opens_one_warning_that_keeps_its_identity() -> None:
    first = opened()
    again = advance(first, finding(day(1)), {}, LEAVE, day(2))
    assert [warning.episode_id for warning in again] == [warning.episode_id for warning in first]
    assert again[0].opened_on == day(1)
    assert again[0].data_to == day(1)


def test_it_is_raised_at_once_and_not_lowered_by_a_weaker_finding() -> None:
    raised = advance(opened(), finding(day(1), level=2), {}, LEAVE, day(2))
    assert (raised[0].level, raised[0].changed_on) == (2, day(2))
    weaker = advance(raised, finding(day(2), level=4), {}, LEAVE, day(3))
    assert (weaker[0].level, weaker[0].changed_on) == (2, day(2))


def test_data_judged_before_say_nothing_new() -> None:
    first = opened()
    assert advance(first, finding(day(0), people=30), {}, LEAVE, day(2)) == first


def test_evidence_revised_to_something_milder_lowers_it() -> None:
    red = advance([], finding(day(0), level=1, people=350.0).assign(observed=350.0), {}, LEAVE, day(1))
    typed_anew = finding(day(0), level=4, people=35.0).assign(observed=35.0)
    lowered = advance(red, typed_anew, {}, LEAVE, day(2))[0]
    assert (lowered.level, lowered.observed, lowered.changed_on) == (4, 35.0, day(2))
    shorter = typed_anew.assign(window_from=pd.Timestamp(day(0)))
    assert advance(red, shorter, {}, LEAVE, day(2))[0].level == 1, "another window says nothing of the first"


@pytest.mark.parametrize(
    ("expected", "before", "now", "level"),
    [
        (50.0, 350.0, 349.0, 4),
        (50.0, 350.0, 350.0, 1),
        (50.0, 350.0, 351.0, 1),
        (1000.0, 650.0, 651.0, 4),  # a fall is milder where less is missing
        (1000.0, 650.0, 650.0, 1),
        (1000.0, 650.0, 649.0, 1),
    ],
)
def test_a_revision_is_milder_the_nearer_it_is_to_what_was_expected(
    expected: float, before: float, now: float, level: int
) -> None:
    def told(level: int, observed: float) -> pd.DataFrame:
        return finding(day(0), level=level).assign(expected=expected, observed=observed)

    red = advance([], told(1, before), {}, LEAVE, day(1))
    assert advance(red, told(4, now), {}, LEAVE, day(2))[0].level == level


def test_it_names_the_version_of_the_rule_that_judged_what_it_shows() -> None:
    first = advance([], finding(day(0)).assign(rule_hash="old"), {}, LEAVE, day(1))
    assert first[0].rule_hash == "old"
    assert advance(first, finding(day(0)).assign(rule_hash="new"), {}, LEAVE, day(2)) == first, "no new evidence"
    resting = advance(first, NOTHING, judged(1), LEAVE, day(2))
    assert resting[0].rule_hash == "old"
    assert advance(first, finding(day(1)).assign(rule_hash="new"), {}, LEAVE, day(2))[0].rule_hash == "new"
    assert advance(first, finding(day(0), level=2).assign(rule_hash="new"), {}, LEAVE, day(2))[0].rule_hash == "new"
    assert opened()[0].rule_hash is None


def test_a_number_revised_for_the_same_data_is_shown_and_nothing_else_changes() -> None:
    quiet = advance(opened(), NOTHING, judged(1), LEAVE, day(2))
    revised = advance(quiet, finding(day(0), level=4).assign(observed=110.0, people=52.0), {}, LEAVE, day(3))[0]
    assert (revised.observed, revised.people, revised.people_band) == (110.0, 52.0, "50–99")
    assert (revised.level, revised.changed_on, revised.quiet_periods, revised.judged_to) == (3, day(1), 1, day(1))


def test_it_closes_after_quiet_periods_of_new_data() -> None:
    warnings = opened()
    for offset in (1, 2):
        warnings = advance(warnings, NOTHING, judged(offset), LEAVE, day(offset + 1))
        assert warnings[0].status == "open"
    warnings = advance(warnings, NOTHING, judged(3), LEAVE, day(4))
    assert (warnings[0].status, warnings[0].close_reason, warnings[0].closed_on) == ("closed", "evidence", day(4))


def test_it_is_never_lifted_because_data_stopped() -> None:
    warnings = opened()
    for offset in range(1, 60):
        warnings = advance(warnings, NOTHING, {}, LEAVE, day(offset + 1))
    assert warnings == opened()


def test_what_a_revision_takes_away_closes_at_once_and_says_so_unless_its_rule_is_met_elsewhere() -> None:
    gone = advance(opened(), NOTHING, judged(1), LEAVE, day(2), unfounded={KEY})[0]
    assert (gone.status, gone.close_reason, gone.closed_on, gone.observed) == ("closed", "revision", day(2), 100.0)
    held = advance(opened(), NOTHING, {}, LEAVE, day(2), held={KEY}, unfounded={KEY})[0]
    assert held.close_reason == "revision"
    assert advance(opened(), finding(day(1)), {}, LEAVE, day(2), unfounded={KEY})[0].status == "open"


def test_a_warning_ends_with_its_rule_and_not_by_figures_that_nobody_judged() -> None:
    for seen in ({}, judged(1), judged(9, 9)):
        ended = advance(opened(), NOTHING, seen, {"another": 1}, day(2))[0]
        assert (ended.status, ended.close_reason, ended.closed_on) == ("closed", "rule_ended", day(2))
        assert ended.quiet_periods == 0


def test_a_new_finding_ends_the_quiet() -> None:
    warnings = advance(opened(), NOTHING, judged(2, 2), LEAVE, day(3))
    warnings = advance(warnings, finding(day(3)), {}, LEAVE, day(4))
    assert warnings[0].quiet_periods == 0


def test_after_closing_a_new_rise_is_a_new_warning() -> None:
    closed = advance(opened(), NOTHING, judged(3, 3), LEAVE, day(4))
    anew = advance([w for w in closed if w.status == "open"], finding(day(20)), {}, LEAVE, day(21))
    assert anew[0].episode_id != closed[0].episode_id


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (0, "<10"),
        (9.6, "<10"),
        (10, "10–19"),
        (19, "10–19"),
        (20, "20–49"),
        (49, "20–49"),
        (50, "50–99"),
        (99, "50–99"),
        (100, "100–199"),
        (199, "100–199"),
        (200, "200–499"),
        (499, "200–499"),
        (500, "500+"),
        (None, ""),
        (-900, ""),
        (-0.1, ""),
    ],
)
def test_bands_have_exact_edges(people: float | None, words: str) -> None:
    assert band(people) == words


def test_two_employers_of_one_cell_are_two_warnings_and_a_spike_keeps_its_own_whatever_its_cause() -> None:
    def report(employer: str, kind: str) -> pd.DataFrame:
        return finding(day(0)).assign(kind=kind, employer=employer)

    events = advance([], pd.concat([report("e1", "event"), report("e2", "event")]), {}, LEAVE, day(1))
    assert len({warning.episode_id for warning in events}) == 2
    spike = advance([], report("e1", "spike"), {}, LEAVE, day(1))
    again = advance(spike, report("e2", "spike").assign(data_to=pd.Timestamp(day(1))), {}, LEAVE, day(2))
    assert [warning.episode_id for warning in again] == [warning.episode_id for warning in spike]
