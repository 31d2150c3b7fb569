"""The one action a mail recommends: the first measure of the playbook for a warning of its kind, series and level."""

import shutil
from pathlib import Path

import pytest

from pipelines.core.domain import Level, State
from pipelines.core.region.load import load
from pipelines.notifying.wording import action
from tests.house import LIAOCHENG

REGION = load(LIAOCHENG)


def told(kind: str, indicator: str, level: Level) -> str:
    return action({"kind": kind, "indicator": indicator, "level": int(level), "state": State.ISSUED}, REGION)


@pytest.mark.parametrize(
    ("level", "is_told"), [(Level.BLUE, False), (Level.YELLOW, False), (Level.ORANGE, True), (Level.RED, True)]
)
def test_the_province_is_told_from_orange_on(level: Level, is_told: bool) -> None:
    said = told("level", "fund_months", level)
    assert said.startswith("落实措施并登记责任人")
    assert ("上报省厅、发布预警" in said) is is_told


def test_where_posts_are_few_employers_short_of_staff_are_not_the_first_thing() -> None:
    assert "缺工" not in told("level", "vacancy_seeker_ratio", Level.YELLOW)
    assert "专场网络招聘" in told("level", "vacancy_seeker_ratio", Level.YELLOW)


def test_a_playbook_without_the_column_is_for_all_levels(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    head = "playbook,title,item,kinds,indicators,due_days,basis\n"
    (folder / "playbook.csv").write_text(f"{head}report_up,上报,19,level,,2,通知第十九项\n", encoding="utf-8")
    row = {"kind": "level", "indicator": "fund_months", "level": 4, "state": State.ISSUED}
    assert "上报" in action(row, load(folder))
