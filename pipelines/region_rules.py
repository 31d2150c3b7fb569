"""The tables of a region that say when to warn: rules, what holds in one area for a time, what a version shipped."""

import pandas as pd

from pipelines.domain import EVERY_COHORT, Grain
from pipelines.region_table import (
    Cell,
    Table,
    day,
    flag,
    one_of,
    optional_day,
    optional_number,
    optional_text,
    optional_whole,
    otherwise,
    some_of,
    text,
    whole,
)

LEADS = ("unreported", "early", "rehire")
"""Kinds that make an analyst's list of employers to look at, and never a warning."""
OF_EMPLOYERS = frozenset({"event", "several", "deadline", *LEADS})
"""Kinds that judge what is known employer by employer, and so may be about some sizes of employers."""
OF_READINGS = frozenset({"spike", "level", "change"})
"""Kinds that judge an indicator, and so may be about one cohort."""
KINDS = ("spike", "level", "change", "event", "several", "deadline", "data_fault", *LEADS)
RULE: dict[str, Cell] = {
    "rule_id": text, "title": text, "kind": one_of(*KINDS), "indicator": text,
    "scope": some_of("city", "area", "industry", "cell", "employer"), "grain": one_of(*Grain), "level": whole,
    "min_strength": optional_number, "min_ratio": optional_number, "min_people": optional_number,
    "line": optional_number, "margin": optional_number, "min_base": optional_number,
    "window_days": optional_whole, "leave_after": whole, "basis": text, "effective_from": day,
    "effective_to": optional_day, "is_enabled": flag, "max_p": optional_number, "window_periods": optional_whole,
    "enter_k": optional_whole, "enter_n": optional_whole, "leave_line": optional_number,
    "cool_down_days": optional_whole, "raise_by": optional_whole, "author": optional_text, "approver": optional_text,
    "cohort": otherwise(text, EVERY_COHORT), "staff_least": optional_whole, "staff_most": optional_whole,
}  # fmt: skip
MAY_LACK = frozenset(
    {
        "max_p", "window_periods", "enter_k", "enter_n", "leave_line", "cool_down_days", "raise_by", "author",
        "approver", "cohort", "staff_least", "staff_most",
    }
)  # fmt: skip
LIMITS = ("min_strength", "min_ratio", "min_people", "line", "margin", "min_base")
"""What an override may say anew for one area."""
OVERRIDE: dict[str, Cell] = {
    "rule_id": text, "level": whole, "area": text, **dict.fromkeys(LIMITS, optional_number), "basis": text,
    "effective_from": day, "effective_to": day, "author": text, "approver": text,
}  # fmt: skip
RELEASE: dict[str, Cell] = {"rule_id": text, "rule_hash": text, "version": text, "evidence": text}
LONGEST_OVERRIDE_DAYS = 366  # [P] what holds longer is a rule, not an exception
_TWO = "与 author 是同一人，编写与批准须是两个人"
_OF_A_RULE = (
    "title", "kind", "indicator", "scope", "grain", "is_enabled", "enter_k", "enter_n", "cool_down_days", "cohort",
)  # fmt: skip
_NEEDS: dict[str, tuple[str, ...]] = {
    "spike": ("min_strength",), "level": ("line",), "change": ("line", "window_periods"),
    "several": ("line", "window_days"), "deadline": ("line", "window_days"), "data_fault": ("line", "window_days"),
    "unreported": ("min_people", "window_days", "max_p"), "early": ("window_days",), "rehire": ("line",),
}  # fmt: skip
_MISSING = {
    "min_strength": "不能为空，异常规则须写明超出预期的标准差数",
    "line": "不能为空，请写明预警线",
    "window_days": "不能为空，请写明合计的天数",
    "window_periods": "不能为空，请写明取平均的期数",
    "min_people": "不能为空，请写明最少人数",
    "max_p": "不能为空，请写明概率上限，如 0.001",
}


def check_rules(rules: Table) -> None:
    """A rule's kind has the limits it needs, its rows agree, and two persons stand behind it where it names any."""
    frame, kind = rules.frame, rules.frame["kind"]
    rules.refuse(~frame["level"].isin([1, 2, 3, 4]), "level", "只能是 1（红）、2（橙）、3（黄）、4（蓝）")
    for name, columns in _NEEDS.items():
        for column in columns:
            rules.refuse((kind == name) & frame[column].isna(), column, _MISSING[column])
    no_limit = kind.isin(["event", "unreported", "early"]) & frame["line"].isna() & frame["min_ratio"].isna()
    rules.refuse(no_limit, "line", "和 min_ratio 至少填写一项")
    rules.refuse(
        ~(frame["min_strength"].isna() | frame["min_strength"].between(0, 40)), "min_strength", "应在 0 和 40 之间"
    )
    rules.refuse(
        ~(frame["max_p"].isna() | frame["max_p"].between(0, 1, inclusive="neither")), "max_p", "应在 0 和 1 之间"
    )
    for column in ("window_periods", "enter_k", "enter_n", "cool_down_days", "raise_by"):
        rules.refuse((frame[column] < 1).fillna(False), column, "应为正整数")
    rules.refuse(frame["enter_k"].isna() != frame["enter_n"].isna(), "enter_n", "应与 enter_k 同时填写或同时空着")
    rules.refuse((frame["enter_k"] > frame["enter_n"]).fillna(False), "enter_k", "大于 enter_n，请改成 n 期中的 k 期")
    _check_leave(rules)
    _check_scope(rules)
    rules.refuse(frame["author"].isna() != frame["approver"].isna(), "approver", "应与 author 同时填写或同时空着")
    rules.refuse(frame["author"].notna() & (frame["author"] == frame["approver"]), "approver", _TWO)
    for column in _OF_A_RULE:
        first = frame.groupby(["rule_id", "effective_from"])[column].transform("first")
        differs = (first != frame[column]).fillna(False) & ~(first.isna() & frame[column].isna())
        rules.refuse(differs | (first.isna() != frame[column].isna()), column, "与同一规则的第一行不一致，请改成一致")


def _check_scope(rules: Table) -> None:
    """A cohort goes with an indicator, a size of employers is a range."""
    frame, kind = rules.frame, rules.frame["kind"]
    of_cohort = frame["cohort"] != EVERY_COHORT
    rules.refuse(of_cohort & ~kind.isin(OF_READINGS), "cohort", "只用于 spike、level 和 change 三类规则，请留空")
    for column in ("staff_least", "staff_most"):
        rules.refuse((frame[column] < 1).fillna(False), column, "应为正整数")
    rules.refuse((frame["staff_most"] < frame["staff_least"]).fillna(False), "staff_most", "小于 staff_least")


def check_cohorts(rules: Table, codes: Table) -> None:
    """A rule's cohort is one of the region's."""
    known = set(codes.frame.loc[codes.frame["list"] == "cohort", "code"])
    rules.require_in("cohort", known | {EVERY_COHORT}, "codes.csv 的 cohort")


def _check_leave(rules: Table) -> None:
    """A leave line is on the good side of the line, so that a warning is left lower than it was entered."""
    frame, kind = rules.frame, rules.frame["kind"]
    leave = frame["leave_line"]
    rules.refuse(leave.notna() & ~kind.isin(["spike", "level"]), "leave_line", "只用于 spike 和 level 两类规则，请留空")
    limit = frame["min_strength"].where(kind == "spike", frame["line"])
    rules.refuse((kind == "spike") & (leave > limit), "leave_line", "高于触发线，解除线应低于触发线")
    rules.refuse(leave.notna() & (leave == limit), "leave_line", "与触发线相同，请留空或改成更宽的解除线")


def check_overrides(overrides: Table | None, rules: Table, units: set[str]) -> None:
    """An override names a rule's level and a unit, says something, ends within a year, and has two persons."""
    if overrides is None:
        return
    frame = overrides.frame
    overrides.require_in("rule_id", set(rules.frame["rule_id"]), "rules.csv")
    overrides.require_in("area", units, "places.csv 的报送单位")
    known = set(zip(rules.frame["rule_id"], rules.frame["level"], strict=True))
    pairs = zip(frame["rule_id"], frame["level"], strict=True)
    overrides.refuse([pair not in known for pair in pairs], "level", "不是该规则已有的级别")
    overrides.refuse(frame[list(LIMITS)].isna().all(axis=1), "line", "和其他界限都空着，请至少填写一项")
    length = (frame["effective_to"] - frame["effective_from"]).dt.days
    overrides.refuse(length < 0, "effective_to", "早于 effective_from")
    overrides.refuse(
        length > LONGEST_OVERRIDE_DAYS,
        "effective_to",
        f"离 effective_from 超过 {LONGEST_OVERRIDE_DAYS} 天；长期有效的请改规则",
    )
    overrides.refuse(frame["author"] == frame["approver"], "approver", _TWO)
    _refuse_overlap(overrides)


def _refuse_overlap(overrides: Table) -> None:
    """One override at a time for a rule, level and area."""
    frame = overrides.frame.reset_index().sort_values(["rule_id", "level", "area", "effective_from", "index"])
    before = frame.groupby(["rule_id", "level", "area"])["effective_to"].shift()
    clash = pd.Series((frame["effective_from"] <= before).to_numpy(), index=frame["index"]).sort_index()
    overrides.refuse(clash, "effective_from", "与同一规则、级别和地区的另一行在时间上重叠")
