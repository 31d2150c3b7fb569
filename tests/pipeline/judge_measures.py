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


MEASURES = {
    "失业保险金新增申领": Measure("benefit_claim", _taken("benefit_claim"), is_count=True),
    "失业风险减员": Measure(
        "insured_leave", lambda facts, grain: judge_warnings.leaves(facts("insured_event"), grain), is_count=True
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
    "监测村外出务工人数": Measure("outworking_labour", _stated("monitored_village", "外出务工人数")),
    "监测村县内乡外务工人数": Measure("outworking_in_county", _stated("monitored_village", "县内乡外人数")),
    "监测村市内县外务工人数": Measure("outworking_in_city", _stated("monitored_village", "市内县外人数")),
    "监测村省内市外务工人数": Measure("outworking_in_province", _stated("monitored_village", "省内市外人数")),
    "监测村省外务工人数": Measure("outworking_other_province", _stated("monitored_village", "省外人数")),
    "监测村本期返乡人数": Measure("returning_labour", _stated("monitored_village", "本期返乡人数"), is_count=True),
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
    "领取救助人数（汇总数列）": _NOT_SENT,
    "每周初次申领（汇总数列）": _NOT_SENT,
    "在岗指数（汇总数列）": _NOT_SENT,
    "网络招聘广告（汇总数列）": _NOT_SENT,
    "小区域失业率（汇总数列）": _NOT_SENT,
}
"""Titles of what the judge leaves out, and why."""
