"""The monthly form of monitored employers (失业动态监测): jobs at base, last and this period, and why they went."""

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="monitored_employer",
    title="失业动态监测企业",
    grain=Grain.MONTH,
    key="employer",
    area_column="area",
    period_column="period",
    columns=(
        Column("统一社会信用代码", "employer", Kind.EMPLOYER_CODE, ("单位信用代码", "社会信用代码")),
        Column("单位名称", "employer_name", aliases=("企业名称",)),
        Column("地区", "area", Kind.AREA, ("所在地区", "所在县区")),
        Column("行业代码", "industry", Kind.INDUSTRY, ("行业", "所属行业"), is_required=False),
        Column("所属月份", "period", Kind.MONTH, ("月份", "调查期")),
        Column("建档期岗位数", "base_jobs", Kind.INT, ("建档期就业人数",), low=0),
        Column("上期岗位数", "prev_jobs", Kind.INT, ("上期就业人数",), low=0),
        Column("调查期岗位数", "cur_jobs", Kind.INT, ("调查期就业人数",), low=0),
        Column("新增岗位数", "hires", Kind.INT, ("新增就业人数",), low=0),
        Column("减少岗位数", "losses", Kind.INT, ("减少就业人数", "新减就业人数"), low=0),
        Column("减少类型", "loss_type", Kind.CODE, code_list="loss_type", is_required=False),
        Column("减少原因", "loss_reason", Kind.CODE, code_list="loss_reason", is_required=False),
    ),
    checks=(
        RowCheck(
            "jobs_balance",
            "prev_jobs + hires - losses = cur_jobs",
            "调查期岗位数",
            Said(
                "岗位数不平衡：上期岗位数 + 新增岗位数 − 减少岗位数 应等于 调查期岗位数；请核对这四项。",
                "Jobs do not balance: last period + hires − losses must equal this period; check these four figures.",
            ),
        ),
    ),
)
