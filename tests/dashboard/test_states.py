"""Every state a page can be in is accessible: tabs, menus, filters, nothing to show, withheld, late, past, refused."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from dashboard.locale import text
from pipelines.core.domain import Role, Viewer
from tests.dashboard.published_city import LATE
from tests.dashboard.reader import Readers, assert_accessible, drawn, opened, unfold
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, head_of
from tests.dashboard.walk import Watch

pytestmark = pytest.mark.xdist_group("states")
AREA = "371503"
HEAD = head_of(AREA)
DUTY = Viewer(Role.CITY_DUTY, name="duty")
SPEAKER = Viewer(Role.CITY_ANALYST, name="one who turns to English")
PAST = "as_of=2026-11-24"


Reach = Callable[[Page], None]


@dataclass(frozen=True)
class State:
    """Who sees it, on which page, what is done there, and what is to be seen then."""

    who: Viewer
    address: str
    seen: str
    reach: Reach = lambda _: None


def today_tab(place: int) -> Reach:
    return lambda page: page.locator(".tabbed.today > [role=tablist] [role=tab]").nth(place).click()


def figure_tab(place: int) -> Reach:
    def reach(page: Page) -> None:
        page.locator(".figure").first.scroll_into_view_if_needed()
        page.locator(".figure [role=tab]").nth(place).click()

    return reach


def unfolded(page: Page) -> None:
    """Everything that can be folded is open, the header's menus aside, and every figure drawn."""
    drawn(page)
    unfold(page)


WHOLE = {"warning, all unfolded", "warning, an office's forms", "employers, all unfolded"}  # no part is the state


def menu(place: int) -> Reach:
    return lambda page: page.locator(".menu > summary").nth(place).click()


def drawing_cut_off(page: Page) -> None:
    page.route("**/figure?*", lambda route: route.abort())
    page.reload()
    page.locator(".figure").first.scroll_into_view_if_needed()


def other_language(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="English").click()
    page.wait_for_selector(".page main h1")


def skipped_to_content(page: Page) -> None:
    page.keyboard.press("Tab")


STATES = {
    "today, warnings": State(LEADER, "/", "#warnings tbody tr"),
    "today, matrix": State(LEADER, "/", ".grid td.level:visible", today_tab(1)),
    "today, map": State(LEADER, "/", ".mapped:visible", today_tab(2)),
    "today, another matrix": State(LEADER, "/?matrix=insured_leave", ".choice a[aria-current]:visible"),
    "today, an office's matrix": State(HEAD, "/", ".grid:visible", today_tab(1)),
    "skip link": State(LEADER, "/", ".skip:focus", skipped_to_content),
    "menu of areas": State(LEADER, "/", ".menu[open] ul:visible", menu(0)),
    "menu of topics": State(LEADER, "/", ".menu[open] ul:visible", menu(1)),
    "choice of the edition": State(LEADER, "/", ".edition[open] select:visible", menu(2)),
    "figure, chart": State(LEADER, f"/area/{AREA}", ".figure .main-svg:visible", figure_tab(0)),
    "figure, table": State(LEADER, f"/area/{AREA}", ".figure table:visible", figure_tab(1)),
    "figure, downloads": State(LEADER, f"/area/{AREA}", ".figure [data-picture]:visible", figure_tab(2)),
    "figure, about": State(LEADER, f"/area/{AREA}", ".figure .facts:visible", figure_tab(3)),
    "figure that does not come": State(LEADER, f"/area/{AREA}", ".figure:not(:has(.awaited))", drawing_cut_off),
    "figure without readings": State(LEADER, "/indicator/telecom_net_outflow", ".figure .empty", drawn),
    "warning, all unfolded": State(LEADER, "/warning/w0002", ".figure .main-svg", unfolded),
    "warning, an office's forms": State(HEAD, "/warning/w0006", ".handling form", unfolded),
    "warning of months": State(LEADER, "/warning/w0006", ".figure .main-svg", unfolded),
    "warning, withheld": State(AUDITOR, "/warning/w0002", ".facts", unfold),
    "warning, lifted": State(LEADER, "/warning/w0004", ".lifted", unfold),
    "warning, as it was": State(LEADER, f"/warning/w0002?{PAST}", ".banner.past", unfold),
    "employers, all unfolded": State(LEADER, "/employers", "main details[open]", unfolded),
    "data of one feed": State(LEADER, "/data?feed=benefit_claim", ".choice a[aria-current]"),
    "data of an office": State(HEAD, "/data", ".arrivals"),
    "data, withheld": State(AUDITOR, "/data", "#fresh"),
    "data, as they were": State(LEADER, f"/data?feed=benefit_claim&{PAST}", ".banner.past"),
    "forecasts of another indicator": State(LEADER, f"/forecasts?area={AREA}&indicator=insured_leave", ".panel"),
    "forecasts, for the public none": State(AUDITOR, "/forecasts", "main .empty"),
    "industry in one area": State(LEADER, f"/industry/C?area={LATE}", ".choice a[aria-current]"),
    "industry without a warning": State(LEADER, "/industry/H", "main .empty"),
    "audit trail, one act": State(AUDITOR, "/audit?act=sign_in", "table.audit"),
    "audit trail, nothing fits": State(AUDITOR, "/audit?who=nobody-at-all", "main .empty"),
    "delivery, nothing sent": State(DUTY, "/delivery", "main .empty"),
    "accounts, none": State(ADMINISTRATOR, "/accounts", "main .empty"),
    "late data, today": State(LEADER, "/", ".complete .tag.late"),
    "late data, area": State(LEADER, f"/area/{LATE}", ".roster-missing, .roster-overdue"),
    "withheld cells": State(AUDITOR, "/", ".grid td.withheld:visible", today_tab(1)),
    "withheld series": State(AUDITOR, f"/area/{AREA}", ".figure table:visible", figure_tab(1)),
    "past edition": State(LEADER, f"/?{PAST}", ".banner.past"),
    "the other language": State(SPEAKER, "/?matrix=insured_leave", "html[lang=en] .grid", other_language),
    "a day that is none": State(LEADER, "/?as_of=gestern", ".failed h1"),
    "a day without edition": State(LEADER, "/?as_of=1999-01-01", ".failed h1"),
    "no such page": State(LEADER, "/nothing", "main h1"),
    "another's area": State(HEAD, f"/area/{LATE}", "main h1"),
    "another role's page": State(LEADER, "/accounts", "main h1"),
}


ALONE = {"skip link", "figure that does not come", "the other language"}  # what is done there stays done
SAME_PAGE = sorted({(state.who, state.address) for name, state in STATES.items() if name not in ALONE}, key=str)


def states_of(who: Viewer, address: str) -> list[str]:
    """States of one page, those first that a page is in when it is opened, and menus, which cover the others, last."""
    names = [
        name for name, state in STATES.items() if (state.who, state.address) == (who, address) and name not in ALONE
    ]
    menus = [name for name in names if ".menu" in STATES[name].seen or ".edition" in STATES[name].seen]
    return [name for name in names if name not in menus] + menus


def assert_state(page: Page, name: str) -> None:
    state = STATES[name]
    state.reach(page)
    expect(page.locator(state.seen).first).to_be_visible()
    assert_accessible(page, name, "body" if name in WHOLE else state.seen)


@pytest.mark.parametrize(
    ("who", "address"), SAME_PAGE, ids=lambda one: one.name or one.role if isinstance(one, Viewer) else one
)
def test_the_states_of_a_page_are_accessible_and_fit_on_both_screens(
    readers: Readers, who: Viewer, address: str
) -> None:
    watch = Watch()
    page = readers.page(who, watch)
    opened(page, address)
    for name in states_of(who, address):
        assert_state(page, name)
    assert not watch.outside
    page.close()


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_state_that_takes_a_page_of_its_own_is_accessible_and_fits_on_both_screens(
    readers: Readers, name: str
) -> None:
    watch = Watch()
    page = readers.page(STATES[name].who, watch)
    opened(page, STATES[name].address)
    assert_state(page, name)
    assert not watch.outside
    page.close()


def test_a_fault_in_the_part_of_a_state_is_found(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, "/")
    page.locator("#warnings tbody td").last.evaluate("one => one.insertAdjacentHTML('beforeend', '<button></button>')")
    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible(page, "spoiled", "#warnings tbody tr")
    page.close()


def test_while_a_page_is_awaited_the_reader_is_told_so_accessibly(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    page.route("**/*dash_renderer*", lambda route: route.abort())  # what makes pages has not come
    page.goto("/no/such/page")  # the document of a page brings the page along
    expect(page.locator("main").first).to_be_visible()
    assert text("The page is being loaded.") in page.content()
    assert_accessible(page, "awaited")
    page.unroute_all(behavior="ignoreErrors")
    page.close()


def test_without_the_script_of_charts_a_page_is_accessible(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    page.route("**/*plotly*", lambda route: route.abort())
    opened(page, "/indicator/job_loss_rate")
    assert_accessible(page, "no charts")
    page.close()
