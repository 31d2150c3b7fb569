"""Job seekers registered on one day (求职登记): supply of labour; the sender gives no identity (domain §2.4)."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Kind, RowCheck

CONTRACT = Contract(
    feed="job_seeker",
    title="求职登记",
    title_en="Job seekers",
    purpose="人力资源市场供给：求职人数和求人倍率的分母（人社厅函〔2022〕2号）",
    grain=Grain.DAY,
    key="seeker_id",
    area_column="area",
    period_column="registered_on",
    columns=(
        Column(
            "求职登记号",
            "seeker_id",
            aliases=("登记号",),
            note="登记系统的编号，不得用证件号码代替",
            example="QZ-00001",
        ),
        Column("性别", "sex", Kind.CHOICE, is_required=False, choices=(("男", "M"), ("女", "F")), example="女"),
        Column(
            "出生年",
            "birth_year",
            Kind.INT,
            ("出生年份",),
            is_required=False,
            low=1900,
            high=2100,
            note="只写年份",
            example="1998",
        ),
        Column("求职地区", "area", Kind.AREA, ("地区",), example="371521"),
        Column(
            "意向行业代码",
            "industry",
            Kind.INDUSTRY,
            ("意向行业", "行业代码"),
            is_required=False,
            note="门类字母或两位大类代码，无要求留空",
            example="C",
        ),
        Column("登记日期", "registered_on", Kind.DAY, note="须为文件所报的那一天", example="2020-03-05"),
        Column(
            "人员类别",
            "cohorts",
            Kind.CODES,
            ("求职人员类别", "群体"),
            is_required=False,
            may_be_absent=True,
            code_list="cohort",
            note="可填多项，用顿号或分号隔开；都不属于填“其他”，留空表示不掌握",
            example="高校毕业生",
        ),
        Column(
            "学历",
            "education",
            Kind.CODE,
            ("文化程度",),
            is_required=False,
            may_be_absent=True,
            code_list="education",
            example="大学本科",
        ),
    ),
    checks=(
        RowCheck(
            "of_working_age",
            "extract('year' from registered_on) - birth_year >= 14",
            "出生年",
            Said(
                "出生年与登记日期不符（不满14周岁）；请核对。",
                "Year of birth and day of registration do not fit (under 14 years); check both.",
            ),
        ),
    ),
)
