import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from pipelines.core.domain import Edition, UserError
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.db.schema import metadata
from pipelines.ledger.editions import next_number, record_edition, recorded_editions

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def edition(day: int, number: int = 1) -> Edition:
    return Edition(date(2026, 11, day), number, datetime(2026, 11, day, number, tzinfo=UTC))


def test_a_fresh_folder_gets_a_ledger_in_wal_mode_that_survives_reopening(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var")
    ledger = open_ledger(settings)
    record_edition(ledger, edition(22), False, NOW)
    ledger.close()
    again = open_ledger(settings)
    assert [kept.edition for kept in recorded_editions(again)] == [edition(22)]
    with again.reading() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar_one() == "wal"
    again.close()


@pytest.mark.requirement("13.3.2")
def test_a_ledger_is_nobody_elses_to_read(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path))
    with ledger.writing() as connection:
        connection.execute(text("select 1"))
        modes = {path.name: path.stat().st_mode & 0o007 for path in tmp_path.glob("ledger.sqlite*")}
    ledger.close()
    assert modes == dict.fromkeys(("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"), 0)


def test_the_migrations_lead_to_the_tables_the_program_uses(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path))
    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    ledger.close()


def test_eight_openers_of_a_new_ledger_at_once_upgrade_it_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    failures: list[Exception] = []
    gate = threading.Barrier(8)

    def open_it() -> None:
        gate.wait()
        try:
            open_ledger(settings).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_ledger_written_by_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ledger = open_ledger(settings)
    with ledger.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    ledger.close()
    with pytest.raises(UserError, match=r"9999.*请先升级程序"):
        open_ledger(settings)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("mysql://localhost/x", "只支持"),
        ("not an address", "写法有误"),
        ("postgresql:///x?host=/nowhere", "打不开台账"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence(tmp_path: Path, address: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        open_ledger(Settings(data=tmp_path, ledger_url=address))


def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="打不开台账"):
        open_ledger(Settings(data=tmp_path / "file" / "var"))


def test_a_password_in_the_address_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        open_ledger(Settings(data=tmp_path, ledger_url="postgresql://me:secret@/x?host=/nowhere"))
    assert "secret" not in str(caught.value)


def test_an_edition_is_recorded_once_and_another_cut_off_is_refused(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path))
    first = record_edition(ledger, edition(22), False, NOW)
    second = record_edition(ledger, edition(22), True, datetime(2027, 1, 1, tzinfo=UTC))
    assert second == first
    assert len(recorded_editions(ledger)) == 1
    with pytest.raises(UserError, match=r"2026-11-22\.1"):
        record_edition(ledger, Edition(date(2026, 11, 22), 1, NOW), False, NOW)
    ledger.close()


def test_editions_come_back_in_the_order_of_their_cut_offs(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path))
    for one in (edition(23), edition(21), edition(22, 2), edition(22)):
        record_edition(ledger, one, False, NOW)
    assert [kept.edition.edition_id for kept in recorded_editions(ledger)] == [
        "2026-11-21.1",
        "2026-11-22.1",
        "2026-11-22.2",
        "2026-11-23.1",
    ]
    assert next_number(ledger, date(2026, 11, 22)) == 3
    assert next_number(ledger, date(2026, 11, 24)) == 1
    ledger.close()


@pytest.mark.requirement("2.3.3")
def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path))

    def fail_half_way() -> None:
        with ledger.writing() as connection:
            connection.execute(text("delete from alembic_version"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with ledger.reading() as connection:
        assert connection.execute(text("select count(*) from alembic_version")).scalar_one() == 1
    ledger.close()


def test_read_modify_write_by_many_threads_loses_no_update(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data=tmp_path))
    with ledger.writing() as connection:
        connection.execute(text("create table counter (n integer)"))
        connection.execute(text("insert into counter values (0)"))

    def add() -> None:
        for _ in range(20):
            with ledger.writing() as connection:
                seen = connection.execute(text("select n from counter")).scalar_one()
                connection.execute(text("update counter set n = :n"), {"n": seen + 1})

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.reading() as connection:
        assert connection.execute(text("select n from counter")).scalar_one() == 120
    ledger.close()
