"""The commands about drops, as an administrator calls them: a held file confirmed, a file withdrawn, readings revised."""

import re
from collections.abc import Callable

from tests.house import House
from tests.pipeline import small_house
from tests.pipeline.ingest_place import claims


def identity(listed: str, name: str) -> str:
    """Number of a drop in what `gangshao drops` printed."""
    return next(line.split()[0] for line in listed.splitlines() if name in line)


def test_a_held_file_is_listed_confirmed_withdrawn_and_told_as_a_revision(
    small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    name = "benefit_claim_371521_20261023_v9"
    small_house.put(place, "benefit_claim", f"{name}.csv", claims([]), 25)
    place.gangshao("ingest")
    listed = place.gangshao("drops", "--state", "held").stdout
    assert "暂存" in listed
    assert "七成" in listed
    number = identity(listed, name)

    place.gangshao("confirm", number, "--reason", "核实过，当日确无业务")
    assert "暂存，已确认" in place.gangshao("drops", "--state", "held").stdout
    place.gangshao("run", "--cutoff", "now")
    told = place.gangshao("revisions", "--indicator", "benefit_claim").stdout
    assert re.search(r"benefit_claim  阳谷县  ALL  day 2026-10-23  \d+ → 0  暂存后确认", told)
    assert name in told

    place.gangshao("withdraw", number, "--reason", "弄错了")
    assert "暂存，已确认，已撤回" in place.gangshao("drops", "--state", "held").stdout
    place.gangshao("run", "--cutoff", "now")
    assert re.search(r"阳谷县  ALL  day 2026-10-23  0 → \d+  ", place.gangshao("revisions").stdout)


def test_what_cannot_be_is_one_sentence(small: House, house: Callable[[House], House]) -> None:
    place = house(small)
    assert "没有编号为" in place.gangshao("confirm", "nothing", "--reason", "x", status=2).stderr
    assert "没有“lost”这种状态" in place.gangshao("drops", "--state", "lost", status=2).stderr
    assert "数据来源" in place.gangshao("replay", "--feed", "salary", status=2).stderr
    assert "写法有误" in place.gangshao("restate", "vacancy", "--from", "2026/1/1", status=2).stderr
