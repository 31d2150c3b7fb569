"""Who is asked again when nobody answers or a step is late, drawn as timelines; what stops it."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.notifications.notice import Purpose, recorded_notices
from pipelines.ledger.notifications.notification_state import reasons
from pipelines.ledger.workflow.acknowledgement import acknowledge, undo_acknowledgement
from pipelines.ledger.workflow.steps import Subject
from pipelines.notifying.audience import unmanned, unrouted
from pipelines.notifying.outbox import send
from tests.permitted import PERMISSIONS
from tests.pipeline.mail_city import City, edition, parsed, part
from tests.pipeline.mail_story import (
    ANALYST,
    CLERK,
    DUTY,
    EPISODE,
    HEAD,
    LEADER,
    MONDAY,
    SERIES,
    at,
    moved,
    taken_on,
    why,
    without,
)
from tests.pipeline.timeline import Timeline


def test_nobody_answers_and_each_post_is_told_once(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22222"})
    story.play(1)
    told = []
    for clock in ("07:45", "09:00", "10:29", "10:30", "10:45", "12:29", "12:30", "14:30", "16:30", "17:20"):
        told += [(clock, one.address) for one in story.asked(0, clock)]
    # told at 07:30 for 08:30; two working hours each
    assert told == [("10:30", CLERK), ("12:30", HEAD), ("14:30", DUTY)]
    assert why(ledger, HEAD) == ["first"]
    story.play(since=1)
    assert [one.address for number in range(1, 5) for one in story.asked(number, "16:00")] == []


@pytest.mark.parametrize(
    ("level", "lacking", "told", "of_posts", "of_areas"),
    [
        ("2", [HEAD], [("10:30", CLERK), ("12:30", DUTY)], ["东昌府区单位负责人"], []),
        ("2", [CLERK], [("10:30", HEAD), ("12:30", DUTY)], ["东昌府区经办岗位"], ["东昌府区"]),
        ("2", [CLERK, HEAD], [("10:30", DUTY)], ["东昌府区经办岗位", "东昌府区单位负责人"], ["东昌府区"]),
        ("1", [CLERK, HEAD], [("09:30", DUTY)], ["东昌府区经办岗位", "东昌府区单位负责人"], ["东昌府区"]),
        ("3", [CLERK], [("16:30", HEAD)], ["东昌府区经办岗位"], ["东昌府区"]),
        ("2", [DUTY], [("10:30", CLERK), ("12:30", HEAD)], ["聊城市市级值班岗"], []),
    ],
)
def test_the_escalation_goes_over_a_post_without_an_address(
    city: City, ledger: Ledger, tmp_path: Path, level: str, lacking: list[str], told: list[tuple[str, str]],
    of_posts: list[str], of_areas: list[str],
) -> None:  # fmt: skip
    region = without(tmp_path, *lacking)
    story = Timeline(city, ledger, MONDAY, {SERIES: level}, region=region)
    story.play()
    clocks = [f"{hour:02}:{minute}" for hour in range(8, 17) for minute in ("00", "30")]
    assert [(clock, one.address) for clock in clocks for one in story.asked(0, clock)] == told
    assert unmanned(region, MONDAY) == of_posts
    assert unrouted(region, MONDAY) == of_areas


def test_a_city_wide_warning_goes_over_posts_without_an_address_too(city: City, ledger: Ledger, tmp_path: Path) -> None:
    story = Timeline(city, ledger, MONDAY, {("371500", "C"): "2"}, region=without(tmp_path, ANALYST, DUTY))
    story.play()
    assert [one.address for clock in ("10:30", "12:30") for one in story.asked(0, clock)] == [LEADER]
    assert unmanned(story.region, MONDAY) == ["聊城市市级分析岗", "聊城市市级值班岗"]


def test_nobody_answers_for_the_whole_city_and_each_post_is_asked_what_it_may_do(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {("371500", "C"): "2"})
    story.play()
    made = [one for clock in ("10:30", "12:30", "14:30", "16:30") for one in story.asked(0, clock)]
    assert [(one.address, one.subject.split("]")[0].split("·")[1:]) for one in made] == [
        (ANALYST, ["催办"]),
        (DUTY, ["催办", "报市级值班"]),
        (LEADER, ["催办", "报市局领导"]),
    ]
    send(ledger, city.settings, at(MONDAY, "17:00"))
    letters = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    texts = {str(one["Message-ID"]): part(one, "plain") for one in letters}
    asked = [texts[one.message_id].split("请您做什么：")[1].splitlines()[0] for one in made]
    assert asked == [
        "现在登录，逐项核实并签收，写明由谁负责。",
        "请联系责任岗位核实并签收，或由值班岗登记签收情况。",
        "请督促市级值班岗或分析岗今天核实并签收；领导岗位审批，不签收。",
    ]


def test_the_analyst_takes_a_city_wide_warning_on_and_nobody_else_is_asked(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {("371500", "C"): "2"})
    story.play()
    assert [one.address for one in story.asked(0, "10:30")] == [ANALYST]
    viewer, actor = Viewer(Role.CITY_ANALYST, name="analyst"), Actor("岗位甲", "test")
    subject = Subject("371500C1", edition(MONDAY).edition_id, "371500", Level.ORANGE, is_city=True)
    acknowledge(ledger, PERMISSIONS, ActContext(viewer, actor, at(MONDAY, "11:00")), subject, "liaocheng", "岗位甲", 3)
    assert [one.address for clock in ("12:30", "14:30", "16:30") for one in story.asked(0, clock)] == []


def test_reminders_of_yellow_count_working_time_over_the_weekend(city: City, ledger: Ledger) -> None:
    friday = MONDAY + timedelta(days=4)
    story = Timeline(city, ledger, friday, {SERIES: "3333"})
    story.play()
    clocks = [(0, "17:00"), (1, "12:00"), (2, "12:00"), (3, "08:31"), (3, "15:30")]
    told = [(number, clock, one.address) for number, clock in clocks for one in story.asked(number, clock)]
    # told on Friday for 08:30: eight of its nine hours are over at 16:30, the head's turn comes on Monday at 16:00
    assert told == [(0, "17:00", CLERK)]
    assert [one.address for one in story.asked(3, "16:05")] == [HEAD]
    assert why(ledger, HEAD)[-1] == "reminder"
    assert why(ledger, CLERK)[0] == "first"


def test_an_acknowledgement_stops_reminders_until_it_expires_is_undone_or_outgrown(city: City, ledger: Ledger) -> None:
    #                                           MTWTFSSMTWTF
    story = Timeline(city, ledger, MONDAY, {SERIES: "333333333332"})
    story.play(1)
    first = taken_on(ledger, 3, at(MONDAY, "09:00"), days=3)
    assert story.asked(0, "17:20") == []
    story.play(4, since=1)
    assert why(ledger, CLERK) == ["first", "silenced", "silenced", "silenced"]
    rows = reasons(ledger, episode_id=EPISODE)
    detail = rows.loc[(rows["address"] == CLERK) & (rows["reason"] == "silenced"), "detail"].iloc[0]
    assert "岗位甲" in detail
    assert "2026-11-12" in detail
    # it ends on Thursday at 09:00: eight working hours later the clerk is asked again
    assert story.asked(3, "16:59") == []
    assert [one.address for one in story.asked(3, "17:01")] == [CLERK]
    second = taken_on(ledger, 3, at(story.days[3], "17:10"), days=14)
    story.play(11, since=4)
    assert story.asked(7, "17:00") == []
    undo_acknowledgement(ledger, PERMISSIONS, ActContext(Viewer(Role.COUNTY_CLERK, frozenset({"371502"})), Actor("岗位甲", "test"), at(story.days[8], "08:30")), Subject(EPISODE, edition(story.days[8]).edition_id, "371502", Level.YELLOW), second)  # fmt: skip
    assert [one.address for one in story.asked(8, "16:30")] == [CLERK]
    taken_on(ledger, 3, at(story.days[8], "16:40"), days=14)
    story.play(since=11)  # it gets worse although somebody took it on
    assert story.mails(CLERK).endswith("!")
    assert why(ledger, CLERK)[-1] == "worse"
    assert [one.address for one in story.asked(11, "10:30")] == [CLERK]
    assert first != second


def test_the_end_of_an_acknowledgement_is_told_as_such_and_one_outgrown_asks_nobody_twice(
    city: City, ledger: Ledger
) -> None:
    #                                           MTWTFSSM
    story = Timeline(city, ledger, MONDAY, {SERIES: "22211111"})
    story.play(1)
    taken_on(ledger, 2, at(MONDAY, "09:00"), days=7)
    story.play(4, since=1)
    asked = {one.address for clock in ("10:30", "12:30", "14:30") for one in story.asked(3, clock)}
    assert CLERK in asked, "it got worse although somebody took it on"
    story.play(since=4)
    assert story.asked(7, "17:20") == [], "what it outgrew ended on this Monday"


def test_a_mail_says_that_what_was_taken_on_is_held_by_nobody(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "3333"})
    story.play(1)
    taken_on(ledger, 3, at(MONDAY, "09:00"), days=3)
    story.play(since=1)
    story.asked(3, "17:20")
    send(ledger, city.settings, at(story.days[3], "17:20"))
    (path,) = (
        path for path in city.settings.outbox.glob("*.eml") if "签收到期" in part(parsed(path.read_bytes()), "plain")
    )
    text = part(parsed(path.read_bytes()), "plain")
    assert "以下 1 项曾经签收，从 11-12 09:00 起签收到期或已撤销，此后没有人再签收。" in text
    assert "已通报，至今没有人签收" not in text


def test_what_nobody_verified_is_told_once_to_the_post_that_owes_it_in_one_mail(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33", ("371502", "F"): "33", ("371502", "G"): "44"})
    story.play()
    overdue = []
    for number, clock in ((0, "17:20"), (1, "08:29"), (1, "08:31"), (1, "09:00"), (1, "17:00")):
        overdue += [(number, clock, one) for one in story.remind(number, clock) if one.purpose is Purpose.OVERDUE]
    # told at 07:30 for 08:30, yellow is due a day later; blue is left to the weekly digest
    [(number, clock, told)] = overdue
    assert (number, clock, told.address, len(told.content)) == (1, "08:31", HEAD, 2)
    assert told.subject.startswith("[疑似黄色预警·逾期]")
    assert "等 2 项应于 11-10 08:30 前核实" in told.subject
    send(ledger, city.settings, at(story.days[1], "10:00"))
    letters = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    (letter,) = [one for one in letters if str(one["Message-ID"]) == told.message_id]
    assert "请您做什么：现在登录，逐项登记核实结论" in part(letter, "plain")


def test_who_took_an_orange_warning_on_has_not_verified_it(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2"})
    story.play()
    taken_on(ledger, 2, at(MONDAY, "09:00"))
    told = [(clock, one.address) for clock in ("10:31", "12:29", "12:31", "14:31") for one in story.remind(0, clock)]
    assert told == [("12:31", LEADER)]


def test_overdue_steps_are_told_once_to_the_post_that_owes_them(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22x."})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "18:00"))
    told = [(clock, one.address) for clock in ("18:30", "20:01", "20:30", "22:00") for one in story.remind(0, clock)]
    assert told == [("20:01", DUTY)]  # two hours after it was confirmed, outside working but before quiet hours
    story.play(2, since=1)
    assert story.remind(1, "09:00") == []
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 2, at(story.days[1], "09:30"))
    story.play(3, since=2)
    assert [one.address for one in story.remind(2, "09:31")] == [HEAD]
    overdue = [one for one in recorded_notices(ledger) if one.purpose == Purpose.OVERDUE]
    assert [one.subject.split(" ")[0] for one in overdue] == ["[疑似橙色预警·逾期]", "[橙色预警·逾期]"]
    assert "应于 11-09 20:00 前发布" in overdue[0].subject
    send(ledger, city.settings, at(story.days[2], "10:00"))
    letters = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    texts = {str(one["Message-ID"]): part(one, "plain") for one in letters}
    assert "依据：落实措施并登记责任人。" in texts[overdue[1].message_id], "without the mark of who keeps the table"


def test_an_overdue_step_of_what_has_receded_asks_for_a_decision(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22x."})
    story.play(2)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(story.days[1], "23:30"))
    story.play(3, since=2)
    assert [one.address for clock in ("09:00", "10:00") for one in story.remind(2, clock)] == [DUTY]
    send(ledger, city.settings, at(story.days[2], "10:30"))
    (overdue,) = [one for one in recorded_notices(ledger) if one.purpose == Purpose.OVERDUE]
    letters = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    (letter,) = [one for one in letters if str(one["Message-ID"]) == overdue.message_id]
    assert "现在登录，决定：数据已回落，不必再“发布”的，由有权的岗位解除并写明理由" in part(letter, "plain")


def test_an_overdue_step_of_a_post_without_an_address_is_told_to_the_duty_desk(
    city: City, ledger: Ledger, tmp_path: Path
) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "222"}, region=without(tmp_path, HEAD))
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "10:00"))
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 2, at(MONDAY, "10:30"))
    story.play(since=1)
    assert [one.address for clock in ("10:29", "10:31", "11:00") for one in story.remind(1, clock)] == [DUTY]
    send(ledger, city.settings, at(story.days[1], "11:30"))
    (overdue,) = [one for one in recorded_notices(ledger) if one.purpose == Purpose.OVERDUE]
    (letter,) = [
        parsed(path.read_bytes())
        for path in city.settings.outbox.glob("*.eml")
        if parsed(path.read_bytes())["Message-ID"] == overdue.message_id
    ]
    assert "请您做什么：应办的单位负责人没有收件人，请督促其完成“落实措施”并登记" in part(letter, "plain")
