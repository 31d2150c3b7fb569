"""Claims of unemployment benefit taken on one workday (失业保险金申领): unemployment as the bureau sees it first."""

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="benefit_claim",
    title="失业保险金申领",
    grain=Grain.DAY,
    is_person=True,
    key="claim_id",
    area_column="area",
    period_column="filed_on",
    columns=(
        Column("申领流水号", "claim_id", aliases=("业务流水号", "流水号")),
        Column("身份证号", "person", Kind.IDENTITY, ("公民身份号码", "身份证号码", "证件号码")),
        Column("姓名", kind=Kind.NAME, is_required=False, may_be_absent=True),
        Column("统一社会信用代码", "employer", Kind.EMPLOYER_CODE, ("原单位信用代码",), is_required=False),
        Column("参保地区", "area", Kind.AREA, ("参保县区", "地区", "参保地")),
        Column("行业代码", "industry", Kind.INDUSTRY, ("行业", "所属行业"), is_required=False),
        Column("失业原因", "reason", Kind.CODE, ("失业原因代码",), code_list="unemployment_reason"),
        Column("失业日期", "unemployed_on", Kind.DAY),
        Column("受理日期", "filed_on", Kind.DAY, ("申领日期",)),
    ),
    checks=(
        RowCheck(
            "unemployed_before_claim",
            "unemployed_on <= filed_on",
            "失业日期",
            Said(
                "失业日期晚于受理日期；请核对两个日期。",
                "The day of unemployment lies after the day of filing; check both days.",
            ),
        ),
    ),
)
