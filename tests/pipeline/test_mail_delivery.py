import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.notifications.notice import NoticeState, recorded_notices
from pipelines.notifying.notices import decide
from pipelines.notifying.outbox import SendReport, send
from pipelines.published import read
from tests.pipeline.mail_city import NOW, REGION, ROOT, City, MailServer, Told, edition, parsed
from tests.pipeline.mail_line import authenticate, certificate

DAY = date(2026, 11, 23)
LATER = NOW + timedelta(hours=1)
DONGCHANGFU, CHIPING = "jiuye@dongchangfu.example.com", "jiuye@chiping.example.com"
CITY_DESKS = ["jiuye@liaocheng.example.com", "zhiban@liaocheng.example.com"]
ALL = sorted([DONGCHANGFU, CHIPING, *CITY_DESKS])
# What another process runs to send the mails of a data folder.
_SEND = (
    "import sys; from datetime import datetime, UTC; from pathlib import Path;"
    "from pipelines.core.settings import Settings; from pipelines.ledger import open_ledger;"
    "from pipelines.notifying.outbox import send;"
    "s = Settings(data=Path(sys.argv[1]), smtp_host='127.0.0.1', smtp_port=int(sys.argv[2]));"
    "send(open_ledger(s), s, datetime.now(UTC))"
)


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose ledger has four mails in the queue: two county offices, two desks of the city."""
    folder = tmp_path_factory.mktemp("queued")
    city = City(folder, Settings(data=folder))
    city.publish([edition(DAY)], [Told("a", "371502", 3, DAY), Told("b", "371503", 3, DAY)])
    opened = open_ledger(city.settings)
    decide(edition(DAY), is_replay=False, ledger=opened, region=REGION, settings=city.settings, now=NOW)
    opened.close()
    read.close()
    return folder


@pytest.fixture
def ledger(queued: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copytree(queued, tmp_path, dirs_exist_ok=True)
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()
    read.close()


def through(server: MailServer, ledger: Ledger, data: Path, *, now: datetime = NOW, **more: object) -> SendReport:
    settings = Settings(data=data, smtp_host="127.0.0.1", smtp_port=server.port, **more)
    return send(ledger, settings, now, timeout=5)


def states(ledger: Ledger) -> dict[str, NoticeState]:
    return {notice.address: notice.state for notice in recorded_notices(ledger) if notice.is_due}


def replies(ledger: Ledger) -> dict[str, str]:
    return {notice.address: notice.smtp_reply for notice in recorded_notices(ledger) if notice.is_due}


def test_every_due_mail_is_delivered_once_and_the_answer_kept(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer() as server:
        assert through(server, ledger, tmp_path) == SendReport(sent=4, failed=0, waiting=0, ambiguous=0)
        assert through(server, ledger, tmp_path) == SendReport(sent=0, failed=0, waiting=0, ambiguous=0)
    assert server.addresses() == ALL
    assert set(states(ledger).values()) == {NoticeState.ACCEPTED}
    assert set(replies(ledger).values()) == {"250 accepted"}
    for address, content in server.accepted:
        message = parsed(content)
        assert message["To"] == address
        assert str(message["Subject"]).startswith("[疑似")
        assert max(len(line) for line in content.splitlines()) <= 998


def test_a_mail_put_off_with_451_waits_and_is_delivered_next_time(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer(at_data=lambda to: "451 busy" if to == CHIPING else "250 accepted") as server:
        report = through(server, ledger, tmp_path)
        assert (report.sent, report.waiting, report.ambiguous) == (3, 1, 0)
        assert "451 busy" in report.problem
        assert states(ledger)[CHIPING] is NoticeState.QUEUED
        server.at_data = lambda to: "250 accepted"
        assert through(server, ledger, tmp_path).sent == 0, "its next attempt has not come"
        assert through(server, ledger, tmp_path, now=LATER).sent == 1
    assert server.addresses() == ALL
    assert {notice.address: notice.attempts for notice in recorded_notices(ledger) if notice.is_due}[CHIPING] == 2


def test_a_refused_address_fails_alone_and_is_not_tried_again(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer(at_recipient=lambda to: "550 no such box" if to == DONGCHANGFU else "250 OK") as server:
        report = through(server, ledger, tmp_path)
        assert (report.sent, report.failed, report.waiting) == (3, 1, 0)
        assert through(server, ledger, tmp_path) == SendReport(0, 0, 0, 0)
    assert server.addresses() == sorted([CHIPING, *CITY_DESKS])
    assert states(ledger)[DONGCHANGFU] is NoticeState.BOUNCED
    assert replies(ledger)[DONGCHANGFU] == "550 no such box"


def test_a_mail_refused_after_data_fails_and_its_neighbours_arrive(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer(at_data=lambda to: "554 spam" if to in CITY_DESKS else "250 accepted") as server:
        report = through(server, ledger, tmp_path)
    assert (report.sent, report.failed) == (2, 2)
    assert server.addresses() == sorted([CHIPING, DONGCHANGFU])


def test_a_recipient_who_was_refused_is_told_by_the_next_edition(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer(at_recipient=lambda to: "550 no such box") as server:
        assert through(server, ledger, tmp_path).failed == 4
    city = City(tmp_path, Settings(data=tmp_path))
    tomorrow = edition(DAY + timedelta(days=1))
    city.publish([edition(DAY), tomorrow], [Told("a", "371502", 3, DAY)])
    made = decide(tomorrow, is_replay=False, ledger=ledger, region=REGION, settings=city.settings, now=NOW)
    assert {notice.address for notice in made if notice.is_due} == {DONGCHANGFU, *CITY_DESKS}


def test_a_line_that_breaks_after_the_mail_was_taken_is_ambiguous_and_keeps_its_name(
    ledger: Ledger, tmp_path: Path
) -> None:
    breaks = [True]
    with MailServer(at_data=lambda to: None if to == CHIPING and breaks.pop() else "250 accepted") as server:
        report = through(server, ledger, tmp_path)
        assert (report.sent, report.waiting, report.ambiguous) == (3, 1, 1)
        server.at_data = lambda to: "250 accepted"
        assert states(ledger)[CHIPING] is NoticeState.AMBIGUOUS
        assert through(server, ledger, tmp_path, now=LATER) == SendReport(sent=1, failed=0, waiting=0, ambiguous=1)
    assert Counter(server.addresses()) == Counter([*ALL, CHIPING])
    assert len({parsed(content)["Message-ID"] for address, content in server.accepted if address == CHIPING}) == 1
    assert len({content for address, content in server.accepted if address == CHIPING}) == 1


@pytest.mark.requirement("16.5.2")
def test_a_server_that_is_down_leaves_all_mails_waiting_with_the_reason(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer() as server:
        pass
    report = through(server, ledger, tmp_path)
    assert (report.sent, report.waiting) == (0, 4)
    assert "无法使用" in report.problem
    assert all("refused" in reply for reply in replies(ledger).values())
    with MailServer() as server:
        assert through(server, ledger, tmp_path).sent == 4
    assert server.addresses() == ALL


def test_a_server_that_closes_with_421_is_left_alone_after_the_second_time(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer(at_data=lambda to: "421 closing") as server:
        report = through(server, ledger, tmp_path)
        assert (report.sent, report.waiting, report.ambiguous) == (0, 4, 0)
        assert server.offered == 2
        server.at_data = lambda to: "250 accepted"
        assert through(server, ledger, tmp_path).sent == 2, "those that were not tried yet"
        assert through(server, ledger, tmp_path, now=LATER).sent == 2
    assert server.addresses() == ALL


@pytest.mark.parametrize("when", ["before the mail is taken", "after the mail is taken"])
def test_a_sender_killed_at_the_second_mail_loses_none_and_doubles_only_what_it_calls_ambiguous(
    ledger: Ledger, tmp_path: Path, when: str
) -> None:
    process: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        process[0].send_signal(signal.SIGKILL)
        process[0].wait()

    def at_recipient(address: str) -> str:
        if when.startswith("before") and len(server.accepted) == 1:
            kill()
        return "250 OK"

    def at_data(address: str) -> str:
        if when.startswith("after") and len(server.accepted) == 1:
            kill()
        return "250 accepted"

    given = NoticeState.CLAIMED if when.startswith("before") else NoticeState.HANDED_OVER
    with MailServer(at_recipient=at_recipient, at_data=at_data) as server:
        process.append(
            subprocess.Popen([sys.executable, "-c", _SEND, str(tmp_path), str(server.port)], cwd=ROOT, env=os.environ)
        )
        assert process[0].wait(timeout=30) == -signal.SIGKILL
        in_doubt = [address for address, state in states(ledger).items() if state is NoticeState.HANDED_OVER]
        assert Counter(states(ledger).values()) == {NoticeState.ACCEPTED: 1, given: 1, NoticeState.QUEUED: 2}
        server.at_recipient, server.at_data = lambda to: "250 OK", lambda to: "250 accepted"
        assert through(server, ledger, tmp_path) == SendReport(sent=3, failed=0, waiting=0, ambiguous=len(in_doubt))
    doubled = Counter(server.addresses()) - Counter(ALL)
    assert set(server.addresses()) == set(ALL)
    assert {notice.address for notice in recorded_notices(ledger) if notice.is_ambiguous} == set(in_doubt)
    assert doubled == Counter(in_doubt)
    assert len({parsed(content)["Message-ID"] for _, content in server.accepted}) == 4


def test_two_senders_at_once_double_nothing(ledger: Ledger, tmp_path: Path) -> None:
    gate = threading.Barrier(2)
    reports: list[SendReport] = []
    with MailServer() as server:

        def work() -> None:
            gate.wait()
            reports.append(through(server, ledger, tmp_path))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(report.sent for report in reports) == [0, 4]
    assert server.addresses() == ALL


def test_mails_go_over_an_encrypted_line_with_a_password(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    account = {"smtp_user": "gangshao", "smtp_starttls": True}
    with MailServer(options=options) as server:
        report = through(server, ledger, tmp_path, **account, smtp_password="wrong")
        assert (report.sent, report.waiting) == (0, 4)
        assert "535" in report.problem
        assert through(server, ledger, tmp_path, **account, smtp_password="a long password").sent == 4
    assert server.addresses() == ALL


@pytest.mark.requirement("12.3.2")
def test_a_server_with_a_certificate_nobody_vouches_for_gets_no_mail(ledger: Ledger, tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    with MailServer(options={"tls_context": context}) as server:
        report = through(server, ledger, tmp_path, smtp_starttls=True)
    assert (report.sent, report.waiting) == (0, 4)
    assert "CERTIFICATE_VERIFY_FAILED" in report.problem
    assert server.accepted == []


@pytest.mark.requirement("12.3.1")
def test_a_password_is_not_sent_in_the_clear_to_another_machine(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="明文"):
        send(ledger, Settings(data=tmp_path, smtp_host="mail.example.com", smtp_user="me", smtp_password="x"), NOW)
    assert set(states(ledger).values()) == {NoticeState.QUEUED}


def test_mails_about_invented_data_do_not_leave_the_machine(ledger: Ledger, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, smtp_host="192.0.2.1")
    settings.demonstration_mark.touch()
    with pytest.raises(UserError, match="演示数据的邮件不得发往本机以外"):
        send(ledger, settings, NOW)
    assert set(states(ledger).values()) == {NoticeState.QUEUED}
    assert all("演示数据" in reply for reply in replies(ledger).values())
    with MailServer() as server:
        assert through(server, ledger, tmp_path).sent == 4
