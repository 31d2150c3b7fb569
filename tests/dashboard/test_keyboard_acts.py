"""Each kind of control does its thing by the keyboard alone: nobody touches a mouse in this file."""

import pytest
from playwright.sync_api import FileChooser, Locator, Page, expect

from dashboard.locale import text
from tests.dashboard.published_city import LATE
from tests.dashboard.reader import Readers, drawn, opened
from tests.dashboard.sending import CLERK, DAY, FEED, good
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, head_of
from tests.dashboard.walk import PHONE, Watch
from tests.pipeline.ingest_place import CLAIM_HEADER, claim, csv

pytestmark = pytest.mark.xdist_group("keyboard_acts")
AREA = "371503"
HEAD = head_of(AREA)


# Give the focus to what can be worked a few stops before the goal (after it, backwards), if there is so much.
COME_NEAR = """(goal, stops) => {
  const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  const worked = [...document.querySelectorAll(kinds)].filter((one) => !one.disabled && one.tabIndex >= 0 &&
    one.checkVisibility({ visibilityProperty: true }));
  worked[worked.indexOf(goal) + stops]?.focus();
}"""
FAR = 200


def reach(page: Page, goal: Locator, most: int = FAR, key: str = "Tab") -> None:
    """Press Tab, so many times at most, until the goal has the focus.

    A goal that may be far away is come near before: that keys lead from the top of a page to its end is the matter of
    ``test_keyboard``.
    """
    if most == FAR:
        goal.evaluate(COME_NEAR, -5 if key == "Tab" else 5)
    for _ in range(most):
        page.keyboard.press(key)
        if goal.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{goal} is not reached")


def turn_to(page: Page, choice: Locator, value: str) -> None:
    """Press the arrow down until a choice that has the focus says so."""
    for _ in range(choice.locator("option").count()):
        if choice.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"{value} cannot be chosen")


def wait_for(page: Page, found: list[FileChooser], seconds: int = 30) -> None:
    """Until there is something."""
    for _ in range(seconds * 10):
        if found:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"nothing came; the focus is on {page.evaluate('document.activeElement.outerHTML')[:200]}")


def test_the_first_stop_leads_to_the_content(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, "/warnings")
    reach(page, page.locator(".skip"), 1)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main a").first).to_be_focused()
    page.close()


def test_a_menu_opens_and_its_link_leads_on(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, "/")
    reach(page, page.locator(".menu > summary").first)
    page.keyboard.press("Enter")
    link = page.locator(".menu[open] a").first
    reach(page, link, 1)
    name = link.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/area/*")
    expect(page.locator("main h1")).to_contain_text(name)
    page.close()


def test_another_edition_is_chosen_and_shown(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, "/")
    reach(page, page.locator(".edition > summary"))
    page.keyboard.press("Enter")
    reach(page, page.locator(".edition select"), 1)
    turn_to(page, page.locator(".edition select"), "2026-11-24")
    reach(page, page.locator(".edition button"), 1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?as_of=2026-11-24")
    expect(page.locator(".banner.past")).to_be_visible()
    page.close()


def test_the_other_language_is_chosen(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, "/warnings")
    for name, of in (("English", "en"), ("中文", "zh-CN")):
        reach(page, page.get_by_role("button", name=name))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", of)
        page.wait_for_selector(".page main h1")
    page.close()


def test_tabs_turn_by_arrows_and_what_is_behind_them_is_next(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, f"/area/{AREA}")
    drawn(page)
    figure = page.locator(".figure").first
    tabs = figure.get_by_role("tab")
    reach(page, tabs.first)
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(figure.get_by_role("table")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(figure.locator("[role=tabpanel] a").first).to_be_focused()
    with page.expect_download() as file:
        page.keyboard.press("Enter")
    assert file.value.suggested_filename.endswith(".csv")
    reach(page, figure.locator("[data-picture=svg]"), 6)
    with page.expect_download() as file:
        page.keyboard.press("Enter")
    assert file.value.suggested_filename.endswith(".svg")
    page.close()


def test_a_wide_table_scrolls_by_arrows(readers: Readers) -> None:
    page = readers.page(LEADER, Watch(), size=PHONE)
    opened(page, "/warning/w0002")
    frame = page.locator(".scrolling", has_text=text("Said on"))
    assert frame.evaluate("one => one.scrollWidth > one.clientWidth + 100")
    reach(page, frame)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    page.close()


def test_entries_are_chosen_by_a_filter_and_taken_along(readers: Readers) -> None:
    page = readers.page(AUDITOR, Watch())
    opened(page, "/audit")
    reach(page, page.locator("[name=who]"))
    page.keyboard.type("auditor")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit?**who=auditor**")
    page.wait_for_selector("table.audit")
    assert page.locator("table.audit tbody tr").count() > 0
    reach(page, page.locator(".filters .download"))
    with page.expect_download():
        page.keyboard.press("Enter")
    page.close()


def test_an_account_is_opened_and_closed_again_with_a_question(readers: Readers) -> None:
    page = readers.page(ADMINISTRATOR, Watch())
    opened(page, "/accounts")
    fields = page.locator("[action='/accounts/new']")
    for name, said in (("name", "zhao.liu"), ("person", "赵六")):
        reach(page, fields.locator(f"[name={name}]"))
        page.keyboard.type(said)
    reach(page, fields.get_by_role("button"))
    page.keyboard.press("Enter")
    expect(fields.locator("[role=status] code")).to_be_visible()
    opened(page, "/accounts")
    closing = page.locator("form[action$='/disable'] button")
    reach(page, closing)
    page.keyboard.press("Space")
    reach(page, page.locator("dialog.question button").last, 1)
    with page.expect_navigation():
        page.keyboard.press("Space")
    page.wait_for_selector(".page main h1")
    expect(page.locator("form[action$='/enable'] button")).to_be_visible()
    page.close()


def test_a_warning_is_dismissed_by_keys_only_with_grounds_and_after_a_question(readers: Readers) -> None:
    page = readers.page(HEAD, Watch())
    opened(page, "/warning/w0006")
    fold = page.locator("details.step", has=page.locator("form[data-key='step dismissed']"))
    step, send = fold.locator("form"), fold.locator("form button")
    reach(page, fold.locator("summary"))
    page.keyboard.press("Enter")
    reach(page, step.locator("[name=cause]"), 1)
    page.keyboard.press("ArrowDown")
    reach(page, send, 2)
    page.keyboard.press("Enter")  # the browser asks for the grounds and leads to them
    expect(page.locator("dialog")).to_have_count(0)
    expect(step.locator("textarea")).to_be_focused()
    page.keyboard.type("企业来电：数据录错")
    reach(page, send, 1)
    page.keyboard.press("Enter")
    question = page.locator("dialog.question")
    expect(question).to_contain_text(text("Really dismiss it as a false alarm?"))
    expect(question).to_contain_text("企业来电：数据录错")
    page.keyboard.press("Enter")  # pressed twice: the focus is on going back
    expect(question).to_have_count(0)
    expect(send).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(step.locator("textarea")).to_have_value("企业来电：数据录错")
    page.keyboard.press("Enter")
    reach(page, question.get_by_role("button", name=text("Dismiss as a false alarm")), 1)
    page.keyboard.press("Enter")
    expect(page.locator("[data-entered]")).to_be_focused()
    expect(page.locator(".handling")).to_contain_text("企业来电：数据录错")
    reach(page, page.get_by_role("button", name=text("Take this step back")), 1)
    page.keyboard.press("Enter")
    expect(fold.locator("summary")).to_be_visible()
    page.close()


def test_a_file_is_chosen_refused_put_right_and_sent(readers: Readers) -> None:
    page = readers.page(CLERK, Watch())
    opened(page, f"/data?feed={FEED}&area={LATE}&period={DAY}#send")
    choose = page.locator("[data-part=choose]")
    send = page.locator("form[data-upload] button[type=submit]")
    wrong = csv(CLAIM_HEADER, claim(1, LATE, DAY), claim(2, LATE, DAY, person="37152219850215"))
    choosers: list[FileChooser] = []

    def keep(one: FileChooser) -> None:
        choosers.append(one)

    page.on("filechooser", keep)  # all the time: the browser is not told again and again to ask us
    for content, back in ((wrong, "Tab"), (good(), "Shift+Tab")):
        reach(page, choose, key=back)
        page.keyboard.press("Enter")
        expect(choose).to_be_focused()
        wait_for(page, choosers)
        choosers.pop().set_files({"name": "claims.csv", "mimeType": "text/csv", "buffer": content})
        reach(page, send)
        page.keyboard.press("Enter")
        if content is wrong:
            expect(page.locator(".problems li")).to_have_count(1)
            expect(send).to_be_focused()
            reach(page, page.locator(".problems a.download").first, 1)
            with page.expect_download():
                page.keyboard.press("Enter")
    page.wait_for_url("**/data/receipt/*")
    page.close()
