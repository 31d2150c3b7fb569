"""Rows per second of ingestion beside DuckDB's bare reader, pandas with pandera and dlt, on one very large file."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.core.region import load as regions
from tests.bench import ingest_ours, ingest_peers
from tests.bench.apart import Measured, apart
from tests.bench.big_drop import PERIOD, file_name

_SHEET_ROWS = 100_000


def run(small: bool) -> dict[str, Any]:
    """Five million rows, the peers on the first tenth of them; small: half a million."""
    rows = 500_000 if small else 5_000_000
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as folder:
        bench = _Bench(Path(folder), rows)
        answer = bench.run()
    Console().print(bench.table)
    return {"ingest": answer}


class _Bench:
    """One run: the files, what was measured, and the table that shows it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.rows, self.few = folder, rows, rows // 10
        self.name = file_name(regions.load(ingest_ours.REGION))
        self.table = Table(title=f"{rows:,} rows of joins and leaves, the peers' {self.few:,}")
        for column in ("what", "rows", "seconds", "processor s", "rows/s", "peak MiB"):
            self.table.add_column(column, justify="left" if column == "what" else "right")

    def _show(self, what: str, rows: int, measured: Measured) -> float:
        speed = rows / measured.seconds
        self.table.add_row(
            what, f"{rows:,}", f"{measured.seconds:.2f}", f"{measured.processor:.2f}", f"{speed:,.0f}",
            f"{measured.peak_mib:.0f}",
        )  # fmt: skip
        return speed

    def run(self) -> dict[str, Any]:
        folder = self.folder
        apart(ingest_ours.write, self.rows, folder)
        utf8, few = folder / "utf-8.csv", folder / "few.csv"
        ingest_ours.head(utf8, few, self.few)
        raw = self._show(
            "DuckDB read_csv alone", self.rows, apart(ingest_peers.raw_duckdb, utf8, folder / "raw.duckdb")
        )
        self._show("check and write alone", self.rows, apart(ingest_ours.check_and_write, utf8, folder / "alone"))
        ours, peak = self._whole("the whole take, UTF-8", utf8)
        gb18030, gb18030_peak = self._whole("the whole take, GB18030", folder / "gb18030.csv")
        period = datetime(PERIOD.year, PERIOD.month, PERIOD.day)  # noqa: DTZ001 - a day has no zone
        checked = apart(ingest_peers.pandas_pandera, few, folder / "pandera.duckdb", ingest_ours.REGION, period)
        self._agree(few, checked.answer)
        pandera = self._show("pandas with pandera", self.few, checked)
        dlt = self._show("dlt, nothing checked", self.few, apart(ingest_peers.dlt_duckdb, few, folder))
        return {
            "rows": self.rows,
            "ratio_to_raw_duckdb": round(ours / raw, 3),
            "ratio_to_pandera": round(ours / pandera, 1),
            "ratio_to_dlt": round(ours / dlt, 2),
            "gb18030_ratio_to_utf8": round(gb18030 / ours, 3),
            "peak_mib": round(max(peak, gb18030_peak)),
            "xlsx_ratio_to_reader": self._workbook(utf8),
        }

    def _whole(self, what: str, source: Path) -> tuple[float, float]:
        place = self.folder / what
        ingest_ours.put(source, place, self.name)
        measured = apart(ingest_ours.take, place)
        if measured.answer[0] != self.rows:
            raise AssertionError(f"{measured.answer[0]} rows taken of {self.rows}")
        return self._show(what, self.rows, measured), measured.peak_mib

    def _agree(self, few: Path, theirs: tuple[int, int]) -> None:
        """The comparison is fair only if both accept the same rows."""
        ingest_ours.put(few, self.folder / "few", self.name)
        rows, accepted = apart(ingest_ours.take, self.folder / "few").answer
        if (accepted, rows - accepted) != theirs:
            raise AssertionError(f"ours accepted {accepted} of {rows} rows, pandera {theirs}")

    def _workbook(self, source: Path) -> float | None:
        """How many times as long as the reader library alone; None while workbooks are refused."""
        rows = min(_SHEET_ROWS, self.few)
        book = self.folder / "book.xlsx"
        apart(ingest_ours.workbook, source, book, rows)
        reader = apart(ingest_peers.calamine, book)
        self._show("XLSX, the reader library alone", rows, reader)
        ingest_ours.put(book, self.folder / "book", self.name.replace(".csv", ".xlsx"))
        measured = apart(ingest_ours.take, self.folder / "book")
        if measured.answer[0] != rows:
            return None
        self._show("XLSX, the whole take", rows, measured)
        return round(measured.seconds / reader.seconds, 2)
