"""docs/security speaks of every level-1 requirement of ASVS 5.0.0, each with tests that are marked or a reason."""

import re
import shutil
from functools import cache
from pathlib import Path

from tests import requirements

ROOT = Path(__file__).resolve().parents[2]
# Numbers of the requirements of level 1 in version 5.0.0, by section.
LEVEL_1 = {
    "1.2": (1, 2, 3, 4, 5), "1.3": (1, 2), "1.5": (1,), "2.1": (1,), "2.2": (1, 2), "2.3": (1,), "3.2": (1, 2),
    "3.3": (1,), "3.4": (1, 2), "3.5": (1, 2, 3), "4.1": (1,), "4.4": (1,), "5.2": (1, 2), "5.3": (1, 2), "6.1": (1,),
    "6.2": (1, 2, 3, 4, 5, 6, 7, 8), "6.3": (1, 2), "6.4": (1, 2), "7.2": (1, 2, 3, 4), "7.4": (1, 2), "8.1": (1,),
    "8.2": (1, 2), "8.3": (1,), "9.1": (1, 2, 3), "9.2": (1,), "10.4": (1, 2, 3, 4, 5), "11.3": (1, 2), "11.4": (1,),
    "12.1": (1,), "12.2": (1, 2), "13.4": (1,), "14.2": (1,), "14.3": (1,), "15.1": (1,), "15.2": (1,), "15.3": (1,),
}  # fmt: skip
TEST = re.compile(r"`(test_\w+\.py::\w+)`")


@cache
def known() -> set[str]:
    """Every test function, as file and name."""
    return {
        f"{path.name}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_requirement_has_a_test_or_a_reason_and_every_mark_names_one() -> None:
    assert not list(requirements.faults())
    assert len(requirements.marked()) > 120


def test_what_is_not_shown_and_what_is_marked_wrongly_is_named(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copytree(ROOT / "docs" / "security", tmp_path / "docs" / "security")
    header, *_ = (tmp_path / "docs/security/requirements.csv").read_text(encoding="utf-8").splitlines()
    rows = [header, "6.2.1,1,long passwords,met,", "6.2.2,1,change,met,", "6.3.3,2,second factor,not met,"]
    (tmp_path / "docs/security/requirements.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "tests/test_a.py").write_text(
        'import pytest\n\n\n@pytest.mark.requirement("6.2.1", "6.3.3", "66.6")\ndef test_a():\n    pass\n',
        encoding="utf-8",
    )
    assert list(requirements.faults(tmp_path)) == [
        "requirement 6.2.2 has neither a test nor a reason",
        "requirement 6.3.3 has neither a test nor a reason",
        "test_a.py::test_a: no requirement is called 66.6",
    ]


def test_every_test_a_document_names_is_there() -> None:
    named = {name for path in (ROOT / "docs").rglob("*.md") for name in TEST.findall(path.read_text(encoding="utf-8"))}
    assert not sorted(named - known())


def test_every_requirement_of_level_1_has_a_line() -> None:
    wanted = {f"{section}.{number}" for section, numbers in LEVEL_1.items() for number in numbers}
    assert len(wanted) == 70
    assert {one.id for one in requirements.requirements() if one.level == "1"} == wanted


def test_requirements_stand_once_in_their_order_with_a_known_state() -> None:
    listed = requirements.requirements()
    numbers = [tuple(map(int, one.id.split("."))) for one in listed if not one.id.startswith("M")]
    assert numbers == sorted(set(numbers))
    assert [one.id for one in listed if one.id.startswith("M")] == [f"M{number}" for number in range(1, 9)]
    assert len([one for one in listed if one.level == "2"]) > 100
    assert {one.state for one in listed} == {"met", "not met", "n/a"}
    assert all(one.requirement for one in listed)


def test_the_summary_is_ten_lines_of_chinese_before_anything_else() -> None:
    title, summary = (ROOT / "SECURITY.md").read_text(encoding="utf-8").split("\n\n")[:2]
    assert title == "# 安全说明"
    assert [line.partition(".")[0] for line in summary.splitlines()] == [str(number) for number in range(1, 11)]
