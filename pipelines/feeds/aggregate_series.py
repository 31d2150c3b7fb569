"""Figures somebody else has already added up: a province, a statistics office, a real-data region.

A figure is one indicator × area × industry × cohort × occupation × period × adjustment, and counts once a file: an
area that comes under its old and its new code is refused the second time. A file holds the figures of its own period
and no other, so that no later file repeats them. A figure the publisher keeps back (np) is kept as such; an empty cell
is no figure.
"""

from pipelines.core.domain import Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck

_FIGURE_ID = "concat_ws('|', indicator, area, industry, cohort, coalesce(occupation, ''), grain, period, adjustment)"

CONTRACT = Contract(
    feed="aggregate_series",
    title="汇总数据",
    title_en="Aggregate series",
    purpose="省厅、统计部门等已经汇总好的数列，用于对照和预测",
    grain=None,
    columns=(
        Column("指标", "indicator", aliases=("indicator",), note="数列的代号，始终不变", example="weekly_claims"),
        Column("地区", "area", Kind.AREA, ("area",), is_any_area=True, note="市或区县", example="371500"),
        Column(
            "行业",
            "industry",
            Kind.INDUSTRY,
            ("industry",),
            is_required=False,
            may_be_absent=True,
            fallback="ALL",
            has_division=False,
            note="门类字母，全行业留空或填 ALL",
            example="C",
        ),
        Column(
            "群体",
            "cohort",
            aliases=("cohort",),
            is_required=False,
            may_be_absent=True,
            fallback="all",
            note="全部人员留空或填 all",
        ),
        Column("职业", "occupation", aliases=("occupation",), is_required=False, may_be_absent=True),
        Column("期间", "period", Kind.DAY, ("period",), note="期间的第一天", example="2020-03-01"),
        Column(
            "频度",
            "grain",
            Kind.CHOICE,
            ("grain",),
            choices=(
                ("day", "day"),
                ("week", "week"),
                ("month", "month"),
                ("quarter", "quarter"),
                ("日", "day"),
                ("周", "week"),
                ("月", "month"),
                ("季", "quarter"),
            ),
            example="月",
        ),
        Column(
            "调整方式",
            "adjustment",
            Kind.CHOICE,
            ("adjustment",),
            is_required=False,
            may_be_absent=True,
            choices=(
                ("original", "original"),
                ("seasonal", "seasonal"),
                ("trend", "trend"),
                ("average", "average"),
                ("原始", "original"),
                ("季节调整", "seasonal"),
                ("趋势", "trend"),
                ("移动平均", "average"),
            ),
            fallback="original",
            note="原始数、季节调整、趋势或移动平均，并列时分行填写；不填视为原始数",
        ),
        Column(
            "数值",
            "value",
            Kind.NUMBER,
            ("value",),
            is_required=False,
            withheld=("np", "n.p.", "n.p", "x", "*", "保密", "不公布"),
            note="发布方不公布的数填 np；缺数留空，不填 0",
            example="3034",
        ),
        Column("分子", "numerator", Kind.NUMBER, ("numerator",), is_required=False, may_be_absent=True),
        Column("分母", "denominator", Kind.NUMBER, ("denominator",), is_required=False, may_be_absent=True),
        Column(
            "计量",
            "unit",
            Kind.CHOICE,
            ("unit",),
            choices=(
                ("count", "count"),
                ("rate", "rate"),
                ("index", "index"),
                ("人数", "count"),
                ("比率", "rate"),
                ("指数", "index"),
            ),
            note="人数、比率或指数，说明数值是什么",
            example="人数",
        ),
    ),
    checks=(
        RowCheck(
            "has_a_figure",
            "value is not null or is_suppressed or (numerator is not null and denominator is not null)",
            "数值",
            Said(
                "数值为空，且没有同时给出分子和分母；请至少填写一种，发布方不公布的填 np。",
                "neither a value nor both numerator and denominator are given; fill in one of the two, or np where the"
                " publisher keeps the figure back.",
            ),
        ),
    ),
    derived=(Derived("figure_id", _FIGURE_ID),),
    key="figure_id",
    area_column="area",
    period_column="period",
)
