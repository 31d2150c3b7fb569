"""What people do on the site is entered in the audit trail, and the auditor, nobody else, reads it there."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import duckdb
import pandas as pd
import pytest
import requests
from playwright.sync_api import Browser

from dashboard.locale import text
from dashboard.web.data import has_small_cell
from dashboard.web.security.request_body import callback_address
from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor, Entry, Result
from pipelines.ledger.audit_trail.verification import verify_chain
from pipelines.published import read as door
from tests.dashboard.published_city import CLOSING, SUSPECTED, City
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of, served
from tests.faults.watcher import PAGE

pytestmark = pytest.mark.xdist_group("audit_page")
OWN, OTHER = "371503", "371502"


def signed_in(site: Site, viewer: Viewer) -> requests.Session:
    session = requests.Session()
    session.headers["Origin"] = site.url
    address = site.link(viewer)
    session.get(address)
    assert session.post(address, json={}).json() == {"to": "/"}
    return session


def opened(site: Site, session: requests.Session, path: str, query: str = "") -> str:
    """A page as a browser asks for it; returns what the callback answers."""
    asked = {**PAGE, "inputs": [PAGE["inputs"][0] | {"value": path}, PAGE["inputs"][1] | {"value": query}]}  # type: ignore[index,operator]
    answer = session.post(f"{site.url}/_dash-update-component", json=asked)
    assert answer.status_code == 200
    return json.dumps(answer.json(), ensure_ascii=False)


@pytest.fixture
def since(site: Site) -> Callable[[], list[Entry]]:
    """Entries that came after the test began, oldest first."""
    last = trail.head(site.ledger)
    before = last.seq if last else 0
    return lambda: [entry for entry in reversed(trail.entries(site.ledger)) if entry.seq > before]


Since = Callable[[], list[Entry]]


def of(entries: list[Entry], act: Act) -> list[Entry]:
    return [entry for entry in entries if entry.act == act]


@pytest.mark.requirement("16.2.1", "16.3.1")
def test_signing_in_and_out_are_entered_with_name_and_address(site: Site, since: Since) -> None:
    session = signed_in(site, head_of(OWN))
    session.post(f"{site.url}/sign-out", json={})
    session.post(f"{site.url}/sign-out", json={})
    told = [(entry.act, entry.who, entry.source) for entry in since() if entry.act != Act.LINK]
    assert told[:2] == [("sign_in", "county_head:head", "127.0.0.1"), ("sign_out", "county_head:head", "127.0.0.1")]
    assert of(since(), Act.SIGN_OUT) == [since()[2]], "once"
    assert since()[1].details == since()[2].details, "the same session"


def test_signing_in_again_enters_the_end_of_the_session_before(site: Site, since: Since) -> None:
    session = signed_in(site, LEADER)
    session.post(site.link(LEADER), json={})
    assert [entry.act for entry in since()] == ["link", "sign_in", "link", "sign_in", "sign_out"]


@pytest.mark.requirement("14.2.1")
def test_a_spent_link_is_entered_without_its_secret(site: Site, since: Since) -> None:
    address = site.link(LEADER)
    requests.post(address, json={}, headers={"Origin": site.url}, timeout=10)
    requests.post(address, json={}, headers={"Origin": site.url}, timeout=10)
    entries = since()
    refusal = of(entries, Act.REFUSAL)[-1:]
    if refusal:  # another test of the same minute may have entered the reason before
        assert (refusal[0].who, refusal[0].target) == ("stranger", "/sign-in")
    secret = address.rsplit("/", 1)[1]
    assert all(secret not in entry.target + entry.details + entry.who for entry in entries)


def test_a_download_is_entered_with_what_was_asked_and_how_much_it_was(site: Site, since: Since) -> None:
    session = signed_in(site, head_of(OWN))
    body = session.get(f"{site.url}/download/readings.csv?area={OWN}&grain=week&x=1").content.decode("utf-8-sig")
    (entry,) = of(since(), Act.EXPORT)
    told = json.loads(entry.details)
    assert (entry.who, entry.target, entry.result) == ("county_head:head", "readings.csv", "done")
    assert told == {
        "area": OWN, "grain": "week", "edition": "2026-11-25.1", "rows": len(body.splitlines()) - 1,
        "session": told["session"],
    }  # fmt: skip


@pytest.mark.requirement("16.5.3")
def test_a_download_that_cannot_be_entered_is_not_given(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = signed_in(site, LEADER)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(trail, "write_entry", full)
    assert session.get(f"{site.url}/download/warnings.csv").status_code == 500


@pytest.mark.requirement("16.3.2")
def test_what_is_out_of_scope_is_entered_as_a_refusal(site: Site, since: Since) -> None:
    session = signed_in(site, head_of(OWN))
    for _ in range(3):
        opened(site, session, f"/area/{OTHER}")
    opened(site, session, "/nothing")
    session.get(f"{site.url}/download/readings.csv?area={OTHER}&grain=day")
    refused = of(since(), Act.REFUSAL)
    targets = [entry.target for entry in refused]
    assert list(dict.fromkeys(targets)) == [f"/area/{OTHER}", "/nothing", "/download/readings.csv"]
    assert len(targets) <= 4, "a page asked for again in the same minute is entered once"
    assert {(entry.who, entry.result) for entry in refused} == {("county_head:head", "refused")}


def test_a_bureaus_view_of_a_small_cell_is_entered_once_a_page_and_session(site: Site, since: Since) -> None:
    session = signed_in(site, LEADER)
    for path in ("/", f"/area/{OWN}", "/", f"/area/{OWN}"):
        opened(site, session, path)
    seen = of(since(), Act.SMALL_CELL_VIEW)
    assert [(entry.who, entry.target) for entry in seen] == [
        ("city_leader:leader", "/"), ("city_leader:leader", f"/area/{OWN}"),
    ]  # fmt: skip
    opened(site, signed_in(site, LEADER), "/")
    assert len(of(since(), Act.SMALL_CELL_VIEW)) == 3, "another session"


def test_offices_and_auditors_are_given_no_small_cell_to_enter(site: Site, since: Since) -> None:
    for viewer in (head_of(OWN), AUDITOR):
        opened(site, signed_in(site, viewer), "/")
    assert not of(since(), Act.SMALL_CELL_VIEW)


@pytest.mark.parametrize(
    ("least", "value", "is_small"),
    [(10, 9, True), (10, 10, False), (20, 15, True), (20, 19, True), (20, 20, False), (10, 1, True), (10, 0, False),
     (10, -1, True), (10, -9, True), (10, -10, False), (10, None, False), (5, 5, False)],
)  # fmt: skip
def test_a_small_cell_is_a_count_that_is_not_none_and_below_the_regions_bound(
    monkeypatch: pytest.MonkeyPatch, least: int, value: float | None, is_small: bool
) -> None:
    monkeypatch.setattr("dashboard.web.data.least_persons", lambda: least)
    assert has_small_cell(pd.DataFrame({"area": ["a", "b"], "came": [250, value]}), ("came",)) is is_small


@pytest.mark.parametrize(("least", "is_entered"), [("20", True), ("10", False)])
def test_the_bound_is_the_one_the_edition_names(city: City, tmp_path: Path, least: str, is_entered: bool) -> None:
    """Marks and forecasts hold counts under other names: all of one area are 15, or a fall by 15."""
    shutil.copytree(city.published, tmp_path / "published")
    for file in (tmp_path / "published").glob("*/*.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute("update manifest set value = $1 where key = 'least_persons'", [least])
            con.execute("update reading set numerator = 15 * sign(numerator), units = 15, value = 15")
            con.execute("update episode set observed = 15, people = 15")
            for table, columns in (("announced_event", "jobs employers"), ("nowcast", "value"), ("score", "observed"),
                                   ("employer", "insured"), ("revision", "value value_before")):  # fmt: skip
                there = con.execute("select 1 from duckdb_tables() where table_name = $1", [table]).fetchall()
                for column in columns.split() if there else ():
                    con.execute(f"update {table} set {column} = 15 where {column} is not null")
    with served(tmp_path) as place:
        opened(place, signed_in(place, LEADER), f"/area/{OWN}")
        seen = trail.entries(place.ledger, act=Act.SMALL_CELL_VIEW)
        assert [entry.target for entry in seen] == ([f"/area/{OWN}"] if is_entered else [])
    door.close()


@pytest.mark.parametrize("path", ["/manual", "/glossary", "/account"])
def test_a_page_without_figures_of_its_own_is_no_view_of_a_small_cell(site: Site, since: Since, path: str) -> None:
    """Whoever came first had seen small cells before the parts of the frame were made: they hold none of their own."""
    session = signed_in(site, LEADER)
    opened(site, session, "/")
    opened(site, session, path)
    assert {entry.target for entry in of(since(), Act.SMALL_CELL_VIEW)} == {"/"}


@pytest.mark.parametrize("viewer", [LEADER, head_of(OWN), Viewer(Role.COUNTY_CLERK, frozenset({OWN}), "clerk")])
def test_whoever_sees_an_employer_by_name_is_entered_with_its_code(site: Site, since: Since, viewer: Viewer) -> None:
    session = signed_in(site, viewer)
    for _ in range(2):
        opened(site, session, "/employers")
    opened(site, session, "/glossary")
    seen = of(since(), Act.EMPLOYER_SEEN)
    assert [entry.target for entry in seen] == ["/employers"]
    codes = set(json.loads(seen[0].details)["employers"].split())
    assert CLOSING[0] in codes
    assert (SUSPECTED[0] in codes) is (viewer == LEADER), "of another county"


def test_who_is_shown_no_employer_is_not_entered(site: Site, since: Since) -> None:
    session = signed_in(site, AUDITOR)
    for path in ("/", "/warnings", f"/area/{OWN}", "/warning/w0001"):
        opened(site, session, path)
    assert not of(since(), Act.EMPLOYER_SEEN)


def test_a_page_whose_view_cannot_be_entered_is_not_given(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = signed_in(site, head_of(OWN))

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(trail, "_insert_entry", full)
    for path in ("/employers", "/warnings"):
        answer = session.get(site.url + path, headers={"Accept": "text/html"})
        assert answer.status_code == 500
        assert CLOSING[1] not in answer.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "0000-00-00"])
def test_the_first_and_the_last_day_there_are_are_answered(site: Site, day: str) -> None:
    session = signed_in(site, AUDITOR)
    assert session.get(f"{site.url}/download/audit.csv?since={day}").status_code in {200, 404}
    assert text("Something went wrong on our side. It has been recorded; please try again later.") not in opened(
        site, session, "/audit", f"?since={day}"
    )


@pytest.mark.requirement("16.3.2")
@pytest.mark.parametrize("path", ["/accounts/new", "/data/upload"])
def test_who_is_refused_does_not_choose_what_the_trail_says_it_was(site: Site, since: Since, path: str) -> None:
    session = signed_in(site, Viewer(Role.AUDITOR, frozenset(), "chooser"))
    named = {"inputs": [{"id": "_pages_location", "property": "pathname", "value": "/chosen"}]}
    session.post(f"{site.url}{path}", json=named, headers={"Origin": "http://evil.example.com"})
    session.post(f"{site.url}{path}", json=named)
    assert {entry.target for entry in of(since(), Act.REFUSAL)} == {path}


@pytest.mark.parametrize("value", [7, None, "", "chosen", "/a\nb", "/" + "a" * 2000, {"a": "/"}])
def test_what_is_no_address_of_a_page_is_entered_as_dashs_own(site: Site, value: object) -> None:
    given = [{"id": "_pages_location", "property": "pathname", "value": value}, PAGE["inputs"][1]]  # type: ignore[index]
    assert callback_address({"inputs": given}) is None
    answer = signed_in(site, LEADER).post(f"{site.url}/_dash-update-component", json={**PAGE, "inputs": given})
    assert answer.status_code == (200 if isinstance(value, str) and value.startswith("/") else 400)


@pytest.mark.requirement("M2", "8.2.1", "16.4.2")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_nobody_but_the_auditor_opens_the_trail(site: Site, since: Since, role: Role) -> None:
    areas = frozenset({OWN}) if role in {Role.COUNTY_HEAD, Role.COUNTY_CLERK} else frozenset[str]()
    session = signed_in(site, Viewer(role, areas, "x"))
    for path in ("/audit", "/audit/", "/download/audit.csv"):
        answer = session.get(site.url + path)
        assert answer.status_code == 403
        assert "审计记录" not in answer.text
    shown = opened(site, session, "/audit")
    assert "不能打开" in shown
    assert "127.0.0.1" not in shown
    assert {json.loads(entry.details)["why"] for entry in of(since(), Act.REFUSAL)} == {"other_role"}


def test_the_auditor_filters_by_address_and_downloads_what_is_found(site: Site, since: Since) -> None:
    name = "=HYPERLINK(1)"
    trail.write_entry(
        site.ledger, Act.PURGE, Actor("command_line:审计甲", "-1+1"), name, datetime.now(UTC), result=Result.FAILED
    )
    session = signed_in(site, AUDITOR)
    answer = session.get(f"{site.url}/download/audit.csv?who={quote('审计甲')}&act=purge&since=2026-01-01")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["行为人"], row["名称"], row["对象"], row["来自"], row["结果"]) for row in rows] == [
        ("命令行", "审计甲", f"'{name}", "'-1+1", "失败")
    ]
    exported = of(since(), Act.EXPORT)[-1]
    assert (exported.who, exported.target) == ("auditor:auditor", "audit.csv")
    for wrong in ("since=gestern", "act=theft", "before=x"):
        assert session.get(f"{site.url}/download/audit.csv?{wrong}").status_code == 404


def test_the_page_shows_filters_and_turns_over_with_the_keyboard_on_a_phone(
    browser: Browser, site: Site, pictures: Path | None
) -> None:
    for number in range(130):
        trail.write_entry(
            site.ledger, Act.RESTATE, Actor("command_line:翻页", "host"), f"feed {number}", datetime.now(UTC)
        )
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    site.sign_in(context, AUDITOR)
    page = context.new_page()
    page.goto(f"{site.url}/audit?who={quote('翻页')}")
    page.wait_for_selector(".audit tbody tr")
    assert page.locator(".audit tbody tr").count() == 100
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if pictures:
        page.screenshot(path=pictures / "audit_phone_filtered.png")
    older = page.get_by_role("link", name="更早的记录")
    older.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**before=*")
    page.wait_for_selector(".audit tbody tr")
    assert page.locator(".audit tbody tr").count() == 30
    page.locator("#audit-since").focus()
    page.keyboard.type("2020-01-01")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "查询"
    page.keyboard.press("Enter")
    page.wait_for_url("**since=2020-01-01*")
    page.wait_for_selector(".audit tbody tr")
    assert page.locator(".audit tbody tr").count() == 100
    page.goto(f"{site.url}/audit?since=gestern")
    page.wait_for_selector(".failed h1")
    context.close()


def test_the_trail_of_all_these_tests_holds(site: Site) -> None:
    assert verify_chain(site.ledger, []).breach == ""
