"""Who may move a warning, drawn as a table; a region folder with a dead end is refused."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import Level, Role, State, UserError, Viewer
from pipelines.core.region.load import load
from pipelines.core.region.office_hours import suspected_at
from pipelines.ledger.workflow.transition import find_step, find_unheld, possible_steps, remind_within

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
TRANSITION = load(LIAOCHENG).transition
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HEAD, CLERK, DUTY, LEADER = Role.COUNTY_HEAD, Role.COUNTY_CLERK, Role.CITY_DUTY, Role.CITY_LEADER


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The region's folder with one text of its table another."""
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    path = folder / "transition.csv"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    return folder


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
        assert find_step(TRANSITION, level, State(state), State(to), role, document).to == to
    else:
        with pytest.raises(UserError):
            find_step(TRANSITION, level, State(state), State(to), role, document)


@pytest.mark.parametrize(("level", "hours"), [(Level.YELLOW, 12), (Level.ORANGE, 2), (Level.RED, 2), (Level.BLUE, 744)])
def test_issuing_is_due_so_many_hours_after_confirmation(level: Level, hours: int) -> None:
    [issuing] = [one for one in possible_steps(TRANSITION, level, State.CONFIRMED) if one.to is State.ISSUED]
    assert issuing.due_at(NOW) == NOW + timedelta(hours=hours)
    assert issuing.counts_from is State.CONFIRMED


@pytest.mark.parametrize(
    ("role", "city_role", "is_city", "whose"),
    [
        ("county_clerk", "", True, DUTY),
        ("county_head", "", True, DUTY),
        ("county_clerk", "", False, CLERK),
        ("county_clerk", "city_analyst", True, Role.CITY_ANALYST),
        ("county_clerk", "city_analyst", False, CLERK),
        ("city_leader", "", True, LEADER),
        ("city_leader", "city_duty", True, DUTY),
    ],
)
def test_a_step_of_a_city_wide_warning_is_a_city_posts(
    tmp_path: Path, role: str, city_role: str, is_city: bool, whose: Role
) -> None:
    region = load(
        changed(tmp_path, "to_verify,confirmed,3,county_head,city_duty", f"to_verify,confirmed,3,{role},{city_role}")
    )
    [confirming] = [
        one
        for one in possible_steps(region.transition, Level.YELLOW, State.TO_VERIFY, is_city=is_city)
        if one.to is State.CONFIRMED
    ]
    assert confirming.role is whose


def test_steps_that_no_account_may_take_are_named(tmp_path: Path) -> None:
    transition = load(LIAOCHENG).transition
    posts = [Viewer(HEAD, frozenset({"371503"})), Viewer(DUTY), Viewer(LEADER)]
    assert find_unheld(transition, posts, "371503", is_city=False) == []
    assert find_unheld(transition, posts, "371500", is_city=True) == []
    lacking = find_unheld(transition, posts, "371522", is_city=False)
    assert (Level.YELLOW, State.TO_VERIFY, {HEAD}) in lacking
    assert (Level.ORANGE, State.ISSUED, {HEAD}) in lacking
    assert not [one for one in lacking if one[1] is State.CONFIRMED and one[0] <= Level.YELLOW and DUTY in one[2]]
    to_analyst = load(
        changed(tmp_path, "confirmed,3,county_head,city_duty", "confirmed,3,county_head,city_analyst")
    ).transition
    dismissing = to_analyst[to_analyst["to"] != "dismissed"]
    assert find_unheld(dismissing, posts, "371500", is_city=True) == [
        (Level.YELLOW, State.TO_VERIFY, {Role.CITY_ANALYST})
    ]


@pytest.mark.parametrize(("level", "hours"), [(Level.RED, 1), (Level.ORANGE, 2), (Level.YELLOW, 8)])
def test_reminders_read_their_hours_from_the_same_table(level: Level, hours: int) -> None:
    assert remind_within(TRANSITION)[level] == timedelta(hours=hours)
    assert Level.BLUE not in remind_within(TRANSITION)


@pytest.mark.parametrize(
    ("opened", "changed_on", "closed", "since"),
    [
        ("2026-11-23", "2026-11-23", None, "2026-11-23 00:30"),  # Monday: the desk opens at 08:30
        ("2026-11-21", "2026-11-21", None, "2026-11-23 00:30"),  # Saturday
        ("2026-11-16", "2026-11-24", None, "2026-11-24 00:30"),  # it got worse
        ("2026-11-16", "2026-11-24", "2026-11-24", "2026-11-16 00:30"),  # the data closed it: no level changed
    ],
)
def test_verification_counts_from_the_first_working_hour_after_the_edition(
    opened: str, changed_on: str, closed: str | None, since: str
) -> None:
    row = pd.Series({"area": "371503", "opened_on": opened, "changed_on": changed_on, "closed_on": closed})
    assert suspected_at(load(LIAOCHENG), row) == datetime.fromisoformat(since).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to_verify,confirmed,3,", "to_verify,agreed,3,", "只能是"),
        ("to_verify,confirmed,3,county_head", "to_verify,confirmed,3,mayor", "只能是"),
        ("to_verify,confirmed,3,county_head", "to_verify,confirmed,3,auditor", "只能是"),
        ("to_verify,confirmed,3,county_head,city_duty", "to_verify,confirmed,3,county_head,county_head", "只能是"),
        ("confirmed,issued,3,city_duty,,12,", "confirmed,issued,3,city_duty,,0,", "正整数"),
        ("12,confirmed,", "12,,", "同时"),
        ("city_duty,24,to_verify,8", "city_duty,,,", "时限"),
        ("confirmed,issued,4,city_duty,,744,confirmed", "confirmed,issued,4,city_duty,,,", "时限"),
        (
            "issued,handling,4;3;2;1,county_head,city_duty,24,issued",
            "issued,handling,4;3;2;1,county_head,city_duty,,",
            "时限",
        ),
        ("24,to_verify,8", "24,to_verify,25", "不大于 within_hours"),
        ("12,confirmed,,", "12,confirmed,3,", "只写在 to_verify"),
        ("confirmed,issued,3,", "confirmed,confirmed,3,", "相同"),
        ("issued,handling,4;3;2;1,", "issued,handling,3;2;1,", "没有下一步"),
    ],
)
def test_a_slip_in_the_table_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = changed(tmp_path, old, new)
    with pytest.raises(UserError, match=said):
        load(folder)


def test_a_table_without_the_columns_that_came_later_is_read(tmp_path: Path) -> None:
    folder = changed(tmp_path, "", "")
    table = pd.read_csv(folder / "transition.csv", dtype=str)
    table.drop(columns=["city_role", "remind_hours"]).to_csv(folder / "transition.csv", index=False)
    transition = load(folder).transition
    assert {one.role for one in possible_steps(transition, Level.YELLOW, State.TO_VERIFY, is_city=True)} == {DUTY}
    assert not remind_within(transition)


def test_a_region_without_the_table_lets_nobody_move_a_warning(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    (folder / "transition.csv").unlink()
    assert not possible_steps(load(folder).transition, Level.RED, State.TO_VERIFY)
