import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser

from pipelines.ledger.accounts import password
from pipelines.published import read as door
from tests.dashboard.published_city import City
from tests.dashboard.published_fixture import build
from tests.dashboard.reader import Readers, readers_of
from tests.dashboard.site import Site, served
from tests.forked import ROOT


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed by argon2id's least parameters; `tests/unit` looks at the product's."""
    monkeypatch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


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


@pytest.fixture(scope="module")
def place(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small city with a ledger and an inbox of a file of tests' own."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(city.published, folder / "published")
    with served(folder) as running:
        yield running
    door.close()


@pytest.fixture(scope="module")
def readers(browser: Browser, place: Site) -> Iterator[Readers]:
    """Readers of that city at a browser."""
    with readers_of(browser, place) as found:
        yield found


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder that keeps a picture of every page, build output; GANGSHAO_SCREENSHOTS names another."""
    folder = Path(os.environ.get("GANGSHAO_SCREENSHOTS", ROOT / "build" / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
