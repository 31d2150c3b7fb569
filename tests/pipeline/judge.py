"""The independent judge's arithmetic: plain pandas over files, written from the forms and not from our code.

Nothing of the project is imported. Reference tables (areas, industries, codes) are read from the region's CSV files.
"""

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

REGION = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
CITY = "371500"
EIGHT_HOURS = pd.Timedelta(hours=8)  # Asia/Shanghai has had no summer time since 1991

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
}  # fmt: skip
MAY_BE_ABSENT = {"冲销流水号", "欠缴月数", "缓缴标志"}
ALSO_WRITTEN = {
    "公民身份号码": PERSON, "身份证号码": PERSON, "证件号码": PERSON, "参保县区": "参保地区", "参保地": "参保地区",
    "行业": "行业代码", "所属行业": "行业代码", "申领日期": "受理日期", "业务日期": "申报日期", "变动日期": "生效日期",
    "变动类型": "增减类型", "变动原因": "原因代码", "原因": "原因代码", "失业原因代码": "失业原因",
    "企业名称": "单位名称", "参保人数": "期末参保人数", "月份": "所属月份", "所在地区": "地区", "所在县区": "地区",
    "单位信用代码": EMPLOYER, "社会信用代码": EMPLOYER, "原单位信用代码": EMPLOYER,
}  # fmt: skip
KEY = {"benefit_claim": "申领流水号", "insured_event": "业务流水号"}  # else the employer: one row each
NAME = re.compile(r"([a-z_]+?)_([0-9A-Z]{6})_(\d{8}|\d{6})(?:_v(\d+))?(_supplement)?\.csv")
HELD_BELOW = 0.7  # a file with less than this share of the rows it would replace waits for a person
REFUSED_ABOVE, REFUSED_FROM = 0.3, 10  # share of wrong rows, and rows of the file, from which it goes back whole


@dataclass
class Drop:
    """One file: what it speaks for, when it came (UTC), and how many of its rows are right."""

    number: int
    sender: str
    period: pd.Timestamp
    version: int
    is_supplement: bool
    received_at: pd.Timestamp
    content_hash: str
    total: int
    right: int = 0
    status: str = "accepted"

    @property
    def rank(self) -> tuple[int, pd.Timestamp, str]:
        """What decides between files of one slice: the version they state, when they came, their hash."""
        return self.version, self.received_at, self.content_hash


@dataclass
class Received:
    """All files of a feed, in the order in which they came, and their right rows (column ``drop`` is the number)."""

    drops: list[Drop]
    rows: pd.DataFrame


def received(inbox: Path, feed: str) -> Received:
    """Read and judge all files of a feed below ``inbox/<feed>/<received day>/``."""
    drops: list[Drop] = []
    lines: list[list[object]] = []
    seen: set[tuple[str, str]] = set()
    for path in sorted((inbox / feed).glob("*/*.csv")):
        match = NAME.fullmatch(path.name)
        content = path.read_bytes()
        key = (path.name, hashlib.sha256(content).hexdigest())
        if match is None or match[1] != feed or key in seen:
            continue  # not a name of this feed, or the same file sent again
        seen.add(key)
        period = pd.Timestamp(match[3] + ("01" if len(match[3]) == 6 else ""))
        came = pd.Timestamp(path.parent.name) - EIGHT_HOURS
        records, total = parsed(feed, content)
        number = len(drops)
        drops.append(Drop(number, match[2], period, int(match[4] or 1), match[5] is not None, came, key[1], total))
        lines += [[number, match[2], period, *record] for record in records]
    rows = right_rows(feed, pd.DataFrame(lines, columns=["drop", "sender", "slice", *HEADERS[feed]], dtype="object"))
    for number, count in rows["drop"].value_counts().items():
        drops[int(number)].right = int(count)
    drops.sort(key=lambda drop: (drop.received_at, drop.version, drop.content_hash))
    judge_whole_files(drops)
    return Received(drops, rows)


def judge_whole_files(drops: list[Drop]) -> None:
    """Send back files that cannot be read or are wrong in large part; hold those that would shrink a slice."""
    before: dict[tuple[str, pd.Timestamp], Drop] = {}
    for drop in drops:
        wrong = drop.total - drop.right
        if drop.total < 0 or (drop.total >= REFUSED_FROM and wrong > REFUSED_ABOVE * drop.total):
            drop.status = "refused"
        elif not drop.is_supplement:
            replaced = before.get((drop.sender, drop.period))
            if replaced is None or drop.rank > replaced.rank:
                if replaced is not None and drop.right < HELD_BELOW * replaced.right:
                    drop.status = "held"
                else:
                    before[drop.sender, drop.period] = drop


def facts(files: Received, at: pd.Timestamp) -> pd.DataFrame:
    """The rows in force at an instant (UTC): of each slice its newest file, and its supplements."""
    speaking: dict[tuple[str, pd.Timestamp], Drop] = {}
    supplements = []
    for drop in files.drops:
        if drop.status != "accepted" or drop.received_at > at:
            continue
        current = speaking.get((drop.sender, drop.period))
        if drop.is_supplement:
            supplements.append(drop.number)
        elif current is None or drop.rank > current.rank:
            speaking[drop.sender, drop.period] = drop
    numbers = {drop.number for drop in speaking.values()} | set(supplements)
    return files.rows[files.rows["drop"].isin(numbers)].reset_index(drop=True)


def parsed(feed: str, content: bytes) -> tuple[list[list[str]], int]:
    """Records of a file in the order of ``HEADERS``, and its number of rows (-1: the file cannot be read)."""
    text = decoded(content)
    if text is None:
        return [], -1
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in line)]
    header = [ALSO_WRITTEN.get(cell.strip(), cell.strip()) for cell in lines[0]]
    header = [KEY[feed] if cell in {"流水号", "业务编号"} else cell for cell in header]
    if any(name not in header and name not in MAY_BE_ABSENT for name in HEADERS[feed]):
        return [], -1
    places = [header.index(name) if name in header else -1 for name in HEADERS[feed]]
    straight = [line for line in lines[1:] if len(line) == len(header)]
    records = [["" if place < 0 else line[place].strip(" \t　") for place in places] for line in straight]
    return records, len(lines) - 1


def right_rows(feed: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that pass every check, with area, industry and filed_on understood; of equal keys the first."""
    place = "地区" if feed == "monitored_employer" else "参保地区"
    frame["area"] = frame[place].map(lambda cell: areas().get(cell.upper()))
    frame["industry"] = frame["行业代码"].map(lambda cell: industries().get(cell.upper()))
    is_right = (frame["area"] == frame["sender"]) & frame["industry"].notna() & CHECKS[feed](frame)
    right = frame[is_right]
    key = right[KEY.get(feed, EMPLOYER)].str.upper()
    return right[~pd.DataFrame({"drop": right["drop"], "key": key}).duplicated()]


def decoded(content: bytes) -> str | None:
    """A file's text: UTF-8 with or without mark, else GB18030; None when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


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
    numbers = frame[jobs].where(is_right, "0").astype("int64")
    is_right &= numbers["上期岗位数"] + numbers["新增岗位数"] - numbers["减少岗位数"] == numbers["调查期岗位数"]
    is_right &= frame["减少类型"].isin(["", *codes("loss_type")])
    return is_right & frame["减少原因"].isin(["", *codes("loss_reason")])


CHECKS = {
    "benefit_claim": check_claim,
    "insured_event": check_event,
    "insured_headcount": check_headcount,
    "monitored_employer": check_monitored,
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
    match = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", text)
    if match is None:
        return pd.NaT
    day = f"{match[1]}-{int(match[2] or match[4]):02}-{int(match[3] or match[5]):02}"
    return pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")


@cache
def as_month(text: str) -> pd.Timestamp:
    match = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})月?", text)
    return pd.NaT if match is None else as_day(f"{match[1]}-{match[2]}-1")


def is_count(text: str) -> bool:
    return re.fullmatch(r"\d{1,9}", text) is not None


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


def totals(rows: pd.DataFrame, periods: pd.Series, figures: list[str]) -> pd.DataFrame:
    """Sums of figures by area, industry and period at all four levels; index (area, industry, period)."""
    frame = rows[["area", "industry", *figures]].assign(period=periods)
    parts = []
    for area in (frame["area"], CITY):
        for industry in (frame["industry"], "ALL"):
            parts.append(frame.assign(area=area, industry=industry))
    return pd.concat(parts).groupby(["area", "industry", "period"])[figures].sum()


def months(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.to_period("M").dt.to_timestamp()


def claims(rows: pd.DataFrame, grain: str) -> pd.Series:
    """Claims taken per area, industry and day or month (of 受理日期)."""
    days = pd.to_datetime(rows["filed_on"])
    return totals(rows.assign(people=1), days if grain == "day" else months(days), ["people"])["people"]


def net_change(rows: pd.DataFrame) -> pd.Series:
    """Joins minus leaves per area, industry and month of 申报日期, without cancelled events and their cancelling."""
    cancelled = set(rows["冲销流水号"]) - {""}
    counted = rows[(rows["冲销流水号"] == "") & ~rows["业务流水号"].isin(cancelled)]
    people = counted["增减类型"].map({"增员": 1, "减员": -1})
    return totals(counted.assign(people=people), months(counted["filed_on"]), ["people"])["people"]


def net_change_rate(events: pd.DataFrame, headcount: pd.DataFrame) -> pd.Series:
    """Per cent: net change of a month ÷ insured persons at the end of the month before, where that count is known."""
    stock = headcount.assign(insured=headcount["期末参保人数"].astype("int64"))
    month = pd.to_datetime(stock["slice"]) + pd.DateOffset(months=1)
    known = set(zip(stock["area"], month, strict=True))
    has_stock = [pair in known for pair in zip(events["area"], months(events["filed_on"]), strict=True)]
    insured = totals(stock, month, ["insured"])["insured"]
    change = net_change(events[pd.Series(has_stock, index=events.index)]).reindex(insured.index, fill_value=0)
    return 100.0 * change / insured.where(insured > 0)


def job_loss_rate(forms: pd.DataFrame) -> pd.Series:
    """Per cent: 减少岗位数 ÷ 建档期岗位数 of the monitored employers, by month."""
    numbers = forms.assign(lost=forms["减少岗位数"].astype("int64"), base=forms["建档期岗位数"].astype("int64"))
    sums = totals(numbers, pd.to_datetime(numbers["slice"]), ["lost", "base"])
    return 100.0 * sums["lost"] / sums["base"].where(sums["base"] > 0)
