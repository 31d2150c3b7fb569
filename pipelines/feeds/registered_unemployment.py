"""Registered unemployment at month end with its denominator (城镇登记失业): one row an area (domain §2.9)."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Bound, Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="registered_unemployment",
    title="城镇登记失业",
    title_en="Registered unemployment",
    purpose="城镇登记失业率（鲁人社发〔2016〕14号失业指标）",
    grain=Grain.MONTH,
    key="area",
    area_column="area",
    period_column="period",
    columns=(
        Column("地区", "area", Kind.AREA, ("区县",), example="371521"),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column("期末登记失业人数", "registered", Kind.INT, ("登记失业人数",), low=0, unit="人", example="5200"),
        Column(
            "期末城镇从业人员",
            "employed",
            Kind.INT,
            ("城镇从业人员", "城镇就业人数"),
            low=0,
            unit="人",
            note="没有月度数的填最近一个年度数，并注明",
            example="152000",
        ),
        Column(
            "从业人员是否年度数",
            "is_yearly",
            Kind.YES_NO,
            ("从业人员为年度数",),
            note="从业人员用的是年度数填“是”，登记失业率即为估算",
            example="是",
        ),
    ),
    checks=(
        RowCheck(
            "registered_below_employed",
            "registered <= employed",
            "期末登记失业人数",
            Said(
                "期末登记失业人数超过期末城镇从业人员，可能两列填反或单位不同；请核对这两项。",
                "More registered unemployed than urban employed: the columns are exchanged or of different units; check"
                " both.",
            ),
        ),
    ),
    bound=Bound("registered", 0.5, 2.0),
)
