"""One small invented city for all tests that run the real pipeline: written once a session, copied for each use."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.house import House

LAST_DATA_DAY = date(2026, 10, 30)
DAYS, SCALE, SEED = 150, 0.05, 3


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inbox of the invented city."""
    folder = tmp_path_factory.mktemp("city") / "inbox"
    House(folder.parent).gangshao(
        "demo", "--into", str(folder), "--days", str(DAYS), "--scale", str(SCALE), "--seed", str(SEED),
        "--until", LAST_DATA_DAY.isoformat(),
    )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def stocked(files: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The city taken in, nothing computed yet."""
    house = House(tmp_path_factory.mktemp("stocked"))
    shutil.copytree(files, house.data / "inbox", copy_function=os.link)
    (house.data / "DEMONSTRATION").touch()
    house.gangshao("ingest", "--backfill")
    return house


@pytest.fixture(scope="session")
def replayed(stocked: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The city with its last twenty editions in one replay, 2026-10-12 to 2026-10-31."""
    house = stocked.copy(tmp_path_factory.mktemp("replayed") / "house")
    house.gangshao("run", "--from", "2026-10-12", "--to", "2026-10-31")
    return house


@pytest.fixture
def house(tmp_path: Path) -> Callable[[House], House]:
    """Copies of a house that a test may change."""
    count = 0

    def fresh(original: House) -> House:
        nonlocal count
        count += 1
        return original.copy(tmp_path / f"house{count}")

    return fresh
