"""Insured persons per employer at month end, with arrears and deferrals: the denominator of the rates."""

from pipelines.domain import Grain
from pipelines.feeds.contract import Column, Contract, Kind

CONTRACT = Contract(
    feed="insured_headcount",
    title="单位参保人数",
    grain=Grain.MONTH,
    key="employer",
    area_column="area",
    period_column="period",
    columns=(
        Column("统一社会信用代码", "employer", Kind.EMPLOYER_CODE, ("单位信用代码", "社会信用代码")),
        Column("单位名称", "employer_name", aliases=("企业名称",)),
        Column("参保地区", "area", Kind.AREA, ("参保县区", "地区", "参保地")),
        Column("行业代码", "industry", Kind.INDUSTRY, ("行业", "所属行业"), is_required=False),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间")),
        Column("期末参保人数", "insured", Kind.INT, ("参保人数",), low=0, unit="人", example="120"),
        Column(
            "欠缴月数",
            "arrears_months",
            Kind.INT,
            is_required=False,
            may_be_absent=True,
            fallback="0",
            low=0,
            unit="月",
        ),
        Column("缓缴标志", "is_deferred", Kind.YES_NO, ("是否缓缴",), is_required=False, may_be_absent=True),
    ),
)
