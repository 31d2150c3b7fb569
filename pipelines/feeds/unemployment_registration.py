"""People who registered as unemployed on one workday (失业登记), claimants of benefit or not (domain §2.6).

Wider than claims: graduates without a first job and people who never paid contributions register here.
"""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="unemployment_registration",
    title="失业登记",
    title_en="Unemployment registrations",
    purpose="新增登记失业人数和分群体失业（就业促进法第四十三条；通知第二十五项），只取汇总数",
    grain=Grain.DAY,
    is_person=True,
    key="registration_id",
    area_column="area",
    period_column="registered_on",
    columns=(
        Column(
            "登记流水号",
            "registration_id",
            aliases=("业务流水号", "流水号"),
            note="不得重复",
            example="DJ-371521-00001",
        ),
        Column(
            "身份证号",
            "person",
            Kind.IDENTITY,
            ("公民身份号码", "身份证号码", "证件号码"),
            note="只用于校验和推算性别、出生年，核对后即换成不可还原的代号；单元格须为文本格式",
            example="372522197001100007",
        ),
        Column("姓名", kind=Kind.NAME, is_required=False, may_be_absent=True, note="不入库，可不报"),
        Column(
            "统一社会信用代码",
            "employer",
            Kind.EMPLOYER_CODE,
            ("原单位信用代码",),
            is_required=False,
            note="原单位，没有就业过的留空",
            example="91371500YY0000000D",
        ),
        Column("登记地区", "area", Kind.AREA, ("常住地区", "地区"), note="常住地", example="371521"),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "原行业"),
            is_required=False,
            note="原从业行业，没有或不明留空",
            example="C",
        ),
        Column("登记原因", "reason", Kind.CODE, ("失业原因",), code_list="registration_reason", example="14"),
        Column("失业日期", "unemployed_on", Kind.DAY, is_required=False, note="没有就业过的留空", example="2020-02-20"),
        Column("登记日期", "registered_on", Kind.DAY, note="须为文件所报的那一天", example="2020-03-05"),
        Column(
            "人员类别",
            "cohorts",
            Kind.CODES,
            ("群体", "人员身份"),
            is_required=False,
            may_be_absent=True,
            code_list="cohort",
            note="可填多项，用顿号或分号隔开；都不属于填“其他”，留空表示不掌握",
            example="高校毕业生、就业困难人员",
        ),
        Column(
            "学历",
            "education",
            Kind.CODE,
            ("文化程度",),
            is_required=False,
            may_be_absent=True,
            code_list="education",
            example="大学专科",
        ),
        Column(
            "户籍类型",
            "household",
            Kind.CODE,
            ("户籍性质",),
            is_required=False,
            may_be_absent=True,
            code_list="household",
            example="本市城镇",
        ),
    ),
    checks=(
        RowCheck(
            "unemployed_before_registration",
            "unemployed_on <= registered_on",
            "失业日期",
            Said(
                "失业日期晚于登记日期；请核对两个日期。",
                "The day of unemployment lies after the day of registration; check both days.",
            ),
        ),
    ),
)
