import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.publish import read as door
from tests.dashboard.published_city import City
from tests.dashboard.published_fixture import build
from tests.dashboard.site import Site, served
from tests.forked import ROOT


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A small city: 3 units, 4 industries, one late county, one factory that closes."""
    yield build(tmp_path_factory.mktemp("city") / "published")
    door.close()


@pytest.fixture(scope="session")
def site(city: City) -> Iterator[Site]:
    """The site over the small city, or over the data folder that GANGSHAO_TEST_DATA names."""
    with served(Path(os.environ.get("GANGSHAO_TEST_DATA", city.published.parent))) as running:
        yield running


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder that keeps a picture of every page, build output; GANGSHAO_SCREENSHOTS names another."""
    folder = Path(os.environ.get("GANGSHAO_SCREENSHOTS", ROOT / "build" / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
