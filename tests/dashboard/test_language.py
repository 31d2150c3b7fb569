"""Two languages: whose choice holds where, that no page mixes them, and that nobody is given another language's parts."""

import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from dashboard.locale import Language
from dashboard.web import fragment_cache as store
from pipelines.core.domain import Audience
from tests import tier
from tests.dashboard.asked import ORIGIN, PAGE, Asked, page_asked, speaking
from tests.dashboard.published_city import CLOSING, SUSPECTED
from tests.dashboard.site import ADMINISTRATOR, LEADER, Site, head_of
from tests.dashboard.walk import DESK, OWN, PHONE, VIEWERS, Watch, opened, visited, walk

pytestmark = pytest.mark.xdist_group("language")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
# What nobody reads, or what somebody wrote: addresses, names of classes, what stands in a field.
UNREAD = {"href", "src", "id", "className", "action", "name", "value", "lang", "type", "namespace", "data-figure"}
AS_STORED = {"Code", "Bdi"}  # identifiers and people's names: nobody's to translate
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


def asked(client: FlaskClient, address: str) -> str:
    """A page or figure as the browser gets it, its title included, with its characters as they are."""
    path, _, query = address.partition("?")
    one = Asked("GET", address, path) if path == "/figure" else page_asked(path, query)
    status, _, body = one.of(client)
    assert status == 200, body
    return json.dumps(json.loads(body), ensure_ascii=False)


def words(part: Any, *, key: str = "") -> Iterator[str]:
    """What a page says, without what is marked as of another language or stored as it is."""
    if isinstance(part, dict):
        props = part.get("props")
        if part.get("type") in AS_STORED or (isinstance(props, dict) and str(props.get("lang", "")).startswith("zh")):
            return
        for name, one in part.items():
            yield from words(one, key=name)
    elif isinstance(part, list):
        for one in part:
            yield from words(one, key=key)
    elif isinstance(part, str) and part.startswith("data:"):
        yield unquote(part)  # a picture of ours, its labels within
    elif isinstance(part, str) and key not in UNREAD:
        yield part


def figures(page: str) -> list[str]:
    """Addresses of the figures that a page asks for when they come into view."""
    return [one.replace("&amp;", "&") for one in re.findall(r'"data-figure": "([^"]+)"', page)]


def raw(said: Iterator[str]) -> set[str]:
    """What is Chinese in it, but for employers' names."""
    found = (one.replace(CLOSING[1], "").replace(SUSPECTED[1], "") for one in said)
    return {one for one in found if CHINESE.search(one)}


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing kept between requests."""
    monkeypatch.setattr(store, "_cache", store.Kept(store._ROOM))


@pytest.mark.parametrize("who", VIEWERS)
def test_no_page_in_english_says_anything_in_chinese(site: Site, who: str) -> None:
    client = speaking(site, VIEWERS[who], Language.ENGLISH)
    addresses = site.addresses(VIEWERS[who]) if who in {"leader", "head"} else visited(site, who)
    titles, drawn = set(), 0
    for address in [*addresses, "/nowhere", "/?as_of=2026-11-24", "/?as_of=gestern", "/?as_of=1999-01-01"]:
        page = asked(client, address)
        body = json.loads(page)
        assert not raw(words(body)), address
        for figure in figures(page):
            drawn += 1
            assert not raw(words(client.get(figure).get_json())), figure
        titles.add(body["response"]["_pages_store"]["data"]["title"])
    assert all(title.endswith(" · Gangshao") for title in titles)
    assert len(titles) >= min(len(addresses), 8)
    assert drawn > 3 or who not in {"leader", "head"}


def test_every_title_is_chinese_in_a_page_in_chinese(site: Site) -> None:
    client = speaking(site, LEADER, Language.CHINESE)
    for address in site.addresses(LEADER):
        title = json.loads(asked(client, address))["response"]["_pages_store"]["data"]["title"]
        assert title.endswith(" · 岗哨")
        assert not re.search("[A-Za-z]", title)


@pytest.mark.parametrize("name", ["matrix", "warnings", f"readings?area={OWN}&grain=week"])
def test_a_download_is_in_the_readers_language_with_its_headings(site: Site, name: str) -> None:
    path, _, query = name.partition("?")
    address = f"/download/{path}.csv" + (f"?{query}" if query else "")
    english, chinese = (speaking(site, LEADER, of).get(address) for of in (Language.ENGLISH, Language.CHINESE))
    for answer in (english, chinese):
        assert answer.status_code == 200
        assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert not raw(iter([english.get_data(as_text=True)]))
    assert CHINESE.search(chinese.get_data(as_text=True).splitlines()[0])
    numbers = [re.findall(r"(?<=,)[\d.]+(?=,)", answer.get_data(as_text=True)) for answer in (english, chinese)]
    assert len(numbers[0]) > 10
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("preferred", "language"),
    [
        ("", "zh-CN"),
        ("en-US,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en;q=0.5,zh;q=0.8", "zh-CN"),
        ("de,en;q=0.3", "en"),
        ("de", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("*", "zh-CN"),
        ("\x00;;q=,en,", "en"),
    ],
)
def test_who_has_not_chosen_is_answered_as_the_browser_prefers(site: Site, preferred: str, language: str) -> None:
    client = site.app.server.test_client()
    for path in ("/sign-in", "/sign-in/made-up"):
        page = client.get(path, headers=PAGE | {"Accept-Language": preferred.replace("\x00", "")})
        assert f'<html lang="{language}">' in page.get_data(as_text=True)


def test_the_choice_outlasts_the_session_and_holds_where_nobody_has_signed_in(site: Site) -> None:
    client = speaking(site, LEADER, Language.ENGLISH)
    assert client.post("/sign-out", json={}, headers=ORIGIN).get_json() == {"to": "/sign-in"}
    page = client.get("/sign-in", headers=PAGE | {"Accept-Language": "zh-CN"}).get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "<title>Sign in · Gangshao</title>" in page
    assert not raw(iter([re.sub(r'<button type="submit" lang="zh-CN">中文</button>', "", page)]))


def test_the_cookie_is_out_of_reach_and_holds_nothing_but_a_language(site: Site) -> None:
    client = site.app.server.test_client()
    answer = client.post("/language", json={"language": "en"}, headers=ORIGIN)
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("gangshao-language=en;")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    for spoilt in ("xx", "zh", "en; DROP", "../en"):
        client.set_cookie("gangshao-language", spoilt)
        assert '<html lang="zh-CN">' in client.get("/sign-in").get_data(as_text=True)


def test_over_https_the_cookie_is_bound_to_our_host(site: Site) -> None:
    client = site.app.server.test_client()
    line = {"base_url": "https://localhost", "headers": {"Origin": "https://localhost"}}
    answer = client.post("/language", json={"language": "en"}, **line)  # type: ignore[arg-type]
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-gangshao-language=en;")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert '<html lang="en">' in client.get("/sign-in", base_url="https://localhost").get_data(as_text=True)


def test_another_site_cannot_change_it_and_there_are_two(site: Site) -> None:
    client = site.app.server.test_client()
    for headers in ({}, {"Origin": "https://elsewhere.example.com"}):
        answer = client.post("/language", json={"language": "en"}, headers=headers)
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (403, None)
    for wrong in ({}, {"language": "fr"}, {"language": ["en"]}, ["en"]):
        answer = client.post("/language", json=wrong, headers=ORIGIN)
        assert (answer.status_code, answer.get_json()) == (400, {"say": "请选择一种语言。"})


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/download/made-up.csv", 404, "This page does not exist"),
        ("GET", "/download/matrix.csv?as_of=1999-01-01", 404, "No edition was published for this day."),
        ("GET", "/audit", 403, "Your role may not open this."),
        ("PUT", "/", 403, "The request does not come from this site&#39;s own pages."),
        ("GET", "/_dash-component-suites/dash/none.js", 404, "This page does not exist"),
    ],
)
def test_what_is_refused_is_refused_in_the_readers_language(
    site: Site, method: str, path: str, status: int, said: str
) -> None:
    answer = speaking(site, LEADER, Language.ENGLISH).open(path, method=method, headers=PAGE)
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)
    other = speaking(site, LEADER, Language.CHINESE).open(path, method=method, headers=PAGE).get_data(as_text=True)
    assert said not in other
    assert CHINESE.search(other)


def test_what_is_answered_to_a_form_is_in_the_readers_language(site: Site) -> None:
    root = speaking(site, ADMINISTRATOR, Language.ENGLISH)
    answers = [
        root.post("/accounts/new", json={"name": "a", "person": "b", "role": "none"}, headers=ORIGIN),
        root.post("/accounts/new", json={"name": "", "person": "b", "role": "auditor"}, headers=ORIGIN),
        root.post("/accounts/none/disable", json={}, headers=ORIGIN),
    ]
    said = [answer.get_json()["say"] for answer in answers]
    assert said[0] == "Choose a role."
    assert not raw(iter(said))


@pytest.mark.parametrize("name", ["warnings", f"series?area={OWN}&indicator=benefit_claim&industry=ALL"])
def test_a_workbook_is_in_the_readers_language_on_every_sheet(site: Site, name: str) -> None:
    path, _, query = name.partition("?")
    for of in Language:
        answer = speaking(site, LEADER, of).get(f"/download/{path}.xlsx?{query}")
        assert answer.status_code == 200
        book = load_workbook(io.BytesIO(answer.get_data()))
        said = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
        assert len(book.sheetnames) == 2
        assert bool(raw(iter([*said, *book.sheetnames]))) == (of is Language.CHINESE)


def test_two_languages_of_one_scope_never_get_each_others_parts(site: Site, empty: None) -> None:
    """Many at once, and one after the other, over one store; every answer is the one its reader gets alone."""
    clients = {of: speaking(site, LEADER, of) for of in Language}
    addresses = ["/", f"/area/{OWN}", "/warning/w0002", "/?matrix=insured_leave", "/?as_of=2026-11-24"]
    addresses += figures(asked(clients[Language.CHINESE], f"/area/{OWN}"))[:2]
    alone = {}
    for of, client in clients.items():
        store._cache = store.Kept(store._ROOM)
        alone[of] = [asked(client, address) for address in addresses]
    assert all(one != other for one, other in zip(*alone.values(), strict=True))
    store._cache = store.Kept(store._ROOM)
    wrong: list[str] = []

    def read(of: Language, order: int) -> None:
        client = speaking(site, LEADER, of)
        for place in (*range(order, len(addresses)), *range(order)):
            if asked(client, addresses[place]) != alone[of][place]:
                wrong.append(f"{of} {addresses[place]}")

    readers = [threading.Thread(target=read, args=(of, order)) for order in range(3) for of in Language]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert not wrong
    for of, client in clients.items():
        assert [asked(client, address) for address in addresses] == alone[of], "all of it is kept by now"


def test_what_is_made_ahead_is_made_in_the_language_it_was_asked_in(
    site: Site, empty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "recently_asked", store.RecentlyAsked())
    for of in Language:
        asked(speaking(site, LEADER, of), "/")
    noted = store.recently_asked.parts()
    assert {one.language for one in noted} == set(Language)
    spoken = 0
    with site.app.server.test_request_context("/"):
        for one in noted:
            assert store.is_cached(one)
            found = store.prewarm_fragment(one)
            assert found is not None
            made, following = found
            assert {each.language for each in following} <= {one.language}
            said = list(words(json.loads(made.filled(dict.fromkeys(made.blanks, "null")))))
            assert not said or bool(raw(said)) == (one.language is Language.CHINESE)
            spoken += bool(said)
        assert spoken > len(noted) / 2
        other = store.Asked(Audience.GENERAL, frozenset(), noted[0].question, Language.ENGLISH)
        assert not store.is_cached(other)


def test_two_browsers_with_different_viewers_and_languages_share_nothing(browser: Browser, site: Site) -> None:
    """One turns to English by the keyboard, the other goes on in Chinese; each keeps its own page and address."""
    watch = Watch()
    leader, head = (opened(browser, site, one, "zh-CN", DESK, watch) for one in (LEADER, head_of(OWN)))
    for page in (leader, head):
        page.goto(site.url + "/?matrix=insured_leave")
        page.wait_for_selector(".page main h1")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
    before = head.locator("main").inner_text()
    leader.get_by_role("button", name="English").focus()
    with leader.expect_navigation():
        leader.keyboard.press("Enter")
    expect(leader.locator(".top nav").get_by_text("Warnings")).to_be_visible()
    assert leader.locator("html").get_attribute("lang") == "en"
    expect(leader).to_have_title("Today · Gangshao")
    assert leader.url == site.url + "/?matrix=insured_leave"
    head.reload()
    head.wait_for_selector(".page main h1")
    assert head.locator("html").get_attribute("lang") == "zh-CN"
    assert head.locator("main").inner_text() == before
    assert not CHINESE.search(re.sub(rf"{CLOSING[1]}|{SUSPECTED[1]}", "", leader.locator("main").inner_text()))
    leader.get_by_role("link", name="Warnings", exact=True).click()
    leader.wait_for_url("**/warnings")
    leader.go_back()
    expect(leader.locator("h1")).to_contain_text("open warnings")
    leader.goto(site.url + "/sign-out")
    leader.get_by_role("button", name="Sign out").click()
    leader.wait_for_url("**/sign-in")
    expect(leader.get_by_role("heading")).to_have_text("Sign in")
    with leader.expect_navigation():
        leader.get_by_role("button", name="中文").press("Enter")
    assert leader.locator("html").get_attribute("lang") == "zh-CN"
    assert not watch.complaints
    assert not watch.outside
    for page in (leader, head):
        page.context.close()


@pytest.mark.parametrize("size", [pytest.param(DESK, id="desk", marks=tier.long), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("who", ["leader", "administrator"])
def test_every_page_in_english_is_accessible_and_fits(
    browser: Browser, site: Site, pictures: Path, who: str, size: dict[str, int]
) -> None:
    """Only here pages are drawn in English: words that are longer than Chinese ones, on the narrow screen, dark."""
    watch = Watch()
    page = opened(browser, site, VIEWERS[who], "en-GB", size, watch)
    for address in walk(page, site, who, pictures, "dark"):
        assert page.locator("html").get_attribute("lang") == "en", address
    assert not watch.complaints
    assert not watch.outside
    page.context.close()


def test_today_fits_one_screen_of_a_desk_in_english(browser: Browser, site: Site) -> None:
    page = opened(browser, site, LEADER, "en-GB", DESK, Watch())
    page.wait_for_selector("#warnings tbody tr")
    assert page.evaluate("document.querySelector('#main').getBoundingClientRect().bottom") <= DESK["height"]
    page.context.close()
