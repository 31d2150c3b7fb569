"""Our own ways of taking one large file, each to be run in a process of its own (tests.bench.ingest)."""

import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import openpyxl

from pipelines import run as runs
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.parsing.submission import submission_of
from pipelines.formcheck.validation.identity import pads
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ingest.load import LoadedSubmission, load_large
from pipelines.ingest.raw_store import RawEntry
from pipelines.ledger import open_ledger
from pipelines.warehouse import store
from tests.bench.big_drop import FEED, PERIOD, file_name, write_drops
from tests.bench.place import ROOT, now

REGION = ROOT / "data" / "regions" / "liaocheng"
_CHUNK = 1 << 20


def settings(folder: Path) -> Settings:
    """The settings of a data folder below ``folder``."""
    return Settings(data=folder / "var", keys=folder / "keys", region=REGION, _env_file=None)


def write(rows: int, folder: Path) -> None:
    """The file in both encodings."""
    region = regions.load(REGION)
    write_drops(region, rows, {"utf-8": folder / "utf-8.csv", "gb18030": folder / "gb18030.csv"})


def take(folder: Path) -> tuple[int, int]:
    """The whole way: hash, seal, list, read, check, write, remove from the inbox; rows and accepted rows."""
    report = runs.ingest_all(settings(folder), regions.load(REGION), open_ledger(settings(folder)), True, now())
    return report.rows_total, report.rows_accepted


def check_and_write(csv: Path, folder: Path) -> int:
    """Without raw and inbox: from the file's bytes to facts and quarantine."""
    place, region, contract = settings(folder), regions.load(REGION), contracts()[FEED]
    with csv.open("rb") as file:
        drop = submission_of(file.read(_CHUNK), file_name(region), contract, region)
    entry = RawEntry(drop.drop_id, drop.content_hash, FEED, drop.file_name, now().replace(tzinfo=None), False)

    def chunks() -> Iterable[bytes]:
        with csv.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    checker = Checker(region, pads(all_keys.load_keys(place).pseudonym), place.memory_limit, place.threads)
    with store.connect(place) as warehouse:
        arrival = LoadedSubmission(drop, entry, chunks)
        return load_large(warehouse, checker, contract, region, arrival, lambda: None, lambda: None).rows_total


def put(source: Path, folder: Path, name: str) -> None:
    """Copy a file into the inbox of a data folder."""
    day = folder / "var" / "inbox" / FEED / PERIOD.isoformat()
    day.mkdir(parents=True)
    shutil.copyfile(source, day / name)


def head(source: Path, target: Path, rows: int) -> None:
    """The first rows of a file, and its header."""
    with source.open("rb") as lines, target.open("wb") as file:
        file.writelines(islice(lines, rows + 1))


def workbook(source: Path, target: Path, rows: int) -> None:
    """The first rows of a file, and its header, as a workbook."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("增减员")
    with source.open(encoding="utf-8-sig") as lines:
        for line in islice(lines, rows + 1):
            sheet.append(line.rstrip("\n").split(","))
    book.save(target)
