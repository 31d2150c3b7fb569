"""The region, a pair of keys and an empty data folder, for all tests that take files in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.ledger import Ledger, open_ledger
from pipelines.publish import read
from pipelines.region import Region, load
from pipelines.settings import Settings
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
