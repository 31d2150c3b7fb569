"""Accounts from the first start to the last: set up, opened, handed over, used, closed, in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.locale import text
from pipelines.core.domain import Role
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail
from tests.dashboard.published_city import City
from tests.dashboard.site import ADMINISTRATOR, LEADER, Site, served

pytestmark = pytest.mark.xdist_group("accounts_page")
GOOD, OTHER = "purple hippo naps on roofs", "seven kettles under snowfall"


@pytest.fixture(scope="module")
def real(city: City) -> Iterator[Site]:
    """The site as it is on the first day of real data: no account, no link but the first."""
    with served(city.published.parent) as running:
        yield running


@dataclass
class Desk:
    """A browser window at the site, and pictures of it if they are wanted."""

    page: Page
    pictures: Path | None

    def picture(self, name: str) -> None:
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def send(self, button: str, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").first.fill(value)
        self.page.get_by_role("button", name=text(button), exact=True).first.click()

    def is_told(self, sentence: str) -> None:
        expect(self.page.locator("p[role=status]").first).to_contain_text(sentence)

    def is_in(self) -> None:
        self.page.wait_for_selector(".page main h1")


@pytest.fixture(scope="module")
def root(real: Site, browser: Browser, pictures: Path | None) -> Iterator[Desk]:
    """The administrator, who has opened the link that the first start prints."""
    context = browser.new_context(locale="zh-CN", base_url=real.url, viewport={"width": 1366, "height": 768})
    desk = Desk(context.new_page(), pictures)
    desk.page.goto(f"/sign-in/{link.issue_set_up_link(real.ledger, datetime.now(UTC))}")
    yield desk
    context.close()


@pytest.fixture(scope="module")
def clerk(real: Site, browser: Browser, pictures: Path | None) -> Iterator[Desk]:
    """A county's clerk at a telephone."""
    context = browser.new_context(locale="zh-CN", base_url=real.url, viewport={"width": 390, "height": 800})
    yield Desk(context.new_page(), pictures)
    context.close()


@pytest.mark.requirement("6.3.2")
def test_the_first_start_sets_up_an_administrator(root: Desk) -> None:
    root.picture("set_up")
    weak = "liaocheng2026"
    root.send("Set the password and sign in", name="root", person="李四", password=weak, again=weak)
    root.is_told("liaocheng")
    root.send("Set the password and sign in", password=GOOD, again=OTHER)
    root.is_told(text("The two passwords differ."))
    root.send("Set the password and sign in", password=GOOD, again=GOOD)
    root.is_in()
    assert root.page.locator(".who").inner_text().startswith(text("Administrator"))


@pytest.mark.requirement("6.4.3")
def test_an_account_is_opened_and_its_owner_sets_the_password(root: Desk, clerk: Desk) -> None:
    root.page.goto("/accounts")
    new = root.page.locator("form[action='/accounts/new']")
    new.locator("[name=name]").fill("wang.wu")
    new.locator("[name=person]").fill("王五")
    new.locator("[name=role]").select_option("county_clerk")
    new.get_by_role("button").click()
    expect(new.get_by_role("status")).to_contain_text("县局角色须指定地区")
    unit = new.locator("[name=areas] option").first
    new.locator("[name=areas]").select_option([unit.get_attribute("value") or ""])
    new.get_by_role("button").click()
    address = new.locator("code").inner_text()
    root.picture("accounts_link")
    clerk.page.goto("/sign-in/" + address.split("/sign-in/")[1])
    clerk.picture("password_390")
    clerk.send("Set the password and sign in", password=GOOD, again=GOOD)
    clerk.is_in()
    clerk.page.goto("/account")
    expect(clerk.page.locator("main")).to_contain_text(unit.inner_text())


@pytest.mark.requirement("6.2.2", "6.2.3")
def test_a_password_is_changed_and_the_old_one_opens_nothing(clerk: Desk) -> None:
    clerk.page.goto("/account")
    clerk.send("Change the password", old=GOOD, password=OTHER, again=OTHER)
    clerk.is_told(text("The password has been changed; your other sessions have ended."))
    clerk.picture("account_390")
    clerk.page.goto("/sign-out")
    clerk.page.get_by_role("button").first.click()
    clerk.page.wait_for_url("**/sign-in")
    clerk.send("Sign in", name="wang.wu", password=GOOD)
    clerk.is_told(text("Name or password is wrong."))
    clerk.picture("sign_in_390")
    clerk.send("Sign in", name="WANG.WU", password=OTHER)
    clerk.is_in()
    clerk.page.goto("/accounts")
    expect(clerk.page.locator("main")).to_contain_text(text("Your role may not open this."))


@pytest.mark.requirement("7.4.2")
def test_a_closed_account_is_out_at_once(root: Desk, clerk: Desk) -> None:
    root.page.goto("/accounts")
    row = root.page.locator("tr", has_text="wang.wu")
    expect(row).to_contain_text(text("in use"))
    root.picture("accounts")
    row.locator("summary").click()
    expect(row.locator("[name=role]")).to_have_value("county_clerk")
    root.page.set_viewport_size({"width": 390, "height": 800})
    root.picture("accounts_390")
    assert root.page.evaluate("document.documentElement.scrollWidth") <= 390
    row.get_by_role("button", name=text("Close"), exact=True).click()
    root.page.locator("dialog.question button").last.click()
    expect(root.page.locator("tr", has_text="wang.wu")).to_contain_text(text("closed"))
    clerk.page.goto("/")
    clerk.page.wait_for_url("**/sign-in")


@pytest.mark.requirement("6.4.3")
def test_a_link_for_a_leader_is_confirmed_by_somebody_else_who_hands_it_over(
    real: Site, root: Desk, clerk: Desk
) -> None:
    now = datetime.now(UTC)
    leader_id = account.create(real.ledger, trail.this_process(), "zhao", "赵六", Role.CITY_LEADER, [], now)
    token = link.insert_password_link(real.ledger, trail.this_process(), leader_id, now)
    leader = Desk(clerk.page, clerk.pictures)
    leader.page.goto(f"/sign-in/{token}")
    leader.send("Set the password and sign in", password=GOOD, again=GOOD)
    leader.is_in()
    root.page.set_viewport_size({"width": 1366, "height": 768})
    root.page.goto("/accounts")
    new = root.page.locator("form[action='/accounts/new']")
    new.locator("[name=name]").fill("sun.qi")
    new.locator("[name=person]").fill("孙七")
    new.locator("[name=role]").select_option("city_analyst")
    new.get_by_role("button").click()
    expect(new.get_by_role("status")).to_contain_text("由另一位系统管理员或市局领导")
    assert new.locator("code").count() == 0, "who asks is shown no link"
    root.page.goto("/accounts")
    root.picture("accounts_asked")
    assert root.page.locator("form[action$='/confirm']").count() == 0
    leader.page.goto("/")
    expect(leader.page.locator(".banner.accounts").first).to_contain_text("待您确认")
    leader.picture("banner_390")
    leader.page.goto("/account")
    leader.picture("account_request_390")
    assert leader.page.evaluate("document.documentElement.scrollWidth") <= 390
    asked = leader.page.locator("form[action$='/confirm']")
    asked.get_by_role("button").click()
    leader.page.locator("dialog.question button").last.click()
    address = asked.locator("code").inner_text()
    leader.picture("account_confirmed_390")
    leader.page.goto("/sign-in/" + address.split("/sign-in/")[1])
    expect(leader.page.locator("main, body").first).to_contain_text("sun.qi")


@pytest.mark.requirement("8.2.1")
@pytest.mark.parametrize(
    "path", ["new", "sign-out-everybody", "0123/link", "0123/disable", "0123/change", "0123/made-up"]
)
def test_nobody_else_does_anything_with_accounts(site: Site, path: str) -> None:
    client = site.app.server.test_client()
    origin = {"Origin": "http://localhost"}
    assert client.post(f"/accounts/{path}", json={}, headers=origin).status_code == 401
    token = site.link(LEADER).rsplit("/", 1)[1]
    assert client.post(f"/sign-in/{token}", json={}, headers=origin).get_json() == {"to": "/"}
    assert client.post(f"/accounts/{path}", json={}, headers=origin).status_code == 403


def test_an_area_that_is_not_of_the_region_makes_no_account(site: Site) -> None:
    client = site.app.server.test_client()
    origin = {"Origin": "http://localhost"}
    token = site.link(ADMINISTRATOR).rsplit("/", 1)[1]
    client.post(f"/sign-in/{token}", json={}, headers=origin)
    sent = {"name": "zhao.liu", "person": "赵六", "role": "county_head", "areas": ["110000"]}
    answer = client.post("/accounts/new", json=sent, headers=origin)
    assert (answer.status_code, answer.get_json()) == (400, {"say": text("Choose areas of this region.")})
