"""Unemployment insurance paid by each employer in a month (失业保险费): what refunds for kept jobs are reckoned on."""

from pipelines.core.domain import Grain
from pipelines.feeds.contract import Bound, Column, Contract, Kind

CONTRACT = Contract(
    feed="unemployment_contribution",
    title="失业保险费缴纳",
    title_en="Unemployment insurance contributions",
    purpose="稳岗返还的依据（通知第五项）；缴费额的变化是单位困难的先兆（通知第四项）",
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
            note="18 位；一个单位一行",
            example="91371500YY0000000D",
        ),
        Column("参保地区", "area", Kind.AREA, ("参保县区", "地区", "参保地"), example="371521"),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "所属行业"),
            is_required=False,
            has_division=False,
            note="国民经济行业门类字母或两位大类代码，不明留空",
            example="C",
        ),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), note="到账的月份", example="202002"),
        Column(
            "实缴金额",
            "paid",
            Kind.NUMBER,
            ("缴费金额",),
            low=0,
            unit="元",
            note="单位和个人缴费之和，含补缴",
            example="5400.00",
        ),
    ),
    bound=Bound("paid", 0.3, 3.0),
)
