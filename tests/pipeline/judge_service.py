"""Forms of the employment service and the insurance office, for the independent judge: headers, right rows, feeds.

Plain pandas, written from the forms; nothing of the project is imported.
"""

import pandas as pd

from tests.pipeline.judge_writing import as_month, codes, count, counts, is_count, is_employer

HEADERS = {
    "employment_result": ["地区", "所属月份", "城镇新增就业人数", "失业人员再就业人数", "就业困难人员就业人数"],
    "benefit_payment": [
        "地区", "所属月份", "领取人数", "新增领取人数", "期满停发人数", "就业停发人数", "其他停发人数", "发放金额",
        "申领到发放天数",
    ],
    "graduate_register": [
        "地区", "所属月份", "毕业年份", "登记人数", "已联系人数", "已就业人数", "升学人数", "就业见习人数", "未就业人数",
    ],
    "labour_dispute": ["地区", "行业代码", "所属月份", "争议类型", "案件数", "涉及人数", "涉案金额"],
    "training": [
        "地区", "所属月份", "职业代码", "人员类别", "培训人数", "合格人数", "线上培训人数", "补贴金额",
    ],
    "unemployment_contribution": ["统一社会信用代码", "参保地区", "行业代码", "所属月份", "实缴金额"],
}  # fmt: skip
KEY = dict.fromkeys(("employment_result", "benefit_payment"), "地区") | dict.fromkeys(
    ("graduate_register", "labour_dispute", "training"), "row"
)
"""What counts once a file; a row of several columns is joined by the check (column ``row``)."""
FEEDS = tuple(HEADERS)
COUNTS = (
    "城镇新增就业人数", "失业人员再就业人数", "就业困难人员就业人数", "领取人数", "新增领取人数", "登记人数", "案件数",
    "培训人数",
)  # fmt: skip
_OF = {
    "employment_result": ("urban_new_employment", "reemployment", "difficulty_employment"),
    "benefit_payment": (
        "benefit_recipient", "benefit_newly_receiving", "benefit_expired_share", "benefit_per_recipient",
        "benefit_days_to_payment",
    ),
    "graduate_register": (
        "graduate_registered", "graduate_interning", "graduate_unemployed", "graduate_contact_rate",
        "graduate_placement_rate",
    ),
    "labour_dispute": ("labour_dispute_case", "dispute_dismissal_share", "dispute_amount_per_person"),
    "training": (
        "people_trained", "training_pass_rate", "training_online_share", "training_manufacturing_share",
        "training_migrant_share", "training_subsidy_per_person",
    ),
    "unemployment_contribution": ("contributing_employer",),
}  # fmt: skip
FEED_OF = {indicator: feed for feed, found in _OF.items() for indicator in found}
"""The feed of an indicator."""


def of_month(frame: pd.DataFrame, *columns: str) -> pd.Series:
    """Rows of the file's month whose figures are whole numbers."""
    is_right = frame["所属月份"].map(as_month) == frame["slice"]
    for column in columns:
        is_right &= frame[column].map(is_count)
    return is_right


def check_results(frame: pd.DataFrame) -> pd.Series:
    return of_month(frame, "城镇新增就业人数", "失业人员再就业人数", "就业困难人员就业人数")


def check_payments(frame: pd.DataFrame) -> pd.Series:
    is_right = of_month(frame, "领取人数", "新增领取人数", "期满停发人数", "就业停发人数", "其他停发人数")
    new = frame["新增领取人数"].map(count)
    is_right &= (new <= frame["领取人数"].map(count)) & (pd.to_numeric(frame["发放金额"], errors="coerce") >= 0)
    days = pd.to_numeric(frame["申领到发放天数"], errors="coerce")
    return is_right & ((frame["申领到发放天数"] == "") | (days.between(0, 1000) & (new > 0)))


def check_graduates(frame: pd.DataFrame) -> pd.Series:
    parts = ["已就业人数", "升学人数", "就业见习人数", "未就业人数"]
    is_right = of_month(frame, "毕业年份", "登记人数", "已联系人数", *parts)
    numbers = counts(frame, ["毕业年份", "登记人数", "已联系人数", *parts], is_right)
    frame["row"] = frame["area"].fillna("") + " " + frame["毕业年份"]
    is_right &= (numbers["毕业年份"] >= 2000) & (numbers["毕业年份"] <= pd.to_datetime(frame["slice"]).dt.year)
    return (
        is_right & (numbers["已联系人数"] <= numbers["登记人数"]) & (numbers[parts].sum(axis=1) <= numbers["登记人数"])
    )


def check_disputes(frame: pd.DataFrame) -> pd.Series:
    cases, persons = frame["案件数"].map(count), frame["涉及人数"].map(count)
    frame["row"] = frame["area"].fillna("") + " " + frame["industry"].fillna("") + " " + frame["争议类型"]
    is_right = of_month(frame) & frame["争议类型"].isin(codes("dispute_kind")) & (cases >= 1) & (persons >= cases)
    return is_right & (pd.to_numeric(frame["涉案金额"], errors="coerce") >= 0)


def check_training(frame: pd.DataFrame) -> pd.Series:
    persons, passed, online = (frame[column].map(count) for column in ("培训人数", "合格人数", "线上培训人数"))
    frame["row"] = frame["area"].fillna("") + " " + frame["职业代码"] + " " + frame["人员类别"]
    is_right = of_month(frame) & frame["职业代码"].isin(codes("occupation")) & frame["人员类别"].isin(codes("cohort"))
    is_right &= (persons >= 1) & passed.between(0, persons) & online.between(0, persons)
    return is_right & (pd.to_numeric(frame["补贴金额"], errors="coerce") >= 0)


def check_contributions(frame: pd.DataFrame) -> pd.Series:
    is_right = of_month(frame) & frame["统一社会信用代码"].map(is_employer)
    return is_right & (pd.to_numeric(frame["实缴金额"], errors="coerce") >= 0)


CHECKS = {
    "employment_result": check_results,
    "benefit_payment": check_payments,
    "graduate_register": check_graduates,
    "labour_dispute": check_disputes,
    "training": check_training,
    "unemployment_contribution": check_contributions,
}
