"""Reports of planned layoffs and closures (劳动合同法第四十一条): one record can be a warning."""

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="layoff_report",
    title="裁减人员报告",
    grain=Grain.DAY,
    key="report_id",
    area_column="area",
    period_column="reported_on",
    columns=(
        Column("报告编号", "report_id"),
        Column("统一社会信用代码", "employer", Kind.EMPLOYER_CODE, ("单位信用代码", "社会信用代码")),
        Column("单位名称", "employer_name", aliases=("企业名称",)),
        Column("地区", "area", Kind.AREA, ("所在地区", "所在县区")),
        Column("行业代码", "industry", Kind.INDUSTRY, ("行业", "所属行业"), is_required=False),
        Column("职工总数", "staff", Kind.INT, low=1, unit="人", example="300"),
        Column("拟裁人数", "planned", Kind.INT, ("拟裁减人数",), low=1, unit="人", example="45"),
        Column("类型", "kind", Kind.CODE, ("报告类型",), code_list="layoff_kind"),
        Column("告知职工日期", "told_on", Kind.DAY, is_required=False),
        Column("报告日期", "reported_on", Kind.DAY),
        Column("计划实施日期", "effective_on", Kind.DAY, ("实施日期",), is_required=False),
    ),
    checks=(
        RowCheck(
            "planned_within_staff",
            "planned <= staff",
            "拟裁人数",
            Said("拟裁人数超过职工总数；请核对两个数。", "More persons to be laid off than staff; check both figures."),
        ),
    ),
)
