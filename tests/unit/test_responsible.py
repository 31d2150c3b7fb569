"""Who is responsible: a key employer's service officer, who stands in while the post is away, else the office."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.region.load import load
from pipelines.ledger.workflow.measure import Responsible, responsible

REGION = load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")
OFFICE = "茌平区人力资源和社会保障局就业科"
OFFICER, DESK, HEAD = "用工服务专员岗", "就业科岗位", "局长（主任）岗位"
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 6)


def away(*posts: tuple[str, str | None]) -> pd.DataFrame:
    rows = [("chiping", post, deputy, pd.Timestamp(FIRST), pd.Timestamp(LAST)) for post, deputy in posts]
    return pd.DataFrame(rows, columns=["office_id", "post", "deputy", "absent_from", "absent_to"])


def who(absences: pd.DataFrame, posts: list[str] | None, today: date = FIRST, area: str = "371503") -> Responsible:
    return responsible(REGION.offices, REGION.recipients, absences, area, posts, today)


def test_a_key_employers_officer_is_the_owner_and_the_offices_desk_the_deputy() -> None:
    assert who(away(), [OFFICER]) == Responsible(f"{OFFICER}（{OFFICE}）", f"{DESK}（{OFFICE}）")


def test_of_any_other_employer_the_office_is_responsible() -> None:
    assert who(away(), None) == Responsible(OFFICE)
    assert who(away(), None, area=REGION.city) == Responsible("聊城市人力资源和社会保障局就业促进科")
    assert who(away(), None, area="999999") == Responsible("")


def test_an_officer_who_is_away_is_represented_by_the_deputy_that_is_named() -> None:
    absences = away((OFFICER, "用工服务专员乙岗"))
    named, own = (f"{post}（{OFFICE}）" for post in ("用工服务专员乙岗", OFFICER))
    assert who(absences, [OFFICER]) == Responsible(named, f"{DESK}（{OFFICE}）")
    assert who(absences, [OFFICER], today=LAST).owner == named
    for outside in (date(2026, 11, 1), date(2026, 11, 7)):
        assert who(absences, [OFFICER], today=outside).owner == own
    assert who(absences.assign(office_id="yanggu"), [OFFICER]).owner == own


def test_without_a_named_deputy_the_next_post_of_the_office_takes_it() -> None:
    assert who(away((OFFICER, None)), [OFFICER]) == Responsible(f"{DESK}（{OFFICE}）", f"{HEAD}（{OFFICE}）")
    assert who(away((OFFICER, None), (DESK, None)), [OFFICER]) == Responsible(f"{HEAD}（{OFFICE}）")
    assert who(away((OFFICER, DESK)), [OFFICER]) == Responsible(f"{DESK}（{OFFICE}）", f"{HEAD}（{OFFICE}）")
    assert who(away((OFFICER, None), (DESK, None), (HEAD, None)), [OFFICER]) == Responsible(OFFICE)


@pytest.mark.parametrize("posts", [[], [OFFICER, "项目服务专员岗"]])
def test_a_list_may_name_no_post_or_two(posts: list[str]) -> None:
    named = [f"{post}（{OFFICE}）" for post in (*posts, DESK, HEAD)]
    assert who(away(), posts) == Responsible(*named[:2])


@pytest.mark.parametrize(
    ("today", "is_there"),
    [(FIRST - timedelta(days=1), False), (FIRST, True), (LAST, True), (LAST + timedelta(days=1), False)],
)
def test_a_post_of_the_office_is_there_from_its_first_to_its_last_day(today: date, is_there: bool) -> None:
    posts = REGION.recipients.assign(valid_from=pd.Timestamp(FIRST), valid_to=pd.Timestamp(LAST))
    found = responsible(REGION.offices, posts, away(), "371503", [], today)
    assert found == (Responsible(f"{DESK}（{OFFICE}）", f"{HEAD}（{OFFICE}）") if is_there else Responsible(OFFICE))
