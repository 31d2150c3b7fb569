"""A clock that is ahead makes no edition unasked; one it made is told by all who watch, and can be taken back."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from dashboard.web.health import health
from pipelines.cli import editions
from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ingest.raw_store import newest_arrival
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.editions import record_edition
from pipelines.ledger.notifications.notice import Reason
from pipelines.operations import doctor
from pipelines.operations.clock import refuse_clock_ahead
from pipelines.operations.watch import find_troubles
from tests import tier
from tests.house import House
from tests.pipeline.ingest_place import claims
from tests.pipeline.mail_city import REGION, City, edition
from tests.pipeline.small_house import LAST, NEXT, ended, put, report

DAY = date(2026, 11, 23)
ENDED = datetime(2026, 11, 22, 23, 10, tzinfo=UTC)
TEN_DAYS, SECOND = timedelta(days=10), timedelta(seconds=1)
ARRIVAL = '{"received_at": "2026-11-25T00:00:00", "is_backfilled": %s}\n'
CAME = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "now", "is_refused"),
    [
        ("run", ENDED + TEN_DAYS, False),
        ("run", ENDED + TEN_DAYS + SECOND, True),
        ("run", ENDED - timedelta(days=400), False),  # it is behind: editions go forward only, which says so itself
        ("said", ENDED + timedelta(days=365), False),
        ("nothing", ENDED + timedelta(days=365), False),
        ("demonstration", ENDED + timedelta(days=365), False),
        ("arrival", CAME + TEN_DAYS, False),
        ("arrival", CAME + TEN_DAYS + SECOND, True),
        ("backfilled", CAME + TEN_DAYS, True),
    ],
)
def test_a_clock_is_asked_about_ten_days_after_the_last_run_or_arrival(
    what: str, now: datetime, is_refused: bool, ledger: Ledger, city: City
) -> None:
    settings = city.settings
    if what != "nothing":
        record_edition(ledger, edition(DAY), False, ENDED)
    if what == "demonstration":
        settings.demonstration_mark.touch()
    if what in {"arrival", "backfilled"}:
        settings.raw.mkdir()
        text = ARRIVAL % "false" if what == "arrival" else ARRIVAL % "true"
        (settings.raw / "register.jsonl").write_text(text + '{"torn', encoding="utf-8")
    if not is_refused:
        return refuse_clock_ahead(settings, REGION, ledger, now, is_right=what == "said")
    with pytest.raises(UserError, match=r"本机时钟是 2026-12-0.*超过 10 天.*--clock-is-right"):
        refuse_clock_ahead(settings, REGION, ledger, now)
    return None


def test_the_newest_arrival_is_found_in_a_list_longer_than_what_is_looked_at(tmp_path: Path) -> None:
    lines = [ARRIVAL % "true"] * 2000 + [ARRIVAL.replace("11-25", "11-27") % "false", ARRIVAL % "true"]
    (tmp_path / "register.jsonl").write_text("".join(lines), encoding="utf-8")
    assert newest_arrival(tmp_path) == datetime(2026, 11, 27)  # noqa: DTZ001 - as the list has it


def test_by_a_clock_far_ahead_no_file_is_taken_in_and_no_edition_made_until_somebody_says_it_is_right(
    small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    ended(place, datetime.now(UTC) - timedelta(days=11))
    path = put(place, "benefit_claim", "benefit_claim_371521_20261024.csv", claims([700], filed="2026-10-24"), 25)
    for command in (
        ("ingest",),
        ("run", "--day", NEXT),
        ("run", "--from", NEXT, "--to", NEXT),
        ("remind",),
        ("purge",),
    ):
        assert "--clock-is-right" in place.gangshao(*command, status=2).stderr.replace("\n", "")
    assert path.exists()
    place.gangshao("run", "--day", NEXT, "--clock-is-right")
    assert not path.exists()
    place.gangshao("ingest", status=3)


def test_an_edition_ahead_of_now_is_told_by_watch_doctor_and_readyz(city: City, ledger: Ledger) -> None:
    ahead = edition(REGION.local_day(datetime.now(UTC)) + timedelta(days=364))
    record_edition(ledger, ahead, False, ahead.cutoff_at)
    city.publish([ahead], [])
    now = datetime.now(UTC)
    trouble, *_ = find_troubles(city.settings, REGION, ledger, now)
    assert trouble.reason is Reason.EDITION_AHEAD
    assert f"gangshao edition withdraw {ahead.edition_id}" in trouble.sentence
    found = next(one for one in doctor.run_checks(city.settings) if one.what == "已发布文件")
    assert (found.is_well, found.sentence) == (False, trouble.sentence)
    server = Flask("site")
    server.register_blueprint(health(city.settings))
    answer = server.test_client().get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (503, "ahead")
    minutes = timedelta(minutes=1)
    assert Reason.EDITION_AHEAD in {
        one.reason for one in find_troubles(city.settings, REGION, ledger, ahead.cutoff_at - 3 * minutes)
    }
    assert Reason.EDITION_AHEAD not in {
        one.reason for one in find_troubles(city.settings, REGION, ledger, ahead.cutoff_at)
    }


def test_an_edition_taken_back_leaves_all_tables_as_they_were_and_nobody_is_told_twice(
    small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    hashes, mails = place.hashes(), told(place)
    report(place, 24)
    place.gangshao("ingest", "--backfill")
    received = place.hashes()
    assert received["warehouse.layoff_report"] != hashes["warehouse.layoff_report"]
    place.gangshao("run", "--day", NEXT)
    sent = told(place)
    assert len(sent) > len(mails)
    assert place.hashes() != received
    assert "只能收回最新的版次" in withdrawn(place, LAST, status=2)
    said = withdrawn(place, f"{NEXT}.1")
    assert f"已收回版次 {NEXT}.1，现行版次 {LAST}" in said
    assert "收不回来，请告知：" in said
    assert (place.data / "published" / "current").read_text(encoding="utf-8").strip() == LAST
    assert place.hashes() == received
    assert "没有版次" in withdrawn(place, f"{NEXT}.1", status=2)
    place.gangshao("run", "--day", NEXT)
    assert (place.data / "published" / "current").read_text(encoding="utf-8").strip() == f"{NEXT}.2"
    again = {(purpose, address) for edition_id, purpose, address in told(place) if edition_id == f"{NEXT}.2"}
    assert "immediate" not in {purpose for purpose, _ in again}
    place.gangshao("audit", "verify")
    acts = [entry.details for entry in entries(place, Act.WITHDRAW) if entry.result == "done"]
    assert len(acts) == 1
    assert '"reason":"时钟错误"' in acts[0]


@pytest.fixture(scope="module")
def taken_back(small: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tables after the last edition was taken back without trouble."""
    place = small.copy(tmp_path_factory.mktemp("taken_back") / "house")
    withdrawn(place, LAST)
    return place.hashes()


@pytest.mark.parametrize("where", ["put_back", pytest.param("withdraw", marks=tier.long), "rebuild"])
def test_a_withdrawal_that_breaks_off_leaves_the_edition_or_goes_on(
    where: str,
    small: House,
    taken_back: dict[str, str],
    house: Callable[[House], House],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = house(small)
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    of = {"put_back": editions, "withdraw": editions.recorded, "rebuild": editions.runs}[where]

    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(of, where, broken)
    with pytest.raises(KeyboardInterrupt):
        editions.withdraw(LAST, "时钟错误")
    monkeypatch.undo()
    if where == "rebuild":
        assert "gangshao run --rebuild" in withdrawn(place, LAST, status=2)
        place.gangshao("run", "--rebuild")
    else:
        assert "gangshao run --rebuild" in place.gangshao("run", "--day", NEXT, status=2).stderr.replace("\n", "")
        withdrawn(place, LAST)
    assert place.hashes() == taken_back


def withdrawn(place: House, edition_id: str, status: int = 0) -> str:
    done = place.gangshao("edition", "withdraw", edition_id, "--reason", "时钟错误", status=status)
    return done.stderr.replace("\n", "")


def told(place: House) -> list[tuple[str, str, str]]:
    with sqlite3.connect(place.data / "ledger.sqlite") as ledger:
        query = "select edition_id, purpose, address from notice where state = 'accepted'"
        return sorted(ledger.execute(query).fetchall())


def entries(place: House, act: Act) -> list[trail.Entry]:
    ledger = open_ledger(Settings(data=place.data))
    try:
        return list(trail.entries(ledger, act=act))
    finally:
        ledger.close()
