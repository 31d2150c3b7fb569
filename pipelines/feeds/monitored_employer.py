"""The monthly form of monitored employers (失业动态监测): jobs at base, last and this period, and why they went.

Fields and balance: domain §2.1. The sample is fixed for a year, so a file's base jobs and jobs are of one size.
"""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, FileCheck, Kind, RowCheck

CONTRACT = Contract(
    feed="monitored_employer",
    title="失业动态监测企业",
    title_en="Monitored employers",
    purpose="岗位流失率（人社部函〔2009〕152号；鲁人社发〔2016〕14号失业预警指标）",
    grain=Grain.MONTH,
    key="employer",
    area_column="area",
    period_column="period",
    columns=(
        Column(
            "统一社会信用代码",
            "employer",
            Kind.EMPLOYER_CODE,
            ("单位信用代码", "社会信用代码"),
            note="18 位；一个企业一行",
            example="91371500YY0000000D",
        ),
        Column("单位名称", "employer_name", aliases=("企业名称",), example="示例铝业有限公司"),
        Column("地区", "area", Kind.AREA, ("所在地区", "所在县区"), example="371521"),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "所属行业"),
            is_required=False,
            note="国民经济行业门类字母或两位大类代码，不明留空",
            example="C",
        ),
        Column("所属月份", "period", Kind.MONTH, ("月份", "调查期"), example="202002"),
        Column(
            "建档期岗位数",
            "base_jobs",
            Kind.INT,
            ("建档期就业人数",),
            low=0,
            unit="人",
            note="进入样本时的期末就业人数，年内不变",
            example="200",
        ),
        Column("上期岗位数", "prev_jobs", Kind.INT, ("上期就业人数",), low=0, unit="人", example="198"),
        Column("调查期岗位数", "cur_jobs", Kind.INT, ("调查期就业人数",), low=0, unit="人", example="193"),
        Column("新增岗位数", "hires", Kind.INT, ("新增就业人数",), low=0, unit="人", example="2"),
        Column("减少岗位数", "losses", Kind.INT, ("减少就业人数", "新减就业人数"), low=0, unit="人", example="7"),
        Column(
            "减少类型",
            "loss_type",
            Kind.CODE,
            code_list="loss_type",
            is_required=False,
            note="有减少时填主要类型",
            example="经济性裁员",
        ),
        Column(
            "减少原因",
            "loss_reason",
            Kind.CODE,
            code_list="loss_reason",
            is_required=False,
            note="有减少时填主要原因",
            example="订单减少",
        ),
        Column(
            "企业性质",
            "ownership",
            Kind.CODE,
            ("单位性质", "登记注册类型"),
            is_required=False,
            may_be_absent=True,
            code_list="ownership",
            example="内资",
        ),
        Column(
            "企业规模",
            "size",
            Kind.CODE,
            ("规模",),
            is_required=False,
            may_be_absent=True,
            code_list="employer_size",
            example="中型",
        ),
        Column(
            "生产经营状态",
            "operation",
            Kind.CODE,
            ("经营状态",),
            is_required=False,
            may_be_absent=True,
            code_list="operation",
            example="正常",
        ),
        Column(
            "欠薪人数",
            "unpaid_persons",
            Kind.INT,
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="人",
            note="期末被拖欠工资的人数，没有填 0",
            example="0",
        ),
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
    file_checks=(
        # A sample of a few employers may lose its largest; it does not shrink or grow a hundredfold. Units do.
        FileCheck(
            "base_and_jobs_in_one_unit",
            "sum(prev_jobs) = 0 or sum(base_jobs) between sum(prev_jobs) / 100.0 and sum(prev_jobs) * 100",
            Said(
                "建档期岗位数合计与上期岗位数合计相差百倍以上，可能一列以人、另一列以万人填报；请统一以人为单位后重新报送。",
                "Base jobs and last period's jobs differ a hundredfold in all, as if one counted persons and the other"
                " tens of thousands; write persons in both and send the file again.",
            ),
        ),
    ),
)
