"""The second stage of an upload: what the ingest made of the file stands beside its receipt, whatever happens between."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import run
from pipelines.core.domain import Grain, Role, SaidError, Viewer
from pipelines.core.region.load import load
from pipelines.feeds import contracts
from pipelines.feeds.contract import Slice
from pipelines.formcheck.parsing.submission import submission_of
from pipelines.ingest.acceptance import list_decidable
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail.trail import SYSTEM, ActContext
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Sending, Stage, Upload, decide_submission
from pipelines.warehouse import store
from tests.permitted import PERMISSIONS
from tests.pipeline.ingest_place import NOW, REGION, Place, claim, claims

FEED, AREA, DAY = "benefit_claim", "371521", date(2020, 3, 5)
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({AREA}), "clerk")
DESK = Viewer(Role.CITY_DUTY, name="duty")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.at(tmp_path, load(REGION))


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    opened = open_ledger(place.settings)
    yield opened
    opened.close()


def send(place: Place, ledger: Ledger, content: bytes, version: int = 1, feed: str = FEED) -> Upload:
    """As the upload page does: entered, and in the inbox under a name that says the slice."""
    meant = Slice(AREA, DAY, Grain.DAY, version, is_supplement=False)
    found = submission_of(content, "x.csv", contracts()[feed], place.region, meant=meant)
    sending = Sending(
        feed, AREA, DAY, Grain.DAY, version, False, found.drop_id, found.content_hash, len(content), 0, 0
    )  # fmt: skip
    shown = f"_v{version}" if version > 1 else ""
    return uploads.enter_upload(ledger, PERMISSIONS, ActContext(CLERK, SYSTEM, NOW), place.region.city, sending, lambda number: f"{feed}_{AREA}_20200305{shown} ({number}).csv", lambda name: place.drop(feed, None, name, content) and None)  # fmt: skip


def taken(place: Place, ledger: Ledger, later: int = 0) -> None:
    run.ingest_all(place.settings, place.region, ledger, False, NOW + timedelta(minutes=later))


def stage(ledger: Ledger, one: Upload) -> tuple[Stage, int | None, int | None]:
    with ledger.reading() as connection:
        found = uploads.by_number(connection, one.upload_id)
    assert found is not None
    return found.stage, found.rows_accepted, found.rows_quarantined


def test_an_accepted_file_says_its_rows(place: Place, ledger: Ledger) -> None:
    wrong = claims([1, 2, 3]).decode("utf-8-sig") + claim(4, reason="77") + "\r\n"
    one = send(place, ledger, wrong.encode())
    assert stage(ledger, one) == (Stage.CHECKED, None, None)
    taken(place, ledger)
    assert stage(ledger, one) == (Stage.ACCEPTED, 3, 1)
    assert not list(place.settings.inbox.rglob("*.csv"))


def test_a_held_file_is_accepted_when_it_is_confirmed_and_its_instant_stays(place: Place, ledger: Ledger) -> None:
    first = send(place, ledger, claims(range(1, 21)))
    second = send(place, ledger, claims(range(1, 6)), version=2)
    taken(place, ledger)
    assert stage(ledger, first) == (Stage.ACCEPTED, 20, 0)
    assert stage(ledger, second)[0] is Stage.HELD
    with ledger.reading() as connection:
        held = uploads.by_number(connection, second.upload_id)
    assert held is not None
    assert "不足现行文件" in held.reason
    with store.connect(place.settings) as warehouse:
        known = list_decidable(warehouse, second.drop_id, "confirm", NOW)
    decide_submission(ledger, known.drop_id, "confirm", known.counts_from, SYSTEM, "核实无误", NOW)
    taken(place, ledger, later=5)
    assert stage(ledger, second) == (Stage.ACCEPTED, 5, 0)
    with ledger.reading() as connection:
        confirmed = uploads.by_number(connection, second.upload_id)
    assert confirmed is not None
    assert (confirmed.reason, confirmed.settled_at) == ("", held.settled_at)


def test_a_file_that_is_withdrawn_says_so(place: Place, ledger: Ledger) -> None:
    one = send(place, ledger, claims([1, 2]))
    taken(place, ledger)
    decide_submission(ledger, one.drop_id, "withdraw", NOW, SYSTEM, "报错了县", NOW)
    taken(place, ledger, later=5)
    assert stage(ledger, one)[0] is Stage.WITHDRAWN


def test_a_file_refused_whole_says_why(place: Place, ledger: Ledger) -> None:
    one = send(place, ledger, claims(range(1, 21), area="371522"))
    taken(place, ledger)
    assert stage(ledger, one) == (Stage.REFUSED, 0, 20)
    with ledger.reading() as connection:
        found = uploads.by_number(connection, one.upload_id)
    assert found is not None
    assert "整份退回" in found.reason


def test_an_ingest_that_broke_off_before_the_answer_is_made_up_for(place: Place, ledger: Ledger) -> None:
    one = send(place, ledger, claims([1, 2]))
    place.ingest(backfill=False)  # the file is in the warehouse, and nobody told the ledger
    assert stage(ledger, one)[0] is Stage.CHECKED
    taken(place, ledger)
    assert stage(ledger, one) == (Stage.ACCEPTED, 2, 0)


def test_a_file_that_came_by_the_inbox_before_settles_its_upload_too(place: Place, ledger: Ledger) -> None:
    place.drop(FEED, None, f"{FEED}_{AREA}_20200305.csv", claims([1, 2]))
    taken(place, ledger)
    one = send(place, ledger, claims([1, 2]))
    taken(place, ledger, later=5)
    assert stage(ledger, one) == (Stage.ACCEPTED, 2, 0)


def test_a_whole_file_whose_version_has_come_meanwhile_is_not_entered(place: Place, ledger: Ledger) -> None:
    first = send(place, ledger, claims([1]))
    with pytest.raises(SaidError, match=f"第 {first.upload_id} 号"):
        send(place, ledger, claims([2]))
    send(place, ledger, claims([2]), version=2)
    with pytest.raises(SaidError, match="已经报送过"):
        send(place, ledger, claims([1]))
    send(place, ledger, claims([1]), version=3)
    assert len(list(place.settings.inbox.rglob("*.csv"))) == 3


def test_a_file_whose_name_was_taken_back_leaves_no_receipt(place: Place, ledger: Ledger) -> None:
    def fail(_: str) -> None:
        raise FileNotFoundError

    sending = Sending(FEED, AREA, DAY, Grain.DAY, 1, False, "a" * 16, "b" * 64, 1, 1, 0)
    with pytest.raises(FileNotFoundError):
        uploads.enter_upload(
            ledger, PERMISSIONS, ActContext(DESK, SYSTEM, datetime.now(UTC)), place.region.city, sending, str, fail
        )
    with ledger.reading() as connection:
        assert not uploads.uploads(connection, None, since=date.min)
