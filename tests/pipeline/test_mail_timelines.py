"""Who is told what, drawn as timelines: a line of levels a series, a line of mails a recipient, the clock injected."""

import re
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.notifications.notice import Purpose, Reason, recorded_notices
from pipelines.ledger.notifications.notification_state import reasons
from pipelines.ledger.workflow.acknowledgement import acknowledge
from pipelines.ledger.workflow.steps import Cause, Subject
from pipelines.notifying.audience import offices
from pipelines.notifying.notices import decide
from pipelines.notifying.outbox import send
from tests.permitted import PERMISSIONS
from tests.pipeline.mail_city import REGION, City, MailServer, edition, parsed, part
from tests.pipeline.mail_story import CLERK, DUTY, EPISODE, HEAD, LEADER, MONDAY, SERIES, at, clerk_mail, moved, why
from tests.pipeline.timeline import Timeline
from tests.tier import IS_LONG


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
        if one.purpose == Purpose.IMMEDIATE and one.office_id != "liaocheng"
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


@pytest.mark.parametrize(
    ("first", "line", "terms", "mornings"),
    [
        (MONDAY, "33x..3..", {"cut_off": time(18)}, [1, 3, 7]),  # the one of Saturday is told on Monday
        (MONDAY + timedelta(days=5), "3", {"run_weekdays": frozenset({5})}, [2]),
    ],
)
def test_where_every_edition_comes_after_hours_its_digest_waits_for_the_next_morning(
    city: City, ledger: Ledger, first: date, line: str, terms: dict[str, object], mornings: list[int]
) -> None:
    story = Timeline(city, ledger, first, {SERIES: line}, region=replace(REGION, **terms), run_at=time(18, 5))
    story.play()
    told = [one for one in recorded_notices(ledger) if one.address == CLERK and one.is_due]
    assert [one.not_before for one in told] == [at(first + timedelta(days=day), "08:30") for day in mornings]
    assert why(ledger, CLERK)[0] == "first"


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
    told = [one for one in recorded_notices(ledger) if one.address == CLERK and one.purpose == Purpose.IMMEDIATE]
    assert [(one.content[EPISODE], one.is_due) for one in told] == [(2, False), (1, True)]


def test_what_was_called_back_is_told_at_once_when_it_comes_back(city: City, ledger: Ledger) -> None:
    #                                                                   FSSM
    story = Timeline(city, ledger, MONDAY + timedelta(days=4), {SERIES: ".232"})
    story.play()
    assert story.mails(CLERK) == "...!"


def test_a_red_one_whose_mail_was_refused_is_told_at_once_by_the_next_edition(city: City, ledger: Ledger) -> None:
    #                                                                   FSSM
    story = Timeline(city, ledger, MONDAY + timedelta(days=4), {SERIES: "1111"})
    story.play(1)
    with MailServer(at_recipient=lambda to: "550 no such box" if to == CLERK else "250 OK") as server:
        settings = Settings(data=city.folder, smtp_host="127.0.0.1", smtp_port=server.port)
        assert send(ledger, settings, at(story.days[0], "07:31"), timeout=5).failed == 1
    story.play(since=1)
    assert (story.mails(CLERK), story.mails(HEAD)) == ("!!..", "!...")
    assert why(ledger, CLERK) == ["first", "first", "nothing_new", "nothing_new"]


def test_an_office_gets_one_digest_a_day_when_the_run_of_the_day_before_was_late(city: City, ledger: Ledger) -> None:
    #                                               MTWT
    lines = {SERIES: "3333", ("371502", "F"): ".333", ("371502", "G"): "..33"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play(1)
    for number, clock in ((1, "06:10"), (2, "07:06")):
        story.publish(number)
        now, one = at(story.days[2], clock), edition(story.days[number])
        decide(one, is_replay=False, ledger=ledger, region=REGION, settings=city.settings, now=now)
    story.play(since=3)
    assert story.mails(CLERK) == "d.dd"
    assert why(ledger, CLERK, "371502G1") == ["next_digest", "first"]


def test_a_city_shock_is_one_folded_mail_an_office(city: City, ledger: Ledger) -> None:
    units = REGION.units
    lines = {("371500", "ALL"): ".2"} | {(unit, industry): ".2" for unit in units for industry in ("C", "F", "G")}
    story = Timeline(city, ledger, MONDAY, lines, region=REGION)
    story.play()
    told = [one for one in recorded_notices(ledger, edition(story.days[1]).edition_id) if one.is_due]
    assert {one.purpose for one in told} == {Purpose.IMMEDIATE}
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


def test_a_red_one_that_joins_a_city_wide_one_told_before_is_told_at_once(city: City, ledger: Ledger) -> None:
    #                             TFSSM
    lines = {("371500", "ALL"): ".1111", SERIES: ".1111", ("371502", "F"): "..111"}
    story = Timeline(city, ledger, MONDAY + timedelta(days=3), lines)
    story.play()
    for address in (CLERK, HEAD, DUTY):
        assert story.mails(address) == ".!!.."
        assert why(ledger, address, "371502F1") == ["folded", "nothing_new", "nothing_new"]
    mails = [one for one in recorded_notices(ledger, edition(story.days[2]).edition_id) if one.is_due]
    assert {one.episode_id for one in mails} == {"371502F1"}
    assert not any(one.not_before for one in mails)


def test_a_mail_of_a_city_wide_one_says_which_of_the_offices_own_rose(city: City, ledger: Ledger) -> None:
    #                             MTW
    lines = {("371500", "ALL"): "..2", SERIES: "332", ("371502", "F"): "..2"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    assert story.mails(CLERK) == "d.!"
    (own,) = [one for one in recorded_notices(ledger) if one.address == CLERK and one.purpose == Purpose.IMMEDIATE]
    assert own.reason is Reason.WORSENED
    assert "并入 2 项（升级 1 项）" in own.subject
    assert why(ledger, CLERK) == ["first", "nothing_new", "folded"]
    (duty,) = [one for one in recorded_notices(ledger) if one.address == DUTY and one.purpose == Purpose.IMMEDIATE]
    assert duty.reason is Reason.FIRST
    assert "并入 2 项（升级 1 项）" in duty.subject
    send(ledger, city.settings, at(story.days[2], "09:00"))
    (path,) = [one for one in city.settings.outbox.glob("*_dongchangfu_*.eml") if own.message_id in one.read_text()]
    for kind in ("plain", "html"):
        text = part(parsed(path.read_bytes()), kind)
        assert "本单位区域有 1 项级别升高" in text
        assert text.count("（由黄色升级）") == 1


def test_of_what_is_folded_the_city_reads_first_what_rose(city: City, ledger: Ledger) -> None:
    #                             MTW
    lines = {("371500", "ALL"): "333", SERIES: ".43", ("371502", "F"): "..3"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    send(ledger, city.settings, at(story.days[2], "09:00"))
    texts = [part(parsed(one.read_bytes()), "plain") for one in sorted(city.settings.outbox.glob("*_liaocheng_*.eml"))]
    assert "并入 2 项（东昌府区 制造业 由蓝色升级；东昌府区 批发和零售业）" in texts[-1]


def test_what_flaps_within_a_city_wide_one_is_one_mail_a_day(city: City, ledger: Ledger) -> None:
    #                             MTWTF
    lines = {("371500", "ALL"): "22222", SERIES: ".3232"}
    story = Timeline(city, ledger, MONDAY, lines)
    story.play()
    assert story.mails(CLERK) == ".!!dd"
    assert story.mails(DUTY) == "!d!dd"


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


def test_that_reports_do_not_come_is_told_to_desks_alone(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2222"}, silent={"371502": (1, 3)})
    story.play()
    assert (story.mails(CLERK), story.mails(HEAD), story.mails(LEADER)) == ("!.d.", "!...", "!...")


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
    assert f"登录查看（需要登录）：https://gangshao.example.com/warning/{EPISODE}\r" in texts[0]
    (subject,) = [
        one.subject for one in recorded_notices(ledger) if one.reason is Reason.LIFTED and one.address == CLERK
    ]
    assert subject == "[疑似预警解除] 东昌府区 制造业 失业保险金新增申领 数据截至2026-11-10"


def test_what_the_file_shows_no_more_is_named_as_it_last_was(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33-."})
    story.play()
    assert story.mails(CLERK) == "d.d."
    text = clerk_mail(city, ledger, story, 2)
    assert "东昌府区 制造业 失业保险金新增申领的疑似预警已解除：数据更正后不再成立。" in text
    assert f"登录查看（需要登录）：https://gangshao.example.com/warning/{EPISODE}?as_of=2026-11-09" in text


def test_a_backfill_of_many_days_sends_nothing(city: City, ledger: Ledger) -> None:
    days = 60 if IS_LONG else 20
    line = "".join("12344321x."[number % 10] for number in range(days))
    story = Timeline(city, ledger, MONDAY - timedelta(days=days), {SERIES: line, ("371500", "ALL"): line})
    story.play(is_replay=True)
    assert not [one for one in recorded_notices(ledger) if one.is_due]
    assert set(reasons(ledger)["reason"]) == {"retrospective", "not_in_scope"}


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
    acknowledge(
        ledger,
        PERMISSIONS,
        ActContext(viewer, Actor("账号一", "test"), at(MONDAY, "07:40")),
        subject,
        "dongchangfu",
        "岗位甲",
        7,
    )
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
        key = f"{one.address} {'warning' if one.purpose == Purpose.IMMEDIATE else week}"
        roots.setdefault(key, set()).update({root} - {""})
    assert len(roots[f"{CLERK} warning"]) == 1  # first orange, then red: two mails
    assert sum(one.address == CLERK and one.purpose == Purpose.IMMEDIATE for one in recorded_notices(ledger)) == 2
    assert roots[f"{CLERK} warning"] == roots[f"{DUTY} warning"]
    chiping = "jiuye@chiping.example.com"
    digests = [roots[f"{address} {week}"] for address in (CLERK, chiping, DUTY) for week in ("week", "next")]
    assert [len(one) for one in digests] == [1] * 6
    assert len(set.union(*digests, roots[f"{CLERK} warning"])) == 7


def test_a_head_who_was_told_at_once_hears_of_the_end(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22x..", ("371502", "F"): "33x33"})
    story.play()
    assert story.mails(HEAD) == "!.d.."
    assert why(ledger, HEAD, "371502F1") == ["not_for_post", "not_for_post"]
    assert story.mails(LEADER) == "!.d.."


def test_what_nobody_confirmed_ends_with_its_data(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "33x."})
    story.play()
    lifted = [one for one in recorded_notices(ledger) if one.reason is Reason.LIFTED and one.address == CLERK]
    assert [one.subject.partition("]")[0] for one in lifted] == ["[疑似预警解除"]


def test_who_may_not_sign_is_asked_to_see_to_it(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2"})
    story.play()
    send(ledger, city.settings, at(MONDAY + timedelta(days=1), "09:00"))
    mails = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    said = {str(mail["To"]): part(mail, "plain") for mail in mails}
    for address, asked in {
        CLERK: "登录系统核实并签收",
        HEAD: "登录系统核实并签收",
        LEADER: "请督促责任岗位核实并签收",
    }.items():
        assert asked in said[address], address
