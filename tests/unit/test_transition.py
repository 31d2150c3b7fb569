"""Who may move a warning, drawn as a table; a region folder with a dead end is refused."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.domain import Level, Role, State, UserError
from pipelines.ledger.transition import step, steps
from pipelines.region import load

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
TRANSITION = load(LIAOCHENG).transition
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HEAD, CLERK, DUTY, LEADER = Role.COUNTY_HEAD, Role.COUNTY_CLERK, Role.CITY_DUTY, Role.CITY_LEADER


@pytest.mark.parametrize(
    ("level", "state", "to", "role", "document", "may"),
    [
        (Level.BLUE, "to_verify", "confirmed", HEAD, "", True),
        (Level.YELLOW, "to_verify", "confirmed", HEAD, "", True),
        (Level.YELLOW, "to_verify", "confirmed", CLERK, "", False),
        (Level.YELLOW, "to_verify", "confirmed", DUTY, "批示 3 号", False),
        (Level.ORANGE, "to_verify", "confirmed", HEAD, "", False),
        (Level.ORANGE, "to_verify", "confirmed", LEADER, "", True),
        (Level.RED, "to_verify", "confirmed", DUTY, "", False),
        (Level.RED, "to_verify", "confirmed", DUTY, "聊政批〔2026〕3 号", True),
        (Level.RED, "to_verify", "issued", DUTY, "", False),
        (Level.RED, "confirmed", "issued", DUTY, "", True),
        (Level.YELLOW, "issued", "handling", HEAD, "", True),
        (Level.ORANGE, "handling", "lifted", HEAD, "", False),
        (Level.YELLOW, "lifted", "handling", HEAD, "", False),
        (Level.YELLOW, "to_verify", "confirmed", Role.ADMINISTRATOR, "", False),
        (Level.YELLOW, "to_verify", "confirmed", Role.AUDITOR, "", False),
    ],
)  # fmt: skip
def test_who_may_take_a_step(level: Level, state: str, to: str, role: Role, document: str, may: bool) -> None:
    if may:
        assert step(TRANSITION, level, State(state), State(to), role, document).to == to
    else:
        with pytest.raises(UserError):
            step(TRANSITION, level, State(state), State(to), role, document)


@pytest.mark.parametrize(
    ("level", "hours"), [(Level.YELLOW, 12), (Level.ORANGE, 2), (Level.RED, 2), (Level.BLUE, None)]
)
def test_issuing_is_due_so_many_hours_after_confirmation(level: Level, hours: int | None) -> None:
    [issuing] = [one for one in steps(TRANSITION, level, State.CONFIRMED) if one.to is State.ISSUED]
    assert issuing.due_at(NOW) == (None if hours is None else NOW + timedelta(hours=hours))
    assert issuing.counts_from == (None if hours is None else State.CONFIRMED)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to_verify,confirmed,3,", "to_verify,agreed,3,", "只能是"),
        ("to_verify,confirmed,3,county_head", "to_verify,confirmed,3,mayor", "只能是"),
        ("confirmed,issued,3,city_duty,12,", "confirmed,issued,3,city_duty,0,", "正整数"),
        ("12,confirmed,", "12,,", "同时"),
        ("confirmed,issued,3,", "confirmed,confirmed,3,", "相同"),
        ("issued,handling,4;3;2;1,", "issued,handling,3;2;1,", "没有下一步"),
    ],
)
def test_a_slip_in_the_table_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    path = folder / "transition.csv"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        load(folder)


def test_a_region_without_the_table_lets_nobody_move_a_warning(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    (folder / "transition.csv").unlink()
    assert not steps(load(folder).transition, Level.RED, State.TO_VERIFY)
