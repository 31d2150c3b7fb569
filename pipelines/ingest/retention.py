"""Retention: sealed files of people older than the region allows are replaced by their masked twins.

The order survives a kill at any point: the twins are written and synced, then the log says what goes, then the sealed
file goes. A file that has both is done again by the next purge; until then the sealed one counts.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.masked_copy import masked_copies_of
from pipelines.formcheck.parsing.submission import Submission, submission_of
from pipelines.formcheck.validation.identity import pads
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ingest.raw_store import RawEntry, RawStore, flush

LOG = "purge.jsonl"
# As many files as are checked together when they come.
_MOST_FILES, _MOST_BYTES = 500, 64 << 20


@dataclass(frozen=True)
class Purged:
    """How many sealed files of a feed were replaced, and those of how many drops."""

    feed: str
    files: int
    drops: int


@dataclass(frozen=True)
class _Expired:
    """A content past its retention, with the first arrival of every drop that had it."""

    content_hash: str
    entries: tuple[RawEntry, ...]


def purge(settings: Settings, region: Region, now: datetime) -> list[Purged]:
    """Replace what is older than ``retention_days`` of feeds.csv, counted from the last arrival of a content.

    Feeds without retention, and feeds without persons, are left. Raises UserError (keys, damaged files) before the file
    concerned is touched.
    """
    keys = all_keys.load_keys(settings)
    raw = RawStore(settings.raw, keys)
    checker = Checker(region, pads(keys.pseudonym), settings.memory_limit, settings.threads)
    done = []
    try:
        for feed, days in _retention(region).items():
            expired = list(_expired(raw, contracts()[feed], now - timedelta(days=days)))
            for batch in _batches(raw, contracts()[feed], expired):
                _replace(settings.raw, raw, checker, contracts()[feed], batch, region, now)
            done.append(Purged(feed, len(expired), sum(len(item.entries) for item in expired)))
    finally:
        checker.close()
    return done


def _retention(region: Region) -> dict[str, int]:
    days = {
        str(feed): int(kept)
        for feed, kept in zip(region.feeds["feed"], region.feeds["retention_days"], strict=True)
        if not pd.isna(kept)
    }
    return {feed: kept for feed, kept in days.items() if feed in contracts() and contracts()[feed].is_person}


def _expired(raw: RawStore, contract: Contract, before: datetime) -> Iterator[_Expired]:
    arrivals: dict[str, list[RawEntry]] = defaultdict(list)
    for entry in raw.entries():
        if entry.feed == contract.feed and not entry.reason:
            arrivals[entry.content_hash].append(entry)
    for content_hash, entries in arrivals.items():
        last = max(entry.received_at for entry in entries).replace(tzinfo=UTC)
        if last < before and raw.path(contract, content_hash).exists():
            first: dict[str, RawEntry] = {}
            for entry in sorted(entries, key=lambda entry: entry.precedence):
                first.setdefault(entry.drop_id, entry)
            yield _Expired(content_hash, tuple(first.values()))


def _batches(raw: RawStore, contract: Contract, expired: Sequence[_Expired]) -> Iterator[list[_Expired]]:
    batch: list[_Expired] = []
    size = 0
    for item in expired:
        weight = raw.path(contract, item.content_hash).stat().st_size * len(item.entries)
        if batch and (len(batch) >= _MOST_FILES or size + weight > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weight
    if batch:
        yield batch


def _replace(
    folder: Path,
    raw: RawStore,
    checker: Checker,
    contract: Contract,
    expired: Sequence[_Expired],
    region: Region,
    now: datetime,
) -> None:
    drops = [drop for item in expired for drop in _parsed_files(raw, contract, item, region)]
    for drop, twin in zip(drops, masked_copies_of(contract, checker.check(contract, drops)), strict=True):
        _write_aside(raw.twin_path(contract, drop.content_hash, drop.drop_id), twin)
    os.sync()  # one for all of them
    _log(folder / LOG, contract, expired, now)
    for item in expired:
        raw.path(contract, item.content_hash).unlink()


def _parsed_files(raw: RawStore, contract: Contract, item: _Expired, region: Region) -> list[Submission]:
    content = raw.content(contract, item.content_hash)
    return [
        replace(submission_of(content, entry.file_name, contract, region), drop_id=entry.drop_id)
        for entry in item.entries
    ]


def _write_aside(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.part")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    aside.replace(path)


def _log(path: Path, contract: Contract, expired: Sequence[_Expired], now: datetime) -> None:
    lines = "".join(
        json.dumps(
            {
                "feed": contract.feed,
                "content_hash": item.content_hash,
                "drops": [entry.drop_id for entry in item.entries],
                "purged_at": now.astimezone(UTC).isoformat(),
            }
        )
        + "\n"
        for item in expired
    )
    with path.open("ab") as file:
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())
    flush(path.parent)
