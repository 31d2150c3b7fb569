"""The monthly form of public-welfare posts (公益性岗位): who is in them at whose place, and when they end (item 9)."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Bound, Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="welfare_post",
    title="公益性岗位在岗情况",
    title_en="Public-welfare posts",
    purpose="公益性岗位在岗人数和到期提醒（通知第九项：一村一岗位）；只收单位汇总，不收在岗人员个人信息",
    grain=Grain.MONTH,
    key="post_id",
    area_column="area",
    period_column="period",
    forbids_identifiers=True,
    columns=(
        Column(
            "岗位编号",
            "post_id",
            aliases=("协议编号",),
            note="岗位或协议的编号，本地区内不得重复，各月不变；以字母开头，纯数字的长编号会使整份文件退回",
            example="GW-00001",
        ),
        Column("单位名称", "unit_name", aliases=("用人单位", "村委会"), example="示例一村村民委员会"),
        Column("地区", "area", Kind.AREA, ("所在地区", "所在县区"), example="371521"),
        Column(
            "岗位类别",
            "kind",
            Kind.CHOICE,
            ("岗位类型",),
            choices=(("乡村公益性岗位", "rural"), ("城镇公益性岗位", "urban"), ("疫情临时岗位", "epidemic")),
            note="一村一岗位的为乡村公益性岗位",
            example="乡村公益性岗位",
        ),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202003"),
        Column(
            "在岗人数",
            "persons",
            Kind.INT,
            ("期末在岗人数",),
            low=0,
            unit="人",
            note="月末在岗的人数；岗位还在而没有人填 0，已经取消的不再列出",
            example="3",
        ),
        Column(
            "月补贴标准",
            "subsidy",
            Kind.NUMBER,
            ("岗位补贴标准",),
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="元",
            note="每人每月",
            example="600",
        ),
        Column(
            "开始日期",
            "started_on",
            Kind.DAY,
            ("上岗日期",),
            is_required=False,
            may_be_absent=True,
            note="岗位开始之日，续签不变",
            example="2020-03-01",
        ),
        # A file without this column would say that nothing ends: the column must stand there, its cells may be empty.
        Column(
            "到期日期",
            "ends_on",
            Kind.DAY,
            ("协议到期日", "结束日期"),
            is_required=False,
            note="岗位最后一日，到期前 30 天提醒；续签后填新的日期，没有期限的留空",
            example="2020-06-30",
        ),
        Column(
            "困难人员人数",
            "in_difficulty",
            Kind.INT,
            ("就业困难人员人数",),
            is_required=False,
            may_be_absent=True,
            low=0,
            unit="人",
            note="在岗人员中的就业困难人员；不掌握留空",
            example="2",
        ),
    ),
    checks=(
        RowCheck(
            "ends_after_start",
            "ends_on >= started_on",
            "到期日期",
            Said("到期日期早于开始日期；请核对两个日期。", "The post ends before it starts; check both days."),
        ),
        RowCheck(
            "started_by_month_end",
            "started_on < period + interval 1 month",
            "开始日期",
            Said(
                "开始日期晚于所属月份；请改正日期，还没有开始的岗位到开始的那个月再报。",
                "The post starts after the month; correct the day, or report the post in the month in which it starts.",
            ),
        ),
        RowCheck(
            "difficulty_within_persons",
            "in_difficulty <= persons",
            "困难人员人数",
            Said(
                "困难人员人数超过在岗人数；请核对这两项。",
                "More persons in difficulty than in the post; check both figures.",
            ),
        ),
    ),
    # Half of the posts may end on one day, as on 2020-06-30: wider than for employers, yet 人 and 万人 are told apart.
    bound=Bound("persons", 0.2, 5.0),
)
