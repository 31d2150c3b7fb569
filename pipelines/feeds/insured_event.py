"""Insured joins and leaves filed on one workday (社会保险增减员): the daily pulse of employment (domain §2.5)."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck

CONTRACT = Contract(
    feed="insured_event",
    title="社会保险增减员",
    title_en="Insured joins and leaves",
    purpose="监测就业与失业的日常变动（社会保险法第五十七条、第五十八条；就业促进法第四十二条），只取汇总数",
    grain=Grain.DAY,
    is_person=True,
    key="event_id",
    area_column="area",
    period_column="filed_on",
    columns=(
        Column(
            "业务流水号",
            "event_id",
            aliases=("流水号", "业务编号"),
            note="经办系统的流水号，不得重复",
            example="ZJ20200305371521-00001",
        ),
        Column(
            "冲销流水号",
            "reverses_event_id",
            is_required=False,
            may_be_absent=True,
            aliases=("原流水号",),
            note="仅冲销时填写：被冲销的那一笔的业务流水号，其余各列照抄原记录",
        ),
        Column(
            "增减类型",
            "direction",
            Kind.CHOICE,
            ("变动类型",),
            choices=(("增员", "join"), ("减员", "leave")),
            example="减员",
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
            ("单位信用代码", "社会信用代码"),
            note="18 位",
            example="91371500YY0000000D",
        ),
        Column("单位名称", is_required=False, may_be_absent=True, aliases=("企业名称",), example="示例铝业有限公司"),
        Column(
            "参保地区",
            "area",
            Kind.AREA,
            ("参保县区", "地区", "参保地"),
            note="报送单位自己的代码或名称",
            example="371521",
        ),
        Column(
            "行业代码",
            "industry",
            Kind.INDUSTRY,
            ("行业", "所属行业"),
            is_required=False,
            note="国民经济行业门类字母或两位大类代码，不明留空",
            example="C",
        ),
        Column("原因代码", "reason", Kind.CODE, ("变动原因", "原因"), code_list="insured_reason", example="14"),
        Column("生效日期", "effective_on", Kind.DAY, ("变动日期",), note="参保关系变动之日", example="2020-02-28"),
        Column("申报日期", "filed_on", Kind.DAY, ("业务日期",), note="须为文件所报的那一天", example="2020-03-05"),
    ),
    checks=(
        RowCheck(
            "reason_fits_direction",
            "(direction = 'join') = (reason_class = 'join')",
            "原因代码",
            Said(
                "原因代码与增减类型不符：增员用参保原因，减员用停保原因；请改正其中一项。",
                "Reason and direction do not fit: joins take join reasons, leaves leave reasons; correct one.",
            ),
        ),
    ),
    # 疑似失业的减员: 退休、死亡、转移、退保 are not; 单位原因: only what the employer began (docs/domain/forms.md).
    derived=(
        Derived("is_dismissal", "direction = 'leave' and reason_class = 'employer'", "boolean"),
        Derived(
            "is_risk", "direction = 'leave' and reason_class in ('employer', 'expiry', 'worker', 'unknown')", "boolean"
        ),
    ),
)
