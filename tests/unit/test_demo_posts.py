"""Public-welfare posts of the synthetic city: they begin, are prolonged, end, and look as units would write them."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.core.region.load import load
from pipelines.demo import CitySpec, plan_city
from pipelines.demo.post import post_sheet
from pipelines.demo.sheet import UTF8, Sheet, join
from pipelines.demo.wording import HEADERS, Wording

REGION = load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")
LAST = date(2026, 10, 31)


def drawn(days: int, last: date = LAST, seed: int = 4) -> Sheet:
    plan = plan_city(REGION, CitySpec(days, 0.02, seed, last, is_quiet=True))
    return post_sheet(Wording(plan.city, plan.timeline, plan.arrival, REGION), seed)


def written(sheet: Sheet) -> pd.DataFrame:
    """All rows as they stand in the files, with sender and period of their file."""
    data, _ = join(sheet.parts(np.arange(sheet.edge[-1]), UTF8))
    lines = bytes(data).decode().splitlines()
    frame = pd.DataFrame([line.split(",") for line in lines], columns=list(HEADERS["welfare_post"]))
    many = np.diff(sheet.edge)
    return frame.assign(sender=np.repeat(sheet.sender, many), file_month=np.repeat(sheet.period, many))


@pytest.fixture(scope="module")
def posts() -> pd.DataFrame:
    frame = written(drawn(1000))
    month = pd.to_datetime(frame["所属月份"], format="%Y%m") + pd.offsets.MonthEnd(0)
    end = pd.to_datetime(frame["到期日期"].replace("", None))
    return frame.assign(month=month, end=end, persons=frame["在岗人数"].astype(int))


def test_a_file_has_the_posts_that_are_there_at_the_end_of_its_month(posts: pd.DataFrame) -> None:
    assert (posts["所属月份"] == posts["file_month"]).all()
    assert not posts.duplicated(["sender", "file_month", "岗位编号"]).any()
    assert 0 < posts["end"].isna().mean() < 0.1
    assert (posts["end"].isna() | (posts["end"] >= posts["month"])).all()
    assert (pd.to_datetime(posts["开始日期"]) <= posts["month"]).all()
    people = posts.groupby("所属月份")["persons"].sum()
    assert people.min() > 500
    assert people.max() < 2500


def test_some_posts_are_prolonged_and_some_end(posts: pd.DataFrame) -> None:
    each = posts.sort_values("month").groupby("岗位编号")
    assert 0.1 < (each["到期日期"].nunique() > 1).mean() < 0.9
    assert (each["end"].diff().dropna() >= pd.Timedelta(0)).all(), "no end comes nearer"
    gone = each["month"].last() < posts["month"].max()
    assert 0.1 < gone.mean() < 0.9
    said = each["end"].last()[gone]
    last = each["month"].last()[gone]
    assert (said <= last + pd.offsets.MonthEnd(1)).all(), "a post is named until the month in which it ends"


def test_rows_hold_and_names_are_invented(posts: pd.DataFrame) -> None:
    hard = pd.to_numeric(posts["困难人员人数"])
    assert 0 < hard.isna().mean() < 0.3
    assert (hard.isna() | (hard <= posts["persons"])).all()
    assert set(posts["岗位类别"]) == {"乡村公益性岗位", "城镇公益性岗位", "疫情临时岗位"}
    assert posts["单位名称"].str.startswith("示例").all()


def test_a_city_in_which_no_month_ends_has_no_file() -> None:
    sheet = drawn(14, date(2026, 10, 20))
    assert sheet.sender == []
    assert sheet.edge.tolist() == [0]
