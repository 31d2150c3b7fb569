"""Vacancies advertised on one day (招聘岗位): demand for labour."""

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="vacancy",
    title="招聘岗位",
    grain=Grain.DAY,
    key="vacancy_id",
    area_column="area",
    period_column="posted_on",
    columns=(
        Column("岗位编号", "vacancy_id", aliases=("职位编号",)),
        Column("统一社会信用代码", "employer", Kind.EMPLOYER_CODE, ("单位信用代码",), is_required=False),
        Column("工作地区", "area", Kind.AREA, ("工作地点", "地区")),
        Column("行业代码", "industry", Kind.INDUSTRY, ("行业", "所属行业"), is_required=False),
        Column("职业代码", "occupation", Kind.CODE, ("职业",), code_list="occupation", is_required=False),
        Column("需求人数", "posts", Kind.INT, ("招聘人数",), low=1, high=100_000, unit="人"),
        Column("发布日期", "posted_on", Kind.DAY),
        Column("有效期至", "valid_until", Kind.DAY, ("截止日期",), is_required=False, may_be_absent=True),
    ),
    checks=(
        RowCheck(
            "valid_after_posting",
            "valid_until >= posted_on",
            "有效期至",
            Said("有效期早于发布日期；请核对两个日期。", "The advert ends before it was posted; check both days."),
        ),
    ),
)
