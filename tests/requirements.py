"""The security requirements of docs/security/requirements.csv, and the tests that show them.

A test says so by its mark, ``@pytest.mark.requirement("M1", "6.2.1")``; marks are read from the source, nothing is
imported. `tests.reference` writes the page and `make check` names what is wrong.
"""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Requirement:
    """A row of the list; a reason stands where no test can show it, or where it is not met."""

    id: str
    level: str
    requirement: str
    state: str
    reason: str


def requirements(root: Path = ROOT) -> list[Requirement]:
    """The list as it is written."""
    with (root / "docs" / "security" / "requirements.csv").open(encoding="utf-8", newline="") as lines:
        return [Requirement(**row) for row in csv.DictReader(lines)]


def marked(root: Path = ROOT) -> dict[str, list[str]]:
    """Identity of a requirement → tests that are marked with it, as file and function."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for named in _named(node):
                    found.setdefault(named, []).append(f"{path.name}::{node.name}")
    return found


def _named(node: ast.FunctionDef) -> Iterator[str]:
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.requirement":
            yield from (word.value if isinstance(word, ast.Constant) else ast.unparse(word) for word in one.args)


def faults(root: Path = ROOT) -> Iterator[str]:
    """Sentences about requirements that nothing shows and marks that name none."""
    listed, tests = requirements(root), marked(root)
    for one in listed:
        if not one.reason and (one.state != "met" or one.id not in tests):
            yield f"requirement {one.id} has neither a test nor a reason"
        if len(tests.get(one.id, ())) > 4:
            yield f"requirement {one.id} has more than four tests: keep the best"
    for unknown in sorted(tests.keys() - {one.id for one in listed}):
        yield f"{', '.join(tests[unknown])}: no requirement is called {unknown}"
