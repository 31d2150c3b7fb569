"""The page of rules and leads: what it shows, who may open it, what it enters in the audit trail."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from dashboard.region import REGION
from pipelines.domain import Level, State
from pipelines.ledger import audit
from pipelines.ledger.audit import Actor
from pipelines.ledger.chain import Cause, Subject, take
from pipelines.ledger.rule import keep_backtest
from pipelines.publish.read import read
from pipelines.region import load
from pipelines.rule_version import newest, rule_hash
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import SUSPECTED
from tests.dashboard.site import LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("browser")
RULE = "benefit_claim_spike"
FIGURES = {"first": "2025-11-01", "last": "2026-10-31", "per_week": 0.25, "touched": 0.75, "cases": []}


def keep(site: Site, rule_hash: str, **figures: float) -> None:
    keep_backtest(site.ledger, RULE, rule_hash, FIGURES | figures, audit.SYSTEM, datetime.now(UTC))


def as_it_stands(site: Site) -> str:
    return rule_hash(newest(load(site.app.server.config[REGION]), RULE))


def test_an_analyst_sees_leads_and_how_rules_were_backtested_and_an_office_sees_nothing(
    site: Site, browser: Browser
) -> None:
    keep(site, as_it_stands(site))
    for viewer, may in ((LEADER, True), (head_of("371503"), False)):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page = context.new_page()
        page.goto(site.link(viewer))
        page.get_by_role("button").first.click()
        page.wait_for_selector(".page main h1")
        assert page.get_by_role("navigation").get_by_text("预警规则").count() == may
        page.goto(f"{site.url}/rules")
        page.wait_for_selector("main h1")
        said = page.inner_text("main")
        assert (SUSPECTED[1] in said) is may
        if may:
            row = page.locator("tr", has=page.get_by_text("失业保险金申领异常增加", exact=True)).inner_text()
            assert "0.25" in row
            assert "75.0%" in row
        context.close()


def test_a_proposal_s_backtest_is_not_that_of_the_rule_in_force(place: Site) -> None:
    keep(place, as_it_stands(place))
    keep(place, "0" * 16, per_week=3.75)
    said = page_asked("/rules", "").of(signed_in(place, LEADER))[2]
    assert "0.25" in said
    assert "3.75" not in said


def test_a_rule_is_told_what_its_false_alarms_came_from(place: Site) -> None:
    opened = read("open_warning", LEADER, published=place.settings.published)
    own = opened[(opened["level"] >= Level.YELLOW) & (opened["area"] != "371500")].iloc[0]
    client = signed_in(place, LEADER)
    assert "数据差错：" not in page_asked("/rules", "").of(client)[2]
    region = load(place.app.server.config[REGION])
    take(
        place.ledger, region.transition, head_of(own["area"]), Actor("某人", "test"),
        Subject(str(own["episode_id"]), "", str(own["area"]), Level(int(own["level"]))), State.DISMISSED,
        datetime.now(UTC), cause=Cause.DATA_ERROR.value, note="重复报送",
    )  # fmt: skip
    said = page_asked("/rules", "").of(client)[2]
    assert "数据差错：1" in said
