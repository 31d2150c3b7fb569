"""Job seekers registered on one day (求职登记): supply of labour; the sender gives no identity."""

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="job_seeker",
    title="求职登记",
    grain=Grain.DAY,
    key="seeker_id",
    area_column="area",
    period_column="registered_on",
    columns=(
        Column("求职登记号", "seeker_id", aliases=("登记号",)),
        Column("性别", "sex", Kind.CHOICE, is_required=False, choices=(("男", "M"), ("女", "F"))),
        Column("出生年", "birth_year", Kind.INT, ("出生年份",), is_required=False, low=1900, high=2100),
        Column("求职地区", "area", Kind.AREA, ("地区",)),
        Column("意向行业代码", "industry", Kind.INDUSTRY, ("意向行业", "行业代码"), is_required=False),
        Column("登记日期", "registered_on", Kind.DAY),
    ),
    checks=(
        RowCheck(
            "of_working_age",
            "extract('year' from registered_on) - birth_year >= 14",
            "出生年",
            Said(
                "出生年与登记日期不符（不满14周岁）；请核对。",
                "Year of birth and day of registration do not fit (under 14 years); check both.",
            ),
        ),
    ),
)
