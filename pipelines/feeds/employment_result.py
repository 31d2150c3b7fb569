"""What the employment service achieved in a month (城镇新增就业等), one row an area, beside the targets of the year."""

from pipelines.core.domain import Grain
from pipelines.feeds.contract import Bound, Column, Contract, Kind

CONTRACT = Contract(
    feed="employment_result",
    title="就业工作完成情况",
    title_en="Employment results",
    purpose="城镇新增就业、失业人员再就业、就业困难人员就业，对照年度目标任务（通知第二十五项）",
    grain=Grain.MONTH,
    key="area",
    area_column="area",
    period_column="period",
    columns=(
        Column("地区", "area", Kind.AREA, ("区县",), example="371521"),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column(
            "城镇新增就业人数",
            "newly_employed",
            Kind.INT,
            ("城镇新增就业",),
            low=0,
            unit="人",
            note="本月数，不是本年累计数",
            example="310",
        ),
        Column(
            "失业人员再就业人数",
            "reemployed",
            Kind.INT,
            ("失业人员再就业", "城镇失业人员再就业人数"),
            low=0,
            unit="人",
            note="本月数",
            example="72",
        ),
        Column(
            "就业困难人员就业人数",
            "difficulty_employed",
            Kind.INT,
            ("就业困难人员就业", "困难人员就业人数"),
            low=0,
            unit="人",
            note="本月数",
            example="18",
        ),
    ),
    bound=Bound("newly_employed", 0.2, 5.0),
)
