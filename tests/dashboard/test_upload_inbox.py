"""How a file that is sent comes into the inbox: under which name, beside what lies there, a few at a time."""

import os
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from dashboard.locale import text
from dashboard.upload import check as upload_place
from dashboard.upload.submission import _places, _turns
from pipelines.core.domain import Grain
from pipelines.core.region.load import load
from pipelines.feeds import contracts
from pipelines.feeds.contract import Slice
from pipelines.formcheck.parsing.submission import submission_of
from tests.dashboard.published_city import LAST_DAY, LATE, REGION
from tests.dashboard.sending import DAY, FEED, clerk, good, kept, place, sent
from tests.dashboard.site import Site
from tests.pipeline.ingest_place import csv

__all__ = ["clerk", "place"]


def test_what_cannot_be_written_is_said_and_not_entered(
    place: Site, clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.settings.inbox.mkdir(parents=True)
    (place.settings.inbox / FEED).write_text("no folder")
    assert sent(clerk, good())[0] == 400
    (place.settings.inbox / FEED).unlink()

    def fail(self: upload_place.Aside, name: str) -> None:
        raise OSError(f"no room for {name}")

    monkeypatch.setattr(upload_place.Aside, "take_place", fail)
    assert sent(clerk, good())[0] == 400
    monkeypatch.undo()
    assert not kept(place), "nor is what was written aside left behind"
    assert sent(clerk, good()) == (200, {"to": "/data/receipt/1"})


def test_what_lies_in_the_inbox_is_never_overwritten(place: Site, clerk: FlaskClient) -> None:
    folder = place.settings.inbox / FEED
    folder.mkdir(parents=True)
    taken = folder / f"{FEED}_{LATE}_{DAY.replace('-', '')} (1).csv"
    taken.write_text("another's")
    assert sent(clerk, good())[0] == 400
    assert (kept(place), taken.read_text()) == ([taken.name], "another's")


def test_what_was_left_aside_an_hour_ago_is_removed(place: Site, clerk: FlaskClient) -> None:
    folder = place.settings.inbox / FEED
    folder.mkdir(parents=True)
    for name, hours in ((".old.part", 2), (".new.part", 0)):
        (folder / name).write_text("half")
        then = datetime.now(UTC).timestamp() - 3600 * hours
        os.utime(folder / name, (then, then))
    assert sent(clerk, good())[0] == 200
    assert kept(place)[0] == ".new.part"
    assert ".old.part" not in kept(place)


def test_while_many_are_checked_the_next_is_told_to_come_again(
    clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.upload.submission._PATIENCE", 0.05)
    assert _turns.acquire(blocking=False)
    assert _turns.acquire(blocking=False)
    try:
        assert text("Many files are being checked just now. Nothing was kept; try again in a minute.") in str(
            sent(clerk, good())[1]["say"]
        )
    finally:
        _turns.release()
        _turns.release()
    assert sent(clerk, good())[0] == 200


def test_only_a_few_wait_for_a_check(clerk: FlaskClient) -> None:
    held = 0
    while _places.acquire(blocking=False):
        held += 1
    try:
        assert held == 4
        assert "一分钟" in str(sent(clerk, good())[1]["say"])
    finally:
        for _ in range(held):
            _places.release()


@pytest.mark.parametrize("feed", sorted(contracts()))
@pytest.mark.parametrize(("version", "is_supplement"), [(1, False), (12, True)])
def test_the_name_in_the_inbox_says_what_was_chosen(feed: str, version: int, is_supplement: bool) -> None:
    region, contract = load(REGION), contracts()[feed]
    cadence = str(region.feeds.loc[region.feeds["feed"] == feed, "cadence"].iloc[0])
    grain = contract.grain or (Grain(cadence) if cadence in set(Grain) else Grain.DAY)
    meant = Slice(LATE, region.period_start(grain, LAST_DAY), grain, version, is_supplement)
    name = upload_place.name_of(feed, meant, "../虚构人 372522197001100007.XLSX", 31)
    content = csv(",".join(column.header for column in contract.columns))
    by_name = submission_of(content, name, contract, region)
    by_choice = submission_of(content, "虚构人.xlsx", contract, region, meant=meant)
    assert by_name.named == meant
    assert by_name.drop_id == by_choice.drop_id
    assert "372522197001100007" not in name
