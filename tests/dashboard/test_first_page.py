"""The page an address names comes with the document: it is read before Dash is there, and Dash goes on with it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import City
from tests.dashboard.reader import readers_of
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of
from tests.dashboard.walk import Watch

pytestmark = pytest.mark.xdist_group("first_page")
SENT = re.compile(r'<script type="application/json" id="first-page">([^<]*)</script>')
RENDERER = "**/dash-renderer/**"
DASH = "**/_dash-component-suites/**"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(browser: Browser, site: Site, watch: Watch) -> Iterator[Page]:
    """The auditor's browser."""
    with readers_of(browser, site) as readers:
        yield readers.page(AUDITOR, watch)


def held_back(page: Page) -> list[Route]:
    """Fills with the requests for Dash's renderer, which are not answered."""
    found: list[Route] = []

    def hold(route: Route) -> None:
        found.append(route)

    page.route(RENDERER, hold)
    return found


def answers_of(page: Page) -> list[str]:
    """Fills with the addresses of pages that Dash asks the server for."""
    found: list[str] = []
    page.on("request", lambda one: found.append(asked_for(one.post_data_json)) if is_of_dash(one.url) else None)
    return found


def is_of_dash(url: str) -> bool:
    return "/_dash-update-component" in url


def asked_for(body: Any) -> str:
    return str(body["inputs"][0]["value"])


@pytest.mark.parametrize("viewer", [LEADER, AUDITOR, head_of("371503"), Viewer(Role.ADMINISTRATOR, name="one")])
def test_the_document_holds_what_dash_would_be_answered(site: Site, viewer: Viewer) -> None:
    client = signed_in(site, viewer)
    for address in site.addresses(viewer):
        document = client.get(address, headers={"Accept": "text/html"})
        assert document.headers["Cache-Control"] == "no-store"
        [sent] = SENT.findall(document.get_data(as_text=True))
        answer = json.loads(page_asked(address).of(client)[2])
        assert json.loads(sent) == answer, address
        title = answer["response"]["_pages_store"]["data"]["title"]
        assert f"<title>{title}</title>" in document.get_data(as_text=True)


def test_a_past_day_and_a_filter_of_the_address_are_in_the_document(site: Site, city: City) -> None:
    client = signed_in(site, LEADER)
    asked = f"matrix=insured_leave&as_of={city.editions[0][0].rsplit('.', 1)[0]}"
    [sent] = SENT.findall(client.get(f"/?{asked}").get_data(as_text=True))
    assert json.loads(sent) == json.loads(page_asked("/", asked).of(client)[2])
    assert sent != SENT.findall(client.get("/").get_data(as_text=True))[0]


@pytest.mark.parametrize("address", ["/no-such-page", "/area/", "/area/371503/more", "/area/%E4%B8%AD"])
def test_an_address_that_names_no_page_is_left_to_dash(site: Site, address: str) -> None:
    client = signed_in(site, LEADER)
    document = client.get(address)
    assert document.status_code == 404
    assert not SENT.search(document.get_data(as_text=True))


def test_what_may_not_be_seen_is_refused_in_the_document_and_entered_as_one_page(site: Site) -> None:
    client = signed_in(site, head_of("371503"))
    last = trail.entries(site.ledger)[0].seq
    for _ in range(2):
        [sent] = SENT.findall(client.get("/area/371502").get_data(as_text=True))
        page_asked("/area/371502").of(client)
    assert "页面不存在" in sent
    entered = [one for one in trail.entries(site.ledger, act=Act.REFUSAL) if one.seq > last]
    assert {(one.target, json.loads(one.details)["why"]) for one in entered} == {("/area/371502", "not_found")}
    assert len(entered) <= 2, "once a minute"


def test_numbers_can_be_read_and_links_work_when_dash_does_not_come(page: Page, site: Site) -> None:
    page.route(DASH, lambda route: route.abort())
    page.goto(site.url + "/")
    expect(page.locator(".card .amount").first).to_be_visible()
    page.locator("nav a[href='/warnings']").click()
    expect(page).to_have_url(site.url + "/warnings")
    expect(page.locator("main h1")).to_have_text(re.compile("预警"))


def test_dash_goes_on_with_what_is_there_and_asks_for_the_next_page_only(page: Page, site: Site, watch: Watch) -> None:
    held = held_back(page)
    asked = answers_of(page)
    page.goto(site.url + "/audit", wait_until="commit")
    field = page.locator("input[name=who]")
    field.press_sequentially("审计")
    page.evaluate("document.querySelector('input[name=who]').isTheSame = true")
    assert page.locator("#react-entry-point main").count() == 0
    held.pop().continue_()
    expect(page.locator("#react-entry-point main")).to_be_visible()
    assert page.evaluate("document.querySelector('#react-entry-point input[name=who]').isTheSame")
    expect(field).to_be_focused()
    field.press_sequentially("员")
    expect(field).to_have_value("审计员")
    assert page.locator("main").count() == 1
    assert asked == []
    page.locator("nav a[href='/warnings']").click()
    expect(page.locator("main h1")).to_have_text(re.compile("预警"))
    page.go_back()
    expect(field).to_be_visible()
    assert asked == ["/warnings", "/audit"]
    assert not watch.complaints


def test_dash_says_nothing_of_its_own_while_it_begins(page: Page, site: Site) -> None:
    page.route("**/_dash-layout", lambda _: None)
    page.goto(site.url + "/audit", wait_until="commit")
    page.wait_for_selector("._dash-loading", state="attached")
    assert "Loading" in (page.locator("#react-entry-point").text_content() or "")
    expect(page.locator("#react-entry-point")).to_have_text("", use_inner_text=True)
    expect(page.locator(".page main h1")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_a_link_followed_before_dash_is_there_leads_on(page: Page, site: Site) -> None:
    held_back(page)
    page.goto(site.url + "/", wait_until="commit")
    page.locator("nav a[href='/warnings']").click(no_wait_after=True)
    expect(page).to_have_url(site.url + "/warnings")
    expect(page.locator("main h1")).to_have_text(re.compile("预警"))
    page.unroute(RENDERER)  # which lets go what is held
    expect(page.locator("#react-entry-point main h1")).to_have_text(re.compile("预警"))
