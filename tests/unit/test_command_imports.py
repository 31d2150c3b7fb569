"""The list of commands is told without importing them, and says of each what the command says of itself."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pipelines.cli.app import ENTRY_POINTS, HELP, load_command

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "pandas",
    "numpy",
    "duckdb",
    "pyarrow",
    "sqlalchemy",
    "alembic",
    "scipy",
    "sklearn",
    "dash",
    "plotly",
    "pydantic",
    "pipelines.run",
    "pipelines.core.region.load",
}
PROGRAM = """
import json, sys
sys.argv = ["gangshao", "--help"]
from pipelines.__main__ import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)))
"""


def test_help_lists_every_command_and_imports_none() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    *shown, modules = told.splitlines()
    assert set(json.loads(modules)) & HEAVY == set()
    listed = {line.split()[1] for line in shown if line.startswith("│ ") and line[2] != " "}
    assert listed >= set(HELP)


def test_every_command_has_an_entry_and_a_line_of_help() -> None:
    assert {entry.name for entry in entry_points(group=ENTRY_POINTS)} == set(HELP)


@pytest.mark.parametrize("name", HELP)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command = load_command(name)
    assert command.help.strip().splitlines()[0] == HELP[name]
