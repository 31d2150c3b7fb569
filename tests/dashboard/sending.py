"""A clerk with an inbox of its own sends files without a browser: what is sent, what is answered, what is kept."""

import base64
import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from pipelines.core.domain import Role, Viewer
from pipelines.formcheck import sandbox
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Upload
from pipelines.published import read as door
from tests.dashboard.asked import ORIGIN, signed_in
from tests.dashboard.published_city import LAST_DAY, LATE, City
from tests.dashboard.site import Site, served
from tests.pipeline.ingest_place import claims

FEED, OTHER = "benefit_claim", "371503"
DAY = (LAST_DAY - timedelta(days=1)).isoformat()
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({LATE}), "clerk")


@pytest.fixture
def place(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The small city with a ledger and an inbox of its own; files are checked in this process, but by the same steps."""
    shutil.copytree(city.published, tmp_path / "published")
    monkeypatch.setattr(sandbox, "_confine", lambda _: None)
    monkeypatch.setattr(sandbox, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": checked_here}))
    with served(tmp_path) as running:
        yield running
    door.close()


def checked_here(command: list[str], **given: Any) -> subprocess.CompletedProcess[bytes]:
    """What the process of the form check answers, without its start; `test_check_apart` looks at the process."""
    sink = io.BytesIO()
    status = sandbox._serve(io.BytesIO(given["input"]), sink)
    return subprocess.CompletedProcess(command, status, sink.getvalue())


@pytest.fixture
def clerk(place: Site) -> FlaskClient:
    return signed_in(place, CLERK)


def sent(client: FlaskClient, file: bytes, **changes: str) -> tuple[int, dict[str, object]]:
    values = {
        "feed": FEED, "area": LATE, "period": DAY, "kind": "first", "name": "claims.csv",
        "content": base64.b64encode(file).decode(), **changes,
    }  # fmt: skip
    answer = client.post("/data/upload", json=values, headers=ORIGIN)
    return answer.status_code, answer.get_json()


def answer_to(told: dict[str, object]) -> dict[str, str]:
    """The field that the button of an answer sends."""
    again = told["again"]
    assert isinstance(again, dict), told
    return {again["field"]: again["value"]}


def good(*numbers: int) -> bytes:
    return claims(numbers or (1, 2, 3), area=LATE, filed=DAY)


def kept(place: Site) -> list[str]:
    return sorted(path.name for path in place.settings.inbox.rglob("*") if path.is_file())


def newest(place: Site) -> Upload:
    with place.ledger.reading() as connection:
        found = uploads.newest_uploads(connection, FEED, LATE, datetime.fromisoformat(DAY).date())
    assert found is not None
    return found
