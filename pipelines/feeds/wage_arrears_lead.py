"""Leads on unpaid wages (欠薪线索), by employer and without anybody's name: distress before layoffs (item 22)."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="wage_arrears_lead",
    title="欠薪线索",
    title_en="Leads on unpaid wages",
    purpose="劳动关系风险的先兆（通知第八项、第二十二项）；只收单位汇总，不收劳动者个人信息",
    grain=Grain.MONTH,
    key="lead_id",
    area_column="area",
    period_column="reported_on",
    forbids_identifiers=True,
    columns=(
        Column(
            "线索编号",
            "lead_id",
            aliases=("编号",),
            note="不得重复；以字母开头，纯数字的长编号会使整份文件退回",
            example="QX-00001",
        ),
        Column(
            "统一社会信用代码",
            "employer",
            Kind.EMPLOYER_CODE,
            ("单位信用代码", "社会信用代码"),
            is_required=False,
            note="18 位；工地等暂查不到单位的留空",
            example="91371500YY0000000D",
        ),
        Column("单位名称", "employer_name", aliases=("企业名称", "项目名称"), example="示例建设项目部"),
        Column("地区", "area", Kind.AREA, ("所在地区", "所在县区"), example="371521"),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "所属行业"),
            is_required=False,
            note="国民经济行业门类字母或两位大类代码，不明留空",
            example="E",
        ),
        Column("登记日期", "reported_on", Kind.DAY, ("接报日期",), note="须在文件所报的月份内", example="2020-02-18"),
        Column("涉及人数", "persons", Kind.INT, ("欠薪人数",), low=1, unit="人", example="36"),
        Column(
            "涉及金额",
            "amount",
            Kind.NUMBER,
            ("欠薪金额",),
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="元",
            note="不明留空",
            example="410000.00",
        ),
        Column("状态", "status", Kind.CODE, ("办理状态",), code_list="lead_status", example="核实中"),
        Column(
            "线索来源",
            "source",
            Kind.CODE,
            ("来源",),
            is_required=False,
            may_be_absent=True,
            code_list="lead_source",
            example="投诉举报",
        ),
        Column(
            "办结日期", "closed_on", Kind.DAY, is_required=False, may_be_absent=True, note="没有办结留空", example=""
        ),
    ),
    checks=(
        RowCheck(
            "closed_after_reported",
            "closed_on >= reported_on",
            "办结日期",
            Said(
                "办结日期早于登记日期；请核对两个日期。", "The lead was closed before it was reported; check both days."
            ),
        ),
        RowCheck(
            "closed_has_status",
            "closed_on is null or status_class = 'closed'",
            "状态",
            Said(
                "填了办结日期而状态不是“已办结”或“不属实”；请改正其中一项。",
                "A day of closing is given but the status is not a closed one; correct one of the two.",
            ),
        ),
    ),
)
