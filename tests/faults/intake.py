"""A morning's inbox: every feed, several batches of each, corrections, a supplement, files to be held and refused."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.ingest import arrivals as waiting
from pipelines.ingest import inbox as intake
from pipelines.warehouse import store
from tests.faults.killer import FILES_A_BATCH, ROUNDS
from tests.house import House
from tests.pipeline.spoiled import Sheet, sheet
from tests.tier import IS_LONG

DAY = "2026-11-01"
BATCH = 3 if IS_LONG else 2
EARLIER, NOW = (3, 7) if IS_LONG else (2, 4)  # files of a feed that are in the warehouse already, and that wait
INGEST = ["ingest", "--backfill"]
Tables = dict[str, str]
SERIES = "指标,地区,期间,频度,数值,计量\n{name},聊城市,2026-10-0{day},日,{value},人数\n"


@dataclass(frozen=True)
class Undisturbed:
    """A morning's ingest that nothing disturbed: the warehouse before it and after each batch, and what is in raw."""

    states: list[Tables]
    raw: set[str]


def morning_of(folder: Path, files: Path) -> House:
    """A house that has taken some files in and finds more in its inbox; ``files`` is the invented city's inbox."""
    house = House(folder, {FILES_A_BATCH: str(BATCH), ROUNDS: "60"})  # each batch has its share of the points
    waiting: list[Path] = []
    for feed in sorted(path.name for path in files.iterdir() if path.name in contracts()):
        found = sorted((files / feed).glob("*/*.csv"), key=lambda path: (_has_rows(path), path.name))
        chosen = found[-EARLIER - NOW :]
        for path in chosen[:EARLIER]:
            _put(house, path, path)
        waiting += chosen[EARLIER:]
    house.gangshao("ingest", "--backfill")
    for path in waiting:
        _put(house, path, path)
    for day in range(1, 6):
        target = house.data / "inbox" / "aggregate_series" / DAY / f"aggregate_series_371500_2026100{day}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(SERIES.format(name="weekly_claims", day=day, value=100 + day), encoding="utf-8")
    _spoil(house.data / "inbox", waiting)
    return house


def _has_rows(path: Path) -> bool:
    """A form's header alone may be longer than a row of another form."""
    return path.read_bytes().count(b"\n") > 1


def _put(house: House, source: Path, path: Path) -> None:
    target = house.data / "inbox" / path.parent.parent.name / path.parent.name / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _spoil(inbox: Path, waiting: list[Path]) -> None:
    """A supplement, a file that would empty a slice, one that nobody can read, one with a bad row, one sent again."""
    claims, events, headcount = (
        sheet([path for path in waiting if path.parent.parent.name == feed][-1])
        for feed in ("benefit_claim", "insured_event", "insured_headcount")
    )

    def save(made: Sheet, rows: list[list[str]], mark: str) -> None:
        feed = made.path.parent.parent.name
        Sheet(made.path, made.encoding, made.header, rows).save(inbox / feed / DAY / f"{made.path.stem}{mark}.csv")

    save(claims, [claims.changed(0, 申领流水号="LATER00001")], "_supplement")
    save(events, [], "_v2")
    save(headcount, [*headcount.rows[:-1], headcount.changed(-1, 期末参保人数="many")], "_v2")
    shutil.copyfile(headcount.path, inbox / "insured_headcount" / DAY / headcount.path.name)  # sent again
    (inbox / "vacancy" / DAY).mkdir(parents=True, exist_ok=True)
    (inbox / "vacancy" / DAY / "vacancy_371500_20261031.csv").write_bytes(b"not what the form says\n")


def undisturbed(house: House) -> Undisturbed:
    """Take the inbox in and look at the warehouse after each batch."""
    settings = settings_of(house)
    with store.connect(settings) as warehouse, _small_batches():
        states = [store.table_hashes(warehouse)]

        def batch_done(what: str, _done: int, _total: int) -> None:
            if what.startswith("采用"):
                states.append(store.table_hashes(warehouse))

        report = intake.ingest_inbox(
            settings, regions.load(settings.region), warehouse, True, datetime(2026, 11, 2, tzinfo=UTC), batch_done
        )
    assert (report.held, report.refused, report.duplicates) == (1, 1, 1)
    return Undisturbed(states, raw(house))


@contextmanager
def _small_batches() -> Iterator[None]:
    """Batches as small here as in the processes that are killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "MOST_FILES", BATCH)
        patch.setattr(intake, "MOST_FILES", BATCH)
        yield


def settings_of(house: House) -> Settings:
    return Settings(data=house.data, keys=house.folder / "keys", _env_file=None)


def tables(house: House) -> Tables:
    """Hash of every table; what a killed process left in the write-ahead log is taken in first."""
    with store.connect(settings_of(house)) as warehouse:
        return store.table_hashes(warehouse)


def raw(house: House) -> set[str]:
    """The files in raw, by name: sealed ones differ each time."""
    return {str(path.relative_to(house.data)) for path in (house.data / "raw").rglob("*") if path.is_file()}


def left_waiting(house: House) -> list[str]:
    return sorted(path.name for path in (house.data / "inbox").rglob("*") if path.is_file())
