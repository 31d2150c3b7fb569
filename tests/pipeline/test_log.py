"""The log says what was done and how it failed, and nothing about anybody: no person, no secret."""

import json
import logging
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from pipelines.core import log
from pipelines.core.log import DailyFile, JsonLine, redacted, tell
from pipelines.core.settings import Settings
from tests import forked
from tests.faults.evening import DAY, evening_of
from tests.faults.watcher import wait_until_it_answers
from tests.house import NEW_PASSWORD, House
from tests.pipeline.person_search import people_of
from tests.pipeline.test_nobody_is_named import spoiled

pytestmark = pytest.mark.xdist_group("people")
PASSWORD, NAME = "s3cret-of-the-mail", "虚构登录人"


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[logging.Logger]:
    """A logger of its own that writes files of a day below tmp_path and keeps them three days."""
    made = logging.getLogger("test_log")
    made.setLevel(logging.INFO)
    made.propagate = False
    handler = DailyFile(tmp_path / "var" / "log", "run", 3)
    handler.setFormatter(JsonLine())
    made.handlers = [handler]
    yield made
    handler.close()


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]


@pytest.mark.requirement("16.2.5")
def test_a_day_with_people_a_link_and_a_password_leaves_none_of_them_in_the_log_or_on_the_screen(
    recent: House, files: Path, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds a secret that a command, a mail or the server writes into the log."""
    place = house(recent)
    people = people_of(files, []) | people_of(place.data / "inbox", [])
    evening_of(place, files)
    spoiled(files, place.data / "inbox")
    people |= people_of(place.data / "inbox", [])
    assert len(people.numbers) > 5000
    with socket.socket() as closed, socket.socket() as free:
        closed.bind(("127.0.0.1", 0))
        free.bind(("127.0.0.1", 0))
        nobody_listens, port = str(closed.getsockname()[1]), str(free.getsockname()[1])
    place.environment |= {
        "GANGSHAO_SMTP_HOST": "127.0.0.1", "GANGSHAO_SMTP_PORT": nobody_listens, "GANGSHAO_PORT": port,
        "GANGSHAO_SMTP_USER": "jiuye", "GANGSHAO_SMTP_PASSWORD": PASSWORD,
    }  # fmt: skip
    orders = [("ingest", "--backfill"), ("run", "--day", DAY), ("backup",), ("doctor",), ("nobody@example.com",)]
    said = [place.gangshao(*order, status=2 if order[0] in {"doctor", "nobody@example.com"} else 0) for order in orders]
    links = [
        place.account("city_leader", "wang.wu"),
        place.gangshao("link", "city_duty", "--name", NAME).stdout.strip(),
    ]
    tokens = [link.rsplit("/", 1)[1] for link in links]
    served = tmp_path / "served"
    server = forked.start(("serve",), place.env, served, served)
    url = f"http://127.0.0.1:{port}"
    session = requests.Session()
    try:
        wait_until_it_answers(url, server.is_alive)
        for path, sent in (
            (f"/sign-in/{tokens[0]}", NEW_PASSWORD),
            ("/sign-out", {}),
            ("/sign-in", {"name": "wang.wu", "password": NEW_PASSWORD["password"]}),
        ):
            assert session.post(url + path, json=sent, headers={"Origin": url}, timeout=30).ok
        cookies = [cookie.value for cookie in session.cookies]
        assert len(cookies) == 2
        assert session.get(f"{url}/download/warnings.csv", timeout=30).status_code == 200
        with sqlite3.connect(place.data / "ledger.sqlite") as con:
            con.execute("alter table sign_in_link rename to gone")
        assert requests.get(f"{url}/sign-in/{tokens[1]}", timeout=30).status_code == 500
    finally:
        server.terminate()
        server.join()
    keys = [path.read_text(encoding="ascii").strip() for path in (place.folder / "keys").iterdir()]
    logged = b"".join(path.read_bytes() for path in (place.data / "log").iterdir())
    printed = "".join(done.stdout + done.stderr for done in said) + served.read_text(encoding="utf-8")
    for text in (logged, printed.encode()):
        assert people.within(text) == set()
        for secret in (*tokens, *keys, *cookies, PASSWORD, NEW_PASSWORD["password"]):
            assert secret
            assert secret.encode() not in text
    assert NAME.encode() not in logged
    assert b"wang.wu" not in logged
    assert b"@" not in logged
    assert {path.name.split(".")[1] for path in (place.data / "log").iterdir()} == {"run", "web"}
    events = lines(place.data / "log")
    told = {event["event"] for event in events}
    assert told >= {
        "command began", "command ended", "files taken in", "edition computed", "edition published", "mails tried",
        "backup made", "drill passed", "answered", "Exception on /sign-in/… [GET]",
    }  # fmt: skip
    (failed,) = [event for event in events if "Exception on" in str(event["event"])]
    assert failed["error"] == "OperationalError"
    assert any("pipelines/ledger/accounts/link.py" in place for place in failed["stack"])  # type: ignore[attr-defined]
    assert {event["command"] for event in events if event["event"] == "command ended"} == {
        "ingest", "run", "backup", "doctor", "link", "account", "",
    }  # fmt: skip


def test_an_exception_is_told_by_type_and_place_without_what_it_quotes(logger: logging.Logger, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    try:
        raise ValueError("could not convert 虚构甲")
    except ValueError:
        logger.exception("a stage failed")
    (event,) = lines(tmp_path / "var" / "log")
    assert (event["level"], event["event"], event["error"]) == ("error", "a stage failed", "ValueError")
    assert event["stack"][0].startswith("tests/pipeline/test_log.py:")  # type: ignore[index]
    assert "虚构甲" not in json.dumps(event, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("row 37152119850215002X refused", "row … refused"),
        ("row 371521850215002 refused", "row … refused"),
        ("call 13812345678", "call …"),
        ("to zhang.san@hr.example.com: 550", "to …: 550"),
        ("GET /sign-in/AbC-_9 500", "GET /sign-in/… 500"),
        ("postgresql+psycopg://me:pass@db/x", "postgresql+psycopg://…@db/x"),
        ("edition 2026-11-23.1, 24937 rows in 3.25 s", "edition 2026-11-23.1, 24937 rows in 3.25 s"),
    ],
)
def test_what_looks_like_somebody_or_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_passwords_of_the_settings_are_hidden_wherever_they_turn_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(log, "_secrets", set())
    before = logging.getLogger().handlers[:]
    try:
        log.configure(Settings(data=tmp_path, smtp_password=PASSWORD), "run")
    finally:
        logging.basicConfig(handlers=before or [logging.NullHandler()], force=True)
    assert redacted(f"535 {PASSWORD} was refused") == "535 … was refused"


@pytest.mark.requirement("16.1.1")
def test_files_are_kept_as_long_as_set_and_written_by_the_day(logger: logging.Logger, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "log"
    tell(logger, "nothing is written where there is no data folder")
    assert not (tmp_path / "var").exists()
    folder.mkdir(parents=True)
    today = datetime.now(UTC).date()
    for back in (2, 3, 4, 200):
        (folder / f"{today - timedelta(days=back)}.run.jsonl").write_text("{}\n")
    (folder / f"{today - timedelta(days=200)}.web.jsonl").write_text("{}\n")
    tell(logger, "done", rows=3)
    kept = {path.name for path in folder.glob("*.run.jsonl")}
    assert kept == {f"{today - timedelta(days=back)}.run.jsonl" for back in (0, 2, 3)}
    assert len(list(folder.glob("*.web.jsonl"))) == 1, "whoever writes it removes it"
    (written,) = [line for line in lines(folder) if line]
    assert (written["event"], written["rows"]) == ("done", 3)


def test_a_log_that_cannot_be_written_stops_nobody_and_is_said_once(
    logger: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "log").write_text("no folder")
    for _ in range(3):
        tell(logger, "done")
    assert capsys.readouterr().err.count("无法写入") == 1


def test_without_files_every_event_is_a_line_of_json_on_stderr(recent: House, house: Callable[[House], House]) -> None:
    place = house(recent)
    shutil.rmtree(place.data / "log", ignore_errors=True)
    place.environment["GANGSHAO_LOG_DAYS"] = "0"
    said = place.gangshao("doctor").stderr.splitlines()
    events = [json.loads(line)["event"] for line in said if line.startswith("{")]
    assert events == ["command began", "command ended"]
    assert not (place.data / "log").exists()
