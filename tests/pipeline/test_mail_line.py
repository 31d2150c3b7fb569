"""The line to the mail server: TLS from the start or by STARTTLS, the password never in the clear; the doctor tries it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.core import settings as all_settings
from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.notifications.notice import NoticeState, recorded_notices
from pipelines.notifying.outbox import SendReport, send
from pipelines.operations.doctor import CheckResult, run_checks
from tests.faults.storm import queue_mails
from tests.pipeline.mail_city import MailServer
from tests.pipeline.mail_line import authenticate, certificate

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ACCOUNT = {"smtp_user": "gangshao", "smtp_password": "a long password"}
SIGN_IN = {"auth_required": True, "authenticator": authenticate, "auth_require_tls": False}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    queue_mails(opened, 3)
    yield opened
    opened.close()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a server needs that speaks TLS from the first byte and wants a sign-in; its certificate is trusted."""
    public, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    return {"ssl_context": context, **SIGN_IN}


def settings(data: Path, port: int, host: str = "127.0.0.1", **more: Any) -> Settings:
    return Settings(data=data, smtp_host=host, smtp_port=port, **{**ACCOUNT, **more})


def doctor(own: Settings) -> CheckResult:
    return next(one for one in run_checks(own) if one.what == "邮件服务器")


def test_mails_go_over_tls_from_the_start_with_a_password(ledger: Ledger, tmp_path: Path, tls: dict[str, Any]) -> None:
    with MailServer(options=tls) as server:
        own = settings(tmp_path, server.port, smtp_tls=True, smtp_password="wrong")
        report = send(ledger, own, NOW, timeout=5)
        assert (report.sent, report.waiting) == (0, 3)
        assert "535" in report.problem
        own = settings(tmp_path, server.port, smtp_tls=True)
        assert send(ledger, own, NOW, timeout=5) == SendReport(sent=3, failed=0, waiting=0, ambiguous=0)
    assert len(server.accepted) == 3


@pytest.mark.requirement("12.3.2")
@pytest.mark.parametrize(
    ("host", "is_trusted", "reason"),
    [("127.0.0.1", False, "self-signed certificate"), ("localhost", True, "Hostname mismatch")],
)
def test_a_server_whose_certificate_is_not_its_own_gets_neither_password_nor_mail(
    ledger: Ledger, tmp_path: Path, tls: dict[str, Any], monkeypatch: pytest.MonkeyPatch, host: str, is_trusted: bool,
    reason: str,
) -> None:  # fmt: skip
    asked: list[object] = []
    tls["authenticator"] = lambda *given: asked.append(given)
    if not is_trusted:
        monkeypatch.delenv("SSL_CERT_FILE")
    with MailServer(options=tls) as server:
        report = send(ledger, settings(tmp_path, server.port, host, smtp_tls=True), NOW, timeout=5)
    assert (report.sent, report.waiting) == (0, 3)
    assert reason in report.problem
    assert (asked, server.accepted) == ([], [])


@pytest.mark.parametrize(
    "wrong", [{"smtp_host": "mail..example.com", "smtp_tls": True}, {"smtp_password": "密码！abc", "smtp_tls": True}]
)
def test_a_setting_that_cannot_be_sent_is_said_in_a_sentence(
    ledger: Ledger, tmp_path: Path, tls: dict[str, Any], wrong: dict[str, Any]
) -> None:
    with MailServer(options=tls) as server:
        own = settings(tmp_path, server.port).model_copy(update=wrong)
        report = send(ledger, own, NOW, timeout=5)
    assert (report.sent, report.waiting) == (0, 3)
    assert "含有无法传送的字符" in report.problem


@pytest.mark.requirement("12.3.1")
def test_a_server_that_hides_its_starttls_gets_neither_password_nor_mail(ledger: Ledger, tmp_path: Path) -> None:
    asked: list[object] = []
    options = {**SIGN_IN, "authenticator": lambda *given: asked.append(given)}
    with MailServer(options=options) as server:
        report = send(ledger, settings(tmp_path, server.port, smtp_starttls=True), NOW, timeout=5)
    assert (report.sent, report.waiting) == (0, 3)
    assert "STARTTLS extension not supported" in report.problem
    assert (asked, server.accepted) == ([], [])


def test_tls_from_the_start_says_nothing_in_the_clear(ledger: Ledger, tmp_path: Path) -> None:
    heard = bytearray()

    def answer_in_the_clear(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.settimeout(5)
            line.sendall(b"220 plain\r\n")
            with contextlib.suppress(ConnectionResetError):  # it hangs up as soon as it reads words
                while chunk := line.recv(4096):
                    heard.extend(chunk)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer_in_the_clear, args=[listening])
        thread.start()
        report = send(ledger, settings(tmp_path, listening.getsockname()[1], smtp_tls=True), NOW, timeout=5)
        thread.join()
    assert (report.sent, report.waiting) == (0, 3)
    assert heard[0] == 0x16, "a TLS handshake"
    assert not any(word in bytes(heard).lower() for word in (b"auth", b"ehlo", b"gangshao"))
    assert {one.state for one in recorded_notices(ledger)} == {NoticeState.QUEUED}


def test_a_password_that_would_go_in_the_clear_to_another_machine_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    own = settings(tmp_path, 25, "mail.example.com")
    with pytest.raises(UserError, match="明文"):
        send(ledger, own, NOW)
    assert not doctor(own).is_well
    assert "GANGSHAO_SMTP_TLS=true" in doctor(own).sentence


def test_port_465_is_tls_from_the_start_and_excludes_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(data=tmp_path, smtp_port=465).is_tls_from_the_start
    assert Settings(data=tmp_path, smtp_port=994, smtp_tls=True).is_tls_from_the_start
    assert not Settings(data=tmp_path, smtp_port=587, smtp_starttls=True).is_tls_from_the_start
    monkeypatch.setenv("GANGSHAO_SMTP_STARTTLS", "true")
    assert all_settings.load().smtp_starttls
    for name, value in (("PORT", "465"), ("TLS", "true")):
        with monkeypatch.context() as changed:
            changed.setenv(f"GANGSHAO_SMTP_{name}", value)
            with pytest.raises(UserError, match="SMTP_STARTTLS 与全程 TLS"):
                all_settings.load()


def test_the_doctor_connects_as_a_sender_would_and_gives_no_mail(
    ledger: Ledger, tmp_path: Path, tls: dict[str, Any]
) -> None:
    assert doctor(Settings(data=tmp_path)).sentence == f"没有设置，邮件写入 {tmp_path / 'outbox'}"
    with MailServer(options=tls) as server:
        found = doctor(settings(tmp_path, server.port, smtp_tls=True))
        assert (found.is_well, found.sentence) == (True, f"127.0.0.1:{server.port}，TLSv1.3 加密，已登录 gangshao")
        found = doctor(settings(tmp_path, server.port, smtp_tls=True, smtp_password="wrong"))
        assert not found.is_well
        assert "535" in found.sentence
    found = doctor(settings(tmp_path, server.port, smtp_tls=True))
    assert not found.is_well
    assert "refused" in found.sentence
    assert "a long password" not in found.sentence
    with MailServer() as server:
        plain = doctor(settings(tmp_path, server.port, smtp_user=""))
        assert (plain.is_well, plain.sentence) == (True, f"127.0.0.1:{server.port}，线路不加密，不登录")
    assert {one.state for one in recorded_notices(ledger)} == {NoticeState.QUEUED}


def test_the_doctor_connects_to_no_other_machine_with_invented_data(tmp_path: Path) -> None:
    own = Settings(data=tmp_path, smtp_host="mail.example.com")
    own.demonstration_mark.touch()
    found = doctor(own)
    assert not found.is_well
    assert "演示数据的邮件不得发往 mail.example.com:25" in found.sentence
