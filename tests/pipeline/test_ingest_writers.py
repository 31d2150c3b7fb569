"""A file that somebody still writes to is not taken for whole, and what comes after it was read is not lost."""

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.ingest.arrivals import ABANDONED_S, SETTLED_S
from tests.pipeline.ingest_place import CLAIM_HEADER, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"
LINES = [CLAIM_HEADER, *(claim(number) for number in range(1, 41))]


def now(after: float = 0) -> datetime:
    """So many seconds from now: as quiet is a file that is written now."""
    return datetime.now(UTC) + timedelta(seconds=after)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_file_is_taken_when_its_writer_has_closed_it_and_then_whole(place: Place, suffix: str) -> None:
    whole = csv(*LINES) if suffix == "csv" else (Path(__file__).parent / "dirty" / "xlsx" / NAME).with_suffix(
        ".xlsx").read_bytes()  # fmt: skip
    path = place.drop(FEED, None, f"{NAME[:-4]}.{suffix}", b"")
    with path.open("ab") as writer:
        writer.write(whole[: len(whole) // 2])
        writer.flush()
        report = place.ingest(backfill=False, now=now())
        assert (report.files, place.files()) == (0, {path.name})
        assert any("还没有传完" in sentence for sentence in report.sentences)
        writer.write(whole[len(whole) // 2 :])
    report = place.ingest(backfill=False, now=now())
    assert (report.files, report.accepted, place.files()) == (1, 1, set())
    assert suffix != "csv" or report.rows_accepted == len(LINES) - 1


def test_a_file_that_a_program_holds_open_without_writing_is_taken_at_last(place: Place) -> None:
    path = place.drop(FEED, None, NAME, csv(*LINES))
    with path.open("ab"):
        assert place.ingest(backfill=False, now=now(ABANDONED_S - 20)).files == 0
        assert place.ingest(backfill=False, now=now(ABANDONED_S + 20)).accepted == 1
    assert not place.files()


def test_where_nobody_can_tell_of_writers_a_file_waits_until_it_is_quiet(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with files of another user, and on file systems without leases."""
    asked = fcntl.fcntl

    def refused(descriptor: int, command: int, argument: int = 0) -> int:
        if command == fcntl.F_SETLEASE:
            raise PermissionError
        return asked(descriptor, command, argument)

    monkeypatch.setattr(fcntl, "fcntl", refused)
    place.drop(FEED, None, NAME, csv(*LINES))
    assert place.ingest(backfill=False, now=now(SETTLED_S - 20)).files == 0
    assert place.ingest(backfill=False, now=now(SETTLED_S + 20)).accepted == 1
    assert not place.files()


def test_rows_added_after_a_file_was_read_are_taken_by_the_next_ingest(place: Place) -> None:
    path = place.drop(FEED, None, NAME, csv(*LINES[:20]))

    def go_on(what: str, _done: int, _total: int) -> None:
        if what == "登记":
            with path.open("ab") as writer:
                writer.write(csv(*LINES[20:], encoding="utf-8"))

    place.ingest(backfill=False, now=now(), progress=go_on)
    assert place.files() == {NAME}
    place.ingest(backfill=False, now=now(1))
    assert place.rows("select rows_accepted from drop_register order by 1") == [(19,), (40,)]
    assert not place.files()


def test_a_writer_that_begins_after_a_file_was_read_keeps_it(place: Place) -> None:
    path = place.drop(FEED, None, NAME, csv(*LINES[:20]))
    writers: list[int] = []

    def begin(what: str, _done: int, _total: int) -> None:
        if what == "登记":
            writers.append(os.open(path, os.O_WRONLY | os.O_APPEND))

    place.ingest(backfill=False, now=now(), progress=begin)
    os.write(writers[0], csv(*LINES[20:], encoding="utf-8"))
    os.close(writers[0])
    place.ingest(backfill=False, now=now(1))
    assert max(place.rows("select rows_accepted from drop_register")) == (40,)


def test_a_file_renamed_into_place_is_taken_at_once(place: Place) -> None:
    """As the upload page, rsync and most programs that copy do."""
    path = place.drop(FEED, None, f".{NAME}.part", claims([1, 2]))
    path.rename(path.with_name(NAME))
    assert place.ingest(backfill=False, now=now()).accepted == 1
