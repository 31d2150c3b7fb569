"""What people decide about drops, supplements that replace by key, and files read again after a code list was mended."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region.load import load
from pipelines.ingest.acceptance import apply_decisions, list_decidable
from pipelines.ingest.reprocess import ReprocessScope, replay, restate
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail.trail import Actor
from pipelines.ledger.uploads.upload import decide_submission, decided_submissions
from pipelines.warehouse import store
from pipelines.warehouse.as_of import create_views
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"
V2 = "benefit_claim_371521_20200305_v2.csv"
SUPPLEMENT = "benefit_claim_371521_20200305_supplement.csv"
NOON = datetime(2020, 3, 10, 4, tzinfo=UTC)


def act(place: Place, name: str, kind: str, at: datetime = NOON) -> None:
    ledger = open_ledger(place.settings)
    with store.connect(place.settings) as warehouse:
        (identity,) = warehouse.connection.execute(
            "select drop_id from drop_register where file_name = ?", [name]
        ).fetchall()[0]
        chosen = list_decidable(warehouse, identity, kind, at)
        decide_submission(
            ledger, chosen.drop_id, kind, chosen.counts_from, Actor("tester", ""), "for a test", chosen.counts_from
        )
        apply_decisions(warehouse, decided_submissions(ledger))
    ledger.close()


def seen(place: Place, day: str) -> set[str]:
    """Claims in force at the cut-off of a day."""
    with store.connect(place.settings) as warehouse:
        create_views(warehouse.connection, place.morning(day).astimezone(UTC).replace(tzinfo=None))
        return {
            row[0] for row in warehouse.connection.execute("select claim_id from benefit_claim_in_force").fetchall()
        }


def industry_seen(place: Place, day: str, claim_id: str) -> list[str]:
    with store.connect(place.settings) as warehouse:
        create_views(warehouse.connection, place.morning(day).astimezone(UTC).replace(tzinfo=None))
        rows = warehouse.connection.execute(
            "select industry from benefit_claim_in_force where claim_id = ?", [claim_id]
        ).fetchall()
        return [row[0] for row in rows]


def held_file(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims(range(1, 11)))
    place.drop(FEED, "2020-03-07", V2, claims([1, 2]))
    place.ingest()


def test_a_held_file_counts_from_its_confirmation_on_and_not_before(place: Place) -> None:
    held_file(place)
    assert len(seen(place, "2020-03-09")) == 10
    act(place, V2, "confirm")
    assert len(seen(place, "2020-03-10")) == 10  # 07:00 that day, before the decision at noon
    assert seen(place, "2020-03-11") == {"L001", "L002"}


def test_a_withdrawn_file_gives_way_to_the_one_before_it(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2, 3]))
    place.drop(FEED, "2020-03-07", V2, claims([4, 5, 6]))
    place.ingest()
    act(place, V2, "withdraw")
    assert seen(place, "2020-03-09") == {"L004", "L005", "L006"}
    assert seen(place, "2020-03-11") == {"L001", "L002", "L003"}


@pytest.mark.requirement("2.3.1")
def test_a_decision_that_makes_no_sense_is_refused_with_a_sentence(place: Place) -> None:
    held_file(place)
    with pytest.raises(UserError, match="没有被暂存"):
        act(place, NAME, "confirm")
    act(place, V2, "withdraw")
    with pytest.raises(UserError, match="已经撤回过了"):
        act(place, V2, "withdraw")
    with store.connect(place.settings) as warehouse, pytest.raises(UserError, match="没有编号为"):
        list_decidable(warehouse, "nonsense", "confirm", NOON)


def test_the_file_after_a_confirmed_one_is_compared_with_it(place: Place) -> None:
    held_file(place)
    act(place, V2, "confirm", datetime(2020, 3, 8, 4, tzinfo=UTC))
    place.drop(FEED, "2020-03-09", "benefit_claim_371521_20200305_v3.csv", claims([1, 2, 3]))
    assert place.ingest().held == 0
    assert seen(place, "2020-03-10") == {"L001", "L002", "L003"}


def test_a_supplement_adds_rows_and_replaces_by_key(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2]))
    place.drop(FEED, "2020-03-07", SUPPLEMENT, csv(CLAIM_HEADER, claim(2, industry="F"), claim(3)))
    place.ingest()
    assert seen(place, "2020-03-06") == {"L001", "L002"}
    assert seen(place, "2020-03-08") == {"L001", "L002", "L003"}
    assert industry_seen(place, "2020-03-08", "L002") == ["F"]


def test_a_whole_file_sent_later_replaces_the_supplement_too(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2]))
    place.drop(FEED, "2020-03-07", SUPPLEMENT, csv(CLAIM_HEADER, claim(2, industry="F"), claim(3)))
    place.drop(FEED, "2020-03-08", V2, claims([1, 2, 4]))
    place.ingest()
    assert seen(place, "2020-03-09") == {"L001", "L002", "L004"}
    assert industry_seen(place, "2020-03-09", "L002") == ["C"]


def test_a_supplement_that_came_before_any_whole_file_waits_for_it(place: Place) -> None:
    place.drop(FEED, "2020-03-06", SUPPLEMENT, claims([3]))
    place.drop(FEED, "2020-03-07", NAME, claims([1, 2]))
    place.ingest()
    assert seen(place, "2020-03-08") == {"L001", "L002", "L003"}


def mended(place: Place, folder: Path) -> Place:
    """The same data folder with a code list that knows one code more."""
    region = shutil.copytree(REGION, folder / "mended")
    with (region / "codes.csv").open("a", encoding="utf-8") as file:
        file.write("unemployment_reason,77,新原因,unknown,2016-01-01,\n")
    return replace(place, region=load(region))


def test_a_replay_closes_what_passes_now_and_leaves_the_past_as_it_was(place: Place, tmp_path: Path) -> None:
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, claim(1), claim(2, reason="77"), claim(3, area="379999")))
    place.ingest()
    later = mended(place, tmp_path)
    with store.connect(place.settings) as warehouse:
        report = replay(later.settings, later.region, warehouse, ReprocessScope(), NOON)
        again = replay(later.settings, later.region, warehouse, ReprocessScope(), NOON)
    assert (report.read, report.changed, report.closed_rows) == (1, 1, 1)
    assert (again.changed, again.closed_rows) == (0, 0)
    assert seen(place, "2020-03-10") == {"L001"}
    assert seen(place, "2020-03-11") == {"L001", "L002"}
    generations = place.rows("select rows_total, rows_accepted, rows_quarantined from drop_register order by known_at")
    assert generations == [(3, 1, 2), (3, 2, 1)]


def test_a_file_refused_for_its_many_wrong_rows_counts_after_a_replay(place: Place, tmp_path: Path) -> None:
    lines = [claim(number, reason="77" if number > 2 else "11") for number in range(1, 13)]
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, *lines))
    assert place.ingest().refused == 1
    later = mended(place, tmp_path)
    with store.connect(place.settings) as warehouse:
        assert replay(later.settings, later.region, warehouse, ReprocessScope(FEED), NOON).closed_rows == 12
    assert seen(place, "2020-03-10") == set()
    assert len(seen(place, "2020-03-11")) == 12


def test_restating_changes_only_what_reads_otherwise_now(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2]))
    place.drop(FEED, "2020-03-06", "benefit_claim_371522_20200305.csv", claims([3], area="371522"))
    place.ingest()
    with store.connect(place.settings) as warehouse:
        assert restate(place.settings, place.region, warehouse, ReprocessScope(FEED), NOON).changed == 0
        warehouse.connection.execute("update benefit_claim set industry = 'F' where claim_id = 'L003'")
        assert restate(place.settings, place.region, warehouse, ReprocessScope(FEED), NOON).changed == 1
    assert industry_seen(place, "2020-03-10", "L003") == ["F"]
    assert industry_seen(place, "2020-03-11", "L003") == ["C"]
