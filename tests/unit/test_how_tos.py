"""Changes that docs/develop describes are made as they are written there, in a copy of the region, and have their effect."""

import re
import shutil
from pathlib import Path

import pytest

from pipelines.core.domain import Level, Role, State
from pipelines.core.region.load import Region, load
from pipelines.ledger.workflow.transition import possible_steps
from tests.forked import ROOT
from tests.house import LIAOCHENG


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the region that a guide may change."""
    return Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))


def block(guide: str) -> str:
    """The first example of a guide."""
    text = (ROOT / "docs" / "develop" / guide).read_text(encoding="utf-8")
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0]


def confirms(region: Region, *, is_city: bool) -> list[Role]:
    found = possible_steps(region.transition, Level.YELLOW, State.TO_VERIFY, is_city=is_city)
    return [one.role for one in found if one.to is State.CONFIRMED]


def test_the_duty_desk_confirms_yellow_after_one_row_is_changed(folder: Path) -> None:
    assert confirms(load(folder), is_city=False) == [Role.COUNTY_HEAD]
    table, (row,) = folder / "transition.csv", block("who-confirms.md").splitlines()
    start = ",".join(row.split(",")[:3]) + ","
    lines = table.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith(start) for line in lines) == 1
    table.write_text("\n".join(row if line.startswith(start) else line for line in lines) + "\n", encoding="utf-8")
    region = load(folder)
    assert confirms(region, is_city=False) == confirms(region, is_city=True) == [Role.CITY_DUTY]


def test_cells_of_fewer_than_twenty_persons_are_hidden_after_one_section_is_changed(folder: Path) -> None:
    assert load(folder).disclosure.persons == 10
    table, section = folder / "region.toml", block("threshold.md")
    text = table.read_text(encoding="utf-8")
    changed = re.sub(r"\[disclosure\]\n(?:\w+ = .*\n)+", section, text)
    assert changed != text
    table.write_text(changed, encoding="utf-8")
    assert load(folder).disclosure.persons == 20
