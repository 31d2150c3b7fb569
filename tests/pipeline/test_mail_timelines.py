"""Who is told what, drawn as timelines: a line of levels a series, a line of mails a recipient, the clock injected."""

import re
from datetime import date, datetime, time, timedelta

from pipelines.alerts.audience import offices
from pipelines.alerts.mail import send
from pipelines.domain import Level, Role, State, Viewer
from pipelines.ledger import Ledger
from pipelines.ledger.acknowledgement import acknowledge, undo
from pipelines.ledger.audit import Actor
from pipelines.ledger.chain import Cause, Subject, take
from pipelines.ledger.notice import IMMEDIATE, OVERDUE, Reason, recorded_notices
from pipelines.ledger.warning_notice import reasons
from tests.pipeline.mail_city import REGION, City, edition, parsed, part
from tests.pipeline.timeline import Timeline

MONDAY = date(2026, 11, 9)
CLERK, HEAD = "jiuye@dongchangfu.example.com", "juzhang@dongchangfu.example.com"
DUTY, ANALYST, LEADER = (f"{name}@liaocheng.example.com" for name in ("zhiban", "jiuye", "fenguan"))
SERIES = ("371502", "C")
EPISODE = "371502C1"


def why(ledger: Ledger, address: str, episode_id: str = EPISODE) -> list[str]:
    rows = reasons(ledger, episode_id=episode_id)
    return [str(reason) for reason in rows.loc[rows["address"] == address].sort_values("edition_id")["reason"]]


def at(day: date, clock: str) -> datetime:
    return REGION.instant(day, time.fromisoformat(clock))


def taken_on(ledger: Ledger, level: int, now: datetime, days: int = 7, day: date = MONDAY) -> int:
    viewer = Viewer(Role.COUNTY_CLERK, frozenset({"371502"}))
    subject = Subject(EPISODE, edition(day).edition_id, "371502", Level(level))
    return acknowledge(ledger, viewer, Actor("岗位甲", "test"), subject, "dongchangfu", "岗位甲", "", days, now)


def moved(ledger: Ledger, to: State, role: Role, level: int, now: datetime, **ground: str) -> None:
    viewer = Viewer(role, frozenset({"371502"}) if role in {Role.COUNTY_HEAD, Role.COUNTY_CLERK} else frozenset())
    subject = Subject(EPISODE, edition(REGION.local_day(now)).edition_id, "371502", Level(level))
    take(ledger, REGION.transition, viewer, Actor("某人", "test"), subject, to, now, **ground)


def clerk_mail(city: City, ledger: Ledger, story: Timeline, number: int, office: str = "dongchangfu") -> str:
    """The text of the only mail that an edition sent to an office's first post."""
    send(ledger, city.settings, at(story.days[-1] + timedelta(days=1), "09:00"))
    address = next(one.address for one in recorded_notices(ledger) if one.office_id == office)
    name = edition(story.days[number]).edition_id
    mails = [parsed(path.read_bytes()) for path in city.settings.outbox.glob(f"{name}_{office}_*.eml")]
    (text,) = [part(mail, "plain") for mail in mails if mail["To"] == address]
    return text


def test_a_flapping_series_is_at_most_one_mail_a_day(city: City, ledger: Ledger) -> None:
    #                                                MTWTFSSMTWTFSSMTWTF
    story = Timeline(city, ledger, MONDAY, {SERIES: "3x3x2x2x1x1x4x3x2x1"})
    story.play()
    assert story.mails(CLERK) == "dddd!..d!d!d..dd!d!"


def test_a_level_that_goes_up_and_down_within_one_warning_is_one_mail_a_day(city: City, ledger: Ledger) -> None:
    #                                            MTWTFSSMTWTF
    story = Timeline(city, ledger, MONDAY, {SERIES: "343232121232"})
    story.play()
    # an orange or red level is told at once the first time it is reached, later in the digest
    assert story.mails(CLERK) == "ddd!d.!ddddd"


def test_orange_on_a_saturday_waits_for_monday_and_red_does_not(city: City, ledger: Ledger) -> None:
    #                                            FSSM
    story = Timeline(city, ledger, MONDAY + timedelta(days=4), {SERIES: ".222", ("371503", "F"): ".111"})
    story.play()
    told = {
        one.office_id: one
        for one in recorded_notices(ledger)
        if one.purpose == IMMEDIATE and one.office_id != "liaocheng"
    }
    assert told["dongchangfu"].not_before == at(MONDAY + timedelta(days=7), "08:30")
    assert told["chiping"].not_before is None
    assert told["chiping"].is_urgent
    assert why(ledger, CLERK) == ["first", "nothing_new", "nothing_new"]


def test_yellow_on_a_weekend_is_told_on_monday(city: City, ledger: Ledger) -> None:
    #                                                                       FSSMT
    story = Timeline(city, ledger, MONDAY + timedelta(days=4), {SERIES: ".3333"})
    story.play()
    assert story.mails(CLERK) == "...d."
    assert why(ledger, CLERK) == ["outside_hours", "outside_hours", "first", "nothing_new"]


def test_holidays_are_no_workdays_and_a_worked_saturday_is_one(city: City, ledger: Ledger) -> None:
    # 2026: holiday from Thursday 1 October to Wednesday 7, Saturday 10 October is worked.
    #                                               WTFSSMTWTFSS
    story = Timeline(city, ledger, date(2026, 9, 30), {SERIES: ".3333333333x"})
    story.play()
    assert story.mails(CLERK) == "........d..."


def test_what_is_new_on_a_worked_saturday_is_told_on_it(city: City, ledger: Ledger) -> None:
    #                                                          FSS
    story = Timeline(city, ledger, date(2026, 10, 9), {SERIES: ".33"})
    story.play()
    assert story.mails(CLERK) == ".d."


def test_a_waiting_mail_that_is_no_longer_so_is_called_back(city: City, ledger: Ledger) -> None:
    #                                                                   FSSMT
    story = Timeline(city, ledger, MONDAY + timedelta(days=4), {SERIES: ".21"})
    story.play()
    told = [one for one in recorded_notices(ledger) if one.address == CLERK and one.purpose == IMMEDIATE]
    assert [(one.content[EPISODE], one.is_due) for one in told] == [(2, False), (1, True)]


def test_a_city_shock_is_one_folded_mail_an_office(city: City, ledger: Ledger) -> None:
    units = REGION.units
    lines = {("371500", "ALL"): ".2"} | {(unit, industry): ".2" for unit in units for industry in ("C", "F", "G")}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    told = [one for one in recorded_notices(ledger, edition(story.days[1]).edition_id) if one.is_due]
    assert {one.purpose for one in told} == {IMMEDIATE}
    assert len(told) == len({one.address for one in told})
    assert {one.office_id for one in told} == {office.office_id for office in offices(REGION)}
    own = next(one for one in told if one.address == CLERK)
    assert (
        own.subject
        == "[疑似橙色预警·待核实] 聊城市 全行业 失业保险金新增申领 新增，比预期多 10–19 人，并入 3 项 数据截至2026-11-09"
    )
    rows = reasons(ledger, edition(story.days[1]).edition_id)
    mine = rows[(rows["address"] == CLERK) & (rows["episode_id"].str.startswith("371502"))]
    assert set(mine["reason"]) == {"folded"}
    assert set(mine["detail"]) == {"371500ALL1"}
    assert set(mine["notice_id"]) == {own.notice_id}


def test_many_urgent_ones_of_a_level_share_a_mail(city: City, ledger: Ledger) -> None:
    lines = {("371502", industry): ".2" for industry in ("A", "B", "C", "D", "E")} | {("371502", "F"): ".1"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    told = [one for one in recorded_notices(ledger) if one.is_due and one.address == CLERK]
    assert sorted(one.subject[:8] for one in told) == ["[疑似橙色预警·", "[疑似红色预警·"]
    assert "5 项（橙色 5 项）" in next(one.subject for one in told if "橙色" in one.subject)


def test_a_county_that_falls_silent_lifts_nothing_and_is_told_at_the_deadline(city: City, ledger: Ledger) -> None:
    #                                            MTWTFSSMTWTF
    story = Timeline(city, ledger, MONDAY, {SERIES: "33333333333x"}, silent={"371502": (1, 7)})
    story.play()
    assert story.mails(CLERK) == "d.d........d"  # opened; Tuesday's report was due on Wednesday at 07:00; lifted
    reason = [one.reason for one in recorded_notices(ledger) if one.address == CLERK and one.is_due]
    assert reason == [Reason.FIRST, Reason.NOT_REPORTED, Reason.LIFTED]
    (silent,) = [one for one in recorded_notices(ledger) if one.reason is Reason.NOT_REPORTED and one.address == CLERK]
    assert silent.subject == "[数据未报] 东昌府区 失业保险金申领 11-10，有 1 项未解除 数据截至2026-11-08"
    assert silent.content == {EPISODE: 3}
    send(ledger, city.settings, at(story.days[2], "09:00"))
    (path,) = city.settings.outbox.glob("2026-11-11*_dongchangfu_*.eml")
    for kind in ("plain", "html"):
        text = part(parsed(path.read_bytes()), kind)
        assert "请补报 失业保险金申领 11-10；由其他单位报送的，请催报。" in text
        assert "https://gangshao.example.com/data?feed=benefit_claim" in text
        assert "核实并签收" not in text


def test_a_revision_that_takes_the_cause_away_is_told_as_such(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33~."})
    story.play()
    assert story.mails(CLERK) == "d.d."
    send(ledger, city.settings, at(story.days[3], "09:00"))
    texts = [
        part(parsed(path.read_bytes()), "plain") for path in city.settings.outbox.glob("2026-11-11*_dongchangfu_*.eml")
    ]
    assert len(texts) == 1
    assert "东昌府区 制造业 失业保险金新增申领的疑似预警已解除：数据更正后不再成立。" in texts[0]
    assert f"登录查看（需要登录）：https://gangshao.example.com/warning/{EPISODE}?as_of=2026-11-09" in texts[0]
    (subject,) = [
        one.subject for one in recorded_notices(ledger) if one.reason is Reason.LIFTED and one.address == CLERK
    ]
    assert subject == "[疑似预警解除] 东昌府区 制造业 失业保险金新增申领 数据截至2026-11-10"


def test_a_backfill_of_sixty_days_sends_nothing(city: City, ledger: Ledger) -> None:
    line = "".join("12344321x."[number % 10] for number in range(60))
    story = Timeline(city, ledger, MONDAY - timedelta(days=60), {SERIES: line, ("371500", "ALL"): line})
    story.play(is_replay=True)
    assert not [one for one in recorded_notices(ledger) if one.is_due]
    assert set(reasons(ledger)["reason"]) == {"retrospective", "not_in_scope"}


def test_nobody_answers_and_each_post_is_told_once(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22222"})
    story.play(1)
    told = []
    for clock in ("07:45", "09:00", "10:29", "10:30", "10:45", "12:29", "12:30", "14:30", "16:30", "17:20"):
        told += [(clock, one.address) for one in story.remind(0, clock)]
    # told at 07:30 for 08:30; two working hours each
    assert told == [("10:30", CLERK), ("12:30", HEAD), ("14:30", DUTY)]
    assert why(ledger, HEAD) == ["first"]
    story.play(since=1)
    assert [one.address for number in range(1, 5) for one in story.remind(number, "16:00")] == []


def test_reminders_of_yellow_count_working_time_over_the_weekend(city: City, ledger: Ledger) -> None:
    friday = MONDAY + timedelta(days=4)
    story = Timeline(city, ledger, friday, {SERIES: "3333"})
    story.play()
    clocks = [(0, "17:00"), (1, "12:00"), (2, "12:00"), (3, "08:31"), (3, "15:30")]
    told = [(number, clock, one.address) for number, clock in clocks for one in story.remind(number, clock)]
    # told on Friday for 08:30: eight of its nine hours are over at 16:30, the head's turn comes on Monday at 16:00
    assert told == [(0, "17:00", CLERK)]
    assert [one.address for one in story.remind(3, "16:05")] == [HEAD]
    assert why(ledger, HEAD)[-1] == "reminder"
    assert why(ledger, CLERK)[0] == "first"


def test_an_acknowledgement_stops_reminders_until_it_expires_is_undone_or_outgrown(city: City, ledger: Ledger) -> None:
    #                                           MTWTFSSMTWTF
    story = Timeline(city, ledger, MONDAY, {SERIES: "333333333332"})
    story.play(1)
    first = taken_on(ledger, 3, at(MONDAY, "09:00"), days=3)
    assert story.remind(0, "17:20") == []
    story.play(4, since=1)
    assert why(ledger, CLERK) == ["first", "silenced", "silenced", "silenced"]
    rows = reasons(ledger, episode_id=EPISODE)
    detail = rows.loc[(rows["address"] == CLERK) & (rows["reason"] == "silenced"), "detail"].iloc[0]
    assert "岗位甲" in detail
    assert "2026-11-12" in detail
    # it ends on Thursday at 09:00: eight working hours later the clerk is asked again
    assert story.remind(3, "16:59") == []
    assert [one.address for one in story.remind(3, "17:01")] == [CLERK]
    second = taken_on(ledger, 3, at(story.days[3], "17:10"), days=14)
    story.play(11, since=4)
    assert story.remind(7, "17:00") == []
    undo(
        ledger, Viewer(Role.COUNTY_CLERK, frozenset({"371502"})), Actor("岗位甲", "test"),
        Subject(EPISODE, edition(story.days[8]).edition_id, "371502", Level.YELLOW), second, at(story.days[8], "08:30"),
    )  # fmt: skip
    assert [one.address for one in story.remind(8, "16:30")] == [CLERK]
    taken_on(ledger, 3, at(story.days[8], "16:40"), days=14)
    story.play(since=11)  # it gets worse although somebody took it on
    assert story.mails(CLERK).endswith("!")
    assert why(ledger, CLERK)[-1] == "worse"
    assert [one.address for one in story.remind(11, "10:30")] == [CLERK]
    assert first != second


def test_dismissed_and_lifted_by_people_is_told_once_and_then_silent(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33332"})
    story.play(1)
    ground = {"cause": Cause.DATA_ERROR.value, "note": "重复报送"}
    moved(ledger, State.DISMISSED, Role.COUNTY_HEAD, 3, at(MONDAY, "10:00"), **ground)
    assert story.remind(0, "17:20") == []
    story.play(since=1)
    assert story.mails(CLERK) == "dd..!"
    assert why(ledger, CLERK) == ["first", "lifted", "silenced", "silenced", "first"]
    subjects = [one.subject for one in recorded_notices(ledger) if one.address == CLERK and one.is_due]
    assert subjects[1].startswith("[误报] 东昌府区 制造业 失业保险金新增申领 数据截至")
    text = clerk_mail(city, ledger, story, 1)
    assert "失业保险金新增申领的疑似预警已认定误报：某人 2026-11-09 认定误报。" in text
    assert "请您做什么：无须处理。" in text


def test_what_has_ended_asks_for_nothing_though_others_are_open(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33", ("371502", "F"): "3x"})
    story.play()
    text = clerk_mail(city, ledger, story, 1)
    assert "失业保险金新增申领的疑似预警已解除：后续数据已回到预期范围。" in text
    assert "请您做什么：无须处理；仍有 1 项未解除，列在下面。" in text
    assert "登录查看（需要登录）：https://gangshao.example.com/warning/371502F1\r\n" in text
    assert "核实并签收" not in text
    assert not re.search("预警", re.sub("疑似(黄色)?预警|失业预警系统|正式预警", "", text))


def test_what_an_office_took_on_is_not_asked_of_it_again(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "34", ("371502", "F"): "33"})
    story.play(1)
    viewer = Viewer(Role.COUNTY_CLERK, frozenset({"371502"}))
    subject = Subject(EPISODE, edition(MONDAY).edition_id, "371502", Level.YELLOW)
    acknowledge(ledger, viewer, Actor("账号一", "test"), subject, "dongchangfu", "岗位甲", "", 7, at(MONDAY, "10:00"))
    story.play(since=1)
    text = clerk_mail(city, ledger, story, 1)
    assert "请您做什么：已由岗位甲签收，请在系统中登记核实结论；属实的，先办" in text
    assert "失业保险金申领异常增加；岗位甲 已签收，至 2026-11-16" in text
    assert "账号一" not in text


def test_a_folded_warning_that_rises_is_said_to_rise(city: City, ledger: Ledger) -> None:
    lines = {("371500", "ALL"): "22", ("371502", "C"): "44", ("371502", "F"): "43", ("371502", "G"): "44"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    risen = "东昌府区 批发和零售业 失业保险金新增申领"
    (told,) = [one.subject for one in recorded_notices(ledger, "2026-11-10.1") if one.address == DUTY and one.is_due]
    assert told.startswith(f"[疑似黄色预警·待核实] {risen} 由蓝色升级，")
    assert told.endswith("数据截至2026-11-09")
    folded = "并入 3 项（东昌府区 批发和零售业 由蓝色升级；东昌府区 制造业；东昌府区 交通运输、仓储和邮政业）"
    assert folded in clerk_mail(city, ledger, story, 1, "liaocheng")
    own = clerk_mail(city, ledger, story, 1)
    assert f"- {risen}（由蓝色升级，待核实）" in own
    assert own.count("已并入全市同类事项") == 3


def test_mails_about_a_warning_share_a_thread_and_others_do_not(city: City, ledger: Ledger) -> None:
    #                                                MTWTFSSM
    lines = {SERIES: "22221111", ("371502", "F"): "34444443", ("371503", "C"): "44444443"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    send(ledger, city.settings, at(story.days[-1], "09:00"))
    mails = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    roots: dict[str, set[str]] = {}
    for one in recorded_notices(ledger):
        (root,) = {str(mail["References"]) for mail in mails if mail["Message-ID"] == one.message_id} or {""}
        week = "week" if one.day < MONDAY + timedelta(days=7) else "next"
        key = f"{one.address} {'warning' if one.purpose == IMMEDIATE else week}"
        roots.setdefault(key, set()).update({root} - {""})
    assert len(roots[f"{CLERK} warning"]) == 1  # first orange, then red: two mails
    assert sum(one.address == CLERK and one.purpose == IMMEDIATE for one in recorded_notices(ledger)) == 2
    assert roots[f"{CLERK} warning"] == roots[f"{DUTY} warning"]
    chiping = "jiuye@chiping.example.com"
    digests = [roots[f"{address} {week}"] for address in (CLERK, chiping, DUTY) for week in ("week", "next")]
    assert [len(one) for one in digests] == [1] * 6
    assert len(set.union(*digests, roots[f"{CLERK} warning"])) == 7


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


def test_overdue_steps_are_told_once_to_the_post_that_owes_them(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2222"})
    story.play(1)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "18:00"))
    told = [(clock, one.address) for clock in ("18:30", "20:01", "20:30", "22:00") for one in story.remind(0, clock)]
    assert told == [("20:01", DUTY)]  # two hours after it was confirmed, outside working but before quiet hours
    story.play(2, since=1)
    assert story.remind(1, "09:00") == []
    moved(ledger, State.ISSUED, Role.CITY_DUTY, 2, at(story.days[1], "09:30"))
    story.play(3, since=2)
    assert [one.address for one in story.remind(2, "09:31")] == [HEAD]
    overdue = [one for one in recorded_notices(ledger) if one.purpose == OVERDUE]
    assert [one.subject.split(" ")[0] for one in overdue] == ["[疑似橙色预警·逾期]", "[橙色预警·逾期]"]
    assert "应于 11-09 20:00 前发布" in overdue[0].subject


def test_a_head_who_was_told_at_once_hears_of_the_end(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22x..", ("371502", "F"): "33x33"})
    story.play()
    assert story.mails(HEAD) == "!.d.."
    assert why(ledger, HEAD, "371502F1") == ["not_for_post", "not_for_post"]
    assert story.mails(LEADER) == "!.d.."
