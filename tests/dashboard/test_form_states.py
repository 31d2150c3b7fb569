"""Every state of a form is accessible: refused with a sentence, answered, sent; at the door, for acts, for files."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from dashboard.locale import text
from dashboard.upload.submission import MOST_FILE
from pipelines.core.domain import Role
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail.trail import SYSTEM
from tests.dashboard.published_city import LATE
from tests.dashboard.reader import Readers, assert_accessible, opened
from tests.dashboard.sending import CLERK, DAY, FEED, good
from tests.dashboard.site import ADMINISTRATOR, LEADER, Site, head_of
from tests.dashboard.walk import Watch
from tests.pipeline.ingest_place import CLAIM_HEADER, claim, csv

pytestmark = pytest.mark.xdist_group("form_states")
AREA = "371503"
HEAD = head_of(AREA)
PASSWORD = "purple hippo naps on roofs"


def is_told(page: Page, sentence: str) -> None:
    expect(page.locator("[role=status].said", has_text=sentence).first).to_be_visible()


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=text(button), exact=True).first.click()


def test_at_the_door(readers: Readers) -> None:
    page = readers.page(None, Watch())
    opened(page, "/warning/w0002")
    assert page.url.endswith("/sign-in?to=%2Fwarning%2Fw0002")
    assert_accessible(page, "sign in")
    page.locator("#name").fill("nobody")
    page.locator("#password").fill("wrong")
    press(page, "Sign in")
    is_told(page, text("Name or password is wrong."))
    assert_accessible(page, "sign in, refused", "form")
    opened(page, "/sign-in/made-up")
    assert_accessible(page, "spent link")
    page.close()


def assert_two_passwords_are_refused(page: Page, token: str | None, name: str) -> None:
    """The form behind a link says that its two passwords differ; it is accessible before and after."""
    opened(page, f"/sign-in/{token}")
    assert_accessible(page, name)
    for field in page.locator("form [required]:not([type=password])").all():
        field.fill("root")
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD[::-1])
    press(page, "Set the password and sign in")
    is_told(page, text("The two passwords differ."))
    assert_accessible(page, f"{name}, refused", "form")


def test_first_passwords(readers: Readers, place: Site) -> None:
    now = datetime.now(UTC)
    page = readers.page(None, Watch())
    assert_two_passwords_are_refused(page, link.issue_set_up_link(place.ledger, now), "the first account")
    account_id = account.create(place.ledger, SYSTEM, "wang.wu", "王五", Role.COUNTY_CLERK, [AREA], now)
    assert_two_passwords_are_refused(
        page, link.insert_password_link(place.ledger, SYSTEM, account_id, now), "an own password"
    )
    page.close()


def test_a_demonstration_link_and_the_way_out(readers: Readers, place: Site) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, place.link(LEADER))
    assert_accessible(page, "demonstration link")
    opened(page, "/sign-out")
    assert_accessible(page, "sign out")
    opened(page, "/download/none.csv")
    assert_accessible(page, "a file that does not exist")
    opened(page, "/download/audit.csv")
    assert_accessible(page, "another role's file")
    page.close()


def test_an_own_password_that_is_wrong(readers: Readers) -> None:
    page = readers.page(LEADER, Watch())
    opened(page, "/account")
    for field in ("old", "password", "again"):
        page.locator(f"[name={field}]").fill(PASSWORD)
    press(page, "Change the password")
    expect(page.locator("[action='/account/password'] [role=status]")).not_to_be_empty()
    assert_accessible(page, "own password, refused", "[action='/account/password']")
    page.close()


def test_accounts(readers: Readers) -> None:
    page = readers.page(ADMINISTRATOR, Watch())
    opened(page, "/accounts")
    fields = page.locator("[action='/accounts/new']")
    for answered in ("a link", "a name that is taken"):
        fields.locator("[name=name]").fill("zhao.liu")
        fields.locator("[name=person]").fill("赵六")
        fields.locator("[name=role]").select_option("auditor")
        press(page, "Open the account and get a link")
        expect(fields.locator("[role=status]")).not_to_be_empty()
        assert_accessible(page, f"accounts, {answered}", "[action='/accounts/new']")
    opened(page, "/accounts")
    row = page.locator("tr", has_text="zhao.liu")
    row.locator("summary").click()
    change = row.locator("[action$='/change']")
    change.locator("[name=role]").select_option("county_head")  # without an area
    change.get_by_role("button").click()
    expect(change.locator("[role=status]")).not_to_be_empty()
    assert_accessible(page, "accounts, a change refused", "tr:has-text('zhao.liu')")
    page.close()


def test_acts_on_a_warning(readers: Readers) -> None:
    page = readers.page(HEAD, Watch())
    opened(page, "/warning/w0006")
    fold = page.locator("details.step", has=page.locator("form[data-key='step dismissed']"))
    fold.locator("summary").click()
    fold.locator("[name=cause]").select_option("chance")
    fold.locator("textarea").fill("偶然")
    fold.locator("form button").click()
    expect(page.locator("dialog.question")).to_be_visible()
    assert_accessible(page, "a question before a warning ends", "dialog.question")
    page.locator("dialog.question button").first.click()
    page.route("**/step", lambda route: route.abort())
    fold.locator("form button").click()
    page.locator("dialog.question button").last.click()
    expect(fold.locator("[role=status]")).not_to_be_empty()
    assert_accessible(page, "a step refused", ".handling")
    taking = page.locator("form[action$='/acknowledge']")
    taking.locator("[name=owner]").fill("就业科")
    taking.get_by_role("button").click()
    expect(page.get_by_role("button", name=text("Undo"))).to_be_visible()
    expect(fold.locator("textarea")).to_have_value("偶然")
    page.locator("form[action$='/measure']").get_by_role("button").click()
    page.locator("details:has(form[action$='/close']) > summary").click()
    assert_accessible(page, "taken on, a measure assigned, its report unfolded", ".handling")
    report = page.locator("form[action$='/close']")
    report.locator("[name=state]").select_option("done")
    report.locator("textarea[name=result]").fill("已派专员，稳住 12 个岗位")
    report.get_by_role("button").click()
    expect(page.locator(".handling table").filter(has_text="稳住 12 个岗位")).to_contain_text(text("done"))
    expect(report).to_have_count(0)
    assert_accessible(page, "a measure's result is entered", ".handling")
    page.close()


def chosen(page: Page, content: bytes, name: str = "claims.csv") -> None:
    with page.expect_file_chooser() as chooser:
        press(page, "Choose a file")
    chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": content})


def test_a_file_from_nothing_chosen_to_the_receipt(readers: Readers) -> None:
    page = readers.page(CLERK, Watch())
    opened(page, f"/data?feed={FEED}&area={LATE}&period={DAY}#send")
    press(page, "Check and send")
    is_told(page, text("Choose a file."))
    assert_accessible(page, "no file", "form[data-upload]")
    chosen(page, b"x" * (MOST_FILE + 1))
    is_told(page, "8 MiB")
    assert_accessible(page, "too large", "form[data-upload]")
    chosen(page, csv(CLAIM_HEADER, claim(1, LATE, DAY), claim(2, LATE, DAY, person="37152219850215")))
    press(page, "Check and send")
    expect(page.locator(".problems li")).to_have_count(1)
    expect(page.locator(".problems a.download").first).to_be_visible()
    assert_accessible(page, "a wrong row", "form[data-upload]")
    page.route("**/data/upload", lambda route: route.abort())
    press(page, "Check and send")
    is_told(page, text("The server did not answer. Please try again."))
    assert_accessible(page, "no answer", "form[data-upload]")
    page.unroute("**/data/upload")
    chosen(page, good())
    press(page, "Check and send")
    page.wait_for_url("**/data/receipt/1")
    page.wait_for_selector(".page main h1")
    assert_accessible(page, "receipt")
    opened(page, f"/data?feed={FEED}")
    expect(page.locator(".roster-waiting").first).to_be_visible()
    assert_accessible(page, "sent, not yet taken in", ".roster-waiting")
    page.close()
