"""Kill -9 while the audit trail is written: the chain holds, and what was answered is in it."""

import os
import random
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import anchor, trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.audit_trail.verification import verify_chain
from tests import appender, forked
from tests.faults.watcher import wait_until_it_answers
from tests.house import NEW_PASSWORD, House
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("night")
ROUNDS = 40 if IS_LONG else 2
READERS = 4
DOWNLOAD = "/download/warnings.csv"


def test_a_process_killed_in_the_middle_of_appends_leaves_a_whole_chain(tmp_path: Path) -> None:
    chance = random.Random(5)
    ledger = open_ledger(Settings(data=tmp_path))
    for _ in range(ROUNDS):
        process = appender.start(tmp_path, "killed", 100_000)
        appender.go(process)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        told = [int(line) for line in [first, *process.stdout.readlines()] if line.endswith("\n")]
        assert process.wait() == -signal.SIGKILL
        verdict = verify_chain(ledger, [])
        assert verdict.breach == ""
        assert verdict.entries >= told[-1], "what was said to be stored is stored"
    ledger.close()


def test_a_server_killed_while_it_enters_downloads_leaves_a_whole_chain(
    recent: House, house: Callable[[House], House]
) -> None:
    """Only this finds a download that came before its entry was on the disk."""
    chance = random.Random(6)
    place = house(recent)
    settings = Settings(data=place.data, keys=place.folder / "keys")
    answered = 0
    for _ in range(ROUNDS):
        answered += _served_and_killed(place, chance.uniform(0, 0.3))
        ledger = open_ledger(settings)
        verdict = verify_chain(ledger, anchor.known(settings))
        exported = len(trail.entries(ledger, act=Act.EXPORT))
        ledger.close()
        assert verdict.breach == ""
        assert exported >= answered, "no download without its entry"
    assert answered >= ROUNDS


def _served_and_killed(place: House, seconds: float) -> int:
    """Serve, download without pause from several sessions, kill the server ``seconds`` after the first answer; returns
    how many downloads came whole."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    links = [place.account("city_duty", f"reader-{port}-{number}") for number in range(READERS)]
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        server = forked.start(("serve",), place.env | {"GANGSHAO_PORT": str(port)}, said, said)
        wait_until_it_answers(url, server.is_alive)
        sessions = [_signed_in(url, link) for link in links]
        whole: list[int] = []
        threads = [threading.Thread(target=_download_until_it_dies, args=(one, url, whole)) for one in sessions]
        for thread in threads:
            thread.start()
        while not whole:  # the first answer opens the published files, which may take long
            assert server.is_alive()
            time.sleep(0.01)
        time.sleep(seconds)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        server.join()
        assert server.exitcode == -signal.SIGKILL
    return len(whole)


def _signed_in(url: str, link: str) -> requests.Session:
    session = requests.Session()
    path = link[link.index("/sign-in/") :]
    answer = session.post(url + path, json=NEW_PASSWORD, headers={"Origin": url}, timeout=30)
    assert answer.json() == {"to": "/"}
    return session


def _download_until_it_dies(session: requests.Session, url: str, whole: list[int]) -> None:
    while True:
        try:
            answer = session.get(url + DOWNLOAD, allow_redirects=False, timeout=30)
        except requests.RequestException:
            return
        if answer.status_code == 200:
            whole.append(len(answer.content))
