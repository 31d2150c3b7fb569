"""Unemployment benefit as it is paid (失业保险金发放): who receives it, who is new, why others no longer do."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Bound, Column, Contract, Kind, RowCheck


def _stopped(header: str, name: str, note: str, example: str) -> Column:
    return Column(header, name, Kind.INT, low=0, unit="人", note=note, example=example)


CONTRACT = Contract(
    feed="benefit_payment",
    title="失业保险金发放",
    title_en="Benefit payments",
    purpose="领取失业保险金人数、新增领取人数（鲁人社发〔2016〕14号失业指标）和发放时效（通知第二十一项）",
    grain=Grain.MONTH,
    key="area",
    area_column="area",
    period_column="period",
    columns=(
        Column("地区", "area", Kind.AREA, ("区县", "参保地区"), example="371521"),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column(
            "领取人数",
            "recipients",
            Kind.INT,
            ("领取失业保险金人数",),
            low=0,
            unit="人",
            note="当月发放失业保险金的人数",
            example="860",
        ),
        Column("新增领取人数", "newly_receiving", Kind.INT, low=0, unit="人", note="当月首次发放的人数", example="95"),
        _stopped("期满停发人数", "stopped_expired", "核定月数已领完", "31"),
        _stopped("就业停发人数", "stopped_employed", "重新就业或应征、创业", "44"),
        _stopped("其他停发人数", "stopped_other", "退休、死亡、移居等其他原因", "9"),
        Column(
            "发放金额",
            "amount",
            Kind.NUMBER,
            ("失业保险金金额",),
            low=0,
            unit="元",
            note="当月发放的失业保险金",
            example="1341600.00",
        ),
        Column(
            "申领到发放天数",
            "median_days",
            Kind.NUMBER,
            ("办理天数",),
            is_required=False,
            low=0,
            high=1000,
            unit="天",
            note="新增领取人员从申领到首次发放天数的中位数；没有新增的留空",
            example="12",
        ),
    ),
    checks=(
        RowCheck(
            "new_are_recipients",
            "newly_receiving <= recipients",
            "新增领取人数",
            Said(
                "新增领取人数大于领取人数；请核对这两项。",
                "More people are new than receive benefit; check both figures.",
            ),
        ),
        RowCheck(
            "days_of_somebody",
            "median_days is null or newly_receiving > 0",
            "申领到发放天数",
            Said(
                "没有新增领取人员而填了申领到发放天数；请留空，或改正新增领取人数。",
                "Days from claim to payment are given though nobody is new; leave them empty or correct the people.",
            ),
        ),
    ),
    bound=Bound("recipients", 0.5, 2.0),
)
