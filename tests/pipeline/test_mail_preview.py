"""A look at mails before they go: every purpose there is, byte for byte what is queued then, and nothing is changed."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.core.domain import QUIET, Role, State, UserError
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Actor
from pipelines.ledger.db.schema import mail as mail_table
from pipelines.ledger.editions import record_edition
from pipelines.ledger.notifications.notice import Purpose, recorded_notices
from pipelines.notifying import auditor_mail, bounces, calendar_mails, notices
from pipelines.notifying.audience import recipients
from pipelines.notifying.outbox import send
from pipelines.notifying.preview import NAMES, PREVIEWS, Place, Seen, preview
from pipelines.notifying.reminders import remind
from pipelines.operations.watch import find_troubles, tell_duty
from tests.pipeline.mail_city import REGION, City, MailServer, edition, parsed, part
from tests.pipeline.mail_story import CLERK, DUTY, HEAD, SERIES, at, moved, taken_on
from tests.pipeline.timeline import Timeline

MONDAY = date(2026, 11, 2)  # the first workday of week and month
AUDITOR, ADMINISTRATOR, WATCHER = (f"{name}@hr.example.com" for name in ("shenji", "guanli", "zhiban"))


def seen(purpose: Purpose, ledger: Ledger, settings: Settings, now: datetime) -> tuple[list[Seen], str]:
    """What the preview shows of every recipient; that it changed nothing is asserted."""
    before = (_dump(ledger), sorted(settings.data.rglob("*")))
    found = preview(purpose, Place(ledger, REGION, settings, now, recipients(REGION, MONDAY)))
    assert (_dump(ledger), sorted(settings.data.rglob("*"))) == before
    return found


def _dump(ledger: Ledger) -> list[str]:
    with ledger.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        return list(raw.iterdump())


def _due(found: list[Seen], now: datetime) -> set[bytes]:
    return {one.message for one in found if one.decision.decided_at == now}


def queued(ledger: Ledger, purpose: Purpose) -> set[bytes]:
    numbers = [one.notice_id for one in recorded_notices(ledger) if one.purpose is purpose]
    with ledger.reading() as connection:
        query = select(mail_table.c.message).where(mail_table.c.notice_id.in_(numbers))
        return set(connection.execute(query).scalars())


def test_every_purpose_of_mail_is_seen_as_it_is_queued_then(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22", ("371503", "F"): "33"})
    plain, now = city.settings, at(MONDAY, "07:30")
    settings = plain.model_copy(
        update={"auditor_mail": AUDITOR, "administrator_mail": ADMINISTRATOR, "duty_mail": WATCHER}
    )
    story.publish(0)
    anchor = json.dumps({"audit_anchor": {"seq": 7, "own_hash": "ab" * 32}})
    (plain.published / edition(MONDAY).edition_id / "manifest.json").write_text(anchor, encoding="utf-8")
    remaining = set(Purpose)

    def compare(purposes: set[Purpose], now: datetime, act: Callable[[], object]) -> None:
        shown = {one: _due(seen(one, ledger, settings, now)[0], now) for one in purposes}
        already = {one: queued(ledger, one) for one in purposes}
        act()
        for one in purposes:
            assert shown[one], one
            assert shown[one] == queued(ledger, one) - already[one], one
        remaining.difference_update(purposes)

    def decide() -> None:
        notices.decide(edition(MONDAY), is_replay=False, ledger=ledger, region=REGION, settings=settings, now=now)

    def bounced() -> None:
        with MailServer(at_recipient=lambda to: "550 no such box" if to == CLERK else "250 OK") as server:
            through = plain.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": server.port})
            send(ledger, through, at(MONDAY, "12:00"), timeout=5)

    compare({Purpose.DIGEST, Purpose.IMMEDIATE}, now, decide)
    account_id = account.create(ledger, trail.SYSTEM, "zhao", "赵六", Role.CITY_LEADER, [], at(MONDAY, "07:00"))
    link.insert_password_link(ledger, Actor("administrator:root", "10.0.0.1"), account_id, at(MONDAY, "07:00"))
    said = "administrator:root  设置密码的链接：zhao（city_leader）"
    assert said in auditor_mail.given(ledger, REGION, now)
    compare({Purpose.AUDIT}, now, lambda: auditor_mail.tell_auditor(edition(MONDAY), ledger, REGION, settings, now))
    compare(
        {kind.purpose for kind in calendar_mails.KINDS},
        at(MONDAY, "07:35"),
        lambda: calendar_mails.send_due(edition(MONDAY), ledger, REGION, settings, at(MONDAY, "07:35")),
    )
    compare({Purpose.REMINDER}, at(MONDAY, "10:30"), lambda: story.remind(0, "10:30"))
    bounced()
    late = at(MONDAY, "12:10")
    compare({Purpose.ADMINISTRATION}, late, lambda: bounces.tell_administrator(ledger, settings, late))
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "18:00"))
    compare({Purpose.OVERDUE}, at(MONDAY, "20:01"), lambda: story.remind(0, "20:01"))
    tuesday = at(MONDAY + timedelta(days=1), "09:00")
    troubles = find_troubles(settings, REGION, ledger, tuesday)
    compare({Purpose.WATCH}, tuesday, lambda: tell_duty(troubles, settings, REGION, ledger, tuesday))
    assert remaining == set(), "a new purpose of mail needs a preview, and its place in this test"
    assert set(PREVIEWS) == set(NAMES) == set(Purpose)


def test_the_next_reminders_and_overdue_steps_are_seen_ahead_as_they_come(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "22"})
    story.play(1)
    found, _ = seen(Purpose.REMINDER, ledger, city.settings, at(MONDAY, "08:00"))
    coming = {one.decision.address: one for one in found}
    assert {address: one.at for address, one in coming.items()} == {
        CLERK: at(MONDAY, "10:30"), HEAD: at(MONDAY, "12:30"), DUTY: at(MONDAY, "14:30")
    }  # fmt: skip
    made = [one for clock in ("10:30", "12:30", "14:30") for one in story.asked(0, clock)]
    assert len(made) == 3
    assert queued(ledger, Purpose.REMINDER) == {one.message for one in found}
    assert seen(Purpose.REMINDER, ledger, city.settings, at(MONDAY, "15:00"))[0] == [], "all three were asked"
    to_verify = queued(ledger, Purpose.OVERDUE)
    moved(ledger, State.CONFIRMED, Role.CITY_LEADER, 2, at(MONDAY, "20:00"))
    (step,), _ = seen(Purpose.OVERDUE, ledger, city.settings, at(MONDAY, "20:30"))
    tuesday = MONDAY + timedelta(days=1)
    assert (step.decision.address, step.at) == (DUTY, at(tuesday, "07:00")), "22:00 lies in the quiet hours"
    told = [
        remind(edition(MONDAY), ledger, REGION, city.settings, when)
        for when in (at(MONDAY, "22:30"), at(tuesday, "06:59"), at(tuesday, "07:00"))
    ]
    assert [len(one) for one in told] == [0, 0, 1]
    assert queued(ledger, Purpose.OVERDUE) - to_verify == {step.message}


def test_what_is_taken_on_will_not_be_asked_for(city: City, ledger: Ledger) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2"})
    story.play(1)
    assert seen(Purpose.REMINDER, ledger, city.settings, at(MONDAY, "11:00"))[0] != []
    taken_on(ledger, 2, at(MONDAY, "09:00"), day=MONDAY)
    found, because = seen(Purpose.REMINDER, ledger, city.settings, at(MONDAY, "11:00"))
    assert (found, because) == ([], "黄色以上事项都不在等人签收，或各岗位都已催过")


@pytest.mark.parametrize("clock", ["12:00", "19:00", "03:00"])
def test_a_reminder_nobody_wrote_in_time_is_seen_for_the_next_working_hour(
    city: City, ledger: Ledger, clock: str
) -> None:
    story = Timeline(city, ledger, MONDAY, {SERIES: "2"})
    story.play(1)
    day = MONDAY + timedelta(days=clock == "03:00")
    found, _ = seen(Purpose.REMINDER, ledger, city.settings, at(day, clock))
    first = min(found, key=lambda one: one.at)
    expected = at(MONDAY, "12:00") if clock == "12:00" else at(MONDAY + timedelta(days=1), "08:30")
    assert (first.decision.address, first.at) == (CLERK, expected)


def test_mails_by_the_calendar_are_seen_on_any_day_with_the_day_they_come(city: City, ledger: Ledger) -> None:
    tuesday = MONDAY + timedelta(days=1)
    story = Timeline(city, ledger, MONDAY, {SERIES: "22"})
    story.play()
    now = at(tuesday, "10:00")
    days = {
        kind.purpose: {one.at for one in seen(kind.purpose, ledger, city.settings, now)[0]}
        for kind in calendar_mails.KINDS
    }
    monday, december = at(MONDAY + timedelta(days=7), "08:30"), at(date(2026, 12, 1), "08:30")
    assert days == {
        Purpose.BRIEF: {now}, Purpose.WEEKLY: {monday}, Purpose.QUALITY: {december}, Purpose.TEST: {december}
    }  # fmt: skip
    report, _ = seen(Purpose.QUALITY, ledger, city.settings, now)
    assert "2026年11月" in report[0].decision.subject, "the month it will tell of"
    test, _ = seen(Purpose.TEST, ledger, city.settings, now)
    assert "2026-12，收到无须回复" in test[0].decision.subject
    calendar_mails.send_due(edition(tuesday), ledger, REGION, city.settings, now)
    briefs, _ = seen(Purpose.BRIEF, ledger, city.settings, now)
    assert {one.at for one in briefs} == {at(tuesday + timedelta(days=1), "07:00")}, "today's is written"


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["preview", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_command_shows_every_purpose_or_says_why_there_is_nothing(
    city: City, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANGSHAO_DATA", str(city.settings.data))
    monkeypatch.setattr("pipelines.cli.notices.now", lambda: at(MONDAY, "08:00"))
    story = Timeline(city, ledger, MONDAY, {SERIES: "2"})
    story.play(1)
    expected = {
        Purpose.DIGEST: "分管领导岗位：没有新情况\n  东昌府区人力资源和社会保障局",
        Purpose.IMMEDIATE: "橙色、红色事项都已单独通报",
        Purpose.REMINDER: "不早于：2026-11-02 10:30", Purpose.OVERDUE: "核实有时限而没有登记结论",
        Purpose.BRIEF: "主题：[每日简报] 聊城市", Purpose.WEEKLY: "主题：[每周汇总]", Purpose.QUALITY: "2026年10月",
        Purpose.TEST: "主题：[测试邮件]", Purpose.AUDIT: "没有设置 GANGSHAO_AUDITOR_MAIL",
        Purpose.ADMINISTRATION: "没有设置 GANGSHAO_ADMINISTRATOR_MAIL", Purpose.WATCH: "没有设置 GANGSHAO_DUTY_MAIL",
    }  # fmt: skip
    assert set(expected) == set(Purpose)
    for purpose, words in expected.items():
        status, said, _ = run(purpose)
        assert words in said, (purpose, said)
        assert status == (0 if "主题：" in said else QUIET), purpose
    for name, address in (("AUDITOR", AUDITOR), ("ADMINISTRATOR", ADMINISTRATOR), ("DUTY", WATCHER)):
        monkeypatch.setenv(f"GANGSHAO_{name}_MAIL", address)
    record_edition(ledger, edition(MONDAY), False, at(MONDAY, "07:10"))
    assert "没有被拒收而还未告知的邮件" in run("administration")[1]
    assert "一切正常" in run("watch")[1]
    wrong = CliRunner().invoke(app, ["preview", "letter"])
    assert isinstance(wrong.exception, UserError)
    assert "reminder、overdue" in str(wrong.exception)


def test_the_command_looks_for_one_office_or_address_and_writes_its_page(
    city: City, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GANGSHAO_DATA", str(city.settings.data))
    monkeypatch.setattr("pipelines.cli.notices.now", lambda: at(MONDAY, "11:00"))
    Timeline(city, ledger, MONDAY, {SERIES: "2", ("371503", "C"): "2"}).play(1)
    page = tmp_path / "reminder.html"
    _, said, _ = run("reminder", "--office", "dongchangfu", "--html", str(page))
    assert said.count("主题：") == 2
    assert "茌平" not in said
    assert "请您做什么" in page.read_text(encoding="utf-8")
    _, said, _ = run("reminder", "--address", HEAD)
    assert said.count("收件人：") == 1
    assert f"收件人：{HEAD}" in said
    assert "请督促经办人今天核实并签收" in said


def test_a_preview_says_that_nobody_is_told_of_a_replayed_edition_or_of_invented_data(
    city: City, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANGSHAO_DATA", str(city.settings.data))
    monkeypatch.setattr("pipelines.cli.notices.now", lambda: at(MONDAY, "08:00"))
    story = Timeline(city, ledger, MONDAY, {SERIES: "2"})
    city.publish([edition(MONDAY)], story.warnings(MONDAY), is_demonstration=True)
    city.settings.demonstration_mark.touch()
    record_edition(ledger, edition(MONDAY), True, at(MONDAY, "07:10"))
    monkeypatch.setenv("GANGSHAO_SMTP_HOST", "mail.example.com")
    status, said, beside = run("immediate", "--office", "dongchangfu")
    assert status == 0
    assert "主题：【演示数据】[疑似橙色预警·待核实] 东昌府区" in said
    assert "是补跑的，按规定不发通知" in beside
    assert "演示数据的邮件不会发出" in beside


def test_without_a_ledger_a_preview_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANGSHAO_DATA", str(tmp_path / "var"))
    done = CliRunner().invoke(app, ["preview", "reminder"])
    assert isinstance(done.exception, UserError)
    assert not (tmp_path / "var").exists()


def test_a_mail_of_the_system_is_seen_in_words(city: City, ledger: Ledger) -> None:
    settings = city.settings.model_copy(update={"duty_mail": WATCHER})
    found, because = seen(Purpose.WATCH, ledger, settings, at(MONDAY, "09:00"))
    assert because == ""
    assert "的版次没有完成" in part(parsed(found[0].message), "plain")
