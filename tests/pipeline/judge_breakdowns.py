"""What files say parted by a code of their rows, for the independent judge: sums by area, industry, period, category.

Plain pandas, written from the forms; nothing of the project is imported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from tests.pipeline.judge_writing import as_day, count, table

BESIDE = {
    "benefit_claim": ["申领渠道", "学历", "户籍类型", "累计缴费月数", "核定月数"],
    "unemployment_registration": ["学历", "户籍类型"],
    "job_seeker": ["意向职业代码", "人员类别", "学历"],
    "insured_headcount": ["本期增员人数", "本期减员人数"],
    "monitored_employer": ["企业性质", "企业规模", "生产经营状态", "欠薪人数"],
    "labour_shortage": ["缺工工种", "平均月工资", "生产经营状态", "主要困难", "下期预计用工人数"],
    "vacancy": ["学历要求", "月薪下限", "月薪上限"],
    "monitored_village": [
        "户数", "返乡主要原因", "因失业返乡人数", "返乡创业人数", "返乡待业人数", "月均收入", "欠薪件数",
    ],
    "wage_arrears_lead": ["线索来源"],
}  # fmt: skip
"""Columns that a form may have beside those that every row needs."""
Rows = pd.DataFrame
Of = Callable[[Rows], pd.Series]


@dataclass(frozen=True)
class Parted:
    """One breakdown: its feed, the category, figure and what it is divided by of each row, and which rows count.

    ``units``: the column whose different values are counted, else rows. ``period``: of each row, else the month or week
    of its file.
    """

    feed: str
    category: Of
    figure: Of | None = None
    over: Of | None = None
    rows: Of | None = None
    units: str = ""
    has_industry: bool = True
    period: Of | None = None

    def said(self, facts: Rows) -> Rows:
        """Columns numerator, denominator, units; index (area, industry, period, category)."""
        own = facts if self.rows is None else facts[self.rows(facts)]
        frame = pd.DataFrame(
            {
                "area": own["area"],
                "industry": own["industry"] if self.has_industry else "ALL",
                "period": (self.period or _period)(own),
                "category": self.category(own),
                "numerator": 1.0 if self.figure is None else self.figure(own),
                "denominator": np.nan if self.over is None else self.over(own),
                "units": own[self.units].replace("", np.nan) if self.units else 1,
            }
        )
        return summed(frame, is_different=bool(self.units))


@dataclass(frozen=True)
class Columns:
    """A breakdown whose categories are columns of the form, which may overlap; a row is a unit of each."""

    feed: str
    columns: dict[str, Of]
    has_industry: bool = True

    def said(self, facts: Rows) -> Rows:
        """As of ``Parted``."""
        parts = [
            Parted(self.feed, lambda own, code=code: same(own, code), figure, has_industry=self.has_industry).said(
                facts
            )
            for code, figure in self.columns.items()
        ]
        return pd.concat(parts)


@dataclass(frozen=True)
class Listed:
    """A breakdown by a column in which a row may name several codes; a row is a unit of each."""

    feed: str
    codes: str
    column: str
    has_industry: bool = True

    def said(self, facts: Rows) -> Rows:
        """As of ``Parted``."""
        each = facts.assign(**{self.column: facts[self.column].str.split("[、；;]", regex=True)})
        each = each.explode(self.column, ignore_index=True)
        return Parted(
            self.feed, coded(self.codes, self.column), rows=told(self.column), has_industry=self.has_industry
        ).said(each)


@dataclass(frozen=True)
class Standing:
    """Posts offered by the end of each month in which any was, and valid on its last day."""

    feed: str = "vacancy"

    def said(self, facts: Rows) -> Rows:
        """As of ``Parted``."""
        month = facts["filed_on"].dt.to_period("M").dt.to_timestamp()
        until = facts["有效期至"].map(as_day).astype("datetime64[us]")
        parts = [
            Parted(self.feed, TRADE, number("需求人数"), period=lambda own, first=first: same(own, first)).said(
                facts[(month <= first) & (until >= first + pd.offsets.MonthEnd(0))]
            )
            for first in sorted(month.unique())
        ]
        return pd.concat(parts)


def summed(frame: Rows, *, is_different: bool) -> Rows:
    """Sums over rows of one place, period and category; those of no number at all are left out."""
    by = frame.groupby(["area", "industry", "period", "category"])
    sums = by[["numerator", "denominator"]].sum(min_count=1)
    sums["units"] = by["units"].nunique() if is_different else by["units"].size()
    return sums[sums["numerator"].notna()]


def _period(own: Rows) -> pd.Series:
    if "movement" in own:
        return own["filed_on"] - pd.to_timedelta(own["filed_on"].dt.day_of_week, unit="D")
    return own["filed_on"].dt.to_period("M").dt.to_timestamp() if "filed_on" in own else own["slice"]


def same(own: Rows, word: object) -> pd.Series:
    return pd.Series(word, index=own.index)


def number(column: str) -> Of:
    return lambda own: own[column].map(amount)


@cache
def amount(text: str) -> float:
    people = count(text)
    return people if people >= 0 else float(pd.to_numeric(text, errors="coerce")) if text else np.nan


def product(column: str, weight: str) -> Of:
    return lambda own: number(column)(own) * number(weight)(own)


def difference(column: str, less: str) -> Of:
    return lambda own: number(column)(own) - number(less)(own)


def told(*columns: str) -> Of:
    return lambda own: own[list(columns)].ne("").all(axis=1)


def some(column: str) -> Of:
    return lambda own: number(column)(own) > 0


@cache
def spelled(name: str) -> dict[str, str]:
    rows = table("codes").query("list == @name")
    return dict(zip(rows["title"], rows["code"], strict=True)) | {code: code for code in rows["code"]}


def coded(name: str, column: str) -> Of:
    return lambda own: own[column].map(spelled(name)).fillna("")


def worded(column: str, **codes: str) -> Of:
    words = {word: code for code, word in codes.items()}
    return lambda own: own[column].map(words).fillna("")


def stepped(value: Of, steps: dict[str, float], last: str) -> Of:
    """The first step that a value lies below, else the last; empty where there is none."""

    def category(own: Rows) -> pd.Series:
        values = value(own)
        found = np.select([values < line for line in steps.values()], list(steps), last)
        return pd.Series(np.where(values.isna(), "", found), index=own.index)

    return category


def waited(own: Rows) -> pd.Series:
    return (own["filed_on"] - own["失业日期"].map(as_day).astype("datetime64[us]")).dt.days


def age(own: Rows) -> pd.Series:
    return own["filed_on"].dt.year - number("出生年")(own)


def ends(own: Rows) -> pd.Series:
    months = own["filed_on"].dt.to_period("M") + number("核定月数")(own).astype(int)
    return months.dt.to_timestamp()


WAIT = stepped(waited, {"30": 31, "60": 61, "365": 366}, "999")
VILLAGES = worded("监测村类型", fixed="定点", key="重点")
POSTS = worded("岗位类别", rural="乡村公益性岗位", urban="城镇公益性岗位", epidemic="疫情临时岗位")
STATE = coded("operation", "生产经营状态")
TRADE = coded("occupation", "职业代码")
LACKING = coded("occupation", "缺工工种")


def claims(category: Of, has_industry: bool = False) -> Parted:
    return Parted("benefit_claim", category, has_industry=has_industry)


def registrations(category: Of) -> Parted:
    return Parted("unemployment_registration", category, has_industry=False)


def seekers(category: Of, has_industry: bool = False) -> Parted:
    return Parted("job_seeker", category, has_industry=has_industry)


def moved(feed: str, direction: str, category: Of) -> Parted:
    return Parted(feed, category, number("人数"), rows=lambda own: own["方向"] == direction, has_industry=False)


def changed(category: Of) -> Parted:
    return Parted("monitored_employer", category, difference("调查期岗位数", "上期岗位数"), number("上期岗位数"))


def lost(category: Of) -> Parted:
    return Parted("monitored_employer", category, number("减少岗位数"), rows=some("减少岗位数"))


def posts(figure: Of, over: Of | None, rows: Of | None) -> Parted:
    return Parted("welfare_post", POSTS, figure, over, rows, units="单位名称", has_industry=False)


def villages(columns: dict[str, str]) -> Columns:
    return Columns("monitored_village", {code: number(column) for code, column in columns.items()}, has_industry=False)


def of_rows(figure: Of, over: Of | None = None, rows: Of | None = None) -> Parted:
    return Parted("monitored_village", VILLAGES, figure, over, rows, has_industry=False)


BREAKDOWNS: dict[str, Parted | Columns | Listed | Standing] = {
    "claim_channel": claims(worded("申领渠道", online="线上", counter="窗口")),
    "claim_education": claims(coded("education", "学历")),
    "claim_household": claims(coded("household", "户籍类型")),
    "claim_paid_years": claims(stepped(number("累计缴费月数"), {"5": 60, "10": 120}, "99")),
    "claim_reason": claims(coded("unemployment_reason", "失业原因"), has_industry=True),
    "claim_wait": claims(WAIT),
    "benefit_end": Parted(
        "benefit_claim", lambda own: same(own, "granted"), rows=told("核定月数"), has_industry=False, period=ends
    ),
    "registration_education": registrations(coded("education", "学历")),
    "registration_household": registrations(coded("household", "户籍类型")),
    "registration_origin": registrations(
        lambda own: own["统一社会信用代码"].eq("").map({True: "none", False: "employer"})
    ),
    "registration_reason": Parted(
        "unemployment_registration", coded("registration_reason", "登记原因"), units="身份证号"
    ),
    "registration_wait": registrations(WAIT),
    "seeker_age": seekers(stepped(age, {"24": 25, "34": 35, "44": 45, "54": 55}, "99")),
    "seeker_cohort": Listed("job_seeker", "cohort", "人员类别", has_industry=False),
    "seeker_education": seekers(coded("education", "学历"), has_industry=True),
    "seeker_occupation": seekers(coded("occupation", "意向职业代码"), has_industry=True),
    "seeker_sex": seekers(worded("性别", M="男", F="女")),
    "insured_flow": Columns("insured_headcount", {"joins": number("本期增员人数"), "leaves": number("本期减员人数")}),
    "operation_jobs": Parted("monitored_employer", STATE, number("调查期岗位数")),
    "unpaid_operation": Parted("monitored_employer", STATE, number("欠薪人数"), rows=some("欠薪人数")),
    "job_loss_reason": lost(coded("loss_reason", "减少原因")),
    "job_loss_type": lost(coded("loss_type", "减少类型")),
    "job_change_ownership": changed(coded("ownership", "企业性质")),
    "job_change_size": changed(coded("employer_size", "企业规模")),
    "job_flow": Columns("monitored_employer", {"hires": number("新增岗位数"), "losses": number("减少岗位数")}),
    "shortage_difficulty": Listed("labour_shortage", "difficulty", "主要困难"),
    "shortage_operation": Parted("labour_shortage", STATE, number("期末用工人数")),
    "shortage_occupation": Parted("labour_shortage", LACKING, number("缺工人数"), rows=some("缺工人数")),
    "shortage_wage": Parted(
        "labour_shortage", LACKING, product("平均月工资", "期末用工人数"), number("期末用工人数"),
        rows=lambda own: some("缺工人数")(own) & told("平均月工资")(own),
    ),
    "staff_flow": Columns(
        "labour_shortage",
        {"hires": number("本期新招人数"), "losses": number("本期流失人数"),
         "expected": difference("下期预计用工人数", "期末用工人数")},
    ),
    "vacancy_stock": Standing(),
    "vacancy_education": Parted("vacancy", coded("education", "学历要求"), number("需求人数")),
    "vacancy_occupation": Parted("vacancy", TRADE, number("需求人数"), units="统一社会信用代码"),
    "vacancy_wage": Parted(
        "vacancy", TRADE,
        lambda own: (number("月薪下限")(own) + number("月薪上限")(own)) / 2 * number("需求人数")(own),
        number("需求人数"), rows=told("月薪下限", "月薪上限"),
    ),
    "employed_basis": Parted(
        "registered_unemployment", worded("从业人员是否年度数", yearly="是", monthly="否"), number("期末城镇从业人员"),
        has_industry=False,
    ),
    "outworking_place": villages(
        {"away_town": "县内乡外人数", "away_county": "市内县外人数", "away_city": "省内市外人数",
         "away_province": "省外人数", "away_abroad": "境外人数"}
    ),
    "return_outcome": villages(
        {"returned_jobless": "因失业返乡人数", "returned_business": "返乡创业人数", "returned_idle": "返乡待业人数"}
    ),
    "return_reason": Parted(
        "monitored_village", coded("return_reason", "返乡主要原因"), number("本期返乡人数"),
        rows=some("本期返乡人数"), has_industry=False,
    ),
    "village_labour": villages(
        {"away": "外出务工人数", "local_jobs": "本地非农就业人数", "farming": "务农人数", "idle": "未就业人数"}
    ),
    "village_unpaid": of_rows(number("欠薪件数"), rows=told("欠薪件数")),
    "village_wage": of_rows(product("月均收入", "外出务工人数"), number("外出务工人数"), told("月均收入")),
    "away_per_household": of_rows(number("外出务工人数"), number("户数"), some("户数")),
    "telecom_in_place": moved("telecom_mobility", "流入", coded("other_place", "对方区域")),
    "telecom_out_place": moved("telecom_mobility", "流出", coded("other_place", "对方区域")),
    "transport_in_mode": moved("transport_mobility", "流入", coded("transport_mode", "运输方式")),
    "transport_in_place": moved("transport_mobility", "流入", coded("other_place", "对方区域")),
    "transport_out_mode": moved("transport_mobility", "流出", coded("transport_mode", "运输方式")),
    "transport_out_place": moved("transport_mobility", "流出", coded("other_place", "对方区域")),
    "lead_source": Parted("wage_arrears_lead", coded("lead_source", "线索来源"), number("涉及人数")),
    "lead_status": Parted("wage_arrears_lead", coded("lead_status", "状态"), number("涉及人数")),
    "welfare_kind": posts(number("在岗人数"), None, None),
    "welfare_difficulty": posts(number("困难人员人数"), number("在岗人数"), told("困难人员人数")),
    "welfare_subsidy": posts(product("月补贴标准", "在岗人数"), number("在岗人数"), told("月补贴标准")),
}  # fmt: skip
"""By the name of the breakdown."""
