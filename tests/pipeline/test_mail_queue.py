"""The outbox as a queue: leases, hours, rate, what bounced and who is told, one mail sent again."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import SYSTEM
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import Notice, NoticeState, recorded_notices
from pipelines.notifying.outbox import Clock, SendReport, send
from pipelines.notifying.retry import next_attempt
from tests.faults.storm import queue_mails
from tests.pipeline.mail_city import REGION, MailServer, parsed, part

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, ten o'clock there
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ADMINISTRATOR = "guanli@hr.example.com"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def through(server: MailServer, data: Path, ledger: Ledger, now: datetime, **more: object) -> SendReport:
    settings = Settings(data=data, smtp_host="127.0.0.1", smtp_port=server.port, **more)
    return send(ledger, settings, now, timeout=5)


def by_purpose(ledger: Ledger, purpose: str) -> list[Notice]:
    return [one for one in recorded_notices(ledger) if one.purpose == purpose]


def test_a_claim_is_nobody_elses_until_its_lease_runs_out(ledger: Ledger) -> None:
    queue_mails(ledger, 1)
    one, other = queue.sender_at("here"), queue.sender_at("there")
    mail = queue.claim_mails(ledger, one, NOW, NOW)
    assert mail is not None
    assert queue.claim_mails(ledger, other, NOW, NOW) is None
    assert queue.take_over(ledger, "there", NOW + queue.LEASE - MINUTE) == 0
    late = NOW + queue.LEASE
    assert queue.take_over(ledger, "there", late) == 1
    again = queue.claim_mails(ledger, other, late, late)
    assert again is not None
    assert not queue.hand_over(ledger, one, mail.notice_id, late), "the first one woke up too late"
    assert queue.hand_over(ledger, other, again.notice_id, late)
    queue.mark_accepted(ledger, again.notice_id, "250 accepted", late)
    queue.mark_bounced(ledger, one, mail.notice_id, "550 no", late)
    (kept,) = recorded_notices(ledger)
    assert (kept.state, kept.smtp_reply, kept.is_ambiguous, kept.attempts) == (
        NoticeState.ACCEPTED,
        "250 accepted",
        False,
        2,
    )


@pytest.mark.parametrize(("left", "is_given"), [(timedelta(seconds=1), True), (timedelta(), False)])
def test_a_mail_is_handed_over_while_its_lease_lasts(ledger: Ledger, left: timedelta, is_given: bool) -> None:
    queue_mails(ledger, 1)
    one = queue.sender_at("here")
    mail = queue.claim_mails(ledger, one, NOW, NOW)
    assert mail is not None
    assert queue.hand_over(ledger, one, mail.notice_id, NOW + queue.LEASE - left) is is_given


def test_a_mail_taken_over_after_it_was_handed_over_is_ambiguous_and_stays_so(ledger: Ledger) -> None:
    queue_mails(ledger, 1)
    one = queue.sender_at("here")
    mail = queue.claim_mails(ledger, one, NOW, NOW)
    assert mail is not None
    assert queue.hand_over(ledger, one, mail.notice_id, NOW)
    assert queue.take_over(ledger, "here", NOW) == 1, "of the same lock: its sender is dead"
    again = queue.claim_mails(ledger, queue.sender_at("here"), NOW, NOW)
    assert again is not None
    assert queue.take_over(ledger, "here", NOW) == 1
    (kept,) = recorded_notices(ledger)
    assert (kept.state, kept.is_ambiguous) == (NoticeState.AMBIGUOUS, True)
    queue.mark_accepted(ledger, mail.notice_id, "250 accepted", NOW)
    (kept,) = recorded_notices(ledger)
    assert (kept.state, kept.is_ambiguous) == (NoticeState.ACCEPTED, True)


def test_many_senders_at_once_claim_every_mail_once(ledger: Ledger) -> None:
    mails, claimed = queue_mails(ledger, 60), list[str]()

    def work(number: int) -> None:
        sender = queue.sender_at(f"place{number}")
        while (mail := queue.claim_mails(ledger, sender, NOW, NOW)) is not None:
            claimed.append(mail.address)

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(mails)


def test_pauses_grow_and_lie_in_working_time_unless_the_mail_is_urgent() -> None:
    pauses = [next_attempt(attempts, False, "chiping", REGION, NOW) - NOW for attempts in range(1, 8)]
    assert pauses[:4] == [MINUTE, 6 * MINUTE, 15 * MINUTE, HOUR]
    assert pauses[4:] == [4 * HOUR] * 3
    evening = datetime(2026, 11, 27, 9, 29, 30, tzinfo=UTC)  # Friday, half a minute before offices close
    monday = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
    for office in ("chiping", "administrator"):
        assert next_attempt(1, False, office, REGION, evening) == monday
        assert next_attempt(1, True, office, REGION, evening) == evening + MINUTE
    holidays = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)  # the evening before the National Day holidays
    assert next_attempt(1, False, "chiping", REGION, holidays) > holidays + 5 * DAY


def test_a_mail_waits_for_its_hour_and_urgent_ones_go_first(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 12)  # the first and the eleventh are urgent
    with ledger.writing() as connection:
        connection.exec_driver_sql("update notice set not_before = '2026-11-24 00:30:00.000000' where notice_id = 2")
    with MailServer() as server:
        assert through(server, tmp_path, ledger, NOW).sent == 11
        order = [address for address, _ in server.accepted]
        assert order[:3] == ["jiuye000@unit.example.com", "jiuye010@unit.example.com", "jiuye002@unit.example.com"]
        assert through(server, tmp_path, ledger, NOW + 22 * HOUR).sent == 0
        assert through(server, tmp_path, ledger, NOW + 23 * HOUR).sent == 1


def test_a_server_is_given_so_many_mails_a_minute_and_no_more(ledger: Ledger, tmp_path: Path) -> None:
    class Turned(Clock):
        """Time passes when somebody waits."""

        waits: list[float] = []  # noqa: RUF012

        def now(self) -> datetime:
            return NOW + timedelta(seconds=sum(self.waits))

        def wait_until(self, instant: datetime) -> None:
            self.waits.append((instant - self.now()).total_seconds())

    queue_mails(ledger, 7)
    with MailServer() as server:
        settings = Settings(data=tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, mails_a_minute=3)
        clock = Turned(NOW)
        assert send(ledger, settings, NOW, timeout=5, clock=clock).sent == 7
    assert clock.waits == [60.0, 60.0]
    with ledger.reading() as connection:
        given = queue.handed_over_since(ledger, NOW - DAY)
    assert [given.count(NOW + minutes * MINUTE) for minutes in range(3)] == [3, 3, 1]
    assert connection.closed


def test_a_clock_that_was_set_back_holds_no_mail_up(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 4)
    with MailServer() as server:
        assert through(server, tmp_path, ledger, NOW + HOUR, mails_a_minute=4).sent == 4
        with ledger.writing() as connection:
            connection.exec_driver_sql("update notice set state = 'queued' where notice_id < 3")
        before = time.monotonic()
        assert through(server, tmp_path, ledger, NOW, mails_a_minute=4).sent == 2
    assert time.monotonic() - before < 30, "an hour, if it waited for the instants to come round again"


def test_the_clock_of_a_sender_goes_on_and_waits() -> None:
    clock = Clock(NOW)
    before = time.monotonic()
    clock.wait_until(NOW + timedelta(seconds=0.1))
    assert time.monotonic() - before >= 0.09
    assert clock.now() >= NOW + timedelta(seconds=0.1)


def test_what_bounced_is_told_to_the_administrator_once_and_not_its_own_failure(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 3)
    gone = {"jiuye001@unit.example.com", ADMINISTRATOR}
    with MailServer(at_recipient=lambda to: "550 no such box" if to in gone else "250 OK") as server:
        assert through(server, tmp_path, ledger, NOW, administrator_mail=ADMINISTRATOR).failed == 2
        assert through(server, tmp_path, ledger, NOW + HOUR, administrator_mail=ADMINISTRATOR) == SendReport(0, 0, 0, 0)
        (told,) = by_purpose(ledger, "administration")
        assert (told.state, told.content) == (NoticeState.BOUNCED, {"2": 1})
        gone.discard(ADMINISTRATOR)
        queue.resend_mail(ledger, 2, SYSTEM, NOW + HOUR)
        queue.resend_mail(ledger, told.notice_id, SYSTEM, NOW + HOUR)
        report = through(server, tmp_path, ledger, NOW + 2 * HOUR, administrator_mail=ADMINISTRATOR)
        assert (report.sent, report.failed) == (2, 1), "the second failure is told, and the first at last"
        letters = [parsed(text) for address, text in server.accepted if address == ADMINISTRATOR]
    assert {str(letter["Subject"]) for letter in letters} == {"[邮件退回] 聊城市 1 封邮件被邮件服务器拒收"}
    words = part(letters[0], "plain")
    for said in ("第 2 号", "jiuye001@unit.example.com", "550 no such box", "gangshao outbox resend 2"):
        assert said in words


def test_an_address_no_command_can_carry_is_refused_alone_and_told(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 4)
    with ledger.writing() as connection:  # as from a table of recipients of before addresses were checked
        connection.exec_driver_sql("update notice set address = 'jiuye@chiping.example.com，' where notice_id = 1")
        connection.exec_driver_sql("update notice set address = '就业@chiping.example.com' where notice_id = 2")
    with MailServer() as server:
        report = through(server, tmp_path, ledger, NOW, administrator_mail=ADMINISTRATOR)
    assert report == SendReport(sent=3, failed=2, waiting=0, ambiguous=0)
    assert ADMINISTRATOR in server.addresses()
    bounced = [one for one in recorded_notices(ledger) if one.state is NoticeState.BOUNCED]
    assert [one.notice_id for one in bounced] == [1, 2]
    assert all(one.smtp_reply.startswith("不是邮箱地址") for one in bounced)


@pytest.mark.parametrize("answer", ["530 Authentication required", "553 sender not allowed", "452 no room"])
def test_a_server_that_takes_nothing_from_our_sender_costs_no_mail(ledger: Ledger, tmp_path: Path, answer: str) -> None:
    mails, asked = queue_mails(ledger, 5), list[str]()

    def refuse(sender: str) -> str:
        asked.append(sender)
        return answer

    with MailServer(at_sender=refuse) as server:
        for minute in range(9):
            report = through(server, tmp_path, ledger, NOW + minute * MINUTE, administrator_mail=ADMINISTRATOR)
            assert (report.sent, report.failed, report.waiting) == (0, 0, 5)
            assert answer in report.problem
        assert asked == ["gangshao@hr.example.com"] * 9, "once a pass"
        kept = recorded_notices(ledger)
        assert {(one.state, one.attempts, one.smtp_reply) for one in kept} == {(NoticeState.QUEUED, 0, answer)}
        server.at_sender = lambda sender: "250 OK"
        assert through(server, tmp_path, ledger, NOW + 9 * MINUTE).sent == 5, "none waits for its next attempt"
    assert server.addresses() == sorted(mails)


@pytest.mark.parametrize("answer", ["530 Authentication required", "535 not signed in"])
def test_a_server_that_wants_a_sign_in_after_the_sender_puts_mails_off(
    ledger: Ledger, tmp_path: Path, answer: str
) -> None:
    mails = queue_mails(ledger, 5)
    with MailServer(at_recipient=lambda to: answer) as server:
        report = through(server, tmp_path, ledger, NOW)
        assert (report.sent, report.failed, report.waiting) == (0, 0, 5)
        assert answer in report.problem
        assert sorted(one.attempts for one in recorded_notices(ledger)) == [0, 0, 0, 1, 1], "it is left alone"
        server.at_recipient = lambda to: "250 OK"
        assert through(server, tmp_path, ledger, NOW + HOUR).sent == 5
    assert server.addresses() == sorted(mails)


def test_without_an_administrators_address_nobody_is_told(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 1)
    with MailServer(at_recipient=lambda to: "550 no such box") as server:
        assert through(server, tmp_path, ledger, NOW).failed == 1
    assert len(recorded_notices(ledger)) == 1


def test_one_mail_is_sent_again_and_no_other(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 3)
    is_full = [True]
    with MailServer(at_recipient=lambda to: "552 box full" if is_full[0] else "250 OK") as server:
        assert through(server, tmp_path, ledger, NOW).failed == 3
        is_full[0] = False
        queue.resend_mail(ledger, 2, SYSTEM, NOW)
        assert through(server, tmp_path, ledger, NOW).sent == 1
        assert server.addresses() == ["jiuye001@unit.example.com"]
    (text,) = [text for _, text in server.accepted]
    assert parsed(text)["Message-ID"] == "<mail1@hr.example.com>"
    entries = [(entry.target, entry.result, entry.who) for entry in trail.entries(ledger) if entry.result == "begun"]
    assert entries == [("notice 2", "begun", "system")]
    for number in (2, 99):
        with pytest.raises(UserError, match=f"第 {number} 号通知没有可重发的邮件"):
            queue.resend_mail(ledger, number, SYSTEM, NOW)


def test_a_mail_that_is_being_sent_is_not_sent_again(ledger: Ledger) -> None:
    queue_mails(ledger, 1)
    assert queue.claim_mails(ledger, queue.sender_at("here"), NOW, NOW) is not None
    with pytest.raises(UserError, match="正在发送的不可以"):
        queue.resend_mail(ledger, 1, SYSTEM, NOW)


def test_regions_hours_are_those_of_the_settings_region() -> None:
    assert regions.load(Settings().region).timetable == REGION.timetable
