"""Mail servers and outboxes that do what nobody expects: no mail is to blame, none is lost, none goes for ever."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.notifications.notice import NoticeState, recorded_notices
from pipelines.notifying.message import Address, seal
from pipelines.notifying.outbox import SendReport, send
from pipelines.published import read
from tests.faults.storm import queue_mails
from tests.pipeline.mail_city import REGION, City, MailServer, edition, parsed, part

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, ten o'clock there
MINUTE = timedelta(minutes=1)


class Closing(MailServer):
    """Closes the line without a word at the commands of ``at``, as often as it says."""

    at: dict[str, int]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._close(server, "MAIL")
        return await super().handle_MAIL(server, session, envelope, address, options)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._close(server, "RCPT")
        return await super().handle_RCPT(server, session, envelope, address, options)

    def _close(self, server: SMTP, command: str) -> None:
        if self.at.get(command, 0):
            self.at[command] -= 1
            assert server.transport is not None
            server.transport.abort()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def through(server: MailServer, data: Path, ledger: Ledger, now: datetime = NOW, **more: object) -> SendReport:
    settings = Settings(data=data, smtp_host="127.0.0.1", smtp_port=server.port, **more)
    return send(ledger, settings, now, timeout=5)


def attempts(ledger: Ledger) -> list[int]:
    return [one.attempts for one in recorded_notices(ledger)]


@pytest.mark.parametrize("answer", ["421 closing for maintenance", "closed"])
def test_a_server_that_closes_before_it_heard_whom_a_mail_is_for_delays_no_mail(
    ledger: Ledger, tmp_path: Path, answer: str
) -> None:
    mails = queue_mails(ledger, 5)  # the first is urgent
    with Closing() as server:
        server.at = {"MAIL": 1_000} if answer == "closed" else {}
        if answer != "closed":
            server.at_sender = lambda sender: answer
        for minute in range(9):
            report = through(server, tmp_path, ledger, NOW + minute * MINUTE)
            assert (report.sent, report.failed, report.waiting, report.ambiguous) == (0, 0, 5, 0)
            assert "此刻不接收任何邮件" in report.problem
        assert attempts(ledger) == [0] * 5, "it is nobody's fault"
        server.at, server.at_sender = {}, lambda sender: "250 OK"
        assert through(server, tmp_path, ledger, NOW + 9 * MINUTE).sent == 5, "at once, red ones before all"
    assert next(address for address, _ in server.accepted) == "jiuye000@unit.example.com"
    assert server.addresses() == sorted(mails)


def test_a_server_that_takes_so_many_mails_a_line_and_no_more_is_called_again(ledger: Ledger, tmp_path: Path) -> None:
    mails, asked = queue_mails(ledger, 7), list[str]()

    def at_sender(sender: str) -> str:
        asked.append(sender)
        return "421 too many messages on this line" if len(asked) % 3 == 0 else "250 OK"

    with MailServer(at_sender=at_sender) as server:
        assert through(server, tmp_path, ledger) == SendReport(sent=7, failed=0, waiting=0, ambiguous=0)
    assert server.addresses() == sorted(mails)
    assert attempts(ledger) == [1] * 7


def test_a_server_that_closes_at_an_address_puts_that_mail_off_and_it_is_not_in_doubt(
    ledger: Ledger, tmp_path: Path
) -> None:
    mails = queue_mails(ledger, 4)
    with Closing() as server:
        server.at = {"RCPT": 1}
        assert through(server, tmp_path, ledger) == SendReport(
            sent=3, failed=0, waiting=1, ambiguous=0, problem="有邮件未被接收，留在队列中：Connection unexpectedly closed (mails wait in the queue)"
        )  # fmt: skip
        assert through(server, tmp_path, ledger, NOW + 2 * MINUTE).sent == 1
    assert server.addresses() == sorted(mails)


@pytest.mark.parametrize("answer", ["251 will forward", "200 taken", "299 taken"])
def test_any_answer_of_the_two_hundreds_means_that_a_mail_was_taken(
    ledger: Ledger, tmp_path: Path, answer: str
) -> None:
    mails = queue_mails(ledger, 2)
    offered: list[str] = []

    def at_data(address: str) -> str:
        offered.append(address)
        return answer

    with MailServer(at_data=at_data) as server:
        assert through(server, tmp_path, ledger) == SendReport(sent=2, failed=0, waiting=0, ambiguous=0)
        assert through(server, tmp_path, ledger, NOW + 60 * MINUTE).sent == 0
    assert sorted(offered) == sorted(mails)


def test_an_answer_that_is_none_after_the_text_leaves_the_mail_in_doubt(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 1)
    with MailServer(at_data=lambda to: "<html>proxy error</html>") as server:
        report = through(server, tmp_path, ledger)
        assert (report.sent, report.waiting, report.ambiguous) == (0, 1, 1)
        server.at_data = lambda to: "250 OK"
        assert through(server, tmp_path, ledger, NOW + 2 * MINUTE) == SendReport(1, 0, 0, 1)


def test_what_a_server_says_is_kept_on_one_line_without_control_characters_and_not_too_long(
    ledger: Ledger, tmp_path: Path
) -> None:
    queue_mails(ledger, 1)
    long = "".join(f"550-\x1b[31mno\x00such\x07 box {number}, see the help pages\r\n" for number in range(60))
    with MailServer(at_recipient=lambda to: f"{long}550 no such box") as server:
        assert through(server, tmp_path, ledger).failed == 1
    (kept,) = recorded_notices(ledger)
    assert kept.state is NoticeState.BOUNCED
    assert kept.smtp_reply.startswith("550 [31mno such box 0, see the help pages")
    assert kept.smtp_reply.isprintable()
    assert len(kept.smtp_reply) == 500


def test_a_mail_without_its_text_keeps_no_other_waiting(ledger: Ledger, tmp_path: Path) -> None:
    queue_mails(ledger, 3)
    with ledger.writing() as connection:
        connection.exec_driver_sql("delete from mail where notice_id = 1")
    with MailServer() as server:
        report = through(server, tmp_path, ledger)
    assert (report.sent, report.waiting) == (2, 1), "it is still counted, so the watch tells of it"


def test_a_mail_whose_edition_is_gone_goes_out_as_it_was_written(tmp_path: Path) -> None:
    city = City(tmp_path, Settings(data=tmp_path))
    city.publish([edition(NOW.date())], [])
    ledger = open_ledger(city.settings)
    mails = queue_mails(ledger, 2)
    read.close()
    shutil.rmtree(city.settings.published)
    gone = sorted(mails)[0]
    with MailServer(at_recipient=lambda to: "550 no such box" if to == gone else "250 OK") as server:
        report = through(server, tmp_path, ledger, administrator_mail="guanli@hr.example.com")
    assert report == SendReport(sent=2, failed=1, waiting=0, ambiguous=0)
    assert server.addresses() == ["guanli@hr.example.com", sorted(mails)[1]]
    ledger.close()


@pytest.mark.parametrize("subject", ["很长的标题" * 400, "a" * 2000, "岗" * 75 + " " * 3 + "b" * 998])
def test_a_very_long_subject_comes_through_a_server_whole(ledger: Ledger, tmp_path: Path, subject: str) -> None:
    mails = queue_mails(ledger, 1)
    (address,) = mails
    fields = {"subject": subject, "office": {"name": "单位"}, "title": "岗位", "is_demonstration": False, "missing": ""}
    to = Address("unit", address, "test:1", "2026-11-23.1", "test\nunit")
    letter = seal(to, "test", fields, REGION, Settings(data=tmp_path), NOW)
    assert max(map(len, letter.message.splitlines())) <= 998
    with ledger.writing() as connection:
        connection.exec_driver_sql("update mail set message = ?", (letter.message,))
    with MailServer() as server:
        assert through(server, tmp_path, ledger).sent == 1
    ((_, text),) = server.accepted
    assert parsed(text)["Subject"] == subject
    assert "测试邮件" in part(parsed(text), "plain")
