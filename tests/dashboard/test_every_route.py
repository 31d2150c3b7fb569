"""Who may use what: every route, page and callback, found by asking the server, for nobody, each role, each office."""

import email
import email.policy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.locale import text
from pipelines.core.domain import Audience, Role, Viewer
from pipelines.core.region import load as regions
from pipelines.ledger.notifications.notification_state import NotificationState
from pipelines.notifying.audience import Recipient
from pipelines.notifying.notices import decide
from pipelines.notifying.notification_reasons import Board, Told, evaluate_reasons
from pipelines.published import read as door
from pipelines.published.cache import Kept
from pipelines.published.read import edition_in_force
from pipelines.published.scope import Source
from tests.dashboard import asked
from tests.dashboard.asked import Asked, page_asked, signed_in
from tests.dashboard.marked_city import Marked, mark
from tests.dashboard.published_city import CITY, REGION
from tests.dashboard.site import Site, served
from tests.tier import IS_LONG, long

pytestmark = pytest.mark.xdist_group("every_route")
NOW = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
# The policy, said once more than in dashboard/web/security/session.py: what is not here is for everybody who is signed in.
ONLY = {
    "/accounts": {Role.ADMINISTRATOR},
    "/audit": {Role.AUDITOR},
    "/data/template": {Role.COUNTY_CLERK, Role.COUNTY_HEAD, Role.CITY_DUTY, Role.CITY_ANALYST},
    "/data/upload": {Role.COUNTY_CLERK, Role.COUNTY_HEAD, Role.CITY_DUTY, Role.CITY_ANALYST},
    "/delivery": {Role.ADMINISTRATOR, Role.CITY_DUTY},
    "/download/audit.csv": {Role.AUDITOR},
    "/download/audit.xlsx": {Role.AUDITOR},
    "/employers": {Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY, Role.COUNTY_HEAD, Role.COUNTY_CLERK},
    "/operation": {Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY, Role.COUNTY_HEAD, Role.COUNTY_CLERK},
    "/rules": {Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY},
}
AGE = "/readyz"  # 503 once the city's edition is older than today's
OPEN = {"/language", "/sign-in", "/sign-in/<token>", "/sign-in/static/<path:filename>", "/healthz", "/edition", AGE}
ENDS_SESSIONS = {"/sign-out", "/accounts/sign-out-everybody"}
PASSWORDS = {"/sign-in", "/account/password"}  # with none they are refused
REFUSED = text("Your role may not open this.")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    yield mark(tmp_path_factory.mktemp("marked") / "published")
    door.close()


@pytest.fixture(scope="module")
def place(marked: Marked) -> Iterator[Site]:
    with served(marked.city.published.parent) as running:
        yield running


@pytest.fixture(scope="module")
def values(place: Site) -> dict[str, list[str]]:
    return asked.values_of(place)


def viewer_of(role: Role, areas: frozenset[str]) -> Viewer:
    is_office = Viewer(role).audience is Audience.OFFICE
    return Viewer(role, areas if is_office else frozenset(), "somebody")


def only_for(path: str) -> set[Role]:
    return next((roles for top, roles in ONLY.items() if path == top or path.startswith(top + "/")), set(Role))


@pytest.mark.requirement("6.3.4")
def test_nobody_gets_anything_but_the_sign_in_page(place: Site, marked: Marked, values: dict[str, list[str]]) -> None:
    stranger = place.app.server.test_client()
    questions = asked.everything(place, values if IS_LONG else some_of_each(values))
    assert len({one.rule for one in questions}) > 20
    for one in questions:
        status, leads_to, body = one.of(stranger)
        if one.rule not in OPEN:
            assert (status, leads_to.partition("?")[0]) in {(303, "/sign-in"), (401, "")}, one
        assert not any(marked.spoken_of(body).values()), one


def some_of_each(values: dict[str, list[str]]) -> dict[str, list[str]]:
    """The first two values of each variable, of what is downloaded all: rights hang on the route and on the file."""
    return {name: found if name in {"name", "form", "path"} else found[:2] for name, found in values.items()}


@pytest.mark.requirement("8.2.1")
@pytest.mark.parametrize("role", Role)
def test_each_role_is_refused_what_is_not_its_own(place: Site, values: dict[str, list[str]], role: Role) -> None:
    client = signed_in(place, viewer_of(role, frozenset({"371503"})))
    refused = 0
    for one in asked.everything(place, values if IS_LONG else some_of_each(values)):
        if one.rule in ENDS_SESSIONS and one.method == "POST":
            continue
        status, _, body = one.of(client)
        is_page = one.path == "/_dash-update-component"
        if role not in only_for(one.rule if is_page else one.path):
            refused += 1
            assert status == 403 or (is_page and REFUSED in plain_letters(body)), one
        else:
            assert status not in {401, 403} or one.rule in PASSWORDS, (one, status)
            assert status < 500 or one.rule == AGE, one
    assert refused >= 3


# Ways to write the address of a page; a browser sends most of them as they are.
SPELLINGS = (
    "{0}",
    "{0}/",
    "{0}//",
    "/{0}",
    "{0}/.",
    "{0}/x",
    "{0}?a=1",
    "{0}%2F",
    "{0}%20",
    "{0};x",
    "{upper}",
    "{coded}",
    "/x/..{0}",
)


REFUSED_BETWEEN_THEM = {Role.ADMINISTRATOR, Role.COUNTY_HEAD}  # every page of ONLY; that each role is refused: above


@pytest.mark.requirement("8.2.1")
@pytest.mark.parametrize(
    "role", [pytest.param(one, marks=[] if one in REFUSED_BETWEEN_THEM else [long]) for one in Role]
)
def test_no_other_spelling_of_an_address_passes_the_table_of_rights(place: Site, role: Role) -> None:
    """By document, callback and act; what is shown elsewhere by chance would be told by the page's own heading."""
    client = signed_in(place, viewer_of(role, frozenset({"371503"})))
    headings = {"/audit": "Audit trail", "/accounts": "Accounts", "/delivery": "Delivery", "/rules": "Rules",
                "/employers": "Employers", "/operation": "Operation of employers"}  # fmt: skip
    for top, roles in ONLY.items():
        if role in roles:
            continue
        for spelling in SPELLINGS:
            path = spelling.format(top, upper=top.upper(), coded=f"/%{ord(top[1]):02x}{top[2:]}")
            shown = plain_letters(page_asked(path).of(client)[2])
            document = client.get(f"http://localhost{path}", headers=asked.PAGE)
            acted = client.post(f"http://localhost{path}", json={}, headers=asked.ORIGIN)
            assert acted.status_code in {308, 400, 403, 404, 405}, (path, acted.status_code)
            assert document.status_code in {303, 308, 403, 404}, (path, document.status_code)
            for told in (shown, document.get_data(as_text=True), acted.get_data(as_text=True)):
                assert f'"children": "{text(headings.get(top, "-"))}"}}, "type": "H1"' not in told, path


def test_a_page_that_does_not_exist_is_answered_404_and_drawn(place: Site, values: dict[str, list[str]]) -> None:
    client = signed_in(place, viewer_of(Role.COUNTY_HEAD, frozenset({"371503"})))
    missing = [
        "/nothing",
        "/area",
        "/area/371503/more",
        "/warning/none",
        "/area/371522",
        "/favicon.png",
        "/a/b/c",
        "/404",
    ]
    for path in missing:
        answer = client.get(path, headers=asked.PAGE)
        assert (answer.status_code, answer.mimetype) == (404, "text/html"), path
        assert 'id="react-entry-point"' in answer.get_data(as_text=True)
        status, _, body = page_asked(path).of(client)
        assert (status, text("This page does not exist") in plain_letters(body)) == (200, True), path
    for path in ("/", "/area/371503", "/area/371503/", "/warnings/", "/manual"):
        assert client.get(path, headers=asked.PAGE).status_code == 200, path


def wrongs(marked: Marked, viewer: Viewer, body: str, rule: str = "") -> dict[str, set[str]]:
    """What an answer says that this viewer must not see; the audit trail says by its code which employer was seen."""
    spoken = marked.spoken_of(body)
    if viewer.audience is Audience.BUREAU:
        return {}
    if viewer.audience is Audience.OFFICE:
        return {
            area: said - ({"public"} if area == CITY else set())
            for area, said in spoken.items()
            if area not in viewer.areas and said - ({"public"} if area == CITY else set())
        }
    hidden = {"exact", "employer name"} | (set() if rule.startswith(("/audit", "/download/audit.")) else {"employer"})
    return {area: said & hidden for area, said in spoken.items() if said & hidden}


@pytest.mark.requirement("8.2.2")
def test_an_office_gets_nothing_of_another_area_by_any_parameter(
    place: Site, marked: Marked, values: dict[str, list[str]]
) -> None:
    """Only here every parameter that any source reads is given another area, on every page and file."""
    office = Viewer(Role.COUNTY_HEAD, frozenset({"371503"}), "head")
    client = signed_in(place, office)
    foreign = next(code for code in marked.city.units if code != "371503")
    assert {"area", "code", "episode_id", "indicator", "matrix", "as_of", "grain", "since"} <= asked.parameters()
    forms = {} if IS_LONG else {"form": ["csv"]}  # a workbook says what the CSV says
    questions = asked.with_parameters(place, values | forms, foreign)
    questions += asked.figures([foreign], values["indicator"], ["ALL", "C", "' or '1'='1"])
    questions += [
        Asked("GET", f"/download/readings.csv?area={area}&grain={grain}&as_of={day}", "/download")
        for area in (foreign, f"{foreign}' or '1'='1")
        for grain in ("day", "week", "month")
        for day in ("", "2026-11-24")
    ]
    assert len(questions) > 100
    for one in [*questions, *asked.everything(place, values)]:
        if one.rule in ENDS_SESSIONS and one.method == "POST":
            continue
        status, _, body = one.of(client)
        assert status < 500 or one.rule == AGE, one
        told = wrongs(marked, office, body)
        assert not told, (one, told)


@pytest.fixture(scope="module")
def clients(place: Site) -> dict[Viewer, FlaskClient]:
    """Sessions of viewers met before."""
    return {}


def everything_shown(marked: Marked, values: dict[str, list[str]]) -> list[Asked]:
    """Every page, figure and file; workbooks of readings, which say what the CSV says, of one area."""
    pages = [page_asked(path) for pattern in asked.pages() for path in asked.filled(pattern, values)]
    pages += [page_asked("/", f"matrix={name}") for name in ("insured_leave", "benefit_claim")]
    pages += [page_asked(path, f"area={area}") for path in ("/forecasts", "/transfer", "/supply-demand", "/industry/C")
              for area in [CITY, *marked.city.units]]  # fmt: skip
    loads = [f"/download/{name}.{form}" for name in values["name"] for form in values["form"]]
    loads += [f"/download/readings.{form}?area={area}&grain={grain}" for form in values["form"]
              for area in [CITY, *marked.city.units] for grain in ("day", "week", "month")
              if form == "csv" or IS_LONG or (area, grain) == (CITY, "month")]  # fmt: skip
    figures = asked.figures([CITY, *marked.city.units], values["indicator"], ["ALL", "C"])
    of_figures = [one.path.replace("/figure", "/download/series.csv") + f"&grain={grain}"
                  for one in figures for grain in ("day", "month")]  # fmt: skip
    return [*pages, *figures, *[Asked("GET", path, path) for path in [*loads, *of_figures]]]


def said_to(place: Site, clients: dict[Viewer, FlaskClient], viewer: Viewer, one: Asked) -> str:
    if viewer not in clients:
        clients[viewer] = signed_in(place, viewer)
    return one.of(clients[viewer])[2]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_random_viewer_finds_a_foreign_code_name_or_number_anywhere(
    place: Site, marked: Marked, values: dict[str, list[str]], clients: dict[Viewer, FlaskClient], data: st.DataObject
) -> None:
    areas = data.draw(st.frozensets(st.sampled_from(marked.city.units), min_size=1, max_size=2))
    viewer = viewer_of(data.draw(st.sampled_from(list(Role))), areas)
    one = data.draw(st.sampled_from(everything_shown(marked, values)))
    told = wrongs(marked, viewer, said_to(place, clients, viewer, one), one.rule)
    assert not told, (viewer, one, told)


def of_each_kind(marked: Marked, values: dict[str, list[str]]) -> list[Asked]:
    """In `make test` figures and series of an indicator that has readings, and of one that has none."""
    if IS_LONG:
        return everything_shown(marked, values)
    read = set(marked.city.frames["reading"]["indicator"])
    without = next(one for one in values["indicator"] if one not in read)
    return everything_shown(marked, values | {"indicator": [min(read & set(values["indicator"])), without]})


SEE_AS_OTHERS = {Role.CITY_ANALYST, Role.CITY_DUTY, Role.COUNTY_CLERK}  # as leader and head, whose files they read


@pytest.mark.parametrize("role", [pytest.param(one, marks=[long] if one in SEE_AS_OTHERS else []) for one in Role])
def test_each_role_finds_what_is_its_own(
    place: Site, marked: Marked, values: dict[str, list[str]], clients: dict[Viewer, FlaskClient], role: Role
) -> None:
    """Only here it is shown that the marks are found where they should stand: that the tests of absence find anything."""
    viewer = viewer_of(role, frozenset({"371503"}))
    found: dict[str, set[str]] = {}
    for one in of_each_kind(marked, values):
        for area, said in marked.spoken_of(said_to(place, clients, viewer, one)).items():
            found.setdefault(area, set()).update(said)
    everything = {"code", "name", "exact", "employer", "employer name"}
    if viewer.audience is Audience.BUREAU:
        assert everything <= found["371503"]
        assert {"code", "name", "exact"} <= found["371522"]
    elif viewer.audience is Audience.OFFICE:
        assert everything <= found["371503"]
        assert found[CITY] == {"public"}
        assert not found["371522"]
    else:
        assert {"code", "name", "public"} <= found["371503"]


def test_without_the_predicate_the_same_look_finds_other_areas(
    place: Site, marked: Marked, values: dict[str, list[str]], clients: dict[Viewer, FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("pipelines.published.read.scope", lambda *_: ((Source.RESTRICTED, "true"),))
    monkeypatch.setattr("dashboard.web.fragment_cache._cache", Kept(2**26))  # pages made while the predicate held
    viewer = viewer_of(Role.COUNTY_HEAD, frozenset({"371503"}))
    told = [wrongs(marked, viewer, said_to(place, clients, viewer, one)) for one in of_each_kind(marked, values)]
    assert any("exact" in said for found in told for said in found.values())
    assert any("name" in said for found in told for said in found.values())


def test_no_mail_speaks_of_another_area(place: Site, marked: Marked, monkeypatch: pytest.MonkeyPatch) -> None:
    region = regions.load(REGION)
    edition = edition_in_force(place.settings.published)

    def mails() -> dict[str, str]:
        with place.ledger.writing() as connection:
            connection.exec_driver_sql("delete from warning_notice")
            connection.exec_driver_sql("delete from mail")
            connection.exec_driver_sql("delete from notice")
        made = decide(edition, is_replay=False, ledger=place.ledger, region=region, settings=place.settings, now=NOW)
        with place.ledger.reading() as connection:
            rows = connection.exec_driver_sql("select office_id, message from mail join notice using (notice_id)").all()
        assert len(made) >= len(rows)
        return {office: "\n".join(plain(row.message) for row in rows if row.office_id == office) for office, _ in rows}

    def wrong(sent: dict[str, str]) -> list[tuple[str, dict[str, set[str]]]]:
        areas = dict(zip(region.offices["office_id"], region.offices["areas"], strict=True))
        return [
            (office, told)
            for office, words in sent.items()
            if CITY not in areas[office].split(";")
            and (told := wrongs(marked, Viewer(Role.COUNTY_HEAD, frozenset(areas[office].split(";"))), words))
        ]

    sent = mails()
    assert {"chiping", "shenxian"} <= sent.keys()
    assert marked.city.names["371503"] in sent["chiping"]
    assert not wrong(sent)
    assert not any("exact" in said for words in sent.values() for said in marked.spoken_of(words).values())
    monkeypatch.setattr("pipelines.published.read.scope", lambda *_: ((Source.GENERAL, "true"),))
    assert not wrong(mails()), "the letter leaves out what does not concern the office once more"
    everywhere = frozenset({region.city, *region.units})

    def judged_for_all(shown: Board, one: Recipient, knowing: NotificationState) -> Told:
        return evaluate_reasons(shown, replace(one, office=replace(one.office, areas=everywhere)), knowing)

    monkeypatch.setattr("pipelines.notifying.plan.evaluate_reasons", judged_for_all)
    assert wrong(mails()), "without both a mail tells of other areas"


def plain(message: bytes) -> str:
    """All texts of a mail."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    parts = [str(part.get_content()) for part in parsed.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(parsed["Subject"]), *parts])


def plain_letters(body: str) -> str:
    """JSON with its letters as they are read."""
    return json.dumps(json.loads(body), ensure_ascii=False)
