"""What the forms say, for the independent judge: their headers and which rows are right.

Plain Python and pandas, written from the forms; nothing of the project is imported.
"""

import csv
import io

import pandas as pd

from tests.pipeline import judge_service
from tests.pipeline.judge_breakdowns import BESIDE
from tests.pipeline.judge_writing import (
    CITY,
    areas,
    as_day,
    as_month,
    codes,
    count,
    counts,
    decoded,
    industries,
    is_count,
    is_employer,
    is_person,
    plain,
)  # fmt: skip

PERSON = "身份证号"
EMPLOYER = "统一社会信用代码"
HEADERS = {
    "benefit_claim": [
        "申领流水号", PERSON, EMPLOYER, "参保地区", "行业代码", "失业原因", "失业日期", "受理日期",
    ],
    "insured_event": [
        "业务流水号", "冲销流水号", "增减类型", PERSON, EMPLOYER, "参保地区", "行业代码", "原因代码", "生效日期",
        "申报日期",
    ],
    "insured_headcount": [
        EMPLOYER, "单位名称", "参保地区", "行业代码", "所属月份", "期末参保人数", "欠缴月数", "缓缴标志",
    ],
    "monitored_employer": [
        EMPLOYER, "单位名称", "地区", "行业代码", "所属月份", "建档期岗位数", "上期岗位数", "调查期岗位数",
        "新增岗位数", "减少岗位数", "减少类型", "减少原因",
    ],
    "registered_unemployment": ["地区", "所属月份", "期末登记失业人数", "期末城镇从业人员", "从业人员是否年度数"],
    "labour_shortage": [
        EMPLOYER, "单位名称", "地区", "行业代码", "所属月份", "期末用工人数", "本期新招人数", "本期流失人数", "缺工人数",
        "上期用工人数",
    ],
    "monitored_village": [
        "监测村代码", "监测村名称", "地区", "监测村类型", "统计日期", "劳动力总数", "外出务工人数", "县内乡外人数",
        "市内县外人数", "省内市外人数", "省外人数", "境外人数", "本地非农就业人数", "务农人数", "未就业人数",
        "上期外出务工人数", "本期新外出人数", "本期返乡人数",
    ],
    "layoff_report": [
        "报告编号", EMPLOYER, "单位名称", "地区", "行业代码", "职工总数", "拟裁人数", "类型", "告知职工日期", "报告日期",
        "计划实施日期",
    ],
    "vacancy": ["岗位编号", EMPLOYER, "工作地区", "行业代码", "职业代码", "需求人数", "发布日期", "有效期至"],
    "job_seeker": ["求职登记号", "性别", "出生年", "求职地区", "意向行业代码", "登记日期"],
    "unemployment_registration": [
        "登记流水号", PERSON, EMPLOYER, "登记地区", "行业代码", "登记原因", "失业日期", "登记日期",
    ],
    "wage_arrears_lead": [
        "线索编号", EMPLOYER, "单位名称", "地区", "行业代码", "登记日期", "涉及人数", "状态", "办结日期",
    ],
    "long_term_unemployment": ["地区", "所属月份", "期末登记失业人数", "失业六个月以上人数", "失业十二个月以上人数"],
    "welfare_post": [
        "岗位编号", "单位名称", "地区", "岗位类别", "所属月份", "在岗人数", "月补贴标准", "开始日期", "到期日期",
        "困难人员人数",
    ],
    "telecom_mobility": ["地区", "日期", "方向", "对方区域", "人数"],
    "transport_mobility": ["地区", "日期", "方向", "对方区域", "运输方式", "人数"],
    **judge_service.HEADERS,
}  # fmt: skip
HEADERS = {feed: [*header, *BESIDE.get(feed, ())] for feed, header in HEADERS.items()}
MAY_BE_ABSENT = {
    "冲销流水号", "欠缴月数", "缓缴标志", "上期用工人数", "境外人数", "上期外出务工人数", "月补贴标准", "开始日期",
    "困难人员人数", *(column for columns in BESIDE.values() for column in columns),
}  # fmt: skip
ALSO_WRITTEN = {
    "公民身份号码": PERSON, "身份证号码": PERSON, "证件号码": PERSON, "参保县区": "参保地区", "参保地": "参保地区",
    "行业": "行业代码", "所属行业": "行业代码", "申领日期": "受理日期", "业务日期": "申报日期", "变动日期": "生效日期",
    "变动类型": "增减类型", "变动原因": "原因代码", "原因": "原因代码", "失业原因代码": "失业原因",
    "企业名称": "单位名称", "参保人数": "期末参保人数", "月份": "所属月份", "所在地区": "地区", "所在县区": "地区",
    "单位信用代码": EMPLOYER, "社会信用代码": EMPLOYER, "原单位信用代码": EMPLOYER,
}  # fmt: skip
KEY = {
    "benefit_claim": "申领流水号", "insured_event": "业务流水号", "registered_unemployment": "地区",
    "monitored_village": "监测村代码", "layoff_report": "报告编号", "vacancy": "岗位编号", "job_seeker": "求职登记号",
    "unemployment_registration": "登记流水号", "wage_arrears_lead": "线索编号", "long_term_unemployment": "地区",
    "welfare_post": "岗位编号", **judge_service.KEY,
}  # fmt: skip
"""What counts once a file; else the employer, and of movements what they cross (``movement``)."""
NO_ROW = ("合计", "填表人", "备注")  # what stands below a table


def parsed(feed: str, content: bytes) -> tuple[list[list[str]], int]:
    """Records of a file in the order of ``HEADERS``, and its number of rows (-1: the file cannot be read).

    Titles above the header, and totals and signatures below the table, are no rows.
    """
    text = decoded(content)
    if text is None:
        return [], -1
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in line)]
    headers = [[understood(feed, cell.strip()) for cell in line] for line in lines]
    needed = {name for name in HEADERS[feed] if name not in MAY_BE_ABSENT}
    top = next((at for at, header in enumerate(headers) if needed <= set(header)), None)
    if top is None:
        return [], -1
    header = headers[top]
    places = [header.index(name) if name in header else -1 for name in HEADERS[feed]]
    rows = [line for line in lines[top + 1 :] if not line[0].startswith(NO_ROW)]
    straight = [line for line in rows if len(line) == len(header)]
    records = [["" if place < 0 else plain(line[place]) for place in places] for line in straight]
    return records, len(rows)


def understood(feed: str, cell: str) -> str:
    """The form's own name of a column."""
    return KEY[feed] if cell in {"流水号", "业务编号"} else ALSO_WRITTEN.get(cell, cell)


def right_rows(feed: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that pass every check, with area, industry and filed_on understood; of equal keys the first."""
    place = next(name for name in HEADERS[feed] if name.endswith("地区"))
    frame["area"] = frame[place].map(lambda cell: areas().get(cell.upper()))
    branch = next((name for name in HEADERS[feed] if name.endswith("行业代码")), None)
    frame["industry"] = frame[branch].map(lambda cell: industries().get(cell.upper())) if branch else "ALL"
    frame["division"] = frame[branch].str.strip() if branch else ""
    is_own = (frame["area"] == frame["sender"]) | ((frame["sender"] == CITY) & frame["area"].notna())
    right = frame[is_own & frame["industry"].notna() & CHECKS[feed](frame)]
    right = right.assign(key=right[key_column(feed)].str.upper())
    return right[~right.duplicated(["drop", "key"])]


def key_column(feed: str) -> str:
    """The column that may stand once a file."""
    return "movement" if feed.endswith("mobility") else KEY.get(feed, EMPLOYER)


def check_claim(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["受理日期"].map(as_day).astype("datetime64[us]")
    unemployed_on = frame["失业日期"].map(as_day).astype("datetime64[us]")
    employer = frame[EMPLOYER]
    return (
        (frame["申领流水号"] != "") & frame[PERSON].map(is_person) & ((employer == "") | employer.map(is_employer))
        & frame["失业原因"].isin(codes("unemployment_reason")) & (frame["filed_on"] == frame["slice"])
        & (unemployed_on <= frame["filed_on"])
    )  # fmt: skip


def check_event(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["申报日期"].map(as_day).astype("datetime64[us]")
    reason = frame["原因代码"].map(codes("insured_reason"))
    return (
        (frame["业务流水号"] != "") & frame["增减类型"].isin(["增员", "减员"]) & frame[PERSON].map(is_person)
        & frame[EMPLOYER].map(is_employer) & reason.notna() & (frame["filed_on"] == frame["slice"])
        & frame["生效日期"].map(as_day).notna() & ((frame["增减类型"] == "增员") == (reason == "join"))
    )  # fmt: skip


def check_headcount(frame: pd.DataFrame) -> pd.Series:
    arrears = frame["欠缴月数"]
    return (
        frame[EMPLOYER].map(is_employer) & (frame["单位名称"] != "")
        & (frame["所属月份"].map(as_month) == frame["slice"])
        & frame["期末参保人数"].map(is_count) & ((arrears == "") | arrears.map(is_count))
        & frame["缓缴标志"].isin(["", "是", "否"])
    )  # fmt: skip


def check_monitored(frame: pd.DataFrame) -> pd.Series:
    jobs = ["建档期岗位数", "上期岗位数", "调查期岗位数", "新增岗位数", "减少岗位数"]
    is_right = frame[EMPLOYER].map(is_employer) & (frame["单位名称"] != "")
    is_right &= frame["所属月份"].map(as_month) == frame["slice"]
    for column in jobs:
        is_right &= frame[column].map(is_count)
    numbers = counts(frame, jobs, is_right)
    is_right &= numbers["上期岗位数"] + numbers["新增岗位数"] - numbers["减少岗位数"] == numbers["调查期岗位数"]
    is_right &= frame["减少类型"].isin(["", *codes("loss_type")])
    return is_right & frame["减少原因"].isin(["", *codes("loss_reason")])


def check_registered(frame: pd.DataFrame) -> pd.Series:
    figures = ["期末登记失业人数", "期末城镇从业人员"]
    is_right = frame["所属月份"].map(as_month) == frame["slice"]
    is_right &= frame["从业人员是否年度数"].isin(["是", "否"])
    for column in figures:
        is_right &= frame[column].map(is_count)
    numbers = counts(frame, figures, is_right)
    return is_right & (numbers["期末登记失业人数"] <= numbers["期末城镇从业人员"])


def check_shortage(frame: pd.DataFrame) -> pd.Series:
    figures = ["期末用工人数", "本期新招人数", "本期流失人数", "缺工人数"]
    is_right = frame[EMPLOYER].map(is_employer) & (frame["单位名称"] != "")
    is_right &= frame["所属月份"].map(as_month) == frame["slice"]
    for column in figures:
        is_right &= frame[column].map(is_count)
    has_before = frame["上期用工人数"] != ""
    is_right &= ~has_before | frame["上期用工人数"].map(is_count)
    numbers = counts(frame, [*figures, "上期用工人数"], is_right)
    balance = numbers["上期用工人数"] + numbers["本期新招人数"] - numbers["本期流失人数"] == numbers["期末用工人数"]
    return is_right & (~has_before | balance)


def check_village(frame: pd.DataFrame) -> pd.Series:
    destinations = ["县内乡外人数", "市内县外人数", "省内市外人数", "省外人数", "境外人数"]
    parts = ["外出务工人数", "本地非农就业人数", "务农人数", "未就业人数"]
    moves = ["上期外出务工人数", "本期新外出人数", "本期返乡人数"]
    surveyed_on = frame["统计日期"].map(as_day).astype("datetime64[us]")
    is_right = frame["监测村代码"].str.fullmatch(r"\d{12}") & frame["监测村类型"].isin(["定点", "重点"])
    is_right &= surveyed_on.notna() & (
        surveyed_on - pd.to_timedelta(surveyed_on.dt.day_of_week, unit="D") == frame["slice"]
    )
    for column in ["劳动力总数", *parts, *destinations, *moves]:
        is_right &= frame[column].map(is_count)
    numbers = counts(frame, ["劳动力总数", *parts, *destinations, *moves], is_right)
    is_right &= numbers[destinations].sum(axis=1) == numbers["外出务工人数"]
    is_right &= numbers[parts].sum(axis=1) == numbers["劳动力总数"]
    before, went, came = (numbers[column] for column in moves)
    return is_right & (before + went - came == numbers["外出务工人数"]) & (went <= numbers["外出务工人数"] + came)


def check_layoff(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["报告日期"].map(as_day).astype("datetime64[us]")
    is_right = (frame["报告编号"] != "") & frame[EMPLOYER].map(is_employer) & (frame["单位名称"] != "")
    is_right &= frame["类型"].isin(codes("layoff_kind")) & (frame["filed_on"] == frame["slice"])
    for column in ("告知职工日期", "计划实施日期"):
        is_right &= (frame[column] == "") | frame[column].map(as_day).notna()
    for column in ("职工总数", "拟裁人数"):
        is_right &= frame[column].map(count) >= 1
    frame["employer"] = frame[EMPLOYER].str.upper()
    return is_right & (frame["拟裁人数"].map(count) <= frame["职工总数"].map(count))


def check_vacancy(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["发布日期"].map(as_day).astype("datetime64[us]")
    until, employer = frame["有效期至"].map(as_day).astype("datetime64[us]"), frame[EMPLOYER]
    is_right = (frame["岗位编号"] != "") & ((employer == "") | employer.map(is_employer))
    is_right &= frame["职业代码"].isin(["", *codes("occupation")]) & (frame["filed_on"] == frame["slice"])
    is_right &= (frame["有效期至"] == "") | (until >= frame["filed_on"])
    return is_right & frame["需求人数"].map(count).between(1, 100_000)


def check_seeker(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["登记日期"].map(as_day).astype("datetime64[us]")
    born = frame["出生年"].map(count)
    is_right = (frame["求职登记号"] != "") & frame["性别"].isin(["男", "女", ""])
    is_right &= (frame["出生年"] == "") | (born.between(1900, 2100) & (frame["filed_on"].dt.year - born >= 14))
    return is_right & (frame["filed_on"] == frame["slice"])


def check_registration(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["登记日期"].map(as_day).astype("datetime64[us]")
    unemployed_on, employer = frame["失业日期"].map(as_day).astype("datetime64[us]"), frame[EMPLOYER]
    is_right = (frame["登记流水号"] != "") & frame[PERSON].map(is_person)
    is_right &= (employer == "") | employer.map(is_employer)
    is_right &= frame["登记原因"].isin(codes("registration_reason")) & (frame["filed_on"] == frame["slice"])
    return is_right & ((frame["失业日期"] == "") | (unemployed_on <= frame["filed_on"]))


def check_wage_lead(frame: pd.DataFrame) -> pd.Series:
    frame["filed_on"] = frame["登记日期"].map(as_day).astype("datetime64[us]")
    closed_on, employer = frame["办结日期"].map(as_day).astype("datetime64[us]"), frame[EMPLOYER]
    is_right = (frame["线索编号"] != "") & ((employer == "") | employer.map(is_employer)) & (frame["单位名称"] != "")
    is_right &= frame["filed_on"].dt.to_period("M").dt.to_timestamp() == frame["slice"]
    is_right &= (frame["涉及人数"].map(count) >= 1) & frame["状态"].isin(codes("lead_status"))
    is_closed = frame["状态"].map(codes("lead_status")) == "closed"
    return is_right & ((frame["办结日期"] == "") | (is_closed & (closed_on >= frame["filed_on"])))


def check_long_term(frame: pd.DataFrame) -> pd.Series:
    figures = ["失业十二个月以上人数", "失业六个月以上人数", "期末登记失业人数"]
    is_right = frame["所属月份"].map(as_month) == frame["slice"]
    for column in figures:
        is_right &= frame[column].map(is_count)
    longest, longer, every = (counts(frame, figures, is_right)[column] for column in figures)
    return is_right & (longest <= longer) & (longer <= every)


def check_post(frame: pd.DataFrame) -> pd.Series:
    started_on, ends_on = (frame[column].map(as_day).astype("datetime64[us]") for column in ("开始日期", "到期日期"))
    is_right = (frame["岗位编号"] != "") & (frame["单位名称"] != "")
    is_right &= frame["岗位类别"].isin(["乡村公益性岗位", "城镇公益性岗位", "疫情临时岗位"])
    is_right &= frame["所属月份"].map(as_month) == frame["slice"]
    is_right &= frame["在岗人数"].map(is_count)
    is_right &= (frame["月补贴标准"] == "") | (pd.to_numeric(frame["月补贴标准"], errors="coerce") >= 0)
    is_right &= (frame["开始日期"] == "") | (started_on < frame["slice"] + pd.offsets.MonthBegin())
    is_right &= (frame["到期日期"] == "") | (ends_on.notna() & ~(ends_on < started_on))
    is_told = frame["困难人员人数"] != ""
    is_right &= ~is_told | frame["困难人员人数"].map(is_count)
    numbers = counts(frame, ["在岗人数", "困难人员人数"], is_right)
    return is_right & (~is_told | (numbers["困难人员人数"] <= numbers["在岗人数"]))


def check_movement(frame: pd.DataFrame) -> pd.Series:
    crossed = ["area", "方向", "对方区域", *(["运输方式"] if "运输方式" in frame else [])]
    frame["movement"] = frame[crossed].fillna("").agg(" ".join, axis=1)
    frame["filed_on"] = frame["日期"].map(as_day).astype("datetime64[us]")
    is_right = frame["方向"].isin(["流入", "流出"]) & frame["对方区域"].isin(codes("other_place"))
    if "运输方式" in frame:
        is_right &= frame["运输方式"].isin(codes("transport_mode"))
    return is_right & (frame["filed_on"] == frame["slice"]) & frame["人数"].map(count).between(0, 5_000_000)


CHECKS = {
    "benefit_claim": check_claim,
    "insured_event": check_event,
    "insured_headcount": check_headcount,
    "monitored_employer": check_monitored,
    "registered_unemployment": check_registered,
    "labour_shortage": check_shortage,
    "monitored_village": check_village,
    "layoff_report": check_layoff,
    "vacancy": check_vacancy,
    "job_seeker": check_seeker,
    "unemployment_registration": check_registration,
    "wage_arrears_lead": check_wage_lead,
    "long_term_unemployment": check_long_term,
    "welfare_post": check_post,
    "telecom_mobility": check_movement,
    "transport_mobility": check_movement,
    **judge_service.CHECKS,
}
