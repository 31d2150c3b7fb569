"""The tables of a region that say when to warn: rules, what holds in one area for a time, what a version shipped."""

import numpy as np
import pandas as pd

from pipelines.core.catalogue.rule_terms import (
    LIMITS,
    OF_SERIES,
    TERMS,
    check_grains,
    check_kinds,
    check_leave,
    check_limits,
    check_needs,
    check_order,
    is_by_cohort,
    is_by_industry,
    one_person,
    refuse_unused,
)
from pipelines.core.domain import EVERY_COHORT, TAG, Grain
from pipelines.core.region.table import (
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
OF_A_COHORT = frozenset({"city", "area"})
"""Where a series of one cohort is."""
LEAST_OF_A_COHORT = 10
"""[P] People beyond what was expected of a cohort: as many as the least that is told to everybody."""
OF_AN_INDUSTRY = frozenset({"industry", "cell"})
"""Where a series of one industry is."""
RULE: dict[str, Cell] = {
    "rule_id": text,
    "title": text,
    "kind": one_of(*TERMS),
    "indicator": text,
    "scope": some_of("city", "area", "industry", "cell", "employer"),
    "grain": one_of(*Grain),
    "level": whole,
    "min_strength": optional_number,
    "min_ratio": optional_number,
    "min_people": optional_number,
    "line": optional_number,
    "margin": optional_number,
    "min_base": optional_number,
    "window_days": optional_whole,
    "leave_after": whole,
    "basis": text,
    "effective_from": day,
    "effective_to": optional_day,
    "is_enabled": flag,
    "max_p": optional_number,
    "window_periods": optional_whole,
    "enter_k": optional_whole,
    "enter_n": optional_whole,
    "leave_line": optional_number,
    "cool_down_days": optional_whole,
    "raise_by": optional_whole,
    "author": optional_text,
    "approver": optional_text,
    "cohort": otherwise(text, EVERY_COHORT),
    "staff_least": optional_whole,
    "staff_most": optional_whole,
    "industries": optional_text,
}
MAY_LACK = frozenset(
    {
        "max_p",
        "window_periods",
        "enter_k",
        "enter_n",
        "leave_line",
        "cool_down_days",
        "raise_by",
        "author",
        "approver",
        "cohort",
        "staff_least",
        "staff_most",
        "industries",
    }
)
OVERRIDE: dict[str, Cell] = {
    "rule_id": text,
    "level": whole,
    "area": text,
    **dict.fromkeys(LIMITS, optional_number),
    "basis": text,
    "effective_from": day,
    "effective_to": day,
    "author": text,
    "approver": text,
}
RELEASE: dict[str, Cell] = {"rule_id": text, "rule_hash": text, "version": text, "evidence": text}
LONGEST_OVERRIDE_DAYS = 366  # [P] what holds longer is a rule, not an exception
_TWO = "与 author 是同一人，编写与批准须是两个人"
_OF_A_VERSION = ("title", "is_enabled")
_OF_A_RULE = (
    "kind",
    "indicator",
    "scope",
    "grain",
    "leave_after",
    "enter_k",
    "enter_n",
    "cool_down_days",
    "raise_by",
    "cohort",
    "industries",
)


def check_rules(rules: Table) -> None:
    """A rule says what its kind is met by, its rows agree, and two persons stand behind it where it names any."""
    frame = rules.frame
    rules.refuse(~frame["level"].isin([1, 2, 3, 4]), "level", "只能是 1（红）、2（橙）、3（黄）、4（蓝）")
    check_needs(rules)
    rules.refuse(
        ~(frame["max_p"].isna() | frame["max_p"].between(0, 1, inclusive="neither")), "max_p", "应在 0 和 1 之间"
    )
    for column in ("window_days", "leave_after", "window_periods", "enter_k", "enter_n", "cool_down_days", "raise_by"):
        rules.refuse((frame[column] < 1).fillna(False), column, "应为正整数")
    rules.refuse(frame["enter_k"].isna() != frame["enter_n"].isna(), "enter_n", "应与 enter_k 同时填写或同时空着")
    rules.refuse((frame["enter_k"] > frame["enter_n"]).fillna(False), "enter_k", "大于 enter_n，请改成 n 期中的 k 期")
    check_leave(rules)
    _check_scope(rules)
    rules.refuse(frame["author"].isna() != frame["approver"].isna(), "approver", "应与 author 同时填写或同时空着")
    rules.refuse(one_person(frame["author"], frame["approver"]), "approver", _TWO)
    _check_versions(rules)
    check_kinds(rules)
    check_limits(rules, frame["kind"], frame["indicator"])
    check_order(rules)
    check_grains(rules)


def _check_versions(rules: Table) -> None:
    """Rows in force at once are of one version: a level changes by an end to its old rows, and all rows agree."""
    frame = rules.frame
    rules.refuse(frame["effective_to"] < frame["effective_from"], "effective_to", "早于 effective_from")
    for column in _OF_A_VERSION:
        first = frame.groupby(["rule_id", "effective_from"])[column].transform("first")
        rules.refuse(first != frame[column], column, "与同一规则的第一行不一致，请改成一致")
    pairs = frame.reset_index().merge(frame.reset_index(), on="rule_id", suffixes=("", "_other"))
    begins, ends = pairs["effective_from_other"], pairs["effective_to_other"]
    pairs = pairs[(begins <= pairs["effective_from"]) & (ends.isna() | (ends >= pairs["effective_from"]))]
    older = pairs[(pairs["level"] == pairs["level_other"]) & (pairs["effective_from_other"] < pairs["effective_from"])]
    rules.refuse(
        frame.index.isin(older["index"]),
        "effective_from",
        "时同一级别较早的行仍有效，请给较早的行写上 effective_to（本行生效的前一天）",
    )
    first_row = pairs.groupby("index")["index_other"].min()
    for column in _OF_A_RULE:
        first = frame.loc[first_row, column].set_axis(frame.index)
        is_same = (first == frame[column]).fillna(False) | (first.isna() & frame[column].isna())
        rules.refuse(~is_same, column, "与同一规则的第一行不一致，请改成一致")


def _check_scope(rules: Table) -> None:
    """A cohort goes with an indicator, a size of employers is a range, industries with what is told of each."""
    frame, kind = rules.frame, rules.frame["kind"]
    of_cohort = frame["cohort"] != EVERY_COHORT
    rules.refuse(of_cohort & ~kind.isin(OF_READINGS), "cohort", "只用于 spike、level 和 change 三类规则，请留空")
    expected = of_cohort & (kind == "spike")
    rules.refuse(expected & ~frame["indicator"].map(is_by_cohort).astype(bool), "cohort", "不能填写，该指标不分人群")
    rules.refuse(expected & (frame["grain"] != Grain.WEEK), "grain", "应为 week：人群按周判断，一天的人数太少")
    elsewhere = ~frame["scope"].map(lambda scope: set(scope.split(";")) <= OF_A_COHORT).astype(bool)
    rules.refuse(expected & elsewhere, "scope", "不能分行业，人群只按地区判断：city、area")
    rules.refuse(
        expected & ~(frame["min_people"] >= LEAST_OF_A_COHORT).fillna(False),
        "min_people",
        f"应不小于 {LEAST_OF_A_COHORT}：人群的人数少，少于此数的增减多为偶然，也不宜公开",
    )
    for column in ("staff_least", "staff_most"):
        rules.refuse((frame[column] < 1).fillna(False), column, "应为正整数")
    rules.refuse((frame["staff_most"] < frame["staff_least"]).fillna(False), "staff_most", "小于 staff_least")
    named = frame["industries"].notna()
    rules.refuse(named & (kind == "data_fault"), "industries", "不用于 data_fault 类规则，请留空")
    of_series = named & kind.isin(OF_SERIES)
    totals = ~frame["scope"].map(lambda scope: set(scope.split(";")) <= OF_AN_INDUSTRY).astype(bool)
    rules.refuse(of_series & totals, "scope", "含各行业的合计，写了 industries 的规则只能是：industry、cell")
    untold = ~frame["indicator"].map(is_by_industry).astype(bool)
    of_posts = (kind == "deadline") & untold  # told by village and unit: neither industry nor staff is known
    untold_named = (of_series | of_posts & named) & untold
    rules.refuse(untold_named, "industries", "不能填写，该指标不分行业；请留空，或换一个分行业的指标")
    by_industry = frame["scope"].map(lambda scope: "industry" in scope.split(";")).astype(bool)
    rules.refuse(of_posts & by_industry, "scope", "不能含 industry，该指标不分行业；请改为 city、area")
    for column in ("staff_least", "staff_most"):
        rules.refuse(of_posts & frame[column].notna(), column, "不能填写，公益性岗位不报单位职工人数；请留空")


def check_cohorts(rules: Table, codes: Table) -> None:
    """A rule's cohort is one of the region's."""
    known = set(codes.frame.loc[codes.frame["list"] == "cohort", "code"])
    rules.require_in("cohort", known | {EVERY_COHORT}, "codes.csv 的 cohort")


def check_named_industries(rules: Table, industries: Table, tags: Table) -> None:
    """A rule's industries are sections of the region's list or, of indicators, tags: employers are told by section."""
    sections = industries.codes("section") | industries.codes("unknown")
    known = sections | {TAG + str(tag) for tag in tags.frame["tag"]}
    rules.require_in("industries", known, "industries.csv 的门类、industry_tags.csv 的 tag:标签", separator=";")
    of_tag = rules.frame["industries"].astype("str").str.contains(TAG, regex=False)
    rules.refuse(
        of_tag & ~rules.frame["kind"].isin(OF_SERIES), "industries", "中的 tag:标签只用于按指标判断的规则，请改写门类"
    )


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
    first = rules.frame.drop_duplicates("rule_id").set_index("rule_id")
    kind, indicator = (frame["rule_id"].map(first[name]) for name in ("kind", "indicator"))
    for name in kind.unique():
        refuse_unused(overrides, kind, name, LIMITS)
    check_limits(overrides, kind, indicator)
    overrides.refuse(frame[list(LIMITS)].isna().all(axis=1), "line", "和其他界限都空着，请至少填写一项")
    length = (frame["effective_to"] - frame["effective_from"]).dt.days
    overrides.refuse(length < 0, "effective_to", "早于 effective_from")
    overrides.refuse(
        length > LONGEST_OVERRIDE_DAYS,
        "effective_to",
        f"离 effective_from 超过 {LONGEST_OVERRIDE_DAYS} 天；长期有效的请改规则",
    )
    overrides.refuse(one_person(frame["author"], frame["approver"]), "approver", _TWO)
    _refuse_unclear(overrides, rules.frame)
    _refuse_overlap(overrides)


def _refuse_unclear(overrides: Table, rules: pd.DataFrame) -> None:
    """An override holds for all rows of the level, any of which is enough: a limit that asks more in one and less in
    another would find fewer where more were meant."""
    frame = overrides.frame
    said = frame.reset_index().merge(rules, on=["rule_id", "level"], suffixes=("", "_of_rule"))
    is_then = (said["effective_from_of_rule"] <= said["effective_to"]) & ~(
        said["effective_to_of_rule"] < said["effective_from"]
    )
    for limit in LIMITS:
        own = said[f"{limit}_of_rule"].astype("float64").fillna(-np.inf)  # nothing is asked
        change = np.sign(said[limit].astype("float64") - own)[is_then]
        rows = change.groupby([said["index"], said["scope"]])
        is_mixed = ((rows.min() < 0) & (rows.max() > 0)).groupby(level=0).any().reindex(frame.index, fill_value=False)
        fix = "：该规则这一级有几行，满足其一即可；这样改，一行变宽、另一行变严。请换一个值，或在 rules.csv 中另立规则"
        overrides.refuse(is_mixed, limit, fix)


def _refuse_overlap(overrides: Table) -> None:
    """One override at a time for a rule, level and area."""
    frame = overrides.frame.reset_index().sort_values(["rule_id", "level", "area", "effective_from", "index"])
    before = frame.groupby(["rule_id", "level", "area"])["effective_to"].shift()
    clash = pd.Series((frame["effective_from"] <= before).to_numpy(), index=frame["index"]).sort_index()
    overrides.refuse(clash, "effective_from", "与同一规则、级别和地区的另一行在时间上重叠")
