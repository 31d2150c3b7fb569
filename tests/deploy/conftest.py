"""A PostgreSQL server that the tests make, start and stop themselves; run by `make test-deploy`."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is missing. Install it with: sudo apt-get install postgresql")
    return found[-1].parent


def _run(*command: str | Path) -> None:
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*who, *map(str, command)], check=True, cwd="/", capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The folder with the socket of a running server."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="gangshao-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    _run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N")
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    _run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield folder
    finally:
        _run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def database(server: Path) -> Iterator[Callable[[], str]]:
    """Makes empty databases; gives their addresses."""
    made: list[str] = []

    def fresh() -> str:
        made.append(f"ledger_{uuid4().hex}")
        _run(_programs() / "createdb", "-h", server, "-U", "postgres", made[-1])
        return f"postgresql://postgres@/{made[-1]}?host={server}"

    yield fresh
    for name in made:
        _run(_programs() / "dropdb", "-h", server, "-U", "postgres", "--force", name)


@pytest.fixture
def settings(database: Callable[[], str], tmp_path: Path) -> Settings:
    """A fresh database for each test."""
    return Settings(data=tmp_path, ledger_url=database())


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    opened = open_ledger(settings)
    yield opened
    opened.close()
