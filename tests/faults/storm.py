"""A mail server that behaves badly as a script says, mails for it, and what the ledger says of them afterwards."""

import asyncio
import random
import socket
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as CRLF

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Reason, add_notice
from tests.house import House

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten o'clock there
DAY = timedelta(days=1)
HANG = 2.5  # seconds: longer than a sender of these tests waits
# What the server does with a mail the first times it is offered, and how many mails of a hundred meet it. A mail that
# is refused for good stays refused; all others are taken in the end.
FAULTS = {
    "550 at the address": 4, "554 at the text": 3, "451 at the address": 6, "451 at the text": 6, "twice 451": 4,
    "421 at the text": 3, "hang before the text": 1, "hang after the text": 1, "drop after the text": 8,
    "twice drop": 2, "slow": 8,
}  # fmt: skip
FOR_GOOD = {"550 at the address", "554 at the text"}


@dataclass
class BadServer:
    """Takes mails on a free port of 127.0.0.1. ``script``: the fault that each address meets, if it meets one.

    ``accepted`` holds each text it kept with its address, whether or not the sender heard of it; ``drops`` counts the
    texts it kept and did not answer for.
    """

    script: dict[str, str]
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    drops: int = 0
    met: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _offered: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "BadServer":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._meets(address, "550 at the address", 1_000_000):
            return "550 no such box"
        if self._meets(address, "451 at the address", 1):
            return "451 try again"
        if self._meets(address, "hang before the text", 1):
            await asyncio.sleep(HANG)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        for fault, times in (
            ("554 at the text", 1_000_000),
            ("451 at the text", 1),
            ("twice 451", 2),
            ("421 at the text", 1),
        ):
            if self._meets(address, fault, times):
                return f"{fault.removeprefix('twice ')[:3]} not now"
        self.accepted.append((address, envelope.content))
        if self._meets(address, "slow", 1):
            await asyncio.sleep(0.1)
        if self._meets(address, "drop after the text", 1) or self._meets(address, "twice drop", 2):
            self.drops += 1
            assert server.transport is not None
            server.transport.abort()
        if self._meets(address, "hang after the text", 1):
            self.drops += 1
            await asyncio.sleep(HANG)
        return "250 accepted"

    def _meets(self, address: str, fault: str, times: int) -> bool:
        if self.script.get(address) != fault or self._offered[address] >= times:
            return False
        self._offered[address] += 1
        self.met[fault] += 1
        return True


def script_for(mails: dict[str, bytes], seed: int) -> dict[str, str]:
    """A fault for about half of the addresses, every fault for at least one."""
    addresses = sorted(mails)
    chosen = random.Random(seed).sample(addresses, len(addresses))
    script: dict[str, str] = {}
    for fault, share in FAULTS.items():
        for _ in range(max(1, share * len(addresses) // 100)):
            script[chosen.pop()] = fault
    return script


def queue_mails(ledger: Ledger, number: int, first: int = 0) -> dict[str, bytes]:
    """Put so many mails into the outbox, every tenth urgent; returns their texts by address."""
    decisions = [_decision(f"jiuye{count:03d}@unit.example.com", count) for count in range(first, first + number)]
    with ledger.writing() as connection:
        for decision in decisions:
            add_notice(connection, decision)
    return {decision.address: decision.message or b"" for decision in decisions}


def _decision(address: str, count: int) -> NoticeDecision:
    message = EmailMessage(policy=CRLF)
    message["Subject"] = f"[疑似黄色预警·待核实] 第{count}号"
    message["From"], message["To"] = "gangshao@hr.example.com", address
    message["Message-ID"] = f"<mail{count}@hr.example.com>"
    message.set_content("监测值高于预期。\n.\n一行一个点，也要原样到达。\n", cte="8bit")
    return NoticeDecision(
        edition_id="2026-11-23.1", day=date(2026, 11, 23), cutoff_at=START - timedelta(hours=3), office_id="unit",
        address=address, reason=Reason.FIRST, state=NoticeState.QUEUED, content={"a": 3}, message_id=str(message["Message-ID"]),
        is_demonstration=False, decided_at=START, file_name=f"{count}.eml", message=message.as_bytes(),
        is_urgent=count % 10 == 0,
    )  # fmt: skip


def states(house: House) -> Counter[str]:
    """How many notices are in which state, read beside the program."""
    with sqlite3.connect(house.data / "ledger.sqlite") as ledger:
        return Counter(dict(ledger.execute("select state, count(*) from notice group by state").fetchall()))


def wrongs(server: BadServer, mails: dict[str, bytes], notices: list[Notice], between: int) -> list[str]:
    """What is not as promised of mails with these texts; ``between``: senders killed after handing a mail over and before marking it."""
    copies = Counter(address for address, _ in server.accepted)
    found = [f"{address} got another text" for address, text in server.accepted if text != mails[address]]
    if len(notices) != len(mails):
        found.append(f"{len(notices)} notices of {len(mails)} mails")
    for one in notices:
        fate, got = server.script.get(one.address, ""), copies[one.address]
        expected = NoticeState.BOUNCED if fate in FOR_GOOD else NoticeState.ACCEPTED
        if one.state is not expected:
            found.append(f"{one.address} is {one.state}, met {fate!r}")
        if (got == 0) is (expected is NoticeState.ACCEPTED):
            found.append(f"{one.address} arrived {got} times, met {fate!r}")
        if got > 1 and not one.is_ambiguous:
            found.append(f"{one.address} arrived {got} times and is not called ambiguous")
    ambiguous = sum(one.is_ambiguous for one in notices)
    if ambiguous > server.drops + between:
        found.append(f"{ambiguous} ambiguous mails of {server.drops} drops and {between} kills in between")
    return found
