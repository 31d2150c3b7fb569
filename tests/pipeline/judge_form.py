"""What the forms say, for the independent judge: headers, codes, how figures and days are written, which rows are right.

Plain Python and pandas, written from the forms; nothing of the project is imported. Reference tables (areas,
industries, codes) are read from the region's CSV files.
"""

import csv
import io
import re
import unicodedata
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd

REGION = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
CITY = "371500"

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
}  # fmt: skip
MAY_BE_ABSENT = {"冲销流水号", "欠缴月数", "缓缴标志", "上期用工人数", "境外人数", "上期外出务工人数"}
ALSO_WRITTEN = {
    "公民身份号码": PERSON, "身份证号码": PERSON, "证件号码": PERSON, "参保县区": "参保地区", "参保地": "参保地区",
    "行业": "行业代码", "所属行业": "行业代码", "申领日期": "受理日期", "业务日期": "申报日期", "变动日期": "生效日期",
    "变动类型": "增减类型", "变动原因": "原因代码", "原因": "原因代码", "失业原因代码": "失业原因",
    "企业名称": "单位名称", "参保人数": "期末参保人数", "月份": "所属月份", "所在地区": "地区", "所在县区": "地区",
    "单位信用代码": EMPLOYER, "社会信用代码": EMPLOYER, "原单位信用代码": EMPLOYER,
}  # fmt: skip
KEY = {
    "benefit_claim": "申领流水号", "insured_event": "业务流水号", "registered_unemployment": "地区",
    "monitored_village": "监测村代码", "layoff_report": "报告编号",
}  # fmt: skip
"""What counts once a file; else the employer."""
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


def plain(cell: str) -> str:
    """A cell without what typing leaves in it: blanks around, an apostrophe in front, full-width signs."""
    return unicodedata.normalize("NFKC", cell).strip(" \t\u3000").removeprefix("'")


def decoded(content: bytes) -> str | None:
    """A file's text: UTF-8 with or without mark, else GB18030; None when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def right_rows(feed: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that pass every check, with area, industry and filed_on understood; of equal keys the first."""
    place = "参保地区" if "参保地区" in HEADERS[feed] else "地区"
    frame["area"] = frame[place].map(lambda cell: areas().get(cell.upper()))
    has_industry = "行业代码" in HEADERS[feed]
    frame["industry"] = frame["行业代码"].map(lambda cell: industries().get(cell.upper())) if has_industry else "ALL"
    is_own = (frame["area"] == frame["sender"]) | ((frame["sender"] == CITY) & frame["area"].notna())
    right = frame[is_own & frame["industry"].notna() & CHECKS[feed](frame)]
    key = right[KEY.get(feed, EMPLOYER)].str.upper()
    return right[~pd.DataFrame({"drop": right["drop"], "key": key}).duplicated()]


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


CHECKS = {
    "benefit_claim": check_claim,
    "insured_event": check_event,
    "insured_headcount": check_headcount,
    "monitored_employer": check_monitored,
    "registered_unemployment": check_registered,
    "labour_shortage": check_shortage,
    "monitored_village": check_village,
    "layoff_report": check_layoff,
}


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(REGION / f"{name}.csv", dtype="str", keep_default_na=False)


@cache
def areas() -> dict[str, str]:
    aliases = table("place_aliases")
    units = table("places").query("level == 'unit'")["code"]
    known = dict(zip(aliases["alias"].str.upper(), aliases["code"], strict=True)) | {code: code for code in units}
    return {alias: code for alias, code in known.items() if code != CITY}


@cache
def industries() -> dict[str, str]:
    known = table("industries").query("level != 'total'")
    is_division = known["level"] == "division"
    return dict(zip(known["code"], known["parent"].where(is_division, known["code"]), strict=True)) | {"": "U"}


@cache
def codes(name: str) -> dict[str, str]:
    rows = table("codes").query("list == @name")
    by_title = dict(zip(rows["title"], rows["class"], strict=True))
    return by_title | dict(zip(rows["code"], rows["class"], strict=True))


@cache
def as_day(text: str) -> pd.Timestamp:
    """A day, written with digits in one of the usual ways or as the number a spreadsheet keeps (days since 1899-12-30)."""
    if re.fullmatch(r"4\d{4}", text):
        return pd.Timestamp("1899-12-30") + pd.Timedelta(days=int(text))
    match = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", text)
    if match is None:
        return pd.NaT
    try:
        return pd.Timestamp(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5]))
    except ValueError:  # there is no such day
        return pd.NaT


@cache
def as_month(text: str) -> pd.Timestamp:
    match = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})月?", text)
    return pd.NaT if match is None else as_day(f"{match[1]}-{match[2]}-1")


def is_count(text: str) -> bool:
    return count(text) >= 0


@cache
def count(text: str) -> int:
    """A whole number of people as senders write it (1,234; 0.5万; 300人); -1 when it is none."""
    match = re.fullmatch(r"(\d{1,9}|\d{1,3}(?:,\d{3})+|\d+\.\d+(?=万))(万?)人?", text)
    if match is None:
        return -1
    number = Decimal(match[1].replace(",", "")) * (10_000 if match[2] else 1)
    return int(number) if number == int(number) else -1


def counts(frame: pd.DataFrame, columns: list[str], is_right: pd.Series) -> pd.DataFrame:
    """Figures as numbers; 0 in rows that are not right anyway."""
    return pd.DataFrame({column: frame[column].map(count).where(is_right, 0) for column in columns}).clip(lower=0)


@cache
def is_person(text: str) -> bool:
    """GB 11643-1999: 17 digits of which 7 to 14 are a day, and the check character."""
    text = text.upper()
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text) or pd.isna(as_day(text[6:14])):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


@cache
def is_employer(text: str) -> bool:
    """GB 32100-2015: 18 of 31 symbols, the last one a check character."""
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    text = text.upper()
    if len(text) != 18 or any(symbol not in symbols for symbol in text):
        return False
    total = sum(symbols.index(symbol) * pow(3, place, 31) for place, symbol in enumerate(text[:17]))
    return symbols[-total % 31] == text[17]
