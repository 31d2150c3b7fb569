"""What people do about a warning, from its page: each step, taking on, measures; opening a link changes nothing."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pandas as pd
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.locale import text
from dashboard.summary.reference import REGION
from pipelines.core.domain import Role, State, Viewer
from pipelines.core.region.load import load
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail.trail import SYSTEM
from pipelines.ledger.editions import record_edition
from pipelines.ledger.workflow.acknowledgement import acknowledgements
from pipelines.ledger.workflow.measure import measures
from pipelines.ledger.workflow.steps import WorkflowState, workflow_states
from pipelines.notifying import outbox
from pipelines.notifying.notices import decide
from pipelines.published import read as door
from pipelines.published.read import edition_in_force, read
from tests.dashboard.asked import ORIGIN, page_asked, signed_in
from tests.dashboard.published_city import City
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("warning_acts")
AREA, OTHER = "371503", "371522"
DUTY = Viewer(Role.CITY_DUTY, name="duty")
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({AREA}), "clerk")
PASSWORD = "purple hippo naps on roofs"


@pytest.fixture
def place(city: City, tmp_path: Path) -> Iterator[Site]:
    """The small city with a ledger of its own."""
    shutil.copytree(city.published, tmp_path / "published")
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def yellow(place: Site) -> str:
    """An open yellow or blue warning of the area, the first."""
    return warning_of(place, {3, 4})


def warning_of(place: Site, levels: set[int]) -> str:
    found = read("open_warning", LEADER, published=place.settings.published)
    return str(found[(found["area"] == AREA) & found["level"].isin(levels)].iloc[0]["episode_id"])


def of_edition(place: Site, episode_id: str) -> pd.Series:
    (row,) = read("warning", LEADER, published=place.settings.published, episode_id=episode_id).to_dict("records")
    return pd.Series(row)


def sent(client: FlaskClient, path: str, **values: object) -> tuple[int, str]:
    answer = client.post(path, json=values, headers=ORIGIN)
    told = answer.get_json()
    return answer.status_code, str(told.get("to") or told.get("say"))


def shown(page: str, client: FlaskClient, query: str = "") -> str:
    return json.dumps(json.loads(page_asked(page, query).of(client)[2]), ensure_ascii=False)


def downloaded(client: FlaskClient, episode_id: str) -> dict[str, str]:
    """The row of a warning in the file of all that are open."""
    lines = client.get("/download/warnings.csv").get_data(as_text=True).removeprefix("\ufeff")
    (row,) = [one for one in csv.DictReader(io.StringIO(lines)) if one["预警编号"] == episode_id]
    return row


def of(place: Site, episode_id: str) -> WorkflowState:
    with place.ledger.reading() as connection:
        return workflow_states(connection, [episode_id])[episode_id]


def chosen(place: Site, episode_id: str, to: str, **values: str) -> dict[str, str]:
    """What the form of a step sends as the page shows it now."""
    at, level = of(place, episode_id), int(of_edition(place, episode_id)["level"])
    shown_with = {"entries": str(len(at.entries)), "state": at.state_at(level).value}
    return shown_with | {"level": str(int(at.level_at(level))), "to": to, "note": "已核实"} | values


def stepped(place: Site, client: FlaskClient, episode_id: str, to: str, **values: str) -> tuple[int, str]:
    return sent(client, f"/warning/{episode_id}/step", **chosen(place, episode_id, to, **values))


def test_a_warning_goes_its_way_from_page_to_page(place: Site, yellow: str) -> None:
    page = f"/warning/{yellow}"
    head, duty = signed_in(place, head_of(AREA)), signed_in(place, DUTY)
    first = chosen(place, yellow, "confirmed")
    assert sent(head, f"{page}/step", **first) == (200, page)
    assert sent(head, f"{page}/step", **first)[0] == 409, "somebody acted meanwhile"
    assert sent(head, f"{page}/step", to="lifted", note="恢复")[0] == 400, "it does not say what it was shown with"
    stale = chosen(place, yellow, "lifted", level="1", note="恢复")
    assert sent(head, f"{page}/step", **stale)[0] == 409, "the level has changed since the page was shown"
    assert stepped(place, head, yellow, "issued")[0] == 400, "the duty desk issues"
    assert stepped(place, duty, yellow, "issued") == (200, page)
    assert stepped(place, head, yellow, "handling", note="") == (200, page)
    assert stepped(place, head, yellow, "lifted", note="") == (400, "请写明理由")
    assert stepped(place, head, yellow, "lifted", note="连续两期恢复正常") == (200, page)
    assert of(place, yellow).state is State.LIFTED
    assert "连续两期恢复正常" in shown(page, head)


def test_what_people_wrote_is_read_by_the_bureau_and_the_areas_own_office(place: Site, yellow: str) -> None:
    page, written = f"/warning/{yellow}", ("某某铝业来电", "与某某铝业核实", "某某铝业已招回")
    head = signed_in(place, head_of(AREA))
    taken, verified, done = written
    taker, owner, deputy = names = ("某某铝业王某", "某某铝业李某", "某某铝业张某")
    assert sent(head, f"{page}/acknowledge", owner=taker, days="7", note=taken)[0] == 200
    assert stepped(place, head, yellow, "confirmed", note=verified)[0] == 200
    values = {"playbook": "consult", "owner": owner, "deputy": deputy, "due_on": "2099-01-01"}
    assert sent(head, f"{page}/measure", **values)[0] == 200
    for viewer, may in ((LEADER, True), (AUDITOR, False)):
        client = signed_in(place, viewer)
        for seen in (shown("/warnings", client), json.dumps(downloaded(client, yellow), ensure_ascii=False)):
            assert [one in seen for one in ("某某铝业", taker, owner)] == [may] * 3, viewer
    assert sent(head, f"{page}/measure/1/close", state="done", result=done)[0] == 200
    for viewer, may in ((head_of(AREA), True), (LEADER, True), (AUDITOR, False), (ADMINISTRATOR, False)):
        seen = shown(page, signed_in(place, viewer))
        assert [one in seen for one in (*written, *names)] == [may] * 6, viewer
        assert (text("not shown here") in seen) is not may


def test_an_acknowledgement_is_of_the_level_that_was_seen(place: Site, yellow: str) -> None:
    clerk, level = signed_in(place, CLERK), str(of_edition(place, yellow)["level"])
    said = {"owner": "就业科", "days": "7"}
    refused = sent(clerk, f"/warning/{yellow}/acknowledge", level="1", **said)
    assert refused == (400, text("The warning has got another level meanwhile. Load the page again."))
    assert sent(clerk, f"/warning/{yellow}/acknowledge", level=level, **said)[0] == 200


def test_who_answers_for_several_offices_takes_a_warning_on_for_its_own(place: Site, yellow: str) -> None:
    both = Viewer(Role.COUNTY_CLERK, frozenset({OTHER, "371502", AREA}), "clerk")
    assert sent(signed_in(place, both), f"/warning/{yellow}/acknowledge", owner="就业科", days="7")[0] == 200
    with place.ledger.reading() as connection:
        (taken,) = acknowledgements(connection, [yellow])[yellow]
    assert taken.office_id == "chiping"


def test_nobody_acts_on_what_is_not_theirs(place: Site, yellow: str) -> None:
    page = f"/warning/{yellow}"
    acts = (
        ("step", chosen(place, yellow, "confirmed")), ("step/1/undo", {}), ("acknowledge", {"owner": "就业科", "days": "7"}),
        ("measure", {"playbook": "consult", "owner": "就业科", "due_on": "2099-01-01"}),
        ("acknowledge/1/undo", {}), ("measure/1/close", {"state": "done", "result": "好"}),
    )  # fmt: skip
    stranger = place.app.server.test_client()
    for path, values in acts:
        assert sent(stranger, f"{page}/{path}", **values)[0] == 401
        assert sent(signed_in(place, head_of(OTHER)), f"{page}/{path}", **values)[0] == 404, (
            "it does not exist for them"
        )
        assert sent(signed_in(place, AUDITOR), f"{page}/{path}", **values)[0] == 400
        assert sent(signed_in(place, CLERK), "/warning/made-up/" + path, **values)[0] == 404
    with place.ledger.reading() as connection:
        assert not of(place, yellow).steps
        assert not acknowledgements(connection, [yellow])[yellow]
        assert not measures(connection, [yellow])[yellow]


def test_a_countys_warning_is_taken_on_by_the_duty_desk_but_not_by_analyst_or_leader(place: Site, yellow: str) -> None:
    path = f"/warning/{yellow}/acknowledge"
    for role, may in ((Role.CITY_ANALYST, False), (Role.CITY_LEADER, False), (Role.CITY_DUTY, True)):
        client = signed_in(place, Viewer(role, name=role.value))
        assert (path in shown(f"/warning/{yellow}", client)) is may
        assert sent(client, path, owner="值班岗", days="7")[0] == (200 if may else 400)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("step", {}),
        ("step", {"to": "nowhere"}),
        ("step", {"to": ["confirmed"]}),
        ("step", {"to": "lowered", "lowered_to": "9"}),
        ("step", {"to": "dismissed", "cause": "made-up", "note": "x"}),
        ("acknowledge", {"owner": "就业科", "days": "365"}),
        ("acknowledge", {"owner": " ", "days": "7"}),
        ("measure", {"playbook": "made-up", "owner": "就业科", "due_on": "2099-01-01"}),
        ("measure", {"playbook": "consult", "owner": "就业科", "due_on": "明天"}),
        ("measure", {"playbook": "consult", "owner": "就业科", "due_on": "2020-01-01"}),
        ("measure/7/close", {"state": "assigned", "result": "x"}),
        ("step", {"to": "confirmed", "note": "长" * 1001}),
        ("step", {"to": "confirmed", "note": ""}),
        ("step", {"to": "confirmed", "entries": ""}),
        ("step", {"to": "confirmed", "state": "nowhere"}),
        ("step", {"to": "confirmed", "level": "9"}),
        ("step/1/undo", {}),
        ("acknowledge", {"owner": "长" * 201, "days": "7"}),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(
    place: Site, yellow: str, path: str, values: dict[str, object]
) -> None:
    given = chosen(place, yellow, "") | values if path == "step" else values
    status, said = sent(signed_in(place, head_of(AREA)), f"/warning/{yellow}/{path}", **given)
    assert status == 400
    assert len(said) > 4
    assert not of(place, yellow).steps


def test_a_number_beyond_what_the_ledger_counts_is_no_page(place: Site, yellow: str) -> None:
    client = signed_in(place, head_of(AREA))
    for path in ("acknowledge/99999999999999999999/undo", "measure/99999999999999999999/close"):
        assert client.post(f"/warning/{yellow}/{path}", json={}, headers=ORIGIN).status_code in {404, 405}


def test_a_scanner_that_opens_every_link_of_every_mail_changes_nothing(place: Site, yellow: str) -> None:
    edition, place_of = edition_in_force(place.settings.published), load(place.settings.region)
    now = place_of.instant(edition.day, time(9, 0))
    decide(edition, is_replay=False, ledger=place.ledger, region=place_of, settings=place.settings, now=now)
    outbox.send(place.ledger, place.settings, now)
    texts = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in place.settings.outbox.iterdir()]
    bodies = [body.get_content() for one in texts for kind in ("plain", "html") if (body := one.get_body((kind,)))]
    found = {address for body in bodies for address in re.findall(r"https?://[^\s\"'<>）]+", body)}
    paths = {address.removeprefix(place.settings.address) for address in found}
    assert f"/warning/{yellow}" in paths
    assert all(path.startswith("/") for path in paths), "a link to somewhere else"
    account_id = account.create(place.ledger, SYSTEM, "wang.wu", "王五", Role.COUNTY_CLERK, [AREA], datetime.now(UTC))
    own = link.insert_password_link(place.ledger, SYSTEM, account_id, datetime.now(UTC))
    sign_ins = {urlsplit(place.link(head_of(AREA))).path, f"/sign-in/{own}"}
    acts = {f"/warning/{yellow}/{act}" for act in ("step", "acknowledge", "acknowledge/1/undo", "measure")}
    for client in (signed_in(place, head_of(AREA)), scanner := place.app.server.test_client()):
        for path in sorted(paths | sign_ins | acts):
            for method in ("GET", "HEAD", "OPTIONS"):
                client.open(path, method=method)
    assert scanner.get("/account").status_code == 401, "no link of a mail signs anybody in by being opened"
    with place.ledger.reading() as connection:
        for episode_id in {path.removeprefix("/warning/") for path in paths if path.startswith("/warning/")}:
            assert not workflow_states(connection, [episode_id])[episode_id].steps
            assert not acknowledgements(connection, [episode_id])[episode_id]
            assert not measures(connection, [episode_id])[episode_id]
    (used,) = [path for path in sign_ins if not path.endswith(own)]
    assert sent(place.app.server.test_client(), used) == (200, "/"), "it is as good as before"


def test_a_page_that_looks_back_shows_what_people_had_done_by_then(place: Site, yellow: str) -> None:
    client = signed_in(place, head_of(AREA))
    stepped(place, client, yellow, "confirmed")
    now, then = (shown(f"/warning/{yellow}", client, query) for query in ("", "as_of=2026-11-25"))
    assert f"/warning/{yellow}/acknowledge" in now
    assert "→" in now
    assert f"/warning/{yellow}/acknowledge" not in then
    assert "→" not in then


@pytest.fixture
def clerk(place: Site, browser: Browser) -> Iterator[Page]:
    """A clerk who has an account, at a telephone, not signed in."""
    now = datetime.now(UTC)
    account_id = account.create(place.ledger, SYSTEM, "wang.wu", "王五", Role.COUNTY_CLERK, [AREA], now)
    token = link.insert_password_link(place.ledger, SYSTEM, account_id, now)
    link.redeem_password(place.ledger, token, PASSWORD, [], now, "127.0.0.1")
    context = browser.new_context(locale="zh-CN", base_url=place.url, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_a_mails_link_leads_through_sign_in_to_the_warning_and_it_is_taken_on(
    place: Site, yellow: str, clerk: Page, pictures: Path | None
) -> None:
    clerk.goto(f"/warning/{yellow}")
    clerk.locator("[name=name]").fill("wang.wu")
    clerk.locator("[name=password]").fill(PASSWORD)
    clerk.get_by_role("button", name=text("Sign in"), exact=True).click()
    clerk.wait_for_url(f"**/warning/{yellow}")
    form = clerk.locator("form[action$='/acknowledge']")
    form.locator("[name=owner]").fill("就业科值班岗")
    form.locator("textarea").fill("已电话核实企业")
    form.get_by_role("button").click()
    expect(clerk.locator(".handling table").filter(has_text="就业科值班岗")).to_contain_text("已电话核实企业")
    assert clerk.evaluate("document.documentElement.scrollWidth") <= 390
    if pictures is not None:
        clerk.screenshot(path=pictures / "warning_taken_on_390.png", full_page=True)
    clerk.get_by_role("button", name=text("Undo")).click()
    expect(clerk.locator(".handling table").filter(has_text="就业科值班岗")).to_contain_text(text("undone"))
    clerk.goto("/warnings")
    expect(clerk.locator("main")).to_contain_text(text("nobody yet"))


@pytest.mark.parametrize(
    "to",
    ["https://example.com/", "//example.com", "/\\example.com", "/sign-out", "/download/warnings.csv", "javascript:1"],
)
def test_signing_in_leads_nowhere_but_to_a_page_of_ours(place: Site, clerk: Page, to: str) -> None:
    client = place.app.server.test_client()
    assert sent(client, "/sign-in", name="wang.wu", password=PASSWORD, to=to) == (200, "/")


def test_a_measure_is_assigned_by_the_head_and_reported_by_the_clerk(place: Site, yellow: str) -> None:
    head, clerk = signed_in(place, head_of(AREA)), signed_in(place, CLERK)
    page = f"/warning/{yellow}"
    values = {"playbook": "service_officer", "owner": "就业科", "deputy": "值班岗", "due_on": "2099-01-01"}
    assert sent(head, f"{page}/measure", **values) == (200, page)
    with place.ledger.reading() as connection:
        [one] = measures(connection, [yellow])[yellow]
    done = {"state": "done", "result": "已派专员"}
    assert sent(clerk, f"{page}/measure/{one.measure_id}/close", **done) == (200, page)
    assert "已派专员" in shown(page, clerk)


def event_of(place: Site, viewer: Viewer, area: str) -> str:
    found = read("open_warning", viewer, published=place.settings.published)
    return str(found[(found["area"] == area) & (found["kind"] == "event")].iloc[0]["episode_id"])


def test_a_warning_about_a_key_employer_is_proposed_to_its_officer(place: Site) -> None:
    page = shown(f"/warning/{event_of(place, LEADER, AREA)}", signed_in(place, head_of(AREA)))
    assert '"children": "规模以上企业"' in page, "it was taken off the other list in September"
    assert '"children": "用工服务专员岗"' in page
    office = "茌平区人力资源和社会保障局就业科"
    assert f'"value": "用工服务专员岗（{office}）"' in page
    assert f'"value": "就业科岗位（{office}）"' in page


def test_while_the_officer_is_away_the_deputy_is_proposed(place: Site, tmp_path: Path) -> None:
    config = place.app.server.config
    config[REGION] = Path(shutil.copytree(config[REGION], tmp_path / "region"))
    away = "office_id,post,deputy,absent_from,absent_to\nchiping,用工服务专员岗,值班专员岗,2016-01-01,2099-12-31\n"
    (config[REGION] / "absences.csv").write_text(away, encoding="utf-8")
    page = shown(f"/warning/{event_of(place, LEADER, AREA)}", signed_in(place, head_of(AREA)))
    assert '"value": "值班专员岗（茌平区人力资源和社会保障局就业科）"' in page


def test_an_officer_is_told_to_nobody_outside_its_area(place: Site) -> None:
    for viewer in (Viewer(Role.ADMINISTRATOR, name="admin"), AUDITOR):
        page = shown(f"/warning/{event_of(place, viewer, AREA)}", signed_in(place, viewer))
        assert "重点企业（" not in page
        assert "用工服务专员岗位：" not in page


def test_what_people_confirmed_is_listed_until_people_lift_it_though_the_data_closed_it(place: Site) -> None:
    closed = read("closed_warning", LEADER, published=place.settings.published)
    row = closed[closed["level"] >= 3].iloc[0]
    episode_id, page = str(row["episode_id"]), f"/warning/{row['episode_id']}"
    section = text("Data are back, to be lifted by a decision")
    assert section not in shown("/warnings", signed_in(place, LEADER))
    head = signed_in(place, head_of(str(row["area"])))
    assert stepped(place, head, episode_id, "confirmed") == (200, page)
    for client in (signed_in(place, LEADER), head):
        listed = shown("/warnings", client)
        assert section in listed
        assert episode_id in listed[listed.index(section) :]
        assert text("Lift it") in listed[listed.index(section) :]
    assert section not in shown("/warnings", signed_in(place, head_of(OTHER))), "another's"
    assert stepped(place, head, episode_id, "lifted", note="数据已回落")[0] == 200
    assert of(place, episode_id).state is State.LIFTED
    assert section not in shown("/warnings", head)


def test_a_file_of_the_warnings_says_at_what_level_and_how_far_people_have_got(place: Site, yellow: str) -> None:
    head, duty = signed_in(place, head_of(AREA)), signed_in(place, DUTY)
    assert downloaded(head, yellow)["状态"] == "疑似，待核实"
    sent(head, f"/warning/{yellow}/acknowledge", owner="就业科", days="7")
    stepped(place, head, yellow, "confirmed")
    stepped(place, duty, yellow, "issued")
    told = downloaded(head, yellow)
    assert (told["状态"], told["负责人"], told["来源比对"]) == ("黄色预警，已发布", "就业科", "有旁证")
    assert told["期限"].startswith("开始处置（县级负责人）")
    assert told["是否逾期"] == ""


@pytest.fixture
def head(place: Site, browser: Browser) -> Iterator[Page]:
    """The head of the county's office, signed in."""
    context = browser.new_context(locale="zh-CN", base_url=place.url, viewport={"width": 1366, "height": 900})
    page = context.new_page()
    page.goto(place.link(head_of(AREA)))
    page.get_by_role("button").first.click()
    page.wait_for_selector("main#main h1")
    yield page
    context.close()


def step_form(page: Page, to: str) -> Locator:
    """The form of a step, unfolded."""
    fold = page.locator("details.step", has=page.locator(f"form[data-key='step {to}']"))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    return fold.locator("form")


def test_pressed_again_in_the_same_place_a_step_does_nothing_more(place: Site, yellow: str, head: Page) -> None:
    head.goto(f"/warning/{yellow}")
    head.wait_for_selector("details.step")
    assert head.locator(".handling form[action$='/step'] button:visible").count() == 0, "none is offered at once"
    form = step_form(head, "confirmed")
    button = form.get_by_role("button")
    button.click()
    assert not of(place, yellow).steps, "without grounds"
    form.locator("textarea").fill("已电话核实")
    box = button.bounding_box()
    assert box is not None
    head.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(head.locator("[data-entered]")).to_contain_text(text("Confirm that it is true"))
    for _ in range(3):
        head.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    head.keyboard.press("Enter")
    assert [one.to_state for one in of(place, yellow).entries] == [State.CONFIRMED]


def test_a_warning_ends_after_a_question_and_the_step_is_taken_back(
    place: Site, yellow: str, head: Page, pictures: Path | None
) -> None:
    stepped(place, signed_in(place, head_of(AREA)), yellow, "confirmed")
    head.goto(f"/warning/{yellow}")
    head.wait_for_selector("details.step")
    taking = head.locator("form[data-key='acknowledge']")
    taking.locator("[name=owner]").fill("就业科")
    form, question = step_form(head, "lifted"), head.locator("dialog.question")
    form.locator("textarea").fill("数据已回落")
    form.get_by_role("button").click()
    expect(question).to_contain_text(text("Really lift it?"))
    expect(question).to_contain_text(str(of_edition(place, yellow)["rule_title"]))
    expect(question).to_contain_text("数据已回落")
    if pictures is not None:
        head.screenshot(path=pictures / "warning_question_1366.png")
    question.get_by_role("button", name=text("Go back")).click()
    expect(form.locator("textarea")).to_have_value("数据已回落")
    assert of(place, yellow).state is State.CONFIRMED
    form.get_by_role("button").click()
    question.get_by_role("button", name=text("Lift it")).click()
    expect(head.locator("[data-entered]")).to_contain_text(text("Lift it"))
    assert of(place, yellow).state is State.LIFTED
    assert head.locator(".handling").get_by_role("button", name=text("Take it on")).count() == 0
    assert head.locator(".handling").get_by_role("button", name=text("Assign")).count() == 0
    head.get_by_role("button", name=text("Take this step back")).click()
    expect(head.locator("form[data-key='step lifted']")).to_have_count(1)
    assert of(place, yellow).state is State.CONFIRMED
    assert [one.undoes for one in of(place, yellow).entries] == [None, None, 2]


def test_what_stands_half_written_in_other_forms_stays(place: Site, yellow: str, head: Page) -> None:
    head.goto(f"/warning/{yellow}")
    head.wait_for_selector("details.step")
    step_form(head, "dismissed").locator("textarea").fill("可能是补报")
    head.locator("form[data-key='measure'] [name=due_on]").fill("2099-01-01")
    own = step_form(head, "confirmed")
    own.locator("textarea").fill("已到企业核实")
    taking = head.locator("form[data-key='acknowledge']")
    taking.locator("[name=owner]").fill("就业科")
    taking.get_by_role("button").click()
    expect(head.locator(".handling table").filter(has_text="就业科").first).to_be_visible()
    expect(own.locator("textarea")).to_have_value("已到企业核实")
    expect(step_form(head, "dismissed").locator("textarea")).to_have_value("可能是补报")
    expect(head.locator("form[data-key='measure'] [name=due_on]")).to_have_value("2099-01-01")
    expect(taking.locator("[name=owner]")).to_have_value("")
    stepped(place, signed_in(place, head_of(AREA)), yellow, "confirmed", note="同事先办")
    own.get_by_role("button").click()
    expect(head.locator("[data-entered]")).to_contain_text("刚刚有人办理过")
    expect(head.locator("form[data-key='measure'] [name=due_on]")).to_have_value("2099-01-01")
    assert len(of(place, yellow).entries) == 1


@pytest.fixture
def ended(city: City, tmp_path: Path) -> Iterator[Site]:
    """The small city when the data of the layoff reported in the area have ended, two days after its first edition."""
    shutil.copytree(city.published, tmp_path / "published")
    edition = edition_in_force(tmp_path / "published")
    door.close()  # the file is written to below
    for name in ("general", "restricted"):
        with duckdb.connect(str(tmp_path / "published" / edition.edition_id / f"{name}.duckdb")) as connection:
            connection.execute(
                "update episode set status = 'closed', closed_on = $day, changed_on = $day, "
                "close_reason = 'window_passed' where kind = 'event' and area = $area and known_to is null",
                {"day": edition.day, "area": AREA},
            )
    with served(tmp_path) as running:
        record_edition(running.ledger, edition, False, edition.cutoff_at)
        yield running


def test_an_event_that_nobody_verified_stays_open_and_overdue_when_its_data_end(ended: Site) -> None:
    gone = read("closed_warning", LEADER, published=ended.settings.published)
    own = str(gone[(gone["kind"] == "event") & (gone["area"] == AREA)].iloc[0]["episode_id"])
    leader = signed_in(ended, LEADER)
    listed, today, page = shown("/warnings", leader), shown("/", leader), f"/warning/{own}"
    assert text("the data no longer show it") in listed
    assert downloaded(leader, own)[text("Overdue")] == text("overdue")
    assert text("{number} events not verified, no longer shown by the data", number=1) in today
    assert "预警不会自动解除" in shown(page, leader)
    level = int(gone.set_index("episode_id").loc[own]["level"])
    given = {"entries": "0", "state": "to_verify", "level": str(level), "to": "dismissed", "cause": "other"}
    assert sent(leader, f"{page}/step", **given, note="企业已撤回") == (200, page)
    assert text("the data no longer show it") not in shown("/warnings", leader)


def test_what_the_data_ended_unverified_is_listed_as_such(place: Site) -> None:
    leader = signed_in(place, LEADER)
    listed = shown("/warnings", leader)
    assert text("Not verified, the data fell back") in listed
    assert "/warning/w0004" in listed
    page = shown("/warning/w0004", leader)
    assert "未经核实，数据于 2026-11-25 回落" in page
    assert "/acknowledge" not in page
    assert "/measure" not in page
    given = {"owner": "值班岗", "days": "7"}
    assert "已经办结" in sent(signed_in(place, DUTY), "/warning/w0004/acknowledge", **given)[1]
