"""One small invented city for all tests that run the real pipeline: written once a session, copied for each use."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, expect, sync_playwright

from tests.house import LIAOCHENG, House
from tests.tier import IS_LONG

LAST_DATA_DAY = date(2026, 10, 30)
DAYS, SCALE, SEED = 150, 0.05, 3
LAST_EDITION = date(2026, 10, 31)
RECENT = 20 if IS_LONG else 2
"""Editions of a house that is run or rebuilt again and again."""

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 30_000.0  # milliseconds until what a page is expected to show is there: machines are busy
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Build = Callable[[Path], None]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str, Build], Path]:
    """Build a folder once for all workers of the session; who comes second waits and reads it.

    With ``GANGSHAO_TEST_CITIES`` set to a folder, what was built stays there for the next session: for repeated runs of
    a few tests. Whoever changes what builds the cities empties that folder.
    """
    base = tmp_path_factory.getbasetemp()
    root = base if worker_id == "master" else base.parent
    if kept := os.environ.get("GANGSHAO_TEST_CITIES"):
        root = Path(kept)
        root.mkdir(parents=True, exist_ok=True)

    def built(name: str, build: Build) -> Path:
        folder = root / name
        with FileLock(root / f"{name}.lock"):
            if not (root / f"{name}.done").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                build(folder)
                (root / f"{name}.done").touch()
        return folder

    return built


@pytest.fixture(scope="session")
def files(once: Callable[[str, Build], Path]) -> Path:
    """Inbox of the invented city, of the region as it is: which days a house keeps open hangs on today."""

    def build(folder: Path) -> None:
        House(folder, {"GANGSHAO_REGION": str(LIAOCHENG)}).gangshao(
            "demo", "--into", str(folder / "inbox"), "--days", str(DAYS), "--scale", str(SCALE), "--seed", str(SEED),
            "--until", LAST_DATA_DAY.isoformat(),
        )  # fmt: skip

    return once("city", build) / "inbox"


@pytest.fixture(scope="session")
def stocked(files: Path, once: Callable[[str, Build], Path]) -> House:
    """The city taken in, nothing computed yet."""

    def build(folder: Path) -> None:
        house = House(folder)
        shutil.copytree(files, house.data / "inbox", copy_function=os.link)
        house.data.chmod(0o750)
        (house.data / "DEMONSTRATION").touch()
        house.gangshao("ingest", "--backfill")

    return House(once("stocked", build))


@pytest.fixture(scope="session")
def replayed(stocked: House, once: Callable[[str, Build], Path]) -> House:
    """The city with its last twenty editions in one replay, 2026-10-12 to 2026-10-31. Nobody changes it: copy it."""

    def build(folder: Path) -> None:
        stocked.copy(folder / "house").gangshao("run", "--from", "2026-10-12", "--to", "2026-10-31")

    return House(once("replayed", build) / "house")


@pytest.fixture(scope="session")
def recent(stocked: House, once: Callable[[str, Build], Path]) -> House:
    """The city with the last of these editions only, in one replay. Nobody changes it: copy it."""

    def build(folder: Path) -> None:
        first = LAST_EDITION - timedelta(days=RECENT - 1)
        stocked.copy(folder / "house").gangshao(
            "run", "--from", first.isoformat(), "--to", LAST_EDITION.isoformat(), is_fresh=True
        )

    return House(once("recent", build) / "house")


@pytest.fixture(scope="session")
def small(once: Callable[[str, Build], Path]) -> House:
    """Five files, three editions in one replay, of a city that counts as real. Nobody changes it: copy it."""
    from tests.pipeline import small_house  # noqa: PLC0415 - who needs no city does not wait for its imports

    return House(once("small", small_house.build) / "house")


@pytest.fixture
def house(tmp_path: Path) -> Callable[[House], House]:
    """Copies of a house that a test may change."""
    count = 0

    def fresh(original: House) -> House:
        nonlocal count
        count += 1
        return original.copy(tmp_path / f"house{count}")

    return fresh


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One a worker, for all who look at pages: Playwright bears no second one beside it."""
    if not Path(CHROMIUM).exists():
        pytest.fail("no browser here: apt-get install chromium fonts-noto-cjk")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()
