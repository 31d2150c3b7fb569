"""The door of the command line: a full disk is a sentence wherever it is met, and what it makes is nobody else's."""

import errno
import os
import resource
import sqlite3
import stat
import sys
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import OperationalError

from pipelines import __main__ as door

FULL = OSError(errno.ENOSPC, "No space left on device")


def chained() -> BaseException:
    """A rollback that fails after the commit did: what DuckDB says last is not what was wrong."""
    try:
        try:
            raise duckdb.IOException("Could not write file: No space left on device")
        finally:
            raise duckdb.TransactionException("cannot rollback - no transaction is active")
    except duckdb.TransactionException as error:
        return error


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (FULL, True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full")), True),
        (chained(), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (duckdb.TransactionException("cannot rollback - no transaction is active"), False),
        (KeyError("x"), False),
    ],
)
def test_a_full_disk_is_known_by_whoever_says_it(error: BaseException, is_full: bool) -> None:
    assert door.is_disk_full(error) is is_full


@pytest.mark.parametrize(("error", "status", "said"), [(FULL, 2, "磁盘已满"), (ValueError("x"), 1, "Traceback")])
def test_a_full_disk_ends_with_a_sentence_and_status_2_and_leaves_files_to_nobody_else(
    error: Exception, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    def app() -> None:
        (tmp_path / "made").touch()
        cores.append(resource.getrlimit(resource.RLIMIT_CORE)[0])
        raise error

    monkeypatch.setattr(door, "app", app)
    monkeypatch.setattr(door, "configure", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["gangshao", "run"])
    monkeypatch.setenv("GANGSHAO_DATA", str(tmp_path))
    before, cores, most = os.umask(0o022), list[int](), resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most[1], most[1]))
    try:
        with pytest.raises(SystemExit) as ended:
            door.main()
    finally:
        os.umask(before)
        resource.setrlimit(resource.RLIMIT_CORE, most)
    assert cores == [0], "a core file would hold what is in memory"
    assert ended.value.code == status
    assert said in capsys.readouterr().err
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o640
