"""Every notebook runs from its first cell to its last on published files and says which edition it shows."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.house import ROOT, House

pytestmark = pytest.mark.xdist_group("replay")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EDITION, EDITION_BEFORE = "2026-10-31.1", "2026-10-30.1"
CELL_SECONDS = 120


def printed(notebook: NotebookNode) -> str:
    """All that the cells wrote, one after the other."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def run(path: Path, house: House, scratch: Path) -> NotebookNode:
    """The notebook after all its cells; a cell that fails raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    return client.execute(env=house.env | {"IPYTHONDIR": str(scratch)})


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end_and_names_the_edition_it_shows(path: Path, replayed: House, tmp_path: Path) -> None:
    said = printed(run(path, replayed, tmp_path))
    assert f"版次 {EDITION}" in said
    assert "演示数据：全部虚构" in said


def test_the_notebook_of_today_looks_back_to_the_edition_before(replayed: House, tmp_path: Path) -> None:
    path = ROOT / "notebooks" / "01_today.ipynb"
    notebook = run(path, replayed, tmp_path)
    assert f"{EDITION_BEFORE} → {EDITION}" in printed(notebook)
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    (figure,) = [shown["application/vnd.plotly.v1+json"] for shown in data if "application/vnd.plotly.v1+json" in shown]
    assert figure["data"][0]["y"]
    assert not any("text/html" in shown and "<script" in shown["text/html"] for shown in data)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_holds_no_output(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
