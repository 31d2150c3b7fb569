"""The page of rules and leads: what it shows, who may open it, what it enters in the audit trail."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from pipelines.ledger import audit
from pipelines.ledger.rule import keep_backtest
from tests.dashboard.published_city import SUSPECTED
from tests.dashboard.site import LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("browser")
FIGURES = {"first": "2025-11-01", "last": "2026-10-31", "per_week": 0.25, "touched": 0.75, "cases": []}


def test_an_analyst_sees_leads_and_how_rules_were_backtested_and_an_office_sees_nothing(
    site: Site, browser: Browser
) -> None:
    keep_backtest(site.ledger, "benefit_claim_spike", "0" * 16, FIGURES, audit.SYSTEM, datetime.now(UTC))
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
