"""The nursery of processes to kill, started once, and the morning whose ingest is disturbed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import intake
from tests.faults.evening import Evening, evening_of
from tests.faults.intake import Undisturbed
from tests.faults.killer import Point
from tests.faults.nursery import Kill, Nursery
from tests.house import House


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    opened = Nursery()
    yield opened
    opened.close()


@pytest.fixture
def kill(nursery: Nursery, tmp_path: Path) -> Kill:
    """Kill commands at a point, and see to it that they were killed there."""

    def killed(house: House, commands: list[list[str]], point: Point) -> None:
        report = tmp_path / f"killed_{point.stage}_{point.nth}"
        status, said = nursery.work(house, commands, report, point)
        assert status == -signal.SIGKILL, said
        assert report.read_text(encoding="utf-8").startswith(f"KILLED {point.stage} {point.nth} ")

    return killed


@pytest.fixture(scope="session")
def morning(files: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Nobody changes it: copy it."""
    return intake.morning_of(tmp_path_factory.mktemp("morning") / "house", files)


@pytest.fixture(scope="session")
def undisturbed(morning: House, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return intake.undisturbed(morning.copy(tmp_path_factory.mktemp("undisturbed") / "house"))


@pytest.fixture(scope="session")
def evening(recent: House, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return evening_of(recent.copy(tmp_path_factory.mktemp("evening") / "house"), files)
