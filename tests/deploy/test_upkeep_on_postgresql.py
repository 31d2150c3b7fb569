"""With one setting the ledger is on PostgreSQL: a whole day, backup, restore to either engine, and upgrades."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.db.portable import load_portable, revision, write_portable
from tests.faults.evening import DAY, evening_of
from tests.first_ledger import REVISIONS, assert_it_is_all_there, leave
from tests.house import House

OPEN = "select episode_id, level, people from episode where known_to is null and status = 'open' order by all"


def on(place: House, address: str) -> House:
    return House(place.folder, {"GANGSHAO_LEDGER_URL": address})


def test_a_whole_day_a_backup_and_a_restore_to_either_engine_say_the_same_as_on_sqlite(
    stocked: House, files: Path, database: Callable[[], str], house: Callable[[House], House], tmp_path: Path
) -> None:
    on_sqlite = house(stocked)
    place = on(house(stocked), database())
    (place.data / "ledger.sqlite").unlink()
    days = ("run", "--from", "2026-10-29", "--to", "2026-10-31")
    for one in (on_sqlite, place):
        one.gangshao(*days)
        evening_of(one, files)
    assert place.hashes() == on_sqlite.hashes()
    place.gangshao("backup")
    assert not (place.data / "ledger.sqlite").exists()
    assert "✓ 备份" in place.gangshao("doctor").stderr

    def restored(name: str, address: str) -> House:
        order = ("restore", str(place.data / "backups"), "--into", str(tmp_path / name / "var"))
        there = House(tmp_path / name, {"GANGSHAO_LEDGER_URL": address})
        there.gangshao(*order)
        shutil.copytree(place.folder / "keys", tmp_path / name / "keys")
        assert (there.data / "ledger.sqlite").exists() == (not address)
        there.gangshao("audit", "verify")
        there.gangshao("run", "--rebuild")
        assert there.hashes() == place.hashes()
        assert there.ask(OPEN) == place.ask(OPEN)
        shutil.copytree(place.data / "inbox", there.data / "inbox")
        return there

    again = [restored("to_postgresql", database()), restored("to_sqlite", "")]
    for one in (place, on_sqlite, *again):
        one.gangshao("ingest", "--backfill")
        one.gangshao("run", "--day", DAY)
        one.gangshao("audit", "verify")
    assert all(one.hashes() == on_sqlite.hashes() for one in (place, *again))
    said = place.gangshao(
        "restore", str(place.data / "backups"), "--into", str(tmp_path / "third" / "var"), status=2
    ).stderr
    assert "已有内容" in said.replace("\n", "")
    assert not (tmp_path / "third" / "var").exists()


@pytest.mark.parametrize("left_at", REVISIONS)
def test_a_ledger_of_an_earlier_step_is_upgraded_with_its_rows(left_at: str, settings: Settings) -> None:
    leave(settings, left_at)
    ledger = open_ledger(settings)
    assert revision(ledger) == REVISIONS[-1]
    assert_it_is_all_there(ledger)
    ledger.close()


def test_new_rows_are_numbered_on_behind_those_put_back(
    settings: Settings, database: Callable[[], str], tmp_path: Path
) -> None:
    leave(settings, REVISIONS[0])
    ledger = open_ledger(settings)
    told = write_portable(ledger, tmp_path / "copy.sqlite")
    ledger.close()
    again = open_ledger(settings.model_copy(update={"ledger_url": database()}))
    assert load_portable(tmp_path / "copy.sqlite", again) == told
    assert_it_is_all_there(again)
    with again.writing() as connection:
        sequence = connection.execute(text("select pg_get_serial_sequence('notice', 'notice_id')")).scalar_one()
        assert connection.execute(text(f"select nextval('{sequence}')")).scalar_one() == 10
    again.close()
