"""What is kept between requests: made once for a scope, given to nobody of another, entered for everybody."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from dashboard.locale import Language, text
from dashboard.locale.translation import REGION
from dashboard.web import fragment_cache as store
from dashboard.web.fragment_cache import Question
from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail.trail import Act
from pipelines.published import read as door
from pipelines.published.read import read
from tests.dashboard import asked
from tests.dashboard.published_city import City
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of
from tests.dashboard.test_audit_page import OTHER, OWN, Since, of, opened, signed_in, since

__all__ = ["since"]
pytestmark = pytest.mark.xdist_group("shared")
ANALYST = Viewer(Role.CITY_ANALYST, name="somebody else")


def body_of(page: str) -> str:
    """Everything but the line that says who looks."""
    shown = json.dumps(json.loads(page), ensure_ascii=False)
    for word in ("市局领导", "市局分析人员", "县局负责人", "县局经办人员"):
        shown = shown.replace(word, "")
    return shown


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """Nothing kept; the questions that are answered from now on, without what stands above each role's pages."""
    monkeypatch.setattr(store, "_cache", store.Kept(store._ROOM))
    monkeypatch.setattr(store, "_cache_of_past", store.Kept(store._ROOM_OF_PAST))
    found: list[Question] = []
    make = store._make

    def watched(question: Question) -> store.Made:
        if question.part != "header":
            found.append(question)
        return make(question)

    monkeypatch.setattr(store, "_make", watched)
    return found


def test_a_page_is_made_once_for_two_roles_of_one_scope(site: Site, made: list[Question]) -> None:
    first = opened(site, signed_in(site, LEADER), f"/area/{OWN}")
    number = len(made)
    second = opened(site, signed_in(site, ANALYST), f"/area/{OWN}")
    assert number > 0
    assert len(made) == number
    assert body_of(first) != first
    assert "somebody else" not in second


def test_each_role_of_a_scope_is_led_to_its_own_pages(site: Site, made: list[Question]) -> None:
    """What stands above a page is kept for each role."""
    roles = {Role.CITY_ANALYST: ["/rules"], Role.CITY_DUTY: ["/rules", "/delivery"], Role.CITY_LEADER: ["/rules"],
             Role.ADMINISTRATOR: ["/delivery", "/accounts"], Role.AUDITOR: ["/audit"]}  # fmt: skip
    for role, own in [*roles.items()] * 2:
        page = opened(site, signed_in(site, Viewer(role, name="any")), "/")
        led_to = {path for path in ("/rules", "/delivery", "/audit", "/accounts") if f'"href": "{path}"' in page}
        assert led_to == set(own), role


def test_how_far_people_have_got_is_filled_into_every_answer(site: Site, made: list[Question]) -> None:
    """The list of warnings is kept; its places for what people did are filled by the page that is given it."""
    for viewer in (LEADER, ANALYST):
        page = opened(site, signed_in(site, viewer), "/")
        assert text("nobody yet") in page
        assert page.count("level-2") > 0
    assert [one.part for one in made].count("dashboard.pages.today list") == 1


@pytest.mark.requirement("14.2.2")
def test_a_kept_page_is_given_to_nobody_of_another_scope(site: Site, made: list[Question]) -> None:
    """Each is asked after all the others have filled the store, and alone; the answers are the same."""
    viewers = [LEADER, AUDITOR, head_of(OWN), head_of(OTHER)]
    paths = ["/", f"/area/{OWN}", "/area/371500"]
    together = [[opened(site, signed_in(site, viewer), path) for path in paths] for viewer in viewers]
    for viewer, answers in zip(viewers, together, strict=True):
        store._cache = store.Kept(store._ROOM)
        alone = [opened(site, signed_in(site, viewer), path) for path in paths]
        assert answers == alone
    assert together[0] != together[1]


def test_a_kept_small_cell_is_entered_for_everybody_who_is_given_it(
    site: Site, since: Since, made: list[Question]
) -> None:
    opened(site, signed_in(site, LEADER), f"/area/{OWN}")
    number = len(made)
    opened(site, signed_in(site, ANALYST), f"/area/{OWN}")
    assert len(made) == number
    seen = of(since(), Act.SMALL_CELL_VIEW)
    assert [entry.target for entry in seen] == [f"/area/{OWN}"] * 2
    assert len({entry.who for entry in seen}) == 2


def test_what_is_refused_is_refused_again(site: Site, since: Since, made: list[Question]) -> None:
    for _ in range(2):
        opened(site, signed_in(site, head_of(OWN)), f"/area/{OTHER}")
    assert len(of(since(), Act.REFUSAL)) == 2


@pytest.mark.requirement("14.2.2")
def test_an_answer_kept_by_the_door_is_not_given_out_of_scope(city: City) -> None:
    everything = read("open_warning", LEADER, published=city.published)
    for area in (OWN, OTHER):
        office = read("open_warning", head_of(area), published=city.published)
        assert set(office["area"]) <= {area, "371500"}
        assert len(office) < len(everything)


def test_an_answer_changed_by_who_asked_stays_as_it_was(city: City) -> None:
    first = read("place", LEADER, published=city.published)
    first["name"] = "changed"
    again = read("place", LEADER, published=city.published)
    assert "changed" not in set(again["name"])
    pd.testing.assert_frame_equal(again, read("place", LEADER, published=city.published))


def test_an_answer_is_asked_once(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    read("rule", LEADER, published=city.published)
    monkeypatch.setattr(door, "_ask", lambda *_: pytest.fail("asked again"))
    assert not read("rule", ANALYST, published=city.published).empty


FIGURE = f"/figure?indicator=benefit_claim&area={OWN}&industry=C"
WINDOW = "first=2026-11-18&last=2026-11-24"  # of the open warning about this series


@pytest.mark.parametrize(
    ("asked_for", "times"),
    [("days=7", 1), (f"days=7&{WINDOW}", 1), ("days=28", 2), (f"days=28&{WINDOW}", 2),
     ("days=7&first=2026-11-01&last=2026-11-07", 2)],
)  # fmt: skip
def test_a_figure_is_kept_as_a_page_shows_it_and_else_made_again(
    site: Site, made: list[Question], asked_for: str, times: int
) -> None:
    client = asked.signed_in(site, LEADER)
    answers = [client.get(f"{FIGURE}&{asked_for}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(made) == times


def test_other_spellings_of_a_figure_are_not_kept_beside_it(site: Site, made: list[Question]) -> None:
    client = asked.signed_in(site, LEADER)
    for days in ("7", "07", "%2B7", "7%20", "7&first=2026-11-18", "7&last=2026-11-24"):
        assert client.get(f"{FIGURE}&days={days}").status_code == 200
    assert len(made) == 1
    for window in (WINDOW, "first=20261118&last=20261124", "first=2026-W47-3&last=2026-W48-2"):
        assert client.get(f"{FIGURE}&days=7&{window}").status_code == 200
    assert len(made) == 2


def test_an_indicator_nobody_offers_fills_no_room(site: Site, made: list[Question]) -> None:
    client = asked.signed_in(site, LEADER)
    for matrix in ("", "made-up", "made-up-too", "insured_leave"):
        asked.page_asked("/", f"matrix={matrix}").of(client)
    assert [one.values for one in made if one.part.endswith("matrix")] == [
        (("matrix", ""),), (("matrix", "insured_leave"),),
    ]  # fmt: skip


def test_who_walks_through_the_past_does_not_empty_the_room_of_the_present(
    site: Site, made: list[Question], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = asked.signed_in(site, LEADER)
    now, then = asked.page_asked(f"/area/{OWN}"), asked.page_asked(f"/area/{OWN}", "as_of=2026-11-24")
    now.of(client)
    held = len(store._cache._held)
    then.of(client)
    assert len(store._cache._held) == held > 0
    number = len(made)
    for one in (now, then):
        one.of(client)
    assert len(made) == number, "the past is kept too"


def test_a_word_of_the_region_that_is_changed_is_said_at_once(
    site: Site, made: list[Question], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = site.app.server.config
    region = Path(shutil.copytree(config[REGION], tmp_path / "region"))
    monkeypatch.setitem(config, REGION, region)
    client = asked.signed_in(site, LEADER)
    client.post("/language", json={"language": Language.ENGLISH}, headers=asked.ORIGIN)
    page = asked.page_asked(f"/area/{OWN}")
    assert "Chiping" in page.of(client)[2]
    words = region / "english.csv"
    words.write_text(words.read_text(encoding="utf-8").replace("Chiping", "Newname"), encoding="utf-8")
    assert "Newname" in page.of(client)[2]
    assert "Chiping" not in page.of(client)[2]
