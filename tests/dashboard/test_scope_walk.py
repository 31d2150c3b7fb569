"""What one county's viewer gets from anywhere: no other county's name, code, employer or figure."""

import csv
import io
import json
import re
from urllib.parse import unquote

import pytest
import requests
from playwright.sync_api import Browser, Request, Response

from pipelines.core.domain import Viewer
from tests.dashboard.published_city import CITY, CLOSING, LATE, SUSPECTED, City
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of
from tests.dashboard.walk import visited

pytestmark = pytest.mark.xdist_group("scope_walk")
OWN = "371503"
DOWNLOADS = [
    "/download/matrix.csv",
    "/download/matrix.csv?indicator=insured_leave",
    "/download/warnings.csv",
    f"/download/readings.csv?area={OWN}&grain=day",
    f"/download/readings.csv?area={CITY}&grain=week",
    f"/download/readings.csv?area={CITY}&grain=day",
]


def foreign_words(city: City) -> list[str]:
    """Names, codes and employers of all other counties."""
    others = [code for code in city.units if code != OWN]
    return [*others, *[city.names[code] for code in others], SUSPECTED[0], SUSPECTED[1]]


def client(site: Site, viewer: Viewer) -> requests.Session:
    """A signed-in plain client."""
    session = requests.Session()
    address = site.link(viewer)
    session.get(address)
    session.post(address, json={}, headers={"Origin": site.url})
    return session


def rows(answer: requests.Response) -> list[dict[str, str]]:
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.requirement("8.2.2")
def test_no_answer_to_a_countys_viewer_speaks_of_another_county(browser: Browser, site: Site, city: City) -> None:
    """Only here the browser itself says what it asks for: an answer of which `asked.everything` does not know."""
    bodies: dict[str, str] = {}

    def keep(response: Response | None) -> None:
        if response is None or not response.url.startswith(site.url) or "_dash-component-suites" in response.url:
            return
        if response.status < 300 and "json" in response.headers.get("content-type", "") + "json":
            bodies[f"{response.url} {response.request.post_data or ''}"] = response.text()

    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    site.sign_in(context, head_of(OWN))
    page = context.new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.insert(0, request))
    foreign = [f"/area/{code}" for code in city.units if code != OWN] + ["/warning/w0003", "/warning/w0007"]
    for address in [*visited(site, "head"), *foreign, "/?as_of=2026-11-24", "/?matrix=insured_leave"]:
        page.goto(site.url + address)
        page.wait_for_selector(".page main h1")
        page.wait_for_load_state("networkidle")
        while finished:  # while the page is there: the browser forgets the bodies with it
            keep(finished.pop().response())
    context.close()
    assert len(bodies) > 15
    for asked, body in bodies.items():
        answered = json.dumps(json.loads(body), ensure_ascii=False) if body.startswith("{") else body
        for word in foreign_words(city):
            assert word not in answered, (asked, word)


@pytest.mark.requirement("6.3.4", "8.4.1")
def test_every_route_of_the_server_keeps_to_the_scope(site: Site, city: City) -> None:
    session = client(site, head_of(OWN))
    routes = {rule.rule for rule in site.app.server.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert {"/download/<name>.<any(csv, xlsx):form>", "/figure", "/_dash-layout"} <= routes
    plain = {route for route in routes if "<" not in route and "sign-out" not in route}
    for address in [*sorted(plain), *DOWNLOADS, *[f"{one}&as_of=2026-11-24" for one in DOWNLOADS if "?" in one]]:
        answer = session.get(site.url + address)
        assert answer.status_code < 500 or address == "/readyz", address  # which says how old this city's edition is
        for word in foreign_words(city):
            assert word not in answer.content.decode("utf-8", "ignore"), (address, word)


@pytest.mark.requirement("8.2.2")
def test_a_download_of_another_county_is_refused(site: Site) -> None:
    session = client(site, head_of(OWN))
    for address in (f"/download/readings.csv?area={LATE}&grain=day", "/download/readings.csv", "/download/secret.csv"):
        assert session.get(site.url + address).status_code == 404


@pytest.mark.requirement("13.4.5")
def test_without_a_session_there_is_no_download_and_no_page_content(site: Site) -> None:
    for address in DOWNLOADS:
        answer = requests.get(site.url + address, allow_redirects=False, timeout=10)
        assert answer.status_code in {303, 401}


def test_a_county_downloads_of_its_own_area_what_the_bureau_downloads(site: Site) -> None:
    address = f"{site.url}/download/readings.csv?area={OWN}&grain=day"
    assert client(site, head_of(OWN)).get(address).content == client(site, LEADER).get(address).content


@pytest.mark.requirement("3.2.1", "5.4.1", "5.4.2")
def test_a_download_has_a_byte_order_mark_a_chinese_name_and_plain_numbers(site: Site) -> None:
    answer = client(site, LEADER).get(f"{site.url}/download/warnings.csv")
    named = re.search(r"filename\*=UTF-8''(\S+)", answer.headers["Content-Disposition"])
    assert named is not None
    assert unquote(named[1]) == "当前预警_2026-11-25.1.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    closing = next(row for row in rows(answer) if row["企业"] == CLOSING[1])
    assert (closing["影响人数"], closing["实际"], closing["区域代码"]) == ("236", "236", "371503")
    assert {row["规则版本"] for row in rows(answer)} == {""}, "published before versions were kept"


def test_the_general_file_is_all_that_an_auditor_downloads(site: Site) -> None:
    session = client(site, AUDITOR)
    assert not rows(session.get(f"{site.url}/download/readings.csv?area={OWN}&grain=day"))
    listed = rows(session.get(f"{site.url}/download/warnings.csv"))
    assert all(row["企业"] == "" for row in listed)
    cells = rows(session.get(f"{site.url}/download/matrix.csv"))
    assert "C 不公开" in {row["实际"] for row in cells}
    assert {row["预期"] for row in cells} == {""}
