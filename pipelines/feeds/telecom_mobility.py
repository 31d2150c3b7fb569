"""People who crossed a county's border in a day, as telecom operators have added them up (移动通信; notice, item 19).

Whereabouts of a person are sensitive (PIPL 28): only county-day counts are accepted, and a file that carries an
identifier of a device or person is refused whole.
"""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck

CONTRACT = Contract(
    feed="telecom_mobility",
    title="移动通信人口流动",
    title_en="Telecom mobility",
    purpose="与社保、招聘求职数据比对（通知第十九项）；只收区县、日汇总数，不收能指认个人或设备的内容",
    grain=Grain.DAY,
    key="movement",
    area_column="area",
    period_column="moved_on",
    forbids_identifiers=True,
    columns=(
        Column("地区", "area", Kind.AREA, ("区县", "所在县区"), example="371521"),
        Column("日期", "moved_on", Kind.DAY, ("统计日期",), note="须为文件所报的那一天", example="2020-03-05"),
        Column(
            "方向",
            "direction",
            Kind.CHOICE,
            choices=(("流入", "in"), ("流出", "out")),
            note="地区、方向、对方区域相同的只报一行",
            example="流出",
        ),
        Column(
            "对方区域",
            "other_place",
            Kind.CODE,
            ("对方范围",),
            code_list="other_place",
            note="来自或去往：本市其他县、本省其他市、外省、境外",
            example="外省",
        ),
        Column(
            "人数",
            "persons",
            Kind.INT,
            ("人次",),
            low=0,
            unit="人",
            note="汇总人数；少于运营方最小发布数的组合不报，不填 0",
            example="1350",
        ),
    ),
    checks=(
        RowCheck(
            "fewer_than_a_city",
            "persons <= 5000000",
            "人数",
            Said(
                "人数超过五百万，可能单位不是人；请以人为单位填报。",
                "More than five million persons: the unit is probably not persons; write persons.",
            ),
        ),
    ),
    derived=(Derived("movement", "area || ' ' || direction || ' ' || other_place"),),
)
