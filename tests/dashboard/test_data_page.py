"""The page of data: completeness with words and marks, rows sent back, files, revisions; an office sees its own alone."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.locale import text
from dashboard.summary.expected_submissions import MATRIX_WORDS
from pipelines.core.domain import Grain, Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Sending, Settled, Stage
from pipelines.published import read as door
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, LAST_DAY, LATE, City
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, served
from tests.permitted import PERMISSIONS

CLERK = Viewer(Role.COUNTY_CLERK, frozenset({LATE}), "clerk")
OTHER = Viewer(Role.COUNTY_CLERK, frozenset({"371503"}), "other")
DUTY = Viewer(Role.CITY_DUTY, name="duty")
OWED = LAST_DAY - timedelta(days=1)
REASON = "失业日期晚于受理日期，请核对"


@pytest.fixture
def place(city: City, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(city.published, tmp_path / "published")
    with served(tmp_path) as running:
        yield running
    door.close()


def shown(place: Site, viewer: Viewer, query: str = "", path: str = "/data") -> str:
    return json.dumps(json.loads(page_asked(path, query).of(signed_in(place, viewer))[2]), ensure_ascii=False)


def cells(page: str) -> list[dict[str, object]]:
    """The cells of the completeness matrix as they are sent."""

    def walk(node: object) -> Iterator[dict[str, object]]:
        if isinstance(node, dict):
            if node.get("type") == "Td" and str(node["props"].get("className", "")).startswith("roster-"):
                yield node["props"]
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return list(walk(json.loads(page)))


def sent(place: Site, stage: Stage | None = None, area: str = LATE, period: date = OWED) -> None:
    viewer = Viewer(Role.COUNTY_CLERK, frozenset({area}), "clerk")
    sending = Sending("benefit_claim", area, period, Grain.DAY, 1, False, f"{area}{period:%m%d}", "h" * 64, 9, 5, 0)
    uploads.enter_upload(
        place.ledger,
        PERMISSIONS,
        ActContext(viewer, trail.SYSTEM, datetime.now(UTC)),
        CITY,
        sending,
        str,
        lambda _: None,
    )
    if stage is not None:
        settled = Settled(sending.drop_id, stage, 5, 0, "原因", "reason")
        uploads.settle_upload(place.ledger, [settled], datetime.now(UTC))


def test_every_cell_has_a_word_beside_its_mark(place: Site) -> None:
    found = cells(shown(place, LEADER, "feed=insured_event"))
    assert len(found) > 30
    for cell in found:
        words = json.dumps(cell, ensure_ascii=False)
        assert any(text(word) in words and mark in words for word, mark in MATRIX_WORDS.values()), words
    assert {str(cell["className"]) for cell in found} >= {"roster-reported", "roster-late", "roster-not_due"}


def test_a_missing_file_is_told_and_leads_its_clerk_to_the_form(place: Site) -> None:
    page = shown(place, CLERK, "feed=benefit_claim")
    owing = [cell for cell in cells(page) if cell["className"] == "roster-missing"]
    assert len(owing) == 2
    assert f"feed=benefit_claim&area={LATE}&period={OWED.isoformat()}#send" in json.dumps(owing)
    assert text("{number} files are owed in the periods shown.", number=2) in page
    assert "#send" not in shown(place, LEADER, "feed=benefit_claim"), "a leader sends no files"


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (None, "sent, not yet taken in"),
        (Stage.ACCEPTED, "taken in, counts from the next edition"),
        (Stage.HELD, "held for confirmation"),
        (Stage.REFUSED, "refused"),
    ],
)
def test_an_upload_is_laid_over_the_edition_until_the_next_one(place: Site, stage: Stage | None, words: str) -> None:
    def newest(viewer: Viewer) -> str:
        found = [json.dumps(cell, ensure_ascii=False) for cell in cells(shown(place, viewer, "feed=benefit_claim"))]
        return next(cell for cell in reversed(found) if "not_due" not in cell and "reported" not in cell)

    assert text("not reported") in newest(CLERK)
    sent(place, stage)
    assert text(words) in newest(CLERK)
    assert text(words) in newest(DUTY)
    assert text("not reported") in json.dumps(
        cells(shown(place, CLERK, f"feed=benefit_claim&as_of={LAST_DAY.isoformat()}")), ensure_ascii=False
    ), "what was told then stays"


def test_an_office_sees_its_own_files_rows_and_uploads_alone(place: Site) -> None:
    sent(place)
    own, foreign = shown(place, CLERK, "feed=benefit_claim"), shown(place, OTHER, "feed=benefit_claim")
    for seen in (REASON, f"benefit_claim_{LATE}_20261123.csv", "/data/receipt/1"):
        assert seen in own
        assert seen not in foreign
    assert LATE not in foreign
    assert "benefit_claim_371503_v2.csv" not in own, "another county's revision"
    assert REASON in shown(place, DUTY)


@pytest.mark.parametrize("viewer", [AUDITOR, ADMINISTRATOR])
def test_who_reads_the_general_file_sees_what_is_due_and_no_file(place: Site, viewer: Viewer) -> None:
    page = shown(place, viewer, "feed=benefit_claim")
    assert len(cells(page)) > 20
    assert text("How fresh each feed is") in page
    for hidden in (REASON, "20261123.csv", text("The last files"), text("Files sent by this page"), "data-upload"):
        assert hidden not in page


def test_a_revision_says_by_how_much_and_why_and_who_sees_a_small_one_is_entered(place: Site) -> None:
    page = shown(place, LEADER)
    assert "+2 (+50.0%)" in page
    assert text("corrected by the sender") in page
    assert any(entry.target == "/data" for entry in trail.entries(place.ledger, act=Act.SMALL_CELL_VIEW))


def test_nobody_sends_a_file_while_looking_back(place: Site) -> None:
    assert "data-upload" in shown(place, CLERK, "feed=benefit_claim")
    assert "data-upload" not in shown(place, CLERK, f"feed=benefit_claim&as_of={LAST_DAY.isoformat()}")


@pytest.mark.parametrize("query", ["feed=made_up", "feed=benefit_claim&area=1&period=x", "period=2026-11-24"])
def test_an_address_nobody_made_shows_the_page(place: Site, query: str) -> None:
    for viewer in (CLERK, DUTY, AUDITOR):
        assert text("Completeness") in shown(place, viewer, query)


def test_the_first_choice_is_what_is_owed_longest(place: Site) -> None:
    page = shown(place, CLERK, "feed=benefit_claim")
    first = (OWED - timedelta(days=1)).isoformat()
    assert f'"value": "{first}", "selected": true' in page or f'"selected": true, "value": "{first}"' in page


def test_links_of_a_past_edition_lead_to_a_part_of_a_page_as_it_was_that_day(place: Site) -> None:
    page = shown(place, DUTY, "feed=benefit_claim&as_of=2026-11-24")
    links = {one.replace("&amp;", "&") for one in re.findall(r'"href": "(/data[^"]*#[^"]*)"', page)}
    assert len(links) > 5
    for link in links:
        asked, _, part = link.partition("#")
        assert part in {"matrix", "send", "back"}, link
        assert "as_of=2026-11-24" in asked or "period=" in asked, link
