"""The page of rules and leads: what it shows, who may open it, what it enters in the audit trail."""

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard.locale import text
from dashboard.summary.reference import REGION
from pipelines.core.domain import GENERAL, Level, Role, SaidError, State, Viewer
from pipelines.core.region.load import load
from pipelines.core.region.rule_version import newest, rule_hash
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor
from pipelines.ledger.workflow.rule import rule_acts, seen_backtests, store_backtest
from pipelines.ledger.workflow.steps import Cause, Ground, Subject, apply_transition
from pipelines.published.read import read
from tests.dashboard.asked import ORIGIN, page_asked, signed_in
from tests.dashboard.published_city import OF_MANUFACTURING, SUSPECTED
from tests.dashboard.reader import Readers, assert_accessible, opened
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of
from tests.dashboard.walk import DESK, PHONE, Watch

pytestmark = pytest.mark.xdist_group("rules_page")
RULE = "benefit_claim_spike"
FIGURES = {"first": "2025-11-01", "last": "2026-10-31", "per_week": 0.25, "touched": 0.75, "cases": []}


def keep(site: Site, rule_hash: str, **figures: Any) -> None:
    store_backtest(site.ledger, RULE, rule_hash, FIGURES | figures, trail.SYSTEM, datetime.now(UTC))


def as_it_stands(site: Site) -> str:
    return rule_hash(newest(load(site.app.server.config[REGION]), RULE))


def test_an_analyst_sees_leads_and_how_rules_were_backtested_and_an_office_sees_nothing(
    site: Site, browser: Browser
) -> None:
    keep(site, as_it_stands(site))
    for viewer, may in ((LEADER, True), (head_of("371503"), False)):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        site.sign_in(context, viewer)
        page = context.new_page()
        page.goto(site.url)
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
    now_open = read("open_warning", LEADER, published=place.settings.published)
    own = now_open[(now_open["level"] >= Level.YELLOW) & (now_open["area"] != "371500")].iloc[0]
    client = signed_in(place, LEADER)
    assert "数据差错：" not in page_asked("/rules", "").of(client)[2]
    region = load(place.app.server.config[REGION])
    apply_transition(place.ledger, region.transition, ActContext(head_of(own["area"]), Actor("某人", "test"), datetime.now(UTC), "重复报送"), Subject(str(own["episode_id"]), "", str(own["area"]), Level(int(own["level"]))), State.DISMISSED, Ground(cause=Cause.DATA_ERROR.value))  # fmt: skip
    said = page_asked("/rules", "").of(client)[2]
    assert "数据差错：1" in said


CASE = {"area": "371503", "industry": "C", "opened_on": "2026-10-12", "level": 2, "level_on": "2026-10-14",
        "people_band": "20–49"}  # fmt: skip
TOLD = [
    CASE | {"touched": True, "lead_days": 12, "ruling": "confirmed", "decided_lead_days": -1},
    CASE | {"opened_on": "2026-10-20", "touched": False, "lead_days": None, "ruling": "dismissed",
            "decided_lead_days": 3},
    CASE | {"opened_on": "2026-09-01", "level": 3, "touched": None},  # as backtests were kept before
]  # fmt: skip


def as_told(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines() if line.strip()]


def test_a_rule_s_backtest_is_shown_with_its_lead_time_and_its_cases(
    place: Site, readers: Readers, pictures: Path
) -> None:
    figures = {"lead_days": 12.0, "judged": 2, "confirmed": 0.5, "confirmed_lead_days": 1.0, "cases": TOLD,
               "per_week_of_area": {"371503": 0.2}, "replaces": {"per_week": 0.4}}  # fmt: skip
    keep(place, as_it_stands(place), **figures)
    for locale, size, of_rule, of_case in (
        ("zh-CN", DESK, ["早于已知事件结束 12 天", "2 件已判定，50.0% 属实", "早于人工确认 1 天", "被取代的内容：0.40"],
         ["与已知事件无关、人工判为误报", "早于人工判定 3 天"]),
        ("en-GB", PHONE, ["12 days before the end of known events", "50.0% of 2 confirmed", "1 day before people confirmed",
                          "replaced: 0.40"], ["no known event; dismissed by people", "3 days before that was decided"]),
    ):  # fmt: skip
        watch = Watch()
        page = readers.page(LEADER, watch, locale=locale, size=size)
        opened(page, "/rules")
        rule = page.locator("tr", has=page.get_by_text("0.25")).first.inner_text()
        assert [said for said in of_rule if said not in rule] == []
        page.locator("details", has=page.locator(".cases-of-rule")).locator("summary").first.click()
        days = page.locator(".cases-of-rule tbody th").all_inner_texts()
        assert [as_told(day)[-1] for day in days] == ["2026-10-20", "2026-10-12", "2026-09-01"]
        newest = page.locator(".cases-of-rule tbody tr").first.inner_text()
        assert [said for said in of_case if said not in newest] == []
        page.screenshot(path=pictures / f"rules-cases-{locale}.png", full_page=True)
        assert_accessible(page, f"rules {locale}")
        assert (watch.complaints, watch.outside) == ([], [])
        page.close()


def test_a_rule_of_one_industry_says_which(place: Site) -> None:
    rules = read("rule", LEADER, published=place.settings.published)
    assert set(rules.loc[rules["industries"].notna(), "rule_id"]) == {OF_MANUFACTURING}
    assert page_asked("/rules").of(signed_in(place, LEADER))[2].count("只计制造业") == 1


def test_a_rule_that_would_have_warned_of_nothing_says_so(place: Site) -> None:
    keep(place, as_it_stands(place))
    assert "这段时间里不会发出预警。" in page_asked("/rules").of(signed_in(place, LEADER))[2]


@pytest.mark.parametrize("viewer", [head_of("371503"), ADMINISTRATOR, AUDITOR, GENERAL])
def test_backtests_are_given_to_the_bureau_alone(place: Site, viewer: Viewer) -> None:
    keep(place, as_it_stands(place), cases=TOLD)
    assert seen_backtests(place.ledger, LEADER)[-1].figures["cases"] == TOLD
    assert seen_backtests(place.ledger, LEADER, datetime(2020, 1, 1, tzinfo=UTC)) == []
    with pytest.raises(SaidError, match="市局"):
        seen_backtests(place.ledger, viewer)


CHANGED = "insured_leave_spike"
AUTHOR, APPROVER = Viewer(Role.CITY_ANALYST, name="王编写"), Viewer(Role.CITY_LEADER, name="赵批准")


@pytest.fixture
def changed(place: Site, tmp_path: Path) -> Iterator[str]:
    """A rule that its author changed and another is to approve; returns the hash of its content."""
    was = place.app.server.config[REGION]
    folder = Path(shutil.copytree(was, tmp_path / "liaocheng"))
    path = folder / "rules.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    at = {name: place for place, name in enumerate(header)}
    for row in rows:
        if row[at["rule_id"]] == CHANGED:
            row[at["leave_after"]], row[at["is_enabled"]] = "9", "false"
            row[at["author"]], row[at["approver"]] = AUTHOR.name, APPROVER.name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    place.app.server.config[REGION] = folder
    yield rule_hash(newest(load(folder), CHANGED))
    place.app.server.config[REGION] = was


def answered(place: Site, viewer: Viewer, act: str, content: str, note: str = "更早发现") -> tuple[int, dict[str, str]]:
    sent = {"content": content, "note": note}
    answer = signed_in(place, viewer).post(f"/rules/{CHANGED}/{act}", json=sent, headers=ORIGIN)
    return answer.status_code, answer.get_json()


def test_a_rule_is_proposed_approved_or_sent_back_under_two_accounts(
    place: Site, changed: str, readers: Readers, pictures: Path
) -> None:
    store_backtest(place.ledger, CHANGED, changed, FIGURES, trail.SYSTEM, datetime.now(UTC))
    waiting = "待王编写提出"
    assert waiting in page_asked("/rules").of(signed_in(place, APPROVER))[2]
    assert answered(place, APPROVER, "propose", changed)[0] == 400, "the author's part"
    assert answered(place, AUTHOR, "propose", changed, note=" ") == (400, {"say": "请写明理由"})
    assert answered(place, AUTHOR, "propose", "0" * 16) == (
        400, {"say": text("The rule has been changed meanwhile. Load the page again.")},
    )  # fmt: skip
    assert answered(place, Viewer(Role.CITY_DUTY, name="王编写"), "propose", changed)[0] == 400
    assert answered(place, ADMINISTRATOR, "propose", changed)[0] == 403
    assert answered(place, AUTHOR, "propose", changed) == (200, {"to": "/rules"})
    assert answered(place, APPROVER, "return", changed, note="依据不足") == (200, {"to": "/rules"})
    assert waiting in page_asked("/rules").of(signed_in(place, APPROVER))[2]
    assert answered(place, AUTHOR, "propose", changed)[0] == 200
    assert answered(place, AUTHOR, "approve", changed)[0] == 400
    for locale, size in (("en-GB", PHONE), ("zh-CN", DESK)):
        watch = Watch()
        page = readers.page(APPROVER, watch, locale=locale, size=size)
        opened(page, "/rules")
        assert page.locator(f"form[action='/rules/{CHANGED}/approve']").count() == 1
        page.screenshot(path=pictures / f"rules-waiting-{locale}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert_accessible(page, f"rules {locale}")
        if locale == "zh-CN":
            form = page.locator(f"form[action='/rules/{CHANGED}/approve']")
            form.locator("textarea").fill("同意")
            form.get_by_role("button").click()
            question = page.locator("dialog.question")
            asked = question.inner_text()
            assert changed in asked
            assert "赵批准" in asked
            question.get_by_role("button").last.click()
            page.wait_for_selector(f"text=gangshao rules enable {CHANGED}")
            page.screenshot(path=pictures / "rules-approved.png", full_page=True)
        page.close()
    entered = [(one.kind.value, one.who, one.entered_by) for one in rule_acts(place.ledger, CHANGED)]
    assert entered[-2:] == [
        ("proposed", "王编写", "city_analyst:王编写"), ("approved", "赵批准", "city_leader:赵批准"),
    ]  # fmt: skip
    assert trail.entries(place.ledger, act=Act.RULE_CHANGE)[0].who == "city_leader:赵批准"
