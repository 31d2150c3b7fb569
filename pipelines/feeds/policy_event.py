"""Policies and shutdowns that bear on jobs (notice, item 24): marks on the curves, weighed before they begin."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="policy_event",
    title="政策与停产事项",
    title_en="Policies and shutdowns",
    purpose="评估政策对就业的影响，预先准备应对（通知第二十四项）",
    grain=Grain.DAY,
    key="event_id",
    area_column="area",
    period_column="reported_on",
    columns=(
        Column("事项编号", "event_id", aliases=("编号",), note="不得重复", example="SX-00001"),
        Column("事项类别", "kind", Kind.CODE, ("类别",), code_list="policy_event_kind", example="环保停产"),
        Column("事项名称", "title", aliases=("名称", "标题"), example="秋冬季错峰生产"),
        Column(
            "影响地区", "area", Kind.AREA, ("地区",), is_any_area=True, note="全市填市的代码或名称", example="371521"
        ),
        Column(
            "影响行业",
            "industry",
            Kind.INDUSTRY,
            ("行业", "行业代码"),
            is_required=False,
            fallback="ALL",
            note="门类字母或两位大类代码，各行业留空",
            example="30",
        ),
        Column("开始日期", "from_on", Kind.DAY, ("起始日期",), example="2020-03-10"),
        Column(
            "结束日期", "to_on", Kind.DAY, ("截止日期",), is_required=False, note="没有定期限留空", example="2020-05-31"
        ),
        Column(
            "涉及企业数",
            "employers",
            Kind.INT,
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="户",
            note="不明留空",
            example="14",
        ),
        Column(
            "涉及岗位数",
            "jobs",
            Kind.INT,
            ("涉及人数",),
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="人",
            note="不明留空",
            example="860",
        ),
        Column("来源", "source", aliases=("文号", "依据"), note="文件名称或文号", example="示例生态环境分局通知"),
        Column("报送日期", "reported_on", Kind.DAY, ("登记日期",), note="须为文件所报的那一天", example="2020-03-05"),
    ),
    checks=(
        RowCheck(
            "ends_after_beginning",
            "to_on >= from_on",
            "结束日期",
            Said("结束日期早于开始日期；请核对两个日期。", "It ends before it begins; check both days."),
        ),
    ),
)
