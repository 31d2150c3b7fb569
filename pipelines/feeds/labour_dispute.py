"""Labour disputes taken on by arbitration (劳动人事争议), by area, industry and type: distress before layoffs."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck

CONTRACT = Contract(
    feed="labour_dispute",
    title="劳动人事争议",
    title_en="Labour disputes",
    purpose="劳动关系风险的先兆，与减员、申领互相印证（通知第二十二项）；只收汇总数",
    grain=Grain.MONTH,
    key="dispute_id",
    area_column="area",
    period_column="period",
    forbids_identifiers=True,
    columns=(
        Column("地区", "area", Kind.AREA, ("区县",), example="371521"),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "所属行业"),
            is_required=False,
            has_division=False,
            note="用人单位的国民经济行业门类字母，不明留空",
            example="C",
        ),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column("争议类型", "kind", Kind.CODE, ("案由",), code_list="dispute_kind", example="劳动报酬"),
        Column("案件数", "cases", Kind.INT, ("立案数",), low=1, unit="件", note="当月立案的案件", example="6"),
        Column("涉及人数", "persons", Kind.INT, low=1, unit="人", note="涉及的劳动者", example="15"),
        Column(
            "涉案金额",
            "amount",
            Kind.NUMBER,
            low=0,
            unit="元",
            note="劳动者请求的金额，没有的填 0",
            example="186000.00",
        ),
    ),
    derived=(
        Derived("dispute_id", "concat_ws('|', area, industry, kind)"),
        Derived("is_dismissal", "kind_class = 'dismissal'", "boolean"),
    ),
    checks=(
        RowCheck(
            "a_person_a_case",
            "persons >= cases",
            "涉及人数",
            Said(
                "涉及人数少于案件数，而每件至少涉及一人；请核对这两项。",
                "Fewer people than cases, though each case concerns somebody; check both figures.",
            ),
        ),
    ),
)
