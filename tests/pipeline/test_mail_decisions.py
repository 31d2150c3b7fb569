from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import Edition
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.editions import record_edition
from pipelines.ledger.notifications.notice import Notice, NoticeState, Purpose, Reason, recorded_notices
from pipelines.notifying import reminders
from pipelines.notifying.audience import offices
from pipelines.notifying.notices import decide, occasion
from pipelines.notifying.wording import item
from tests.pipeline.mail_city import REGION, City, Told, edition

FIRST, SECOND, THIRD, FOURTH = (date(2026, 11, day) for day in (23, 24, 25, 26))
CITY_OFFICE = next(office for office in offices(REGION) if office.is_city)


def told(city: City, ledger: Ledger, day: date, warnings: list[Told], **how: bool) -> dict[str, Notice]:
    """Publish all days up to this one with these warnings, decide, and give the first recipient of each office."""
    days = [edition(FIRST + timedelta(days=passed)) for passed in range((day - FIRST).days + 1)]
    return decided(city, ledger, city.publish(days, warnings, how.get("is_demonstration", False)), **how)


def decided(city: City, ledger: Ledger, one: Edition, is_replay: bool = False, **_: bool) -> dict[str, Notice]:
    now = REGION.instant(one.day, time(8, 30))
    made = decide(one, is_replay=is_replay, ledger=ledger, region=REGION, settings=city.settings, now=now)
    return {notice.office_id: notice for notice in reversed(made)}


def test_every_recipient_gets_one_decision_with_one_reason(city: City, ledger: Ledger) -> None:
    notices = told(city, ledger, FIRST, [Told("a", "371502", 3, FIRST)])
    assert notices["dongchangfu"].reason is Reason.FIRST
    assert notices[CITY_OFFICE.office_id].reason is Reason.FIRST
    stored = recorded_notices(ledger)
    assert len(stored) == len(REGION.recipients)
    due = {notice.office_id for notice in stored if notice.is_due}
    assert due == {"dongchangfu", CITY_OFFICE.office_id}
    assert {notice.reason for notice in stored if not notice.is_due} == {Reason.NOTHING_OF_YOURS, Reason.NOT_FOR_POST}


@pytest.mark.parametrize(("urgent", "mails"), [(3, 3), (4, 1)])
def test_up_to_three_urgent_ones_of_a_level_have_a_mail_each(
    city: City, ledger: Ledger, urgent: int, mails: int
) -> None:
    told(city, ledger, FIRST, [Told(name, "371502", 2, FIRST) for name in "abcd"[:urgent]])
    own = [one for one in recorded_notices(ledger) if one.is_due and one.office_id == "dongchangfu"]
    at_once = Counter(one.address for one in own if one.purpose == Purpose.IMMEDIATE)
    assert set(at_once.values()) == {mails}


def test_a_warning_that_goes_on_is_told_once(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, FIRST)]
    told(city, ledger, FIRST, warnings)
    second = told(city, ledger, SECOND, warnings)["dongchangfu"]
    assert (second.reason, second.state) == (Reason.NOTHING_NEW, NoticeState.NOT_DUE)


def test_a_new_a_raised_a_lowered_and_a_lifted_warning_are_told_with_their_reason(city: City, ledger: Ledger) -> None:
    old, raised = Told("a", "371502", 3, FIRST, until=SECOND), Told("a", "371502", 2, SECOND, until=FOURTH)
    lifted = Told("a", "371502", 2, FOURTH, status="closed", close_reason="evidence")
    other = Told("b", "371502", 4, THIRD, industry="F")
    warnings = [old, raised, other, lifted]
    reasons = [told(city, ledger, day, warnings)["dongchangfu"].reason for day in (FIRST, SECOND, THIRD, FOURTH)]
    assert reasons == [Reason.FIRST, Reason.TOLD_AT_ONCE, Reason.NEW_WARNINGS, Reason.LIFTED]
    subjects = [
        notice.subject for notice in recorded_notices(ledger) if notice.address == "jiuye@dongchangfu.example.com"
    ]
    assert [subject for subject in subjects if subject] == [
        "[疑似黄色预警·待核实] 东昌府区 制造业 失业保险金新增申领 新增，比预期多 10–19 人 数据截至2026-11-22",
        "[疑似橙色预警·待核实] 东昌府区 制造业 失业保险金新增申领 由黄色升级，比预期多 10–19 人 数据截至2026-11-23",
        "[疑似蓝色预警·待核实] 东昌府区 批发和零售业 失业保险金新增申领 新增，比预期多 10–19 人 数据截至2026-11-24",
        "[疑似预警解除] 东昌府区 制造业 失业保险金新增申领，仍有 1 项未解除 数据截至2026-11-24",
    ]


def test_a_lowered_level_is_told_too(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 2, FIRST, until=SECOND), Told("a", "371502", 4, SECOND)]
    told(city, ledger, FIRST, warnings)
    assert told(city, ledger, SECOND, warnings)["dongchangfu"].reason is Reason.EASED


def test_a_warning_that_came_and_went_between_two_mails_is_not_told(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, SECOND, until=THIRD), Told("a", "371502", 3, THIRD, status="closed")]
    told(city, ledger, FIRST, warnings)
    assert told(city, ledger, THIRD, warnings)["dongchangfu"].reason is Reason.NOTHING_OF_YOURS


def test_deciding_an_edition_again_makes_no_second_notice(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, FIRST)]
    first = told(city, ledger, FIRST, warnings)
    before = recorded_notices(ledger)
    assert told(city, ledger, FIRST, warnings) == first
    assert recorded_notices(ledger) == before


def test_a_second_edition_of_a_day_with_the_same_warnings_is_already_told(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, FIRST)]
    told(city, ledger, FIRST, warnings)
    again = edition(FIRST, 2)
    city.publish([edition(FIRST), again], warnings)
    assert decided(city, ledger, again)["dongchangfu"].reason is Reason.ALREADY_TOLD


def test_a_second_edition_with_the_same_cut_off_is_already_told(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, FIRST)]
    told(city, ledger, FIRST, warnings)
    again = Edition(FIRST, 2, edition(FIRST).cutoff_at)
    city.publish([edition(FIRST), again], warnings)
    assert decided(city, ledger, again)["dongchangfu"].reason is Reason.ALREADY_TOLD


def test_a_replay_is_recorded_as_retrospective_and_sends_nothing(city: City, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, FIRST), Told("b", "371522", 3, SECOND)]
    for day in (FIRST, SECOND, THIRD):
        told(city, ledger, day, warnings, is_replay=True)
    stored = recorded_notices(ledger)
    assert Counter(notice.reason for notice in stored) == {Reason.RETROSPECTIVE: 3 * len(REGION.recipients)}
    assert {notice.state for notice in stored} == {NoticeState.RETROSPECTIVE}
    # nobody was told anything, so the first live edition tells all that is open
    live = told(city, ledger, FOURTH, warnings)
    assert live["dongchangfu"].reason is Reason.FIRST
    assert live["shenxian"].reason is Reason.FIRST


def test_a_replay_decides_from_the_same_warnings_as_a_live_run(city: City, tmp_path: Path, ledger: Ledger) -> None:
    warnings = [Told("a", "371502", 3, FIRST), Told("b", "371500", 2, FIRST, industry="ALL")]
    replayed = told(city, ledger, FIRST, warnings, is_replay=True)
    other = open_ledger(Settings(data=tmp_path / "other"))
    live = told(city, other, FIRST, warnings)
    assert {office: notice.content for office, notice in replayed.items()} == {
        office: notice.content for office, notice in live.items()
    }
    other.close()


def test_a_city_total_concerns_the_city_office_alone(city: City, ledger: Ledger) -> None:
    notices = told(city, ledger, FIRST, [Told("c", "371500", 3, FIRST, industry="ALL")])
    assert {office for office, notice in notices.items() if notice.is_due} == {CITY_OFFICE.office_id}


def test_demonstration_data_and_a_server_elsewhere_queue_nothing_and_say_why(city: City, ledger: Ledger) -> None:
    city.settings = Settings(data=city.folder, smtp_host="mail.example.com")
    notices = told(city, ledger, FIRST, [Told("a", "371502", 3, FIRST)], is_demonstration=True)
    assert notices["dongchangfu"].reason is Reason.DEMONSTRATION
    assert notices["dongchangfu"].state is NoticeState.NOT_DUE
    assert notices["chiping"].reason is Reason.NOTHING_OF_YOURS


def test_a_recipient_whose_term_is_over_gets_no_decision(city: City, ledger: Ledger) -> None:
    notices = told(city, ledger, FIRST, [])
    assert set(notices) == set(REGION.recipients["office_id"])
    long_ago = edition(date(2015, 1, 5))
    city.publish([long_ago], [])
    assert decided(city, ledger, long_ago) == {}


@pytest.mark.parametrize(
    ("kind", "is_replay", "stays"), [("event", False, True), ("event", True, False), ("spike", False, False)]
)
def test_an_event_that_nobody_verified_stays_with_its_office_when_its_data_end(
    city: City, ledger: Ledger, kind: str, is_replay: bool, stays: bool
) -> None:
    opened = Told("a", "371502", 3, FIRST, kind=kind, until=SECOND)
    ended = replace(opened, since=SECOND, until=None, opened_on=FIRST, status="closed", close_reason="window_passed")
    for day in (FIRST, SECOND):
        record_edition(ledger, edition(day), is_replay, edition(day).cutoff_at)
    told(city, ledger, FIRST, [opened])
    second = told(city, ledger, SECOND, [opened, ended])
    given = occasion(edition(SECOND), ledger, REGION, city.settings, edition(SECOND).cutoff_at + timedelta(hours=75))
    assert list(given.board.ids) == (["a"] if stays else [])
    assert (second["dongchangfu"].reason is Reason.LIFTED) is not stays
    if stays:
        (row,) = given.board.rows.to_dict("records")
        assert (row["is_receded"], row["state"]) == (True, "to_verify")
        shown = item(row, "", REGION, city.settings)
        assert "仍须核实" in shown.state
        with ledger.reading() as connection:
            made = reminders.drafts(given, connection)
        assert [one.address for one in made if one.purpose is Purpose.OVERDUE] == ["juzhang@dongchangfu.example.com"]
