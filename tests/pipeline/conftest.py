"""The region, a pair of keys and an empty data folder, for all tests that take files in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines.core.region.load import Region, load
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.published import read
from tests.house import House
from tests.pipeline import amended_files, judged_city, kinds_house
from tests.pipeline.ingest_place import REGION, Place
from tests.pipeline.mail_city import City


@pytest.fixture(scope="session")
def region() -> Region:
    return load(REGION)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of keys that several data folders share, so that their pseudonyms agree."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def place(tmp_path: Path, region: Region) -> Place:
    """A data folder with keys of its own, which a test may change."""
    return Place.at(tmp_path, region)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city of which a test says day by day which warnings it publishes."""
    yield City(tmp_path, Settings(data=tmp_path, base_url="https://gangshao.example.com"))
    read.close()


@pytest.fixture
def ledger(city: City) -> Iterator[Ledger]:
    """Its ledger."""
    opened = open_ledger(city.settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def next_day(replayed: House, once: Callable[[str, Callable[[Path], None]], Path]) -> House:
    """The replayed city with the day after it, run on what the replay remembers. Nobody changes it: copy it."""

    def build(folder: Path) -> None:
        said = replayed.copy(folder / "house").gangshao("run", "--day", "2026-11-01").stderr
        assert "learnt again" not in said

    return House(once("next_day", build) / "house")


@pytest.fixture(scope="session")
def amended(stocked: House, once: Callable[[str, Callable[[Path], None]], Path]) -> House:
    """Two editions, before the second of which reports, events and a list were sent anew. Nobody changes it."""

    def build(folder: Path) -> None:
        house = stocked.copy(folder / "house")
        amended_files.send(house)
        house.gangshao("ingest", "--backfill")
        house.gangshao("run", "--from", amended_files.FIRST, "--to", amended_files.SECOND)

    return House(once("amended", build) / "house")


@pytest.fixture(scope="session")
def kinds(stocked: House, once: Callable[[str, Callable[[Path], None]], Path]) -> House:
    """Rules on every kind of reading and on forecasts, through three editions. Nobody changes it: copy it."""
    return House(once("kinds", lambda folder: kinds_house.build(stocked, folder / "house")) / "house")


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> judged_city.City:
    """The city the independent judge looks at; all tests with it belong to one xdist group."""
    return judged_city.built(tmp_path_factory.mktemp("against_the_files"))


@pytest.fixture(scope="session")
def judged_page(judged: judged_city.City, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser signed in as that city's leader."""
    said = tmp_path_factory.mktemp("served") / "said"
    with judged_city.served(judged.house, said) as house, judged_city.signed_in(house, browser, "city_leader") as page:
        yield page
