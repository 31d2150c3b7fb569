"""Vocational training with a subsidy (补贴性职业技能培训), added up by area, occupation and group of people."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck

CONTRACT = Contract(
    feed="training",
    title="职业技能培训",
    title_en="Vocational training",
    purpose="职业技能培训规模、合格率和补贴（通知第十一项、第十二项）；只收汇总数",
    grain=Grain.MONTH,
    key="course_id",
    area_column="area",
    period_column="period",
    forbids_identifiers=True,
    columns=(
        Column("地区", "area", Kind.AREA, ("区县",), example="371521"),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), note="结业的月份", example="202002"),
        Column(
            "职业代码",
            "occupation",
            Kind.CODE,
            ("职业", "培训职业"),
            code_list="occupation",
            note="职业分类大典的大类",
            example="6",
        ),
        Column("人员类别", "cohort", Kind.CODE, ("培训对象",), code_list="cohort", example="农民工"),
        Column("培训人数", "persons", Kind.INT, ("结业人数",), low=1, unit="人", example="45"),
        Column("合格人数", "passed", Kind.INT, ("取证人数",), low=0, unit="人", note="取得合格证书的", example="41"),
        Column("线上培训人数", "online", Kind.INT, ("线上人数",), low=0, unit="人", example="20"),
        Column("补贴金额", "subsidy", Kind.NUMBER, ("培训补贴",), low=0, unit="元", example="36000.00"),
    ),
    derived=(Derived("course_id", "concat_ws('|', area, occupation, cohort)"),),
    checks=(
        RowCheck(
            "passed_were_trained",
            "passed <= persons",
            "合格人数",
            Said("合格人数大于培训人数；请核对这两项。", "More passed than were trained; check both figures."),
        ),
        RowCheck(
            "online_were_trained",
            "online <= persons",
            "线上培训人数",
            Said(
                "线上培训人数大于培训人数；请核对这两项。",
                "More were trained online than were trained; check both figures.",
            ),
        ),
    ),
)
