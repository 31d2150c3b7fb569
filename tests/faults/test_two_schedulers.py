"""Two schedulers and a mail server: who holds the lease is killed while mails go out, the other goes on with them."""

import asyncio
import contextlib
import email
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.db import job
from pipelines.ledger.db.schema import mail as mail_table
from pipelines.ledger.notifications.notice import UNFINISHED, NoticeState, Purpose, recorded_notices
from pipelines.notifying.notices import decide
from pipelines.published import read
from tests.faults.hurried import CLOCK, clock_from
from tests.faults.storm import FAULTS, FOR_GOOD, START, BadServer, queue_mails, script_for, states
from tests.faults.test_kill_schedule import asked, children, wait_for
from tests.house import ROOT, House
from tests.pipeline.mail_city import NOW, City, Told, edition
from tests.tier import IS_LONG

KILLS, MAILS = (16, 60) if IS_LONG else (2, 12)
SPEED = 12.0  # a minute, which is a lease and the pause between two looks at the outbox, is five seconds
DAY = START.date()
OVERLAP = 15.0  # seconds in which a sender comes to the mails, if it does not come to their lock
LAST_ATTEMPT = 600.0  # seconds until a mail has come that met a fault, two kills and its hour's pause
# Those that a sender's own 30 seconds, hurried as all else is not, would outwait by far are left to test_kill_mail.py.
MET = [fault for fault in FAULTS if not fault.startswith("hang")]


@dataclass
class SlowServer(BadServer):
    """Keeps a sender waiting for its answer once it has taken mails up to the number ``goal``."""

    goal: float = math.inf
    holding: int = 0

    @property
    def is_held(self) -> bool:
        return len(self.accepted) >= self.goal

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.holding += self.is_held
        while self.is_held:
            await asyncio.sleep(0.02)
        return answer


def morning(house: House) -> Ledger:
    """A published day whose run is done, its mails decided and waiting; the rest of its mails the schedule makes."""
    region = regions.load(house.region)
    settings = Settings(data=house.data, region=house.region)
    warnings = [Told(f"w{area}", area, 1 + number % 3, DAY) for number, area in enumerate(region.units)]
    City(house.folder, settings).publish([edition(DAY)], warnings)
    ledger = open_ledger(settings)
    decide(edition(DAY), is_replay=False, ledger=ledger, region=region, settings=settings, now=NOW)
    read.close()
    due_at, minute = region.cutoff_at(DAY) + timedelta(minutes=5), timedelta(minutes=1)
    assert job.acquire_lease(ledger, job.LEASE, "morning", due_at, minute)
    assert job.begin_job_run(ledger, "run", due_at, "morning", due_at)
    job.finish_job_run(ledger, "run", due_at, job.Ending.DONE, "", due_at)
    job.release_lease(ledger, job.LEASE, "morning")
    return ledger


@dataclass
class Rivals:
    """Schedulers at work on one house, and a mail server; ``between``: senders killed while they waited for an answer."""

    house: House
    server: SlowServer
    running: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    between: int = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.faults.hurried", "schedule", str(self.house.folder)]
        process = subprocess.Popen(command, cwd=ROOT, env=self.house.env)
        self.running[process.pid] = process

    def holder(self) -> int:
        """The process that holds the lease; 0 when nobody does, or one that is dead."""
        rows = asked(self.house, "select holder from lease")
        process = int(str(rows[0][0]).split(":")[1]) if rows else 0
        return process if process in self.running else 0

    def kill_who_holds_the_lease(self, *, with_sender: bool) -> None:
        """Kill it while the server has a mail and keeps its sender waiting, and wait until another one goes on."""
        wait_for(lambda: self.server.holding > 0, "no mail is in the server's hands")
        wait_for(lambda: self.holder() > 0, "nobody took over")
        dead = self.running.pop(self.holder())
        (sender,) = children(dead.pid)
        dead.kill()
        assert dead.wait(timeout=10) == -signal.SIGKILL
        if with_sender:
            os.kill(sender, signal.SIGKILL)
            self.between += 1
        wait_for(lambda: self.holder() > 0, "nobody took over")
        if not with_sender:  # it is at work yet when that of the next scheduler comes to the mails
            wait_for_another_sender(self.house, self.holder())
            assert is_alive(sender)
        self.server.goal, self.server.holding = math.inf, 0
        wait_for(lambda: not is_alive(sender), "it does not end")

    def end(self) -> None:
        """Tell all to end, as systemd would; one that is told before it listens has nothing to put in order."""
        for one in self.running.values():
            one.send_signal(signal.SIGTERM)
        status = {number: one.wait(timeout=30) for number, one in self.running.items()}
        begun = [number for number in status if (self.house.folder / f"begun-{number}").exists()]
        assert begun
        assert {status[number] for number in begun} == {0}
        assert set(status.values()) <= {0, -signal.SIGTERM}


def is_done(house: House, name: str) -> bool:
    return (name, "done") in asked(house, "select job, result from job_run")


def is_alive(process: int) -> bool:
    path = Path(f"/proc/{process}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for_another_sender(house: House, scheduler: int) -> None:
    """Return when a process of this scheduler waits for the lock of the mails, or had the time to pass it by."""
    wait_for(lambda: children(scheduler), "it does not go on with the mails")
    end, lock = time.monotonic() + OVERLAP, str(house.data / "mail.lock")
    while time.monotonic() < end and not any(lock in opened(child) for child in children(scheduler)):
        time.sleep(0.01)


def opened(process: int) -> set[str]:
    """The files a process has open; none when it is gone."""
    found = set()
    for path in Path(f"/proc/{process}/fd").glob("*"):
        with contextlib.suppress(OSError):
            found.add(str(path.readlink()))
    return found


def messages(ledger: Ledger) -> dict[str, bytes]:
    """The texts of all mails by their Message-ID."""
    named = {one.notice_id: one.message_id for one in recorded_notices(ledger)}
    with ledger.reading() as connection:
        rows = connection.execute(select(mail_table.c.notice_id, mail_table.c.message)).all()
    return {named[row.notice_id]: row.message for row in rows}


def wrong(ledger: Ledger, server: BadServer) -> list[str]:
    """What is not as promised of the mails that are due: lost, doubled and not in doubt, or another text."""
    texts = messages(ledger)
    arrived = Counter(str(email.message_from_bytes(text)["Message-ID"]) for _, text in server.accepted)
    found = [f"{address} got another text" for address, text in server.accepted if text not in texts.values()]
    for one in recorded_notices(ledger):
        if not one.is_due:
            continue
        is_refused = server.script.get(one.address) in FOR_GOOD
        copies = arrived[one.message_id]
        if one.state is not (NoticeState.BOUNCED if is_refused else NoticeState.ACCEPTED):
            found.append(f"{one.purpose} to {one.address} is {one.state}")
        if (copies == 0) is not is_refused:
            found.append(f"{one.purpose} to {one.address} arrived {copies} times")
        if copies > 1 and not one.is_ambiguous:
            found.append(f"{one.purpose} to {one.address} arrived {copies} times and is not called ambiguous")
    return found


def test_of_two_schedulers_one_is_killed_while_mails_go_out_and_no_mail_is_lost_or_doubled(tmp_path: Path) -> None:
    """Only this finds a sender that outlives its scheduler and mails beside the next one."""
    house = House(tmp_path, {"GANGSHAO_SMTP_HOST": "127.0.0.1", "GANGSHAO_MAILS_A_MINUTE": "0"})
    ledger = morning(house)
    decided, drawn = len(messages(ledger)), random.Random(2611)
    with SlowServer({}) as server:
        house.environment |= {"GANGSHAO_SMTP_PORT": str(server.port), CLOCK: clock_from(START, SPEED)}
        rivals = Rivals(house, server)
        try:
            rivals.start()
            wait_for(lambda: rivals.holder() > 0, "nobody took the lease")
            rivals.start()
            wait_for(lambda: is_done(house, "remind"), "nobody was reminded")
            assert len(list(tmp_path.glob("begun-*"))) == 1, "the other one did nothing"
            for number in range(KILLS):
                server.goal = len(server.accepted) + drawn.randrange(2, MAILS // 2)
                mails = queue_mails(ledger, MAILS, first=number * MAILS)
                chosen = {to: fault for to, fault in script_for(mails, number).items() if fault in MET}
                server.script |= chosen if IS_LONG else {}
                rivals.kill_who_holds_the_lease(with_sender=number % 2 == 1)
                rivals.start()
            wait_for(lambda: not any(states(house)[state] for state in UNFINISHED), "mails are left", LAST_ATTEMPT)
        finally:
            server.goal = math.inf
            rivals.end()
    notices = [one for one in recorded_notices(ledger) if one.is_due]
    assert wrong(ledger, server) == []
    ambiguous = sum(one.is_ambiguous for one in notices)
    assert (ambiguous <= rivals.between + server.drops) if IS_LONG else (ambiguous == rivals.between)
    assert {Purpose.DIGEST, Purpose.IMMEDIATE, Purpose.REMINDER, Purpose.BRIEF} <= {one.purpose for one in notices}
    assert len(notices) > decided + KILLS * MAILS, "the schedule made mails of its own"
    assert len(list(tmp_path.glob("begun-*"))) > KILLS, "each that was killed was followed by another at work"
    ledger.close()
    print(
        f"\n{len(notices)} mails, {KILLS} schedulers killed, {rivals.between} of them with their sender in mid-mail,"
        f" {server.drops} drops: {len(server.accepted)} arrived, 0 lost, {ambiguous} ambiguous"
    )
