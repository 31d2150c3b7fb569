"""What a watcher of the service is told: 200 or 503, which edition, how old; no session needed, nothing else said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.web.app import create_app
from dashboard.web.health import find_trouble, health
from pipelines.core.domain import Edition
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.published.read import close
from tests.house import House

REGION = Path(__file__).resolve().parents[2] / "data" / "regions" / "liaocheng"


def client(data: Path, now: datetime) -> FlaskClient:
    server = Flask("site")
    server.register_blueprint(health(Settings(data=data), lambda: now))
    return server.test_client()


@pytest.mark.parametrize(
    ("now", "code", "status", "due", "age"),
    [
        ("2026-10-31T00:00+00:00", 200, "ready", "2026-10-31", 1.0),  # cut-off 07:00 in Liaocheng is 23:00 UTC
        ("2026-10-31T23:29+00:00", 200, "ready", "2026-10-31", 24.5),
        ("2026-10-31T23:30+00:00", 503, "stale", "2026-11-01", 24.5),
        ("2026-11-25T00:00+00:00", 503, "stale", "2026-11-25", 601.0),
    ],
)
def test_ready_is_who_has_the_edition_of_the_last_due_day(
    now: str, code: int, status: str, due: str, age: float, recent: House
) -> None:
    answer = client(recent.data, datetime.fromisoformat(now)).get("/readyz")
    assert answer.status_code == code
    assert answer.json == {
        "status": status,
        "is_prepared": True,
        "has_figures": True,
        "edition": "2026-10-31.1",
        "due": due,
        "age_hours": age,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    close()


def test_without_an_edition_the_process_is_alive_and_not_ready(tmp_path: Path) -> None:
    site = client(tmp_path, datetime(2026, 11, 23, tzinfo=UTC))
    assert (site.get("/healthz").status_code, site.get("/healthz").json) == (200, {"status": "alive"})
    assert (site.get("/readyz").status_code, site.get("/readyz").json) == (503, {"status": "empty"})


@pytest.mark.requirement("13.4.5")
def test_nobody_signs_in_for_them_and_nothing_else_is_open(recent: House, house: Callable[[House], House]) -> None:
    place = house(recent)
    settings = Settings(data=place.data, keys=place.folder / "keys")
    ledger = open_ledger(settings)
    site = create_app(settings, ledger).server.test_client()
    entries = len(trail.entries(ledger))
    for base in ("http://localhost", "http://10.1.2.3:8050", "https://gangshao.example.com"):
        assert site.get("/healthz", base_url=base).status_code == 200
        assert site.get("/readyz", base_url=base).status_code == 503
        assert site.get("/readyz", base_url=base).headers["X-Content-Type-Options"] == "nosniff"
    assert len(trail.entries(ledger)) == entries, "a watcher that asks each minute fills no trail"
    assert site.post("/healthz", json={}, headers={"Origin": "http://localhost"}).status_code == 401
    assert site.get("/healthz/more").status_code == 401
    assert site.get("/download/warnings.csv").status_code == 401
    ledger.close()
    close()


def test_a_region_that_runs_on_saturdays_is_due_on_saturdays() -> None:
    weekly = regions.load(REGION.parents[2] / "tests" / "regions" / "us_states")
    assert weekly.edition_due(datetime(2026, 11, 26, 12, tzinfo=UTC)) == date(2026, 11, 21)


@pytest.mark.parametrize(("now", "trouble"), [("2026-11-26T07:59", ""), ("2026-11-26T08:00", "stale")])
def test_pages_and_watch_wait_for_the_same_hour_of_the_region(now: str, trouble: str) -> None:
    here = regions.load(REGION)
    late = replace(here, timetable=replace(here.timetable, finished_by=time(8)))
    last = Edition(date(2026, 11, 25), 1, here.cutoff_at(date(2026, 11, 25)))
    assert find_trouble(late, last, datetime.fromisoformat(f"{now}+08:00")) == trouble


def test_no_edition_is_due_before_its_cut_off() -> None:
    here = regions.load(REGION)
    early = replace(here, timetable=replace(here.timetable, finished_by=time(6)))
    cutoff = here.cutoff_at(date(2026, 11, 26))
    assert early.edition_due(cutoff - timedelta(minutes=1)) == date(2026, 11, 25)
    assert early.edition_due(cutoff) == date(2026, 11, 26)
