"""What the independent judge can recompute: each indicator by the title that pages give it, its formula over the files.

Plain pandas; nothing of the project is imported.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tests.pipeline import judge, judge_warnings

Facts = Callable[[str], pd.DataFrame]
"""The rows in force of a feed."""


@dataclass(frozen=True)
class Measure:
    """An indicator: identity, how many decimals pages give it, and its values; index (area, industry, period).

    ``values``: from the rows in force and a grain (day, week, month). ``is_count``: it says 0 where a file came without
    such a row.
    """

    indicator: str
    values: Callable[[Facts, str], pd.Series]
    decimals: int = 0
    is_count: bool = False


def _taken(feed: str) -> Callable[[Facts, str], pd.Series]:
    return lambda facts, grain: judge.people(facts(feed), grain)


def _filed(feed: str, column: str) -> Callable[[Facts, str], pd.Series]:
    return lambda facts, grain: judge.filed(facts(feed), column, grain)


def _stated(feed: str, column: str) -> Callable[[Facts, str], pd.Series]:
    return lambda facts, _grain: judge.stated(facts(feed), column)


def _share(feed: str, part: str, *whole: str) -> Callable[[Facts, str], pd.Series]:
    return lambda facts, _grain: judge.share(facts(feed), part, list(whole))


def _employers(column: str, *, is_people: bool) -> Callable[[Facts, str], pd.Series]:
    return lambda facts, _grain: judge.employers(facts("insured_headcount"), column, is_people=is_people)


def _outflow(feed: str) -> Callable[[Facts, str], pd.Series]:
    return lambda facts, grain: judge.net_outflow(facts(feed), grain)


def _quotient(forms: pd.DataFrame, part: pd.Series, whole: pd.Series, scale: float = 1.0) -> pd.Series:
    """A figure of a form ÷ another, per area, industry and month; ``part`` and ``whole`` are of the form's rows."""
    sums = judge.totals(forms.assign(part=part, whole=whole), pd.to_datetime(forms["slice"]), ["part", "whole"])
    return scale * sums["part"] / sums["whole"].where(sums["whole"] > 0)


def _yuan(forms: pd.DataFrame, amount: str, people: str) -> pd.Series:
    return _quotient(forms, pd.to_numeric(forms[amount]), forms[people].map(judge.count))


def _share_of(forms: pd.DataFrame, figure: str, column: str, chosen: str) -> pd.Series:
    """Per cent: of a figure that of the rows in which a column says so."""
    numbers = forms[figure].map(judge.count)
    return _quotient(forms, numbers.where(forms[column] == chosen, 0), numbers, 100.0)


def _placed(forms: pd.DataFrame) -> pd.Series:
    """Per cent employed or studying, of those who left in the year that began in July."""
    left_in = (pd.to_datetime(forms["slice"]) - pd.DateOffset(months=6)).dt.year
    own = forms[forms["毕业年份"].map(judge.count) == left_in]
    placed = own["已就业人数"].map(judge.count) + own["升学人数"].map(judge.count)
    return _quotient(own, placed, own["登记人数"].map(judge.count), 100.0)


def _paid(forms: pd.DataFrame) -> pd.Series:
    rows = forms.assign(paid=pd.to_numeric(forms["实缴金额"]), division="")  # told by section
    return judge.totals(rows, pd.to_datetime(rows["slice"]), ["paid"])["paid"]


def _payers(forms: pd.DataFrame) -> pd.Series:
    rows = forms.assign(payers=(pd.to_numeric(forms["实缴金额"]) > 0).astype(int), division="")
    return judge.totals(rows, pd.to_datetime(rows["slice"]), ["payers"])["payers"]


def _days_to_payment(forms: pd.DataFrame) -> pd.Series:
    days, new = pd.to_numeric(forms["申领到发放天数"], errors="coerce"), forms["新增领取人数"].map(judge.count)
    return _quotient(forms, (days * new).fillna(0.0), new.where(days.notna(), 0))


MEASURES = {
    "失业保险金新增申领": Measure("benefit_claim", _taken("benefit_claim"), is_count=True),
    "失业风险减员": Measure(
        "insured_leave", lambda facts, grain: judge_warnings.leaves(facts("insured_event"), grain), is_count=True
    ),
    "单位原因减员": Measure(
        "dismissal", lambda facts, grain: judge_warnings.dismissals(facts("insured_event"), grain), is_count=True
    ),
    "参保净增减": Measure(
        "insured_net_change", lambda facts, grain: judge.net_change(facts("insured_event"), grain), is_count=True
    ),
    "参保净增减率": Measure(
        "insured_net_change_rate",
        lambda facts, _grain: judge.net_change_rate(facts("insured_event"), facts("insured_headcount")), 2,
    ),
    "期末参保人数": Measure("insured_headcount", _stated("insured_headcount", "期末参保人数")),
    "欠缴社保单位数": Measure("employer_in_arrears", _employers("欠缴月数", is_people=False)),
    "欠缴社保单位参保人数": Measure("insured_in_arrears", _employers("欠缴月数", is_people=True)),
    "缓缴社保单位数": Measure("employer_deferring", _employers("缓缴标志", is_people=False)),
    "缓缴社保单位参保人数": Measure("insured_deferring", _employers("缓缴标志", is_people=True)),
    "新增失业登记": Measure("unemployment_registration", _taken("unemployment_registration"), is_count=True),
    "城镇登记失业率（估算）": Measure(
        "registered_unemployment_rate",
        _share("registered_unemployment", "期末登记失业人数", "期末城镇从业人员", "期末登记失业人数"), 2,
    ),
    "长期失业占比": Measure(
        "long_term_share", _share("long_term_unemployment", "失业十二个月以上人数", "期末登记失业人数"), 2
    ),
    "招聘需求人数": Measure("vacancy", _filed("vacancy", "需求人数"), is_count=True),
    "求人倍率": Measure(
        "vacancy_seeker_ratio", lambda facts, _grain: judge.vacancy_ratio(facts("vacancy"), facts("job_seeker")), 2
    ),
    "岗位流失率": Measure("job_loss_rate", _share("monitored_employer", "减少岗位数", "建档期岗位数"), 2),
    "缺工率": Measure("labour_shortage_rate", _share("labour_shortage", "缺工人数", "期末用工人数", "缺工人数"), 2),
    "报告裁员人数": Measure("layoff_reported", _filed("layoff_report", "拟裁人数"), is_count=True),
    "欠薪线索涉及人数": Measure("wage_arrears_lead", _filed("wage_arrears_lead", "涉及人数"), is_count=True),
    "公益性岗位在岗人数": Measure("welfare_post", _stated("welfare_post", "在岗人数")),
    "城镇新增就业人数": Measure(
        "urban_new_employment", _stated("employment_result", "城镇新增就业人数"), is_count=True
    ),
    "失业人员再就业人数": Measure("reemployment", _stated("employment_result", "失业人员再就业人数"), is_count=True),
    "就业困难人员就业人数": Measure(
        "difficulty_employment", _stated("employment_result", "就业困难人员就业人数"), is_count=True
    ),
    "领取失业保险金人数": Measure("benefit_recipient", _stated("benefit_payment", "领取人数")),
    "新增领取失业保险金人数": Measure(
        "benefit_newly_receiving", _stated("benefit_payment", "新增领取人数"), is_count=True
    ),
    "期满停发占比": Measure(
        "benefit_expired_share",
        _share("benefit_payment", "期满停发人数", "期满停发人数", "就业停发人数", "其他停发人数"), 2,
    ),
    "人均失业保险金": Measure(
        "benefit_per_recipient",
        lambda facts, _grain: _yuan(facts("benefit_payment"), "发放金额", "领取人数"),
    ),
    "失业保险金申领到发放天数": Measure(
        "benefit_days_to_payment", lambda facts, _grain: _days_to_payment(facts("benefit_payment")), 2
    ),
    "登记毕业生人数": Measure("graduate_registered", _stated("graduate_register", "登记人数")),
    "毕业生见习人数": Measure("graduate_interning", _stated("graduate_register", "就业见习人数")),
    "毕业生未就业人数": Measure("graduate_unemployed", _stated("graduate_register", "未就业人数")),
    "毕业生联系率": Measure("graduate_contact_rate", _share("graduate_register", "已联系人数", "登记人数"), 2),
    "应届毕业生去向落实率": Measure(
        "graduate_placement_rate", lambda facts, _grain: _placed(facts("graduate_register")), 2
    ),
    "劳动争议涉及人数": Measure("labour_dispute", _stated("labour_dispute", "涉及人数"), is_count=True),
    "劳动争议案件数": Measure("labour_dispute_case", _stated("labour_dispute", "案件数"), is_count=True),
    "解除终止争议占比": Measure(
        "dispute_dismissal_share",
        lambda facts, _grain: _share_of(facts("labour_dispute"), "涉及人数", "争议类型", "解除终止"), 2,
    ),
    "争议人均金额": Measure(
        "dispute_amount_per_person",
        lambda facts, _grain: _yuan(facts("labour_dispute").assign(industry="ALL", division=""), "涉案金额", "涉及人数"),
    ),
    "职业技能培训人数": Measure("people_trained", _stated("training", "培训人数"), is_count=True),
    "培训合格率": Measure("training_pass_rate", _share("training", "合格人数", "培训人数"), 2),
    "线上培训占比": Measure("training_online_share", _share("training", "线上培训人数", "培训人数"), 2),
    "生产制造类培训占比": Measure(
        "training_manufacturing_share",
        lambda facts, _grain: _share_of(facts("training"), "培训人数", "职业代码", "6"), 2,
    ),
    "农民工培训占比": Measure(
        "training_migrant_share",
        lambda facts, _grain: _share_of(facts("training"), "培训人数", "人员类别", "migrant"), 2,
    ),
    "人均培训补贴": Measure(
        "training_subsidy_per_person", lambda facts, _grain: _yuan(facts("training"), "补贴金额", "培训人数")
    ),
    "失业保险费实缴金额": Measure(
        "unemployment_contribution", lambda facts, _grain: _paid(facts("unemployment_contribution")), is_count=True
    ),
    "缴纳失业保险费单位数": Measure(
        "contributing_employer", lambda facts, _grain: _payers(facts("unemployment_contribution"))
    ),
    "监测村外出务工人数": Measure("outworking_labour", _stated("monitored_village", "外出务工人数")),
    "监测村县内乡外务工人数": Measure("outworking_in_county", _stated("monitored_village", "县内乡外人数")),
    "监测村市内县外务工人数": Measure("outworking_in_city", _stated("monitored_village", "市内县外人数")),
    "监测村省内市外务工人数": Measure("outworking_in_province", _stated("monitored_village", "省内市外人数")),
    "监测村省外务工人数": Measure("outworking_other_province", _stated("monitored_village", "省外人数")),
    "监测村本期返乡人数": Measure("returning_labour", _stated("monitored_village", "本期返乡人数"), is_count=True),
    "监测村外出务工率": Measure("outworking_share", _share("monitored_village", "外出务工人数", "劳动力总数"), 2),
    "监测村返乡率": Measure(
        "returning_labour_share", lambda facts, _grain: judge.villages_return(facts("monitored_village")), 2
    ),
    "净流出人数（移动通信）": Measure("telecom_net_outflow", _outflow("telecom_mobility"), is_count=True),
    "净流出人数（交通运输）": Measure("transport_net_outflow", _outflow("transport_mobility"), is_count=True),
}  # fmt: skip
BY_INDICATOR = {one.indicator: one for one in MEASURES.values()}
PARTS = {
    "求职人数": Measure("", _taken("job_seeker"), is_count=True),
    "缺工人数": Measure("", _stated("labour_shortage", "缺工人数")),
}
"""What pages show beside indicators."""


def measure(name: str) -> Measure | None:
    """By title or identity; None for what is not judged."""
    return MEASURES.get(name) or BY_INDICATOR.get(name) or PARTS.get(name)


_NOT_SENT = "a series of a province's or a statistics office's, of which this city is sent none"
NOT_JUDGED = {
    "失业保险基金可支撑月数": "needs accounts of half a year, and this city has those of four months",
    "每周初次申领（汇总数列）": _NOT_SENT,
    "在岗指数（汇总数列）": _NOT_SENT,
    "网络招聘广告（汇总数列）": _NOT_SENT,
    "小区域失业率（汇总数列）": _NOT_SENT,
}
"""Titles of what the judge leaves out, and why."""
