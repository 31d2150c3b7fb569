"""Exports as a clerk opens them: LibreOffice reads text as text, numbers as numbers, and runs no formula."""

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from dashboard.web.download import _written
from dashboard.web.download_tables import workbook
from pipelines.published.read import close
from tests.dashboard.asked import signed_in
from tests.dashboard.published_fixture import build
from tests.dashboard.site import LEADER, Site, served

AREA = "371503"
HEAD = ["名称", "数值"]
ROWS = [
    HEAD,
    ["=1+1", 2],
    ["@SUM(A1)", -3.2],
    ["+86 13800000000", None],
    ["-2", 0],
    ["371503", 1234567],
    ["茌平区，示例“单位”", 0.5],
]


@pytest.fixture(scope="module")
def office() -> str:
    found = shutil.which("soffice")
    assert found, "LibreOffice is missing. Install it with: sudo apt-get install libreoffice-calc"
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    city = build(tmp_path_factory.mktemp("exports") / "published")
    with served(city.published.parent) as running:
        yield running
    close()


def converted(office: str, source: Path, to: str) -> Path:
    """A file as LibreOffice writes what it understood."""
    home = f"-env:UserInstallation=file://{source.parent / 'home'}"
    told = [office, home, "--headless", "--convert-to", to, "--outdir", str(source.parent / "out"), str(source)]
    subprocess.run(told, check=True, capture_output=True, timeout=120)
    return source.parent / "out" / f"{source.stem}.{to.partition(':')[0]}"


def cells_of(book: Path) -> list[list[object]]:
    return [list(row) for row in load_workbook(book).worksheets[0].iter_rows(values_only=True)]


def test_a_workbook_keeps_text_numbers_and_gaps_and_has_no_formula(office: str, tmp_path: Path) -> None:
    source = tmp_path / "one.xlsx"
    source.write_bytes(workbook("示例/表", ROWS, [("版次", "2026-11-25.1")]))
    cells = cells_of(converted(office, source, "xlsx"))
    assert cells == [HEAD, ["'=1+1", 2], ["'@SUM(A1)", -3.2], ["'+86 13800000000", None], ["-2", 0], ["371503", 1234567],
                     ["茌平区，示例“单位”", 0.5]]  # fmt: skip


def test_a_csv_file_keeps_text_and_numbers_and_runs_nothing(office: str, tmp_path: Path) -> None:
    source = tmp_path / "one.csv"
    source.write_bytes(_written(list(zip(*ROWS, strict=True))))
    cells = cells_of(converted(office, source, "xlsx"))
    assert cells[0] == HEAD
    assert [row[1] for row in cells[1:]] == [2, -3.2, None, 0, 1234567, 0.5]
    assert cells[1][0] == "'=1+1"
    assert not any(isinstance(cell, str) and cell.startswith("=") for row in cells for cell in row)


def test_a_download_says_in_libreoffice_what_it_says_as_csv(office: str, place: Site, tmp_path: Path) -> None:
    client = signed_in(place, LEADER)
    asked = f"area={AREA}&grain=month"
    source = tmp_path / "readings.xlsx"
    source.write_bytes(client.get(f"/download/readings.xlsx?{asked}").get_data())
    plain = client.get(f"/download/readings.csv?{asked}").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(plain)))
    cells = cells_of(converted(office, source, "xlsx"))
    assert len(rows) > 10
    assert [[_as_written(cell) for cell in row] for row in cells] == rows


def _as_written(cell: object) -> str:
    return "" if cell is None else f"{cell:.10g}" if isinstance(cell, float) else str(cell)
