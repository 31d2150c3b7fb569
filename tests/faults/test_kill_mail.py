"""Senders are killed while a mail server behaves badly: no mail is lost, none is doubled that is not called ambiguous."""

import random
import signal
import threading
from collections import Counter
from pathlib import Path

from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.notifications.notice import NoticeState, recorded_notices
from tests.faults import killer
from tests.faults.killer import Point
from tests.faults.nursery import Nursery, calls_of
from tests.faults.storm import DAY, START, BadServer, queue_mails, script_for, states, wrongs
from tests.house import House
from tests.tier import IS_LONG

MAILS, KILLS = (600, 48) if IS_LONG else (60, 12)
SEND = [["outbox", "send"]]


def house_at(folder: Path, port: int, **more: str) -> House:
    environment = {
        "GANGSHAO_SMTP_HOST": "127.0.0.1", "GANGSHAO_SMTP_PORT": str(port), "GANGSHAO_MAILS_A_MINUTE": "0",
        killer.SMTP_SECONDS: "1", killer.ROUNDS: "1000000", killer.NOW: START.isoformat(),
    }  # fmt: skip
    return House(folder, environment | more)


def test_of_senders_killed_anywhere_and_a_bad_server_no_mail_is_lost_and_none_doubled_but_ambiguous_ones(
    nursery: Nursery, tmp_path: Path
) -> None:
    """Only this finds a mail lost or doubled where a kill and a fault of the server meet."""
    drawn, report = random.Random(715), tmp_path / "report"
    with BadServer({}) as calm:
        tried = house_at(tmp_path / "calm", calm.port)
        queue_mails(open_ledger(Settings(data=tried.data)), 4)
        assert nursery.work(tried, SEND, report)[0] == 0
    calls_a_mail = calls_of(report)["mail"] // 4

    house = house_at(tmp_path / "storm", 1)
    ledger = open_ledger(Settings(data=house.data))
    mails = queue_mails(ledger, MAILS)
    status, said = nursery.work(house, SEND)
    assert (status, states(house)) == (3, {"queued": MAILS}), f"nobody listens: {said}"
    kills, between, days = Counter[str](), 0, 0

    with BadServer(script_for(mails, 7)) as server:
        house.environment["GANGSHAO_SMTP_PORT"] = str(server.port)
        farthest = MAILS * 2 // 3 // KILLS * 2 * calls_a_mail  # on average two thirds of the mails meet a kill's pass
        while kills.total() < KILLS:
            nth = drawn.randrange(1, farthest)
            status, said = -1, ""
            while status != -signal.SIGKILL:  # a pass may end before: the server broke off twice
                days += 1
                house.environment[killer.NOW] = (START + days * DAY).isoformat()
                status, said = nursery.work(house, SEND, report, Point("mail", nth))
                assert status in {-signal.SIGKILL, 0, 3}, said
                assert any(states(house)[state] for state in ("queued", "ambiguous", "claimed", "handed_over")), (
                    "kills left"
                )
                nth = max(1, nth // 2)
            told = report.read_text(encoding="utf-8")
            assert told.startswith("KILLED mail ")
            in_doubt = states(house)["handed_over"]
            assert in_doubt <= 1
            kills["between" if in_doubt else "elsewhere"] += 1
            between += in_doubt
        while any(states(house)[state] for state in ("queued", "ambiguous", "claimed", "handed_over")):
            days += 1
            house.environment[killer.NOW] = (START + days * DAY).isoformat()
            status, said = nursery.work(house, SEND)
            assert status in {0, 3}, said
            assert days < 12 * KILLS
        assert set(server.met) == set(server.script.values())
        notices = recorded_notices(ledger)
        assert not wrongs(server, mails, notices, between)
    assert kills.total() == KILLS
    assert between > 0, "some kill falls between handing over and marking"
    counts = Counter(address for address, _ in server.accepted)
    ambiguous = sum(one.is_ambiguous for one in notices)
    print(
        f"\n{MAILS} mails, {KILLS} kills ({between} between handing over and marking), {server.drops} drops after the text,"
        f" faults {server.met.total()}: {sum(one.state is NoticeState.ACCEPTED for one in notices)} accepted,"
        f" {sum(one.state is NoticeState.BOUNCED for one in notices)} bounced, 0 lost,"
        f" {sum(copies > 1 for copies in counts.values())} arrived more than once, {ambiguous} ambiguous"
    )
    ledger.close()


def test_two_senders_that_share_a_ledger_and_no_lock_double_nothing(tmp_path: Path) -> None:
    with BadServer({}) as server:
        one = house_at(tmp_path / "one", server.port)
        address = f"sqlite:///{one.data / 'ledger.sqlite'}"
        other = house_at(tmp_path / "other", server.port, GANGSHAO_LEDGER_URL=address)
        ledger = open_ledger(Settings(data=one.data))
        mails = queue_mails(ledger, 4 * MAILS)  # enough for one that starts later
        gate, said = threading.Barrier(2), list[str]()

        def work(house: House) -> None:
            gate.wait()
            said.append(house.gangshao("outbox", "send").stderr)

        threads = [threading.Thread(target=work, args=[house]) for house in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrongs(server, mails, recorded_notices(ledger), 0)
    assert sorted(address for address, _ in server.accepted) == sorted(mails)
    assert not any("已发 0" in text for text in said), "both had their share"
    ledger.close()
