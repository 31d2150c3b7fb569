"""What the documents name is there: settings, files, commands, and the examples hold."""

import re
from pathlib import Path

import numpy as np
import pytest
import sqlglot
from model_city import calendar, daily_city

from models.assess import assess
from models.methods import Method
from models.recipe import RECIPES
from pipelines.cli.app import HELP
from pipelines.core.catalogue.indicators import parse
from pipelines.core.settings import Settings
from pipelines.feeds.contract import Contract
from tests.guard import violations

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
EXAMPLES = ("returning_labour", "dezhou", "pages/rule.py", "place>", "data/var")
PLACE = re.compile(r"(?:dashboard|pipelines|models|data|tests|notebooks|\.ci)/[\w./-]+")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text("CONTRIBUTING.md"), re.DOTALL)


def test_every_setting_stands_in_both_tables_of_the_readme_with_its_default() -> None:
    chinese, english = text("README.md").split("# English\n")
    for name, field in Settings.model_fields.items():
        setting = f"`GANGSHAO_{name.upper()}`"
        for part in (chinese, english):
            (row,) = [line for line in part.splitlines() if line.startswith("|") and setting in line]
            if isinstance(field.default, int | str) and field.default != "":
                default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
                assert f"`{default}`" in row, setting


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_a_document_names_exists(name: str) -> None:
    named = {found for quoted in re.findall(r"`([^`\n]+)`", text(name)) for found in PLACE.findall(quoted)}
    # A name that goes on after the match (`pipelines/feeds/<feed>.py`) is a folder with a trailing slash here.
    missing = {path for path in named if not any(word in path for word in EXAMPLES) and not (ROOT / path).exists()}
    assert not missing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_a_document_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bgangshao ([a-z]+)\b", text(name))) <= set(HELP)
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text(name), re.MULTILINE)) <= targets


def test_the_examples_of_contributing_hold(tmp_path: Path) -> None:
    names: dict[str, object] = {}
    exec(next(block for block in blocks("python") if "CONTRACT" in block), names)  # noqa: S102 - our own document
    contract = names["CONTRACT"]
    assert isinstance(contract, Contract)
    indicator = next(block for block in blocks("sql") if "-- title" in block)
    path = tmp_path / f"{contract.feed}_share.sql"
    path.write_text(indicator, encoding="utf-8")
    assert parse(path).tables == (contract.feed,)
    for block in blocks("sql"):
        assert sqlglot.parse_one(block, read="duckdb")
        assert not list(violations("CONTRIBUTING.md", block))


def test_the_method_of_contributing_runs() -> None:
    path = ROOT / "CONTRIBUTING.md"
    names: dict[str, object] = {"__name__": "flat"}
    exec(compile(next(block for block in blocks("python") if "class Flat" in block), path, "exec"), names)  # noqa: S102
    panel = daily_city(120)
    method = Method("flat", names["learn"], RECIPES)  # type: ignore[arg-type]
    score = assess(panel, calendar("2021-01-01", 240), None, method)[0].score
    total = score[(score["series_id"] == "total") & (score["window_periods"] == 28)].iloc[0]
    assert total["expected"] == pytest.approx(np.nanmean(panel.values[11]) * total["reported"], rel=0.15)


@pytest.mark.parametrize("name", [*DOCUMENTS, "notebooks/01_today.ipynb"])
def test_no_document_names_a_folder_of_one_machine(name: str) -> None:
    assert not re.search(r"/(?:root|home|work|tmp|Users)/|https?://(?!127\.0\.0\.1|`|<)", text(name))
