"""The region, a pair of keys and an empty data folder, for all tests that take files in."""

from pathlib import Path

import pytest

from pipelines.region import Region, load
from tests.pipeline.ingest_place import REGION, Place


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
