"""A new edition is shown when its pages are made; until then all see the one before."""

import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.web import fragment_cache as store
from dashboard.web.cache_prewarm import CachePrewarmer
from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.published import read
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import City
from tests.dashboard.published_fixture import build, point_to
from tests.dashboard.site import LEADER, Site, head_of, served
from tests.tier import long

pytestmark = pytest.mark.xdist_group("ahead")
OLD, NEW = "2026-11-25.1", "2026-11-26.1"


@pytest.fixture(scope="module")
def two_editions(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Two editions; the pointer names the first. What differs is the second's figures."""
    folder = tmp_path_factory.mktemp("two")
    first = build(folder / "published", units=2, days=60)
    other = build(folder / "aside", units=2, days=60, seed=8)
    (other.published / other.editions[-1][0]).replace(first.published / NEW)
    return first


@pytest.fixture
def city(two_editions: City, tmp_path: Path) -> Iterator[City]:
    """These editions, which a test may change."""
    shutil.copytree(two_editions.published, tmp_path / "published")
    yield replace(two_editions, folder=tmp_path / "published")
    read.close()


@pytest.fixture
def place(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(store, "_cache", store.Kept(store._ROOM))
    monkeypatch.setattr(store, "recently_asked", store.RecentlyAsked())
    with served(city.published.parent) as running:
        yield running


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Questions of the parts that the server itself made, in order."""
    found: list[object] = []
    make = store._make
    monkeypatch.setattr(store, "_make", lambda question: (found.append(question), make(question))[1])
    return found


def wait_for(holds: object, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_new_edition_is_shown_when_its_pages_are_made_and_nobody_is_entered_for_them(
    place: Site, city: City, made: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    published = city.published
    clients = {viewer: signed_in(place, viewer) for viewer in (LEADER, head_of("371503"))}
    questions = [page_asked("/"), page_asked("/area/371503")]
    ahead = CachePrewarmer(place.app.server, place.settings)
    gate = threading.Event()
    keep = store.store_fragment
    taken: list[object] = []
    monkeypatch.setattr(store, "store_fragment", lambda *one: gate.wait(60) and (taken.append(one), keep(*one)))
    ahead.start()
    try:
        wait_for(lambda: ahead._shown == OLD)
        before = [one.of(client)[2] for client in clients.values() for one in questions]
        entries = len(trail.entries(place.ledger))
        point_to(published, NEW)
        time.sleep(1.2)
        made.clear()
        assert [one.of(client)[2] for client in clients.values() for one in questions] == before, "still the one before"
        assert not made
        gate.set()
        wait_for(lambda: ahead._shown == NEW, seconds=120)
        assert len(taken) >= 5, "today and an area for two scopes, and their banners"
        assert len(trail.entries(place.ledger)) == entries, "nobody was shown anything yet"
        after = [one.of(client)[2] for client in clients.values() for one in questions]
        assert all(one != other for one, other in zip(before, after, strict=True))
        open_likely_pages(place, city, clients)
        assert not made, "everything was there already"
    finally:
        gate.set()
        ahead.stop()


def open_likely_pages(place: Site, city: City, viewers: Iterable[Viewer]) -> None:
    """What people of their audiences and areas are likely to open."""
    for viewer in viewers:
        client = signed_in(place, viewer)
        areas = viewer.areas or set(city.units)
        warnings = read.read("open_warning", viewer, published=city.published)["episode_id"]
        for path in ("/", *(f"/area/{area}" for area in areas), *(f"/warning/{one}" for one in warnings)):
            assert page_asked(path).of(client)[0] == 200


@long
def test_what_people_of_every_office_will_ask_for_is_made_when_the_server_starts(
    place: Site, city: City, made: list[object]
) -> None:
    """Only here a process makes all likely pages and figures: that none is left for the first who asks."""
    ready = place.app.server.test_client()
    ahead = CachePrewarmer(place.app.server, place.settings)
    assert not ready.get("/readyz").get_json()["is_prepared"]
    entries = len(trail.entries(place.ledger))
    ahead.start()
    try:
        wait_for(lambda: ready.get("/readyz").get_json()["is_prepared"])
        assert len(trail.entries(place.ledger)) == entries, "nobody was shown anything yet"
        open_likely_pages(place, city, (LEADER, head_of("371503"), Viewer(Role.AUDITOR)))
        assert not made, "everything was there already"
        wait_for(lambda: ready.get("/readyz").get_json()["has_figures"], seconds=120)
        for viewer in (LEADER, head_of("371503")):
            client = signed_in(place, viewer)
            page = page_asked("/area/371503").of(client)[2]
            figures = re.findall(r'"data-figure": "([^"]+)"', page)
            assert len(figures) >= 5
            assert {client.get(one).status_code for one in figures} == {200}
        assert not made, "the figures that come into view on these pages, too"
    finally:
        ahead.stop()


def test_readers_are_not_kept_on_an_old_edition_for_ever(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_BEHIND", 0.3)
    read.show(city.published, OLD)
    old = read.files_in_force(city.published, LEADER)
    point_to(city.published, NEW)
    assert read.files_in_force(city.published, LEADER) == old
    time.sleep(0.4)
    assert read.files_in_force(city.published, LEADER) != old


def test_readers_who_are_shown_a_newer_edition_are_not_sent_on_to_one_that_is_not_prepared(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where editions come faster than their pages are made, the newest prepared one is shown."""
    monkeypatch.setattr(read, "MOST_BEHIND", 0.5)
    shutil.copytree(city.published / OLD, city.published / "2026-11-25.2")
    point_to(city.published, NEW)
    for shown, before in ((OLD, ""), ("2026-11-25.2", OLD)):
        assert read.show(city.published, shown, instead_of=before)
        assert f"{shown}'" in str(read.files_in_force(city.published, LEADER))
        time.sleep(0.3)
    assert "2026-11-25.2" in str(read.files_in_force(city.published, LEADER))
    time.sleep(0.5)
    assert NEW in str(read.files_in_force(city.published, LEADER))


def test_files_of_the_edition_that_is_prepared_stay_open_though_a_newer_one_is_in_force(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(city.published / OLD, city.published / "2026-11-25.2")
    read.show(city.published, OLD)
    point_to(city.published, NEW)
    opened: list[Path] = []
    open_files = read._open
    monkeypatch.setattr(read, "_open", lambda folder, *kind: (opened.append(folder), open_files(folder, *kind))[1])
    for _ in range(3):
        with read.preparing("2026-11-25.2"):
            read.read("open_warning", LEADER, published=city.published)
        read.read("open_warning", LEADER, published=city.published)
    assert sorted(one.name for one in opened) == [OLD, "2026-11-25.2"]


def test_an_edition_that_is_gone_is_shown_no_longer(city: City) -> None:
    read.show(city.published, OLD)
    point_to(city.published, NEW)
    for file in (city.published / OLD).iterdir():
        file.unlink()
    assert NEW in str(read.files_in_force(city.published, LEADER))


def test_who_has_seen_a_newer_edition_is_not_led_back(city: City) -> None:
    read.show(city.published, OLD)
    point_to(city.published, NEW)
    for file in (city.published / OLD).iterdir():
        file.unlink()
    newest = read.files_in_force(city.published, LEADER)
    assert NEW in str(newest)
    assert not read.show(city.published, OLD, instead_of=OLD), "prepared while they went on"
    assert read.files_in_force(city.published, LEADER) == newest


def test_an_edition_is_shown_though_the_process_that_prepares_it_dies(
    place: Site, city: City, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page_asked("/").of(signed_in(place, LEADER))
    monkeypatch.setattr("dashboard.web.cache_prewarm._start_maker", dies)
    ahead = CachePrewarmer(place.app.server, place.settings)
    ahead.start()
    try:
        wait_for(lambda: ahead._shown == OLD)
        point_to(city.published, NEW)
        wait_for(lambda: ahead._shown == NEW, seconds=120)
    finally:
        ahead.stop()
    assert "before they are asked for" in caplog.text


def dies() -> None:
    os._exit(3)
