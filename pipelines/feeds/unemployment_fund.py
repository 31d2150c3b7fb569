"""The unemployment fund's month (失业保险基金收支): opening + income − expenditure = closing (domain §2.6).

The fund is pooled by the city, so a file has one row and no area.
"""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Bound, Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="unemployment_fund",
    title="失业保险基金收支",
    title_en="Unemployment fund",
    purpose="失业保险基金可支撑月数（鲁人社发〔2016〕14号失业指标）",
    grain=Grain.MONTH,
    key="period",
    period_column="period",
    columns=(
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column(
            "期初滚存结余", "opening", Kind.NUMBER, ("上期结余", "期初结余"), low=0, unit="元", example="512000000.00"
        ),
        Column(
            "本期收入",
            "income",
            Kind.NUMBER,
            ("当月收入",),
            low=0,
            unit="元",
            note="含利息、转移和补助收入",
            example="18500000.00",
        ),
        Column("本期支出", "expenditure", Kind.NUMBER, ("当月支出",), low=0, unit="元", example="17200000.00"),
        Column(
            "期末滚存结余", "closing", Kind.NUMBER, ("本期结余", "滚存结余"), low=0, unit="元", example="513300000.00"
        ),
        Column(
            "失业保险金支出",
            "benefit",
            Kind.NUMBER,
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="元",
            note="本期支出中发放的失业保险金",
            example="11400000.00",
        ),
    ),
    checks=(
        # Figures in 万元 are rounded to 100 yuan; several of them together may be off by more.
        RowCheck(
            "fund_balance",
            "abs(opening + income - expenditure - closing) <= 200",
            "期末滚存结余",
            Said(
                "基金收支不平衡：期初滚存结余 + 本期收入 − 本期支出 应等于 期末滚存结余；请核对这四项。",
                "The fund does not balance: opening + income − expenditure must equal closing; check these four.",
            ),
        ),
        RowCheck(
            "benefit_within_expenditure",
            "benefit <= expenditure",
            "失业保险金支出",
            Said("失业保险金支出超过本期支出；请核对这两项。", "Benefit exceeds the expenditure; check both figures."),
        ),
    ),
    bound=Bound("closing", 0.5, 2.0),
    refuse_from=1,
)
