"""The page of groups of people: who sees them, in words and in a chart with its band; the public sees none."""

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Browser

from dashboard.locale import text
from pipelines.core.domain import Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.published import read as door
from pipelines.published.questions import question
from tests.dashboard.asked import page_asked, props, signed_in
from tests.dashboard.published_city import CITY, LAST_DAY
from tests.dashboard.published_fixture import build
from tests.dashboard.reader import assert_accessible, drawn, opened, readers_of
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of, served
from tests.dashboard.test_read_door import OF_COHORTS
from tests.dashboard.walk import DESK, PHONE, Watch, english_words, fits

pytestmark = pytest.mark.xdist_group("cohort_page")
OWN, OTHER = "371503", "371502"
WEEKS = [LAST_DAY - timedelta(days=LAST_DAY.weekday() + 7 * back) for back in range(1, 31)]
SEEN = {"graduate": 31, "migrant": 64}
QUERY = "indicator=benefit_claim&area={area}&industry=ALL&days=7&cohort={cohort}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The invented city with two groups in two areas and the city; of one the last week is far above its range."""
    folder: Path = tmp_path_factory.mktemp("cohorts")
    city = build(folder / "made" / "published")
    shutil.copytree(city.published, published := folder / "published")
    edition_id, day, known_from = city.editions[0]
    newest = city.editions[-1]
    readings, scores, forecasts = [], [], []
    for area in (CITY, OWN, OTHER):
        for cohort, seen in SEEN.items():
            key = {"indicator": "benefit_claim", "area": area, "industry": "ALL", "cohort": cohort, "grain": "week"}
            for back, week in enumerate(WEEKS):
                people = float(seen if back == 0 else 4 if area == OTHER else 12)
                readings.append(key | {"period": week, "numerator": people, "value": people, "units": people,
                                       "reporting": 5, "due": 5, "is_provisional": False, "is_suppressed": False,
                                       "known_from": known_from})  # fmt: skip
                forecasts.append(key | {"edition_id": edition_id, "made_on": day, "period": week, "horizon": 1,
                                        "expected": 12.5, "lo80": 9.0, "hi80": 17.0, "lo95": 6.0, "hi95": 20.0})  # fmt: skip
            expected = 12.5 if cohort == "graduate" else 60.0
            scores.append(key | {"edition_id": newest[0], "day": newest[1], "window_periods": 1,
                                 "window_from": WEEKS[0], "data_to": WEEKS[0], "observed": float(seen),
                                 "expected": expected, "variance": 16.0, "p": 1e-5 if cohort == "graduate" else 0.2,
                                 "strength": 4.2, "state": "full", "level_mean": expected / 1.25, "factor_mean": 1.25,
                                 "is_provisional": False})  # fmt: skip
    for file in published.glob("*/restricted.duckdb"):
        with duckdb.connect(str(file)) as con:
            for name, rows in (("reading", readings), ("score", scores), ("forecast", forecasts)):
                con.register("rows", pd.DataFrame(rows))
                con.execute(f"insert into {name} by name select * from rows")
    door.close()
    with served(folder) as running:
        yield running
    door.close()


@pytest.mark.parametrize("name", sorted(OF_COHORTS))
def test_every_question_of_the_page_has_an_answer_for_the_bureau(place: Site, name: str) -> None:
    given = {"area": OWN, "since": WEEKS[-1]}
    asked = {key: given[key] for key in question(name).parameters}
    assert not door.read(name, LEADER, published=place.settings.published, **asked).empty


def said_to(place: Site, viewer: Viewer, path: str) -> str:
    status, _, body = page_asked(path).of(signed_in(place, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


@pytest.mark.parametrize(("viewer", "area"), [(LEADER, CITY), (LEADER, OTHER), (head_of(OWN), OWN)])
def test_each_group_is_judged_in_words(place: Site, viewer: Viewer, area: str) -> None:
    body = said_to(place, viewer, f"/cohort/{area}")
    for words in ("高校毕业生", "农民工", f"31 {text('persons')}", "5 – 20", text("high, unfavourable"), text("normal"),
                  text("{expected} expected: before {level} a week × time of year {factor} × reports that came, {share}",
                       expected="12.5", level="10", factor="1.25", share="1.00")):  # fmt: skip
        assert words in body, words
    assert body.index("农民工") < body.index("高校毕业生"), "most people first"
    assert "cohort=graduate" in body
    assert f"/cohort/{area}" in said_to(place, viewer, f"/area/{area}")


def test_whoever_may_not_see_an_area_exactly_is_told_of_no_group(place: Site) -> None:
    for viewer, area in ((AUDITOR, CITY), (AUDITOR, OWN), (head_of(OWN), CITY)):
        body = said_to(place, viewer, f"/cohort/{area}")
        assert "高校毕业生" not in body
        assert "cohort=graduate" not in body
        assert f'"/cohort/{area}"' not in said_to(place, viewer, f"/area/{area}")
    assert text("This page does not exist") in said_to(place, head_of(OWN), f"/cohort/{OTHER}")


def test_the_chart_of_a_group_has_its_weeks_and_the_band_it_was_expected_in(place: Site) -> None:
    client = signed_in(place, LEADER)
    query = QUERY.format(area=OWN, cohort="graduate")
    body = json.loads(client.get(f"/figure?{query}").get_data(as_text=True))
    drawn = next(one for one in props(body) if "figure" in one)["figure"]["data"]
    upper, lower, _, seen = drawn
    assert seen["type"] == "bar"
    assert (seen["x"][-1], seen["y"][-1]) == (WEEKS[0].isoformat(), 31.0)
    assert (lower["y"][-1], upper["y"][-1]) == (6.0, 20.0)
    assert "高校毕业生" in json.dumps(body, ensure_ascii=False)
    rows = client.get(f"/download/series.csv?{query}").get_data().decode("utf-8-sig").splitlines()
    assert rows[-1].split(",")[:5] == [WEEKS[0].isoformat(), "31", "12.5", "6.0", "20.0"]
    everybody = client.get(f"/figure?{QUERY.format(area=OWN, cohort='')}").get_data(as_text=True)
    assert "高校毕业生" not in everybody


@pytest.mark.parametrize(
    ("viewer", "area", "cohort"),
    [(head_of(OWN), OTHER, "graduate"), (LEADER, OWN, "nobody"), (LEADER, OWN, "' or 1=1")],
)
def test_what_is_no_group_of_this_viewer_is_not_found(place: Site, viewer: Viewer, area: str, cohort: str) -> None:
    client = signed_in(place, viewer)
    for path in ("/figure", "/download/series.csv"):
        assert client.get(path, query_string=QUERY.format(area=area, cohort=cohort)).status_code == 404


def test_a_group_of_an_area_that_is_late_shows_its_last_week_without_a_judgement(place: Site, tmp_path: Path) -> None:
    late = tmp_path / "late"
    shutil.copytree(place.settings.published, late / "published")
    for file in (late / "published").glob("*/restricted.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute(f"update score set data_to = null, p = null where cohort = 'graduate' and area = '{OWN}'")
    door.close()
    with served(late) as site:
        body = said_to(site, LEADER, f"/cohort/{OWN}")
        assert f"31 {text('persons')}" in body
        assert text("no normal range yet") in body
        assert "5 – 20" not in body
        assert "cohort=graduate" in body
    door.close()


def test_a_file_of_the_groups_has_their_weeks_for_those_who_see_them(place: Site) -> None:
    address = f"/download/groups.csv?area={OWN}"
    lines = signed_in(place, head_of(OWN)).get(address).get_data().decode("utf-8-sig").splitlines()
    told = list(csv.DictReader(lines))
    assert {one["群体"] for one in told} == {"高校毕业生", "农民工"}
    newest = {one["群体"]: one["数值"] for one in told if one["时段"] == WEEKS[0].isoformat()}
    assert newest == {"高校毕业生": "31", "农民工": "64"}
    for viewer, area in ((AUDITOR, OWN), (head_of(OWN), CITY)):
        answer = signed_in(place, viewer).get(f"/download/groups.csv?area={area}")
        assert len(answer.get_data().decode("utf-8-sig").splitlines()) == 1
    assert signed_in(place, head_of(OWN)).get(f"/download/groups.csv?area={OTHER}").status_code == 404
    assert f"/download/groups.xlsx?area={OWN}" in said_to(place, LEADER, f"/cohort/{OWN}")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_of_groups_is_accessible_on_a_desk_and_a_telephone(
    place: Site, browser: Browser, pictures: Path, locale: str
) -> None:
    watch = Watch()
    with readers_of(browser, place) as readers:
        page = readers.page(LEADER, watch, locale=locale)
        opened(page, f"{place.url}/cohort/{OWN}")
        drawn(page)
        assert_accessible(page, f"groups {locale}")
        for size in (DESK, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert fits(page, size["width"])
            page.screenshot(path=pictures / f"groups_{size['width']}_{locale[:2]}.png", full_page=True)
        if locale == "zh-CN":
            assert not english_words(page)
        else:
            assert "graduates" in page.inner_text("main").lower()
        assert (watch.complaints, watch.outside) == ([], [])


def test_the_public_gets_no_chart_of_a_group(place: Site) -> None:
    body = signed_in(place, AUDITOR).get(f"/figure?{QUERY.format(area=OWN, cohort='graduate')}").get_data(as_text=True)
    assert text("No readings in this period.") in json.dumps(json.loads(body), ensure_ascii=False)
    assert "31" not in body


def test_a_bureau_that_looks_at_a_small_group_is_entered_in_the_audit_trail(place: Site) -> None:
    said_to(place, LEADER, f"/cohort/{OTHER}")
    seen = {entry.target for entry in trail.entries(place.ledger, act=Act.SMALL_CELL_VIEW)}
    assert f"/cohort/{OTHER}" in seen
    said_to(place, LEADER, f"/cohort/{CITY}")
    seen = {entry.target for entry in trail.entries(place.ledger, act=Act.SMALL_CELL_VIEW)}
    assert f"/cohort/{CITY}" not in seen, "no group of it is small"
