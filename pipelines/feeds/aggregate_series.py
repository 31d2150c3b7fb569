"""Figures somebody else has already added up: a province, a statistics office, a real-data region."""

from pipelines.domain import Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="aggregate_series",
    title="汇总数列",
    grain=None,
    columns=(
        Column("指标", "indicator", aliases=("indicator",)),
        Column("地区", "area", Kind.AREA, ("area",), is_any_area=True),
        Column(
            "行业",
            "industry",
            Kind.INDUSTRY,
            ("industry",),
            is_required=False,
            may_be_absent=True,
            fallback="ALL",
            has_division=False,
        ),
        Column("群体", "cohort", aliases=("cohort",), is_required=False, may_be_absent=True, fallback="all"),
        Column("职业", "occupation", aliases=("occupation",), is_required=False, may_be_absent=True),
        Column("期间", "period", Kind.DAY, ("period",)),
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
        ),
        Column("数值", "value", Kind.NUMBER, ("value",), is_required=False),
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
        ),
    ),
    checks=(
        RowCheck(
            "has_a_figure",
            "value is not null or (numerator is not null and denominator is not null)",
            "数值",
            Said(
                "数值为空，且没有同时给出分子和分母；请至少填写一种。",
                "Neither a value nor both numerator and denominator are given; fill in one of the two.",
            ),
        ),
    ),
)
