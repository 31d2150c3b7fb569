"""While an edition takes the place of another, pages go on: every answer is of one of the two, the next click of the newer."""

import itertools
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.locale import day
from dashboard.web import data
from dashboard.web import fragment_cache as store
from pipelines.core.domain import Viewer
from pipelines.published import read as door
from tests.dashboard.asked import Asked, page_asked, signed_in
from tests.dashboard.published_city import LAST_DAY, City, edition_of
from tests.dashboard.published_fixture import point_to
from tests.dashboard.reader import opened, readers_of
from tests.dashboard.site import LEADER, Site, head_of, served
from tests.dashboard.walk import AXE, Watch, severe
from tests.tier import long

pytestmark = pytest.mark.xdist_group("edition_switch")
AREA = "371503"
(OLD, _, _), (NEW, NEW_DAY, NEW_CUTOFF) = edition_of(LAST_DAY), edition_of(LAST_DAY + timedelta(days=1))
MORE = 100  # claims of every period that the newer edition has revised


@pytest.fixture
def place(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The small city with the edition of the next day beside the one in force, and nothing kept."""
    shutil.copytree(city.published, tmp_path / "published")
    add_next(tmp_path / "published")
    monkeypatch.setattr(store, "_cache", store.Kept(store._ROOM))
    with served(tmp_path) as running:
        yield running
    door.close()


def add_next(published: Path) -> None:
    """Write the next edition as publishing does: all that was said before, claims revised upwards, one warning more."""
    shutil.copytree(published / OLD, published / NEW)
    for file in (published / NEW).glob("*.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute("insert into edition values ($1, $2, 1, $3)", [NEW, NEW_DAY, NEW_CUTOFF])
            con.execute("create temp table before as select * from reading where indicator = 'benefit_claim'")
            con.execute("update reading set known_to = $1 where indicator = 'benefit_claim'", [NEW_CUTOFF])
            con.execute(
                f"insert into reading by name select * replace (numerator + {MORE} as numerator, value + {MORE} as value, "
                "$1 as known_from) from before",
                [NEW_CUTOFF],
            )
            con.execute(
                "insert into episode by name select * replace ('w0099' as episode_id, $1 as known_from) from episode "
                "where episode_id = 'w0003'",
                [NEW_CUTOFF],
            )
            said = (
                "select table_name from duckdb_columns() where column_name = 'edition_id' and table_name <> 'edition'"
            )
            for (table,) in con.execute(said).fetchall():
                con.execute(f"insert into {table} by name select * replace ($1 as edition_id) from {table}", [NEW])


def answers(site: Site, viewer: Viewer, asked: list[Asked]) -> dict[str, list[str]]:
    """What each edition alone answers, by edition."""
    found = {}
    for edition in (OLD, NEW):
        point_to(site.settings.published, edition)
        client = signed_in(site, viewer)
        found[edition] = [one.of(client)[2] for one in asked]
    point_to(site.settings.published, OLD)
    return found


PAGES = [
    page_asked("/"),
    page_asked(f"/area/{AREA}"),
    page_asked("/warning/w0002"),
    page_asked("/data"),
    Asked("GET", f"/figure?indicator=benefit_claim&area={AREA}&industry=ALL&days=7", "/figure"),
    Asked("GET", f"/download/readings.csv?area={AREA}&grain=week", "/download"),
]


@pytest.mark.parametrize(
    "viewer", [pytest.param(LEADER, id="leader", marks=long), pytest.param(head_of(AREA), id="head")]
)  # a head's answer is put together from both files, a leader's from one
def test_an_answer_during_which_the_edition_switches_is_wholly_of_one_of_them(
    place: Site, monkeypatch: pytest.MonkeyPatch, viewer: Viewer
) -> None:
    """The pointer moves just before the answer's nth question to the published files, with nothing kept."""
    alone = answers(place, viewer, PAGES)
    assert all(one != other for one, other in zip(alone[OLD], alone[NEW], strict=True))
    client = signed_in(place, viewer)
    ask, asked, switches_at = data.read_published, [], 0

    def switching(*given: object, **named: object) -> object:
        asked.append(given)
        if len(asked) == switches_at:
            point_to(place.settings.published, NEW)
        return ask(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(data, "read_published", switching)
    switched = 0
    for switches_at, (number, one) in itertools.product((1, 4, 12), enumerate(PAGES)):
        point_to(place.settings.published, OLD)
        monkeypatch.setattr(store, "_cache", store.Kept(store._ROOM))
        asked.clear()
        status, _, body = one.of(client)
        assert status == 200, one
        assert body in {alone[OLD][number], alone[NEW][number]}, (one, switches_at)
        if len(asked) >= switches_at:
            switched += 1
            assert one.of(client)[2] == alone[NEW][number], "the next is of the newer"
    assert switched > len(PAGES)


def edition_seen(page: Page) -> str:
    return page.locator(".edition > summary").inner_text()


def test_a_reader_goes_on_while_the_edition_switches(place: Site, browser: Browser) -> None:
    watch = Watch()
    with readers_of(browser, place) as readers:
        page = readers.page(LEADER, watch)
        opened(page, f"/area/{AREA}")
        first, last = page.locator(".figure").first, page.locator(".figure").last
        first.scroll_into_view_if_needed()
        expect(first.locator(".main-svg").first).to_be_visible()
        assert last.locator(".awaited").count() == 1
        before = page.locator("main h1, main .caption").all_inner_texts()
        assert day(LAST_DAY) in edition_seen(page)

        point_to(place.settings.published, NEW)

        # What is there already works as before and stays of the edition the reader opened.
        first.get_by_role("tab").nth(1).click()
        expect(first.get_by_role("table")).to_be_visible()
        first.get_by_role("tab").nth(3).click()
        assert "2026-11-25 07:00" in first.locator("[role=tabpanel]:visible").inner_text()
        # A figure that comes now is of the newer edition and says so.
        last.scroll_into_view_if_needed()
        expect(last.get_by_role("tab").first).to_be_visible()
        last.get_by_role("tab").nth(3).click()
        assert "2026-11-26 07:00" in last.locator("[role=tabpanel]:visible").inner_text()
        assert page.locator("main h1, main .caption").all_inner_texts() == before
        # A file that is asked for now is the newer edition's, whole.
        first.get_by_role("tab").nth(2).click()
        with page.expect_download() as file:
            first.locator("a[href^='/download/series.csv']").click()
        own = signed_in(place, LEADER).get(str(first.locator("a[href^='/download/series.csv']").get_attribute("href")))
        assert Path(file.value.path()).read_bytes() == own.get_data()

        # The next click, to another page and back, leads to the newer edition.
        page.locator(".top nav a").first.click()
        expect(page.locator("#warnings")).to_be_visible()
        assert day(NEW_DAY) in edition_seen(page)
        expect(page.locator("#warnings a[href='/warning/w0099']")).to_be_attached()
        page.go_back()
        expect(page.locator("main h1")).to_have_text("茌平区")
        assert day(NEW_DAY) in edition_seen(page)
        assert page.locator("main h1, main .caption").all_inner_texts() != before
        # The one before is still there for whoever asks for its day.
        opened(page, f"/area/{AREA}?as_of={LAST_DAY.isoformat()}")
        assert page.locator("main h1, main .caption").all_inner_texts() == before
        page.close()
    assert not watch.complaints
    assert not watch.outside


def test_a_page_that_stays_open_says_that_a_newer_edition_is_there(place: Site, browser: Browser) -> None:
    watch = Watch()
    with readers_of(browser, place) as readers:
        page = readers.page(head_of(AREA), watch)
        opened(page, "/")
        looked = "() => document.dispatchEvent(new Event('visibilitychange'))"
        hint = page.locator(".newer")
        with page.expect_response("**/edition"):
            page.evaluate(looked)
        expect(hint).to_be_hidden()
        page.route("**/edition", lambda route: route.fulfill(body="<p>a proxy's page</p>", content_type="text/html"))
        with page.expect_response("**/edition"):
            page.evaluate(looked)
        page.unroute("**/edition")
        expect(hint).to_be_hidden()

        point_to(place.settings.published, NEW)
        page.evaluate(looked)
        expect(hint).to_have_text("已发布新版次。 查看新版次")
        page.evaluate(AXE.read_text())
        assert not severe(page)
        assert day(LAST_DAY) in edition_seen(page), "what is read stays"
        page.get_by_role("button", name="查看新版次").press("Enter")
        expect(page.locator(".edition > summary")).to_contain_text(day(NEW_DAY))
        expect(hint).to_be_hidden()

        opened(page, f"/?as_of={LAST_DAY}")
        assert hint.count() == 0
    assert not watch.complaints
