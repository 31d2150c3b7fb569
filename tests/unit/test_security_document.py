"""docs/security speaks of every level-1 requirement of ASVS 5.0.0, and each test it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Numbers of the requirements of level 1 in version 5.0.0, by section.
LEVEL_1 = {
    "1.2": (1, 2, 3, 4, 5), "1.3": (1, 2), "1.5": (1,), "2.1": (1,), "2.2": (1, 2), "2.3": (1,), "3.2": (1, 2),
    "3.3": (1,), "3.4": (1, 2), "3.5": (1, 2, 3), "4.1": (1,), "4.4": (1,), "5.2": (1, 2), "5.3": (1, 2), "6.1": (1,),
    "6.2": (1, 2, 3, 4, 5, 6, 7, 8), "6.3": (1, 2), "6.4": (1, 2), "7.2": (1, 2, 3, 4), "7.4": (1, 2), "8.1": (1,),
    "8.2": (1, 2), "8.3": (1,), "9.1": (1, 2, 3), "9.2": (1,), "10.4": (1, 2, 3, 4, 5), "11.3": (1, 2), "11.4": (1,),
    "12.1": (1,), "12.2": (1, 2), "13.4": (1,), "14.2": (1,), "14.3": (1,), "15.1": (1,), "15.2": (1,), "15.3": (1,),
}  # fmt: skip
TEST = re.compile(r"`(test_\w+\.py)::(\w+)`")


@cache
def document() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "security").glob("*.md")))


def requirements() -> list[list[str]]:
    """Number, level, what, state, and test or reason."""
    lines = re.findall(r"^\| \d+\.\d+\.\d+ \|.*\|$", document(), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@cache
def known() -> dict[str, set[str]]:
    """The functions of every test module by its name."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[path.name] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return found


def test_every_test_it_names_is_there() -> None:
    named = TEST.findall(document())
    assert len(named) > 150
    assert document().count(".py::") == len(named), "a test is named in another writing"
    assert not sorted({f"{file}::{name}" for file, name in named if name not in known().get(file, set())})


def test_every_requirement_of_level_1_has_a_line() -> None:
    wanted = {f"{section}.{number}" for section, numbers in LEVEL_1.items() for number in numbers}
    assert len(wanted) == 70
    assert {number for number, level, *_ in requirements() if level == "1"} == wanted


def test_requirements_stand_once_in_their_order() -> None:
    numbers = [tuple(map(int, number.split("."))) for number, *_ in requirements()]
    assert numbers == sorted(set(numbers))
    assert len([level for _, level, *_ in requirements() if level == "2"]) > 100


def test_a_state_comes_with_a_test_or_a_reason_and_any_but_met_with_a_reason() -> None:
    for row in requirements():
        assert len(row) == 5, row
        _, level, what, state, why = row
        assert level in {"1", "2"}, row
        assert what, row
        assert state in {"met", "not met", "n/a"}, row
        words = TEST.sub("", why).split()
        assert len(words) >= 4 if state != "met" else TEST.search(why) or len(words) >= 3, row


def test_the_summary_is_ten_lines_of_chinese_before_anything_else() -> None:
    title, summary = (ROOT / "SECURITY.md").read_text(encoding="utf-8").split("\n\n")[:2]
    assert title == "# 安全说明"
    assert [line.partition(".")[0] for line in summary.splitlines()] == [str(number) for number in range(1, 11)]
