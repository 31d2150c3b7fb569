"""Writing the files: blocks of rows rendered at once and cut into files, some late, some twice, a few rows wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.arrival import NEVER
from pipelines.demo.sheet import Encoding, Sheet, join, write_workbook
from pipelines.demo.timeline import Timeline, random_stream

Ints = NDArray[np.int64]
Progress = Callable[[str, int, int], None]

_BLOCK = 200_000


@dataclass
class Tally:
    """What was written so far."""

    files: int = 0
    size: int = 0
    rows: dict[str, int] = field(default_factory=dict)


class SheetWriter:
    """Writes sheets below one inbox folder."""

    def __init__(self, into: Path, timeline: Timeline, seed: int, progress: Progress | None) -> None:
        """``into`` holds the feed folders; nothing received after the timeline's horizon is written."""
        self._into, self._timeline, self._seed, self._progress = into, timeline, seed, progress
        self._folders: dict[tuple[str, int], Path] = {}
        self.tally = Tally()

    def write(self, sheet: Sheet) -> None:
        """Write every file of the sheet that has come by the horizon."""
        rng = random_stream(self._seed, f"files {sheet.feed}")
        spoilt = np.flatnonzero(sheet.is_free & (rng.random(len(sheet.is_free)) < frozen.DIRTY))
        encodings = list(dict.fromkeys(sheet.encoding))
        first = 0
        self.tally.rows.setdefault(sheet.feed, 0)
        while first < len(sheet.sender):
            last = int(np.searchsorted(sheet.edge, sheet.edge[first] + _BLOCK, side="right")) - 1
            last = min(max(last, first + 1), len(sheet.sender))
            for encoding in encodings:
                files = np.array([i for i in range(first, last) if sheet.encoding[i] == encoding], dtype=np.int64)
                self._write_block(sheet, files, encoding, spoilt, rng)
            first = last
            if self._progress is not None:
                self._progress(sheet.feed, first, len(sheet.sender))

    def _write_block(
        self, sheet: Sheet, files: Ints, encoding: Encoding, spoilt: Ints, rng: np.random.Generator
    ) -> None:
        many = sheet.edge[files + 1] - sheet.edge[files]
        upto = np.concatenate([[0], np.cumsum(many)])
        rows = np.repeat(sheet.edge[files] - upto[:-1], many) + np.arange(upto[-1])
        head = encoding.mark + (",".join(sheet.header) + encoding.line_end).encode(encoding.codec)
        data, offset = join(sheet.parts(rows, encoding)) if len(rows) else (memoryview(b""), np.zeros(1, np.int64))
        wrong = np.searchsorted(spoilt, sheet.edge[files])
        wrong_end = np.searchsorted(spoilt, sheet.edge[files + 1])
        for place, file in enumerate(files):
            body = bytes(data[offset[upto[place]] : offset[upto[place + 1]]])
            if wrong_end[place] > wrong[place]:
                body = _spoil(sheet, body, spoilt[wrong[place] : wrong_end[place]] - sheet.edge[file], encoding, rng)
            received, again = int(sheet.received[file]), int(sheet.corrected[file])
            if received == NEVER or received > self._timeline.horizon:
                continue
            free = np.flatnonzero(sheet.is_free[sheet.edge[file] : sheet.edge[file + 1]])
            if again != NEVER and len(free):
                self._put(sheet, file, received, 1, head + _first_version(sheet, body, free, encoding, rng))
                if again <= self._timeline.horizon:
                    self._put(sheet, file, again, 2, head + body)
            else:
                self._put(sheet, file, received, 1, head + body)

    def _put(self, sheet: Sheet, file: int, received: int, version: int, content: bytes) -> None:
        key = (sheet.feed, received)
        folder = self._folders.get(key)
        if folder is None:
            folder = self._into / sheet.feed / self._timeline.date_of(received).isoformat()
            folder.mkdir(parents=True, exist_ok=True)
            self._folders[key] = folder
        suffix = ".csv" if version == 1 else f"_v{version}.csv"
        self.tally.rows[sheet.feed] += content.count(b"\n") - 1
        sender, period = sheet.sender[file], sheet.period[file]
        if sender in sheet.workbook_of:
            encoding = sheet.encoding[file]
            lines = _lines(content.removeprefix(encoding.mark), encoding)
            suffix = suffix.replace(".csv", ".xlsx")
            content = write_workbook(sheet.workbook_of[sender], sender, period, lines)
        (folder / f"{sheet.feed}_{sender}_{period}{suffix}").write_bytes(content)
        self.tally.files += 1
        self.tally.size += len(content)


def _lines(body: bytes, encoding: Encoding) -> list[list[str]]:
    return [line.split(",") for line in body.decode(encoding.codec).split(encoding.line_end)[:-1]]


def _bytes(lines: list[list[str]], encoding: Encoding) -> bytes:
    return "".join(",".join(line) + encoding.line_end for line in lines).encode(encoding.codec)


def _spoil(sheet: Sheet, body: bytes, wrong: Ints, encoding: Encoding, rng: np.random.Generator) -> bytes:
    """The file with one column of some rows made wrong, as happens at the sender."""
    lines = _lines(body, encoding)
    columns = list(sheet.spoil)
    for row in wrong:
        column = columns[int(rng.integers(0, len(columns)))]
        place = sheet.header.index(column)
        lines[row][place] = sheet.spoil[column](lines[row][place])
    return _bytes(lines, encoding)


def _first_version(sheet: Sheet, body: bytes, free: Ints, encoding: Encoding, rng: np.random.Generator) -> bytes:
    """What was sent first: one or two rows missing, another one different."""
    lines = _lines(body, encoding)
    some = rng.permutation(free)
    sheet.revise(lines[some[-1]])
    missing = set(some[: 1 + (len(some) > 20)].tolist())
    return _bytes([line for row, line in enumerate(lines) if row not in missing], encoding)
