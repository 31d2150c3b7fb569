"""The list of key employers (重点企业名录) of a month: why each is on it, and which post serves it (notice, 1 and 19).

A file is the whole list of its sender; an employer may stand on it for several reasons, one row each.
"""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck

CONTRACT = Contract(
    feed="key_employer",
    title="重点企业名录",
    title_en="Key employers",
    purpose="用工服务专员对接、重点企业监测（通知第一项、第十九项）",
    grain=Grain.MONTH,
    key="listing",
    area_column="area",
    period_column="period",
    columns=(
        Column(
            "统一社会信用代码",
            "employer",
            Kind.EMPLOYER_CODE,
            ("单位信用代码", "社会信用代码"),
            note="18 位",
            example="91371500YY0000000D",
        ),
        Column("单位名称", "employer_name", aliases=("企业名称",), example="示例铝业有限公司"),
        Column("地区", "area", Kind.AREA, ("所在地区", "所在县区"), example="371521"),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "所属行业"),
            is_required=False,
            note="国民经济行业门类字母或两位大类代码，不明留空",
            example="C",
        ),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202002"),
        Column(
            "重点类别",
            "kind",
            Kind.CODE,
            ("类别",),
            code_list="key_employer_kind",
            note="一个企业有几类就报几行，同一类不重复",
            example="规上",
        ),
        Column(
            "用工服务专员岗位",
            "officer_post",
            aliases=("服务专员岗位", "专员岗位"),
            is_required=False,
            note="只写岗位，不写姓名",
            example="就业科用工服务专员岗",
        ),
        Column("列入日期", "from_on", Kind.DAY, ("起始日期",), example="2020-02-10"),
        Column("移出日期", "to_on", Kind.DAY, ("截止日期",), is_required=False, note="仍在名录留空", example=""),
    ),
    checks=(
        RowCheck(
            "removed_after_listed",
            "to_on >= from_on",
            "移出日期",
            Said("移出日期早于列入日期；请核对两个日期。", "Removed before it was listed; check both days."),
        ),
        RowCheck(
            "listed_by_month_end",
            "from_on < period + interval 1 month",
            "列入日期",
            Said(
                "列入日期晚于所属月份；请放入以后月份的名录。",
                "Listed after the month; put it into the list of a later month.",
            ),
        ),
    ),
    derived=(Derived("listing", "employer || ' ' || kind"),),
)
