"""Today in one screen: a chief's questions are answered without a click, and who is on a warning is as of now."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import event

from dashboard.locale import count, short_day, text
from dashboard.web.security.trail import TRAIL
from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.core.region import load as regions
from pipelines.ledger.audit_trail.trail import SYSTEM, ActContext
from pipelines.ledger.workflow import acknowledgement, steps
from pipelines.ledger.workflow.steps import Subject
from pipelines.published import read as door
from pipelines.published.read import edition_in_force, read
from tests.dashboard.asked import page_asked, props, signed_in
from tests.dashboard.published_city import REGION, City
from tests.dashboard.site import LEADER, Site, clock_at, head_of, served
from tests.permitted import PERMISSIONS

pytestmark = pytest.mark.xdist_group("today")
AREA = "371503"
POST = "示例岗位甲"


@pytest.fixture
def place(city: City, tmp_path: Path) -> Iterator[Site]:
    """The small city with a ledger of its own."""
    shutil.copytree(city.published, tmp_path / "published")
    with served(tmp_path) as running:
        yield running


def handle(place: Site) -> str:
    """Confirm a warning of the area and take it on; returns its identity."""
    published = place.settings.published
    found = read("open_warning", LEADER, published=published)
    row = next(found[(found["area"] == AREA) & (found["level"] >= Level.YELLOW)].itertuples(index=False))
    subject = Subject(row.episode_id, edition_in_force(published).edition_id, AREA, Level(row.level), is_city=False)
    head = head_of(AREA)
    transition = regions.load(REGION).transition
    steps.apply_transition(
        place.ledger, transition, ActContext(head, SYSTEM, datetime.now(UTC), "属实"), subject, State.CONFIRMED
    )
    clerk = Viewer(Role.COUNTY_CLERK, frozenset({AREA}), "clerk")
    acknowledgement.acknowledge(
        place.ledger, PERMISSIONS, ActContext(clerk, SYSTEM, datetime.now(UTC)), subject, "chiping", POST, 7
    )
    return str(row.episode_id)


def test_a_chief_reads_where_why_since_when_how_sure_how_complete_and_who_on_one_screen(
    place: Site, browser: Browser
) -> None:
    own = handle(place)
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    with clock_at(place, "2026-11-25T12:00"):  # the edition that is due is there
        page.goto(place.link(LEADER))
        page.get_by_role("button").first.click()
        page.wait_for_selector("main#main h1")
    assert page.evaluate("document.querySelector('#main').getBoundingClientRect().bottom") <= 768
    warning = read("warning", LEADER, published=place.settings.published, episode_id=own).iloc[0]
    line = page.locator("#warnings tr", has=page.locator(f"a[href='/warning/{own}']")).inner_text()
    assert short_day(warning["opened_on"].date()) in line
    assert warning["rule_title"] in line
    assert count(warning["people"]) in line
    assert text("confirmed") in line
    assert text("handled by {who}", who=POST) in line
    assert page.locator(".complete").inner_text().startswith(text("data incomplete"))
    first = page.locator(".counties tbody tr").first.inner_text()
    assert any(text(level) in first for level in ("Red", "Orange", "Yellow", "Blue"))
    for tab in page.locator(".today > [role=tablist] [role=tab]").all():
        tab.click()
    picture = page.locator("svg.map")
    assert picture.is_visible()
    drawn = picture.text_content() or ""
    assert text("Red") in drawn or text("Orange") in drawn or text("Yellow") in drawn
    context.close()


def test_any_of_the_last_editions_can_be_chosen(place: Site) -> None:
    client = signed_in(place, LEADER)
    told = page_asked("/forecasts").of(client)[2]
    given = props(json.loads(told))
    options = {one["value"] for one in given if str(one.get("value", "")).startswith("2026-11-")}
    assert len(options) > 20


def test_an_office_is_shown_no_map_on_which_others_would_look_quiet(place: Site) -> None:
    assert text("Map") in json.dumps(json.loads(page_asked("/").of(signed_in(place, LEADER))[2]), ensure_ascii=False)
    own = json.loads(page_asked("/").of(signed_in(place, head_of(AREA)))[2])
    assert f'"{text("Map")}"' not in json.dumps(own, ensure_ascii=False)


def test_who_is_on_a_warning_is_as_of_now_and_what_people_do_is_no_reason_to_make_the_page_anew(place: Site) -> None:
    client = signed_in(place, LEADER)
    before = page_asked("/").of(client)[2]
    own = handle(place)
    after = json.loads(page_asked("/").of(client)[2])
    told = json.dumps(after, ensure_ascii=False)
    assert POST not in json.dumps(json.loads(before), ensure_ascii=False)
    assert POST in told
    assert own in told
    of_area = json.loads(page_asked(f"/area/{AREA}").of(client)[2])
    assert POST in json.dumps(of_area, ensure_ascii=False)
    elsewhere = page_asked("/").of(signed_in(place, head_of("371522")))[2]
    assert POST not in json.dumps(json.loads(elsewhere), ensure_ascii=False)
    door.close()


def test_who_is_on_warnings_is_asked_once_until_somebody_acts_or_a_minute_passes(place: Site) -> None:
    statements: list[str] = []
    engine = place.app.server.config[TRAIL].ledger.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2].lower()))

    def asks(client: FlaskClient) -> bool:
        statements.clear()
        page_asked("/").of(client)
        return any("from warning_step" in one for one in statements)

    leader, analyst = signed_in(place, LEADER), signed_in(place, Viewer(Role.CITY_ANALYST, name="another"))
    head = signed_in(place, head_of(AREA))
    with clock_at(place, "2026-11-25T12:00:10"):
        assert asks(leader)
        assert not asks(analyst)
        assert asks(head), "of another scope"
        handle(place)
        assert asks(leader)
        assert not asks(leader)
    with clock_at(place, "2026-11-25T12:00:59"):
        assert not asks(leader)
    with clock_at(place, "2026-11-25T12:01:00"):
        assert asks(leader)
