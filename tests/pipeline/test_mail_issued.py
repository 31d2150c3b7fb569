"""What people issue is told at once and once, is called a warning from then on, and is lifted by people alone."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.db.schema import notice
from pipelines.ledger.notifications.notice import NoticeState as Sent
from pipelines.ledger.notifications.notice import Purpose, Reason, recorded_notices
from pipelines.ledger.workflow.steps import Subject, apply_transition
from tests.pipeline.mail_city import REGION, City, edition
from tests.pipeline.mail_story import CLERK, EPISODE, HEAD, MONDAY, SERIES, at, clerk_mail, moved, why
from tests.pipeline.timeline import Timeline


def test_what_was_issued_is_told_at_once_though_its_level_was_told_before(city: City, ledger: Ledger) -> None:
    #                                                                   FSSM
    story = Timeline(city, ledger, MONDAY + timedelta(days=4), {SERIES: "1111"})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 1, at(story.days[0], "17:40"))
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 1, at(story.days[0], "18:00"))
    story.play(since=1)
    assert story.mails(CLERK) == "!!.."
    assert why(ledger, CLERK) == ["first", "issued", "nothing_new", "nothing_new"]
    (issued,) = [one for one in recorded_notices(ledger) if one.address == CLERK and one.reason is Reason.ISSUED]
    assert issued.subject.startswith("[红色预警")
    assert issued.not_before is None


@pytest.mark.parametrize(
    ("level", "clock", "waits_for"), [(1, "09:30", None), (1, "23:00", None), (2, "09:30", None), (2, "18:00", "08:30")]
)
def test_an_issue_is_told_within_the_day_and_once(
    city: City, ledger: Ledger, level: int, clock: str, waits_for: str | None
) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: str(level) * 3})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, level, at(MONDAY, "09:00"))
    assert story.tell_issued(0, "09:15") == []
    moved(ledger, State.ISSUED, Role.CITY_DUTY, level, at(MONDAY, clock))
    told = story.tell_issued(0, "23:30" if clock == "23:00" else "19:00" if clock == "18:00" else "09:45")
    assert {CLERK, HEAD} <= {one.address for one in told}
    (issued,) = [one for one in told if one.address == CLERK]
    assert issued.subject.startswith("[红色预警" if level == 1 else "[橙色预警")
    assert issued.not_before == (waits_for and at(story.days[1], waits_for))
    assert story.tell_issued(0, "23:45") == []
    story.play(since=1)
    assert story.tell_issued(1, "09:45") == []
    assert why(ledger, CLERK) == ["first", "nothing_new", "nothing_new"]


def issue_all(ledger: Ledger, industries: str, day: date) -> None:
    """People confirm and issue the red warning of each of these industries at nine."""
    for industry in industries:
        subject = Subject(f"371502{industry}1", edition(day).edition_id, "371502", Level.RED)
        for state, role in ((State.CONFIRMED, Role.CITY_LEADER), (State.ISSUED, Role.CITY_DUTY)):
            apply_transition(
                ledger,
                REGION.transition,
                ActContext(Viewer(role), Actor("某人", "test"), at(day, "09:00"), "属实"),
                subject,
                state,
            )


def test_many_issues_of_a_day_are_told_once_each(city: City, ledger: Ledger) -> None:
    lines = {("371502", industry): "11" for industry in "CFGHI"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play(1)
    issue_all(ledger, "CFGHI", MONDAY)
    told = [one for one in story.tell_issued(0, "09:15") if one.address == CLERK]
    assert [len(one.content) for one in told] == [5]
    assert all(len(one.purpose_key) <= 64 for one in told), "what the ledger's column holds"
    assert story.tell_issued(0, "09:30") == []
    story.play(since=1)
    assert why(ledger, CLERK, "371502C1") == ["first", "nothing_new"]


def test_issues_are_told_though_a_mail_about_another_warning_of_their_level_told_nobody(
    city: City, ledger: Ledger
) -> None:
    story = Timeline(
        city, ledger, MONDAY, {("371502", industry): "111" for industry in "CFG"} | {("371502", "H"): ".11"}
    )
    story.play(2)
    tuesday = story.days[1]
    issue_all(ledger, "CFG", tuesday)
    its = notice.c
    of_h = (its.purpose == Purpose.IMMEDIATE, its.address == CLERK, its.edition_id == edition(tuesday).edition_id)
    with ledger.writing() as connection:
        connection.execute(update(notice).where(*of_h).values(state=Sent.BOUNCED.value))
    told = [one for one in story.tell_issued(1, "09:15") if one.address == CLERK]
    assert sorted(head for one in told for head in one.content) == ["371502C1", "371502F1", "371502G1"]
    assert {one.reason for one in told} == {Reason.ISSUED}


def test_a_mail_about_an_issue_that_waits_for_its_hour_is_called_back_when_people_lift_it(
    city: City, ledger: Ledger
) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22"})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "09:00"))
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 2, at(MONDAY, "18:00"))
    assert story.tell_issued(0, "18:15")
    moved(ledger, State.HANDLING, Role.COUNTY_HEAD, 2, at(MONDAY, "18:30"), note="已核")
    moved(ledger, State.LIFTED, Role.CITY_LEADER, 2, at(MONDAY, "18:45"), note="数据录错")
    assert story.tell_issued(0, "19:00") == []
    waiting = [one for one in recorded_notices(ledger) if one.reason is Reason.ISSUED]
    assert {one.state for one in waiting} == {Sent.NOT_DUE}


def test_an_issued_warning_that_got_worse_is_not_lifted_by_the_data(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "332x..", ("371502", "F"): "...3.."})
    story.play(upto=1)
    moved(ledger, State.CONFIRMED, Role.COUNTY_HEAD, 3, at(MONDAY, "09:00"), note="属实")
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 3, at(MONDAY, "10:00"), note="发布")
    story.play(upto=4, since=1)
    told = [one for one in recorded_notices(ledger) if one.address == CLERK]
    assert not [one for one in told if one.reason is Reason.LIFTED]
    last = [one for one in told if one.edition_id == edition(story.days[3]).edition_id and one.is_due]
    assert [one.content.get(EPISODE) for one in last] == [2]
    text = clerk_mail(city, ledger, story, 3)
    assert "待核实，数据已回落" in text
    assert "预警已解除" not in text
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(story.days[3], "09:00"), note="属实")
    moved(ledger, State.LIFTED, Role.CITY_LEADER, 2, at(story.days[3], "10:00"), note="数据已回落")
    story.play(since=4)
    assert len([one for one in recorded_notices(ledger) if one.reason is Reason.LIFTED and one.address == CLERK]) == 1


def test_an_issue_is_told_though_a_mail_about_another_went_since(city: City, ledger: Ledger) -> None:
    friday = MONDAY + timedelta(days=4)
    #                                            FSSM
    story = Timeline(city, ledger, friday, {SERIES: "3333", ("371502", "F"): ".111"})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.COUNTY_HEAD, 3, at(friday, "17:40"))
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 3, at(friday, "18:00"))
    story.play(since=1)
    assert story.mails(CLERK) == "d!.d"
    assert why(ledger, CLERK) == ["first", "outside_hours", "outside_hours", "issued"]


def test_only_what_a_person_issued_is_called_a_warning(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2222"})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "10:00"))
    story.play(2, since=1)
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 2, at(story.days[1], "11:00"))
    story.play(since=2)
    told = [one for one in recorded_notices(ledger) if one.address == CLERK and one.is_due]
    assert [one.subject.split("]")[0] for one in told] == ["[疑似橙色预警·待核实", "[橙色预警"]
    assert why(ledger, CLERK) == ["first", "nothing_new", "issued", "nothing_new"]


def test_what_people_issued_is_lifted_by_people_not_by_the_data(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33x..", ("371502", "F"): "..3.."})
    story.play(upto=1)
    moved(ledger, State.CONFIRMED, Role.COUNTY_HEAD, 3, at(MONDAY, "09:00"), note="属实")
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 3, at(MONDAY, "10:00"), note="发布")
    story.play(upto=3, since=1)
    listed = [
        one
        for one in recorded_notices(ledger)
        if one.address == CLERK and one.edition_id == edition(story.days[2]).edition_id
    ]
    assert [one.content.get(EPISODE) for one in listed if one.is_due] == [3], "still there, though the data closed it"
    assert not [one for one in recorded_notices(ledger) if one.reason is Reason.LIFTED]
    text = clerk_mail(city, ledger, story, 2)
    assert "已发布，数据已回落，待决定解除" in text
    assert "疑似预警已解除" not in text
    moved(ledger, State.HANDLING, Role.COUNTY_HEAD, 3, at(story.days[2], "09:00"), note="已办专场招聘")
    moved(ledger, State.LIFTED, Role.COUNTY_HEAD, 3, at(story.days[2], "10:00"), note="数据已回落")
    story.play(since=3)
    lifted = [one for one in recorded_notices(ledger) if one.reason is Reason.LIFTED and one.address == CLERK]
    assert len(lifted) == 1
    assert lifted[0].subject.startswith("[预警解除] 东昌府区")
