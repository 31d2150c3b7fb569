"""Mails by the calendar, routes, and the commands that try before sending."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import notify
from pipelines.cli.app import app
from pipelines.core.domain import Level, Role, State, UserError, Viewer
from pipelines.core.region.office_hours import Hours
from pipelines.core.region.rules import LEADS
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.editions import record_edition
from pipelines.ledger.notifications.notice import recorded_notices
from pipelines.ledger.workflow.acknowledgement import acknowledge
from pipelines.ledger.workflow.steps import Cause, Ground, Subject, apply_transition
from pipelines.notifying.calendar_mails import send_due
from pipelines.notifying.outbox import send
from pipelines.notifying.route import routes
from tests.permitted import PERMISSIONS
from tests.pipeline.mail_city import REGION, City, edition, parsed, part
from tests.pipeline.timeline import Timeline

MONDAY = date(2026, 11, 9)
HOURS = Hours(time(8, 30), time(17, 30), time(21), time(7))


def at(day: date, clock: str) -> datetime:
    return REGION.instant(day, time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("day", "clock", "hours", "then", "when"),
    [
        (MONDAY, "08:30", 2, MONDAY, "10:30"),
        (MONDAY, "07:00", 9, MONDAY, "17:30"),
        (MONDAY, "17:00", 1, MONDAY + timedelta(days=1), "09:00"),
        (date(2026, 11, 13), "17:00", 1, date(2026, 11, 16), "09:00"),  # over a weekend
        (date(2026, 9, 30), "17:00", 1, date(2026, 10, 8), "09:00"),  # over the National Day
        (date(2026, 10, 9), "17:00", 1, date(2026, 10, 10), "09:00"),  # into a worked Saturday
    ],
)
def test_working_time_passes_on_workdays_only(day: date, clock: str, hours: int, then: date, when: str) -> None:
    assert HOURS.later(REGION, at(day, clock), timedelta(hours=hours)) == at(then, when)


@pytest.mark.parametrize(
    ("clock", "days", "when"),
    [
        ("20:59", 0, "20:59"),
        ("21:00", 1, "07:00"),
        ("23:59", 1, "07:00"),
        ("00:00", 0, "07:00"),
        ("03:00", 0, "07:00"),
        ("06:59:59", 0, "07:00"),
        ("07:00", 0, "07:00"),
        ("07:00:30", 0, "07:00:30"),
        ("07:01", 0, "07:01"),
    ],
)
def test_quiet_hours_end_in_the_morning(clock: str, days: int, when: str) -> None:
    assert HOURS.after_quiet(REGION, at(MONDAY, clock)) == at(MONDAY + timedelta(days=days), when)
    noon = Hours(time(14), time(17), time(12), time(13))
    ends = {"11:59": "11:59", "12:00": "13:00", "12:30": "13:00", "13:00": "13:00", "13:01": "13:01"}
    for said, told in ends.items():
        assert noon.after_quiet(REGION, at(MONDAY, said)) == at(MONDAY, told)


@pytest.mark.parametrize(
    ("day", "clock", "is_working", "is_over"),
    [
        (MONDAY, "08:29", False, False),
        (MONDAY, "08:30", True, False),
        (MONDAY, "17:29", True, False),
        (MONDAY, "17:30", False, True),
        (MONDAY - timedelta(days=1), "10:00", False, True),
    ],
)
def test_a_desk_is_manned_from_its_first_minute_until_the_one_it_closes_at(
    day: date, clock: str, is_working: bool, is_over: bool
) -> None:
    assert HOURS.is_working(REGION, at(day, clock)) is is_working
    assert HOURS.is_over(REGION, at(day, clock)) is is_over
    if is_over:
        assert HOURS.next_working(REGION, at(day, clock)) > at(day, "23:59")


def test_briefs_digests_reports_and_test_mails_go_once_at_their_time(city: City, ledger: Ledger) -> None:
    first = date(2026, 10, 30)  # a Friday; Monday 2 November is the first workday of week and month
    story = Timeline(city, ledger, first, {("371502", "C"): "333333", ("371503", "F"): "333333"})
    told: dict[date, list[str]] = {}
    for number, day in enumerate(story.days):
        story.play(number + 1, since=number)
        for clock in ("07:05", "09:00"):
            made = send_due(edition(day), ledger, REGION, city.settings, at(day, clock))
            told.setdefault(day, []).extend(sorted({one.purpose for one in made}))
    assert told == {
        first: ["brief"],
        date(2026, 10, 31): [],
        date(2026, 11, 1): [],
        date(2026, 11, 2): ["brief", "quality", "test", "weekly"],
        date(2026, 11, 3): ["brief"],
        date(2026, 11, 4): ["brief"],
    }
    tests = [one for one in recorded_notices(ledger) if one.purpose == "test"]
    assert {one.address for one in tests} == set(REGION.recipients["address"])
    assert {one.not_before for one in tests} == {at(date(2026, 11, 2), "08:30")}
    briefs = [one for one in recorded_notices(ledger) if one.purpose == "brief"]
    assert {one.not_before for one in briefs} == {None}  # after the quiet hours, before working hours


def test_before_the_run_of_the_day_nothing_is_told_of_the_day_before(city: City, ledger: Ledger) -> None:
    sunday, monday = date(2026, 11, 1), date(2026, 11, 2)  # the first workday of week and month
    story = Timeline(city, ledger, sunday, {("371502", "C"): "33"})
    story.play(1)
    made = send_due(edition(sunday), ledger, REGION, city.settings, at(monday, "00:00"))
    assert {one.purpose for one in made} == {"test"}
    assert send_due(edition(sunday), ledger, REGION, city.settings, at(monday, "07:29")) == []
    story.play(since=1)
    made = send_due(edition(monday), ledger, REGION, city.settings, at(monday, "07:05"))
    assert {one.purpose for one in made} == {"brief", "weekly", "quality"}
    assert {one.edition_id for one in made} == {"2026-11-02.1"}
    send(ledger, city.settings, at(monday, "09:00"))
    assert not any("没有完成" in text for text in texts(city, "2026-11-02"))


def test_when_the_run_of_the_day_is_late_the_last_edition_is_told_and_that_it_is(city: City, ledger: Ledger) -> None:
    sunday, monday = date(2026, 11, 1), date(2026, 11, 2)
    story = Timeline(city, ledger, sunday, {("371502", "C"): "33"})
    story.play(1)
    made = send_due(edition(sunday), ledger, REGION, city.settings, at(monday, "07:30"))
    assert {one.purpose for one in made} == {"brief", "weekly", "quality", "test"}
    send(ledger, city.settings, at(monday, "09:00"))
    told = [text for text in texts(city, "2026-11-01") if "测试邮件" not in text and "第一次向您通报" not in text]
    assert len(told) == sum(one.purpose != "test" for one in made)
    assert all("今天的版次没有完成，以下是 2026-11-01 版次的情况。" in text for text in told)
    story.play(since=1)
    assert send_due(edition(monday), ledger, REGION, city.settings, at(monday, "08:00")) == []


def test_about_a_replayed_edition_nobody_is_reminded_and_no_brief_goes(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {("371502", "C"): "22"})
    story.play(1)
    story.play(since=1, is_replay=True)
    tuesday = story.days[1]
    record_edition(ledger, edition(tuesday), True, at(tuesday, "07:10"))
    before = len(recorded_notices(ledger))
    assert "补跑" in notify.remind(city.settings, REGION, ledger, at(tuesday, "14:00"))
    assert len(recorded_notices(ledger)) == before
    live = open_ledger(Settings(data=city.folder / "live"))
    story.ledger = live
    story.play()
    record_edition(live, edition(tuesday), False, at(tuesday, "07:10"))
    notify.remind(city.settings, REGION, live, at(tuesday, "14:00"))
    assert {"brief", "reminder"} <= {one.purpose for one in recorded_notices(live)}
    live.close()


def test_briefs_and_digests_count_what_people_ended_and_list_by_the_level_that_counts(
    city: City, ledger: Ledger
) -> None:
    open_still, ends_on_wednesday = "333333", "33333x"
    lines = {("371502", "C"): open_still, ("371502", "F"): open_still}
    lines |= {("371503", "C"): ends_on_wednesday, ("371503", "F"): ends_on_wednesday}
    story = Timeline(city, ledger, MONDAY - timedelta(days=3), lines)
    story.play(4)
    head, duty = Viewer(Role.COUNTY_HEAD, frozenset({"371502", "371503"})), Viewer(Role.CITY_DUTY)
    who, monday = Actor("某人", "test"), at(MONDAY, "10:00")
    eased, false = (
        Subject(name, edition(MONDAY).edition_id, name[:6], Level.YELLOW) for name in ("371502C1", "371503F1")
    )
    for viewer, state in ((head, State.CONFIRMED), (duty, State.ISSUED), (head, State.HANDLING)):
        apply_transition(ledger, REGION.transition, ActContext(viewer, who, monday, "属实"), eased, state)
    apply_transition(
        ledger,
        REGION.transition,
        ActContext(head, who, monday, "好转"),
        eased,
        State.LOWERED,
        Ground(lowered_to=Level.BLUE),
    )
    apply_transition(
        ledger,
        REGION.transition,
        ActContext(head, who, monday, "补"),
        false,
        State.DISMISSED,
        Ground(cause=Cause.DATA_ERROR.value),
    )
    told = {}
    for number in (4, 5):
        story.play(number + 1, since=number)
        day = story.days[number]
        send_due(edition(day), ledger, REGION, city.settings, at(day, "07:30"))
        send(ledger, city.settings, at(day, "09:00"))
        told[number] = next(text for text in texts(city, day.isoformat()) if "每日简报" in text)
    assert "现有未解除事项：黄色 2 项、蓝色 1 项，其中已发布预警 1 项，待核实 2 项。" in told[4]
    assert told[4].index("东昌府区 批发和零售业") < told[4].index("茌平区 制造业") < told[4].index("东昌府区 制造业")
    assert "上一个工作日以来新增 0 项，解除 0 项，认定误报 1 项。" in told[4]
    assert "上一个工作日以来新增 0 项，解除 1 项。" in told[5], "the false alarm was told the day before"


def test_what_people_lift_long_after_the_data_closed_it_counts_when_they_do(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {("371502", "C"): "33x....", ("371502", "F"): "3333333"})
    story.play(1)
    head, duty = Viewer(Role.COUNTY_HEAD, frozenset({"371502"})), Viewer(Role.CITY_DUTY)
    held = Subject("371502C1", edition(MONDAY).edition_id, "371502", Level.YELLOW)
    who, monday, thursday = Actor("某人", "test"), at(MONDAY, "10:00"), at(story.days[3], "10:00")
    for viewer, state in ((head, State.CONFIRMED), (duty, State.ISSUED), (head, State.HANDLING)):
        apply_transition(ledger, REGION.transition, ActContext(viewer, who, monday, "属实"), held, state)
    told = {}
    for number in (1, 2, 3, 4):
        story.play(number + 1, since=number)
        day = story.days[number]
        send_due(edition(day), ledger, REGION, city.settings, at(day, "07:30"))
        if number == 3:
            apply_transition(ledger, REGION.transition, ActContext(head, who, thursday, "已回落"), held, State.LIFTED)
        send(ledger, city.settings, at(day, "10:30"))
        told[number] = next(text for text in texts(city, day.isoformat()) if "每日简报" in text)
    assert ["解除 1 项" in told[number] for number in (1, 2, 3, 4)] == [False, False, False, True]
    assert "数据已回落，待决定解除" in told[3]


def texts(city: City, edition_day: str) -> list[str]:
    paths = sorted(city.settings.outbox.glob(f"{edition_day}*.eml"))
    return [part(parsed(path.read_bytes()), "plain") for path in paths]


@pytest.mark.parametrize(("signed", "hours"), [("11:30", "3.0"), ("08:00", "0.0")])  # the mail waits until 08:30
def test_the_month_s_report_counts_what_people_decided(city: City, ledger: Ledger, signed: str, hours: str) -> None:
    october = date(2026, 10, 26)
    lines = {("371502", "C"): "33333333", ("371502", "F"): "33333333", ("371503", "C"): "33333333"}
    story = Timeline(city, ledger, october, lines)
    story.play(1)
    head = Viewer(Role.COUNTY_HEAD, frozenset({"371502"}))
    who, now = Actor("某人", "test"), at(october, signed)
    own = [Subject(f"371502{name}1", edition(october).edition_id, "371502", Level.YELLOW) for name in "CF"]
    acknowledge(ledger, PERMISSIONS, ActContext(head, who, now), own[0], "dongchangfu", "岗位甲", 7)
    apply_transition(ledger, REGION.transition, ActContext(head, who, now, "属实"), own[0], State.CONFIRMED)
    cause = Cause.LATE_FILING.value
    apply_transition(
        ledger, REGION.transition, ActContext(head, who, now, "补报"), own[1], State.DISMISSED, Ground(cause=cause)
    )
    story.play(since=1)
    monday = date(2026, 11, 2)
    send_due(edition(monday), ledger, REGION, city.settings, at(monday, "09:00"))
    send(ledger, city.settings, at(monday, "09:00"))
    mails = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("2026-11-02*_liaocheng_*.eml")]
    text = next(part(mail, "plain") for mail in mails if "质量月报" in str(mail["Subject"]))
    assert "当月新开疑似预警 3 项，已有结论的当中 50% 属实；通报后无人签收、也没有结论的 1 项" in text
    assert f"从通报到签收的中位时间 {hours} 小时" in text
    assert "新开 3，属实 1，误报 1（迟报集中补报 1），未定 1" in text
    assert "- 迟报集中补报：1 项" in text


def test_a_route_says_who_gets_what_and_why() -> None:
    found = {one.address: one for one in routes(REGION, "371502", Level.ORANGE, "C", "spike", at(MONDAY, "20:00"))}
    clerk = found["jiuye@dongchangfu.example.com"]
    assert clerk.how == "单独即时通报"
    assert f"{clerk.when:%m-%d %H:%M}" == "11-10 08:30"
    assert found["juzhang@chiping.example.com"].why == "不属本单位区域"
    red = {one.address: one for one in routes(REGION, "371502", Level.RED, "", "spike", at(MONDAY, "23:00"))}
    assert red["juzhang@dongchangfu.example.com"].when is None
    yellow = {one.address: one for one in routes(REGION, "371502", Level.YELLOW, "", "spike", at(MONDAY, "09:00"))}
    assert yellow["jiuye@dongchangfu.example.com"].how == "当日汇总"
    assert "该岗位" in yellow["juzhang@dongchangfu.example.com"].why


def test_every_area_and_level_of_the_region_is_routed() -> None:
    for area in (REGION.city, *REGION.units):
        for level in Level:
            assert any(one.how != "不发" for one in routes(REGION, area, level, "", "level", at(MONDAY, "09:00")))


def test_a_mail_can_be_looked_at_and_nothing_is_stored(
    city: City, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    story = Timeline(city, ledger, MONDAY, {("371502", "C"): "23", ("371503", "C"): "33"})
    story.publish(0)
    monkeypatch.setenv("GANGSHAO_DATA", str(tmp_path))
    page = tmp_path / "mail.html"
    seen = CliRunner().invoke(app, ["preview", "immediate", "--office", "dongchangfu", "--html", str(page)])
    assert seen.exit_code == 0, seen.exception
    assert "主题：[疑似橙色预警·待核实] 东昌府区 制造业" in seen.stdout
    assert "<h1" in page.read_text(encoding="utf-8")
    for purpose in ("brief", "quality"):
        assert CliRunner().invoke(app, ["preview", purpose, "--office", "liaocheng"]).exit_code == 0
    for moment, is_said in ((at(MONDAY, "10:00"), False), (at(MONDAY, "19:30"), True)):
        monkeypatch.setattr("pipelines.cli.notices.now", lambda moment=moment: moment)
        late = CliRunner().invoke(app, ["preview", "digest", "--office", "chiping"])
        assert late.exit_code == 0, late.exception
        assert "茌平区" in late.stdout
        assert ("不早于：2026-11-10 08:30" in late.stdout) == is_said
    assert recorded_notices(ledger) == []
    wrong = CliRunner().invoke(app, ["preview", "digest", "--office", "nowhere"])
    assert isinstance(wrong.exception, UserError)


def test_the_command_prints_a_route(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANGSHAO_DATA", str(tmp_path))
    seen = CliRunner().invoke(app, ["route", "--area", "东昌府区", "--level", "红", "--industry", "C"])
    assert seen.exit_code == 0
    assert "juzhang@dongchangfu.example.com\t单独即时通报" in seen.stdout
    assert "不属本单位区域" in seen.stdout
    for kind in set(REGION.rules["kind"]) - set(LEADS):
        of_kind = CliRunner().invoke(app, ["route", "--area", "东昌府区", "--level", "红", "--kind", kind])
        assert "juzhang@dongchangfu.example.com\t单独即时通报" in of_kind.stdout, of_kind.exception
    for wrong in (
        ["--area", "某县", "--level", "红"],
        ["--area", "371502", "--level", "紫"],
        ["--area", "371502", "--level", "红", "--kind", "guess"],
        *(["--area", "371502", "--level", "红", "--kind", kind] for kind in LEADS),
    ):
        assert isinstance(CliRunner().invoke(app, ["route", *wrong]).exception, UserError)
