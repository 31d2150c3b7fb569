"""Check of words: names that only insiders would know stand for nothing in the program; the list says what to write.

`docs/reference/words.csv` has them, a word a line with its reason. Looked at are packages, modules, classes, functions and
methods of product code. Run by `make check`.
"""

import ast
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "reference" / "words.csv"
PRODUCT = ("dashboard", "models", "pipelines")


def instead_of() -> dict[str, str]:
    """Word that is not used → what is written instead."""
    with LIST.open(encoding="utf-8", newline="") as lines:
        return {row["not"]: row["but"] for row in csv.DictReader(lines)}


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of a module and of what it defines."""
    yield 1, path.parent.name if path.stem == "__init__" else path.stem
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def violations(path: Path, words: dict[str, str]) -> Iterator[str]:
    """Sentences that say which names of a file are to be others."""
    for line, name in names(path):
        if name.strip("_") in words:
            yield f"{path.relative_to(ROOT)}:{line}: {name}: write {words[name.strip('_')]}"


def main() -> int:
    """Print what is found; 1 when anything is."""
    words = instead_of()
    files = [path for top in PRODUCT for path in sorted((ROOT / top).rglob("*.py"))]
    found = [sentence for path in files for sentence in violations(path, words)]
    sys.stderr.write("".join(f"{sentence}\n" for sentence in found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
