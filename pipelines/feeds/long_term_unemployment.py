"""How long the registered unemployed have been so (长期失业): one row an area and month (domain §1.2, §1.3)."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Bound, Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="long_term_unemployment",
    title="长期失业",
    title_en="Long-term unemployment",
    purpose="长期失业占比（山东省就业促进条例第四十二条：连续失业一年以上）",
    grain=Grain.MONTH,
    key="area",
    area_column="area",
    period_column="period",
    columns=(
        Column("地区", "area", Kind.AREA, ("区县",), example="371521"),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column("期末登记失业人数", "registered", Kind.INT, ("登记失业人数",), low=0, unit="人", example="5200"),
        Column(
            "失业六个月以上人数",
            "over_six_months",
            Kind.INT,
            ("六个月以上",),
            low=0,
            unit="人",
            note="连续登记失业满 6 个月，含满 12 个月的",
            example="1400",
        ),
        Column(
            "失业十二个月以上人数",
            "over_twelve_months",
            Kind.INT,
            ("一年以上", "失业一年以上人数"),
            low=0,
            unit="人",
            note="连续登记失业满 12 个月",
            example="430",
        ),
    ),
    checks=(
        RowCheck(
            "longer_is_fewer",
            "over_twelve_months <= over_six_months and over_six_months <= registered",
            "失业六个月以上人数",
            Said(
                "应有：失业十二个月以上 ≤ 失业六个月以上 ≤ 期末登记失业人数；请核对这三项。",
                "Twelve months or more cannot exceed six months or more, nor those the registered; check all three.",
            ),
        ),
    ),
    bound=Bound("registered", 0.5, 2.0),
    refuse_from=1,
)
