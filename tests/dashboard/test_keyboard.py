"""The keyboard reaches everything that can be worked on every page, in the order of the page, and one sees where it is."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import tier
from tests.dashboard.reader import Readers, drawn, opened, readers_of, unfold
from tests.dashboard.site import LEADER, Site
from tests.dashboard.walk import DESK, PHONE, VIEWERS, Watch, visited

pytestmark = pytest.mark.xdist_group("keyboard")
CONTRAST = 3.0  # WCAG 2.2, 1.4.11 and 2.4.13: of the mark of the focus against what is around it
THICKNESS = 2.0  # pixels, 2.4.13

# What can be worked, whether or not it can be reached: all that is seen of it, of a row of tabs the chosen one (arrow
# keys lead to the others), and whatever scrolls by itself.
CONTROLS = """() => {
  const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [contenteditable], [onclick],' +
    ' [role=button], [role=link], [role=tab], [role=checkbox], [role=menuitem], [tabindex="0"]';
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const scrolls = (one) => ['auto', 'scroll'].some((way) =>
    (getComputedStyle(one).overflowX === way && one.scrollWidth > one.clientWidth + 1) ||
    (getComputedStyle(one).overflowY === way && one.scrollHeight > one.clientHeight + 1));
  const isWorked = (one) => (one.matches(kinds) && !one.disabled) ||
    (one.localName !== 'html' && one.localName !== 'body' && one.localName !== 'textarea' && scrolls(one));
  const isOtherTab = (one) => one.matches('[role=tab][aria-selected=false]');
  window.controls = [...document.body.querySelectorAll('*')].filter((one) => isSeen(one) && isWorked(one) && !isOtherTab(one));
  return window.controls.map((one) => one.outerHTML.slice(0, 140));
}"""

# Where the focus is: its place among the controls (-1: none of them), how its mark looks, what lies on top of it.
STOP = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return null;
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (place) => {
    if (!place) return 'rgb(255, 255, 255)';
    const colour = getComputedStyle(place).backgroundColor;
    return (numbers(colour)[3] ?? 1) > 0 ? colour : behind(place.parentElement);
  };
  const marked = [one, one.parentElement].find((place) => getComputedStyle(place).outlineStyle !== 'none') ?? one;
  const style = getComputedStyle(marked);
  const [low, high] = [light(style.outlineColor), light(behind(marked.parentElement))].sort((a, b) => a - b);
  const box = one.getClientRects()[0];
  const middle = (from, to, most) => (Math.max(from, 0) + Math.min(to, most)) / 2;
  const onTop = document.elementFromPoint(middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
  return {
    place: window.controls.indexOf(one), html: one.outerHTML.slice(0, 140), isMarked: one.matches(':focus-visible'),
    thickness: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), contrast: (high + 0.05) / (low + 0.05),
    isOnTop: Boolean(onTop) && (one.contains(onTop) || onTop.closest('label')?.contains(one) === true),
  };
}"""


@pytest.fixture(scope="module")
def readers(browser: Browser, site: Site) -> Iterator[Readers]:
    with readers_of(browser, site) as found:
        yield found


# Notes, before each Tab key moves it, where the focus is: by then the browser has brought it into view.
NOTE_STOPS = f"""() => {{
  const stop = {STOP};
  window.stops = [];
  document.addEventListener('keydown', (event) => {{ if (event.key === 'Tab') window.stops.push(stop()); }}, true);
  document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex');
}}"""  # from where the next stop is the first
AT_ONCE = 12  # keys between two looks at what was noted


def walked(page: Page, controls: int) -> list[dict[str, Any]]:
    """Every stop of the Tab key from the top of the page until it leaves it or comes round."""
    page.evaluate(NOTE_STOPS)
    pressed = 0
    while pressed <= controls + 3 + AT_ONCE:
        for _ in range(AT_ONCE):
            page.keyboard.press("Tab")
        pressed += AT_ONCE
        noted = page.evaluate("window.stops")[1:]  # the first key is pressed at the top
        for place, stop in enumerate(noted):
            if stop is None or (place and stop["place"] == noted[0]["place"]):
                return list(noted[:place])
        if len(noted) < pressed - 1:  # a key beyond the end went to no element of the page
            return list(noted)
    pytest.fail(f"the Tab key does not leave the page: {[one['html'] for one in noted[-4:]]}")


def assert_walkable(page: Page, name: str) -> int:
    """The Tab key stops at every control once, in the order of the page, and each stop is marked and not covered.

    Returns how many controls there are.
    """
    controls = page.evaluate(CONTROLS)
    stops = walked(page, len(controls))
    reached = [one["place"] for one in stops]
    missed = [controls[place] for place in range(len(controls)) if place not in reached]
    assert not missed, (name, "not reached", missed)
    assert not [one["html"] for one in stops if one["place"] < 0], (name, "nothing to be worked")
    assert reached == sorted(set(reached)), (name, "order", [controls[place] for place in reached])
    faint = [
        (one["html"], one["thickness"], round(one["contrast"], 1))
        for one in stops
        if not one["isMarked"] or one["thickness"] < THICKNESS or one["contrast"] < CONTRAST
    ]
    assert not faint, (name, "the focus is not seen", faint)
    covered = [one["html"] for one in stops if not one["isOnTop"]]
    assert not covered, (name, "covered", covered)
    return len(controls)


@pytest.mark.parametrize(
    ("who", "size"), [*((who, DESK) for who in VIEWERS), pytest.param("leader", PHONE, marks=tier.long)], ids=str
)
def test_the_tab_key_stops_at_everything_that_can_be_worked(
    readers: Readers, site: Site, who: str, size: dict[str, int]
) -> None:
    """Only here keys are pressed all the way through pages: what a mouse reaches and they do not, marks that are covered."""
    page = readers.page(VIEWERS[who], Watch(), size=size)
    for address in visited(site, who):
        opened(page, address)
        drawn(page)
        assert assert_walkable(page, f"{address} {who}") >= 10
    page.close()


def test_what_is_unfolded_is_walked_too(readers: Readers) -> None:
    page = readers.page(VIEWERS["head"], Watch())
    opened(page, "/warning/w0006")
    drawn(page)
    unfold(page)
    assert assert_walkable(page, "a warning, all unfolded") > 20
    page.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_each_menu_is_walked_while_it_is_open(readers: Readers, size: dict[str, int]) -> None:
    page = readers.page(LEADER, Watch(), size=size)
    for place in range(3):
        opened(page, "/rules")
        summary = page.locator(".menu > summary").nth(place)
        summary.focus()
        page.keyboard.press("Enter")
        page.evaluate(CONTROLS)
        inside = page.locator(".menu").nth(place).locator("a, select, button").count()
        assert inside > 1
        for _ in range(inside):
            page.keyboard.press("Tab")
            stop = page.evaluate(STOP)
            assert page.evaluate("document.activeElement.closest('.menu[open]') !== null"), stop
            assert stop["isMarked"], stop
            assert stop["isOnTop"], stop
            assert stop["contrast"] >= CONTRAST, stop
    page.close()


def test_the_doors_are_walked(readers: Readers) -> None:
    page = readers.page(None, Watch())
    for address in ("/sign-in", "/sign-in/made-up"):
        opened(page, address)
        assert assert_walkable(page, address) >= 1
    page.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("document.querySelector('.who a').tabIndex = -1", "not reached"),
        ("document.querySelector('.who a').tabIndex = 2", "order|not reached"),
        ("document.querySelector('h1').tabIndex = 0; document.querySelector('h1').style.outline = 'none'", "not seen"),
        (
            "document.querySelector('.top').insertAdjacentHTML('beforeend', '<p style=\"position:fixed;inset:0\"></p>')",
            "covered",
        ),
    ],
)
def test_the_walk_finds_what_it_looks_for(readers: Readers, change: str, said: str) -> None:
    """The measure itself: each fault that it stands against is found on a page into which it was put."""
    page = readers.page(LEADER, Watch())
    opened(page, "/rules")
    page.evaluate(f"() => {{ {change} }}")
    with pytest.raises(AssertionError, match=said):
        assert_walkable(page, "spoiled")
    page.close()
