import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines.core.domain import Role
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import link
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor, Result
from pipelines.ledger.audit_trail.verification import verify_chain
from tests import appender

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHO = Actor("auditor:审计", "10.1.2.3")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def test_each_entry_names_the_hash_of_the_one_before(ledger: Ledger) -> None:
    first = trail.write_entry(ledger, Act.EXPORT, WHO, "readings", NOW, details={"rows": 3})
    second = trail.write_entry(ledger, Act.PURGE, WHO, "raw", NOW, result=Result.BEGUN)
    assert first is not None
    assert second is not None
    assert (first.seq, first.previous_hash) == (1, trail.FIRST_PREVIOUS)
    assert (second.seq, second.previous_hash) == (2, first.own_hash)
    assert first.at == "2026-11-23T01:00:00.000000Z"
    assert first.details == '{"rows":3}'
    assert verify_chain(ledger, []).breach == ""


@pytest.mark.requirement("M3", "16.4.2")
@pytest.mark.parametrize(
    "statement",
    [
        "update audit set who = 'nobody' where seq = 1",
        "delete from audit where seq = 2",
        "delete from audit",
        "insert or replace into audit select 1, at, 'nobody', source, act, target, result, details, null, previous_hash, own_hash from audit where seq = 2",
        "replace into audit select * from audit where seq = 1",
        "insert into audit select 9, at, who, source, act, target, result, details, null, previous_hash, own_hash from audit where seq = 2",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(ledger: Ledger, tmp_path: Path, statement: str) -> None:
    for target in ("a", "b"):
        trail.write_entry(ledger, Act.EXPORT, WHO, target, NOW)
    with (
        sqlite3.connect(tmp_path / "ledger.sqlite") as other,
        pytest.raises(sqlite3.IntegrityError, match="audit trail"),
    ):
        other.execute(statement)
    assert [entry.target for entry in trail.entries(ledger)] == ["b", "a"]
    assert verify_chain(ledger, []).breach == ""


@pytest.mark.requirement("2.3.3")
def test_an_act_that_fails_leaves_no_entry_and_an_entry_that_fails_undoes_the_act(ledger: Ledger) -> None:
    def fail_after_the_entry() -> None:
        with ledger.writing() as connection:
            trail.append_entry(connection, Act.EXPORT, WHO, "readings", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_the_entry()
    assert trail.head(ledger) is None
    with ledger.writing() as connection:
        connection.execute(
            text("create trigger full_disk before insert on audit begin select raise(abort, 'full'); end")
        )
    with pytest.raises(IntegrityError, match="full"):
        link.issue_link(ledger, Role.AUDITOR, [], "", timedelta(hours=1), NOW)
    with ledger.reading() as connection:
        assert connection.execute(text("select count(*) from sign_in_link")).scalar_one() == 0


def test_what_is_entered_once_is_not_entered_again(ledger: Ledger) -> None:
    assert trail.write_once(ledger, "s:/:2026-11-23", trail.NewEntry(Act.SMALL_CELL_VIEW, WHO, "/", NOW)) is not None
    assert trail.write_once(ledger, "s:/:2026-11-23", trail.NewEntry(Act.SMALL_CELL_VIEW, WHO, "/", NOW)) is None
    assert trail.write_once(ledger, "s:/:2026-11-24", trail.NewEntry(Act.SMALL_CELL_VIEW, WHO, "/", NOW)) is not None
    assert verify_chain(ledger, []).entries == 2


def test_entries_are_found_by_day_name_act_and_number_newest_first(ledger: Ledger) -> None:
    for hour, (who, act) in enumerate(
        [("a_b", Act.SIGN_IN), ("axb", Act.EXPORT), ("a_b", Act.EXPORT), ("c", Act.SIGN_OUT)]
    ):
        trail.write_entry(ledger, act, Actor(who, ""), str(hour), NOW + timedelta(hours=hour))

    def targets(**asked: object) -> list[str]:
        return [entry.target for entry in trail.entries(ledger, **asked)]  # type: ignore[arg-type]

    assert targets() == ["3", "2", "1", "0"]
    assert targets(since=NOW + timedelta(hours=2)) == ["3", "2"]
    assert targets(who="a_b") == ["2", "0"]  # an underscore is no wildcard
    assert targets(act=Act.EXPORT, before=3) == ["1"]
    assert targets(most=1) == ["3"]


@pytest.mark.requirement("1.3.3", "16.4.1")
def test_no_text_breaks_the_line_the_chain_or_the_store(ledger: Ledger) -> None:
    odd = "a\nb\x00c\udcffd" + "长" * 500
    entry = trail.write_entry(ledger, Act.REFUSAL, Actor(odd, odd), odd, NOW, details={"path": odd})
    assert entry is not None
    assert entry.target.startswith("a?b?c?d长")
    assert (len(entry.who), len(entry.source)) == (200, 64)
    assert verify_chain(ledger, []).breach == ""


@pytest.mark.requirement("16.2.2")
def test_an_instant_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        trail.write_entry(ledger, Act.EXPORT, WHO, "x", datetime(2026, 11, 23))  # noqa: DTZ001


def test_two_processes_that_append_at_once_keep_one_chain(tmp_path: Path, ledger: Ledger) -> None:
    processes = [appender.start(tmp_path, name, 40) for name in ("one", "two")]
    for process in processes:
        appender.go(process)
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, len(out.splitlines())) == (0, 40)
    whos = [entry.who for entry in trail.entries(ledger)]
    assert sorted(whos) == ["one"] * 40 + ["two"] * 40
    assert sum(one != other for one, other in pairwise(whos)) > 1, "they did write at once"
    verdict = verify_chain(ledger, [])
    assert (verdict.entries, verdict.breach) == (80, "")
