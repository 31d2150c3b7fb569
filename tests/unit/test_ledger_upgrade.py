"""A ledger of any earlier step, with rows in it, is brought to the last one and says the same."""

from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import SYSTEM, Act
from pipelines.ledger.audit_trail.verification import verify_chain
from pipelines.ledger.db.portable import contents, revision, sqlite_at, write_portable
from pipelines.ledger.db.schema import metadata
from tests.first_ledger import NOW, REVISIONS, assert_it_is_all_there, leave


@pytest.mark.parametrize("left_at", REVISIONS)
def test_a_ledger_of_an_earlier_step_is_upgraded_with_its_rows(left_at: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    leave(settings, left_at)
    ledger = open_ledger(settings)
    assert revision(ledger) == REVISIONS[-1]
    assert_it_is_all_there(ledger)
    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    for minute in range(3):
        trail.write_entry(ledger, Act.EXPORT, SYSTEM, "readings.csv", NOW + timedelta(minutes=minute))
    assert (verify_chain(ledger, []).entries, verify_chain(ledger, []).breach) == (3, "")
    ledger.close()


def test_a_portable_copy_of_a_ledger_says_the_same_and_is_one_file(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var")
    settings.data.mkdir()
    leave(settings, REVISIONS[0])
    ledger = open_ledger(settings)
    trail.write_entry(ledger, Act.EXPORT, SYSTEM, "readings.csv", NOW)
    told = write_portable(ledger, tmp_path / "copy.sqlite")
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.sqlite"]
    assert told["edition"].startswith("1:")
    copy = sqlite_at(tmp_path / "copy.sqlite")
    assert_it_is_all_there(copy)
    assert verify_chain(copy, []).entries == 1
    trail.write_entry(copy, Act.EXPORT, SYSTEM, "readings.csv", NOW)
    with copy.reading() as connection:
        assert contents(connection) != told
    copy.close()
    ledger.close()
