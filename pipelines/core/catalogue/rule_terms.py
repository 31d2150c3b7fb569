"""What each kind of rule is met by: the columns it needs and may use, where it looks, what it can be about."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.core.region.table import Table
from pipelines.core.sql import read_header

LIMITS = ("min_strength", "min_ratio", "min_people", "line", "margin", "min_base")
"""What an override may say anew for one area."""
_USED_BY_SOME = (
    *LIMITS,
    "window_days",
    "max_p",
    "window_periods",
    "enter_k",
    "enter_n",
    "leave_line",
    "cool_down_days",
    "raise_by",
)
LEAST_RATIO = 1.2
"""Times the expectation that the detector asks of counts and rates whatever a rule says (``models.evidence``)."""
_BY_CHANGE = ("stock", "net", "given", None)
"""What kind of indicator is judged by how much it moved, not by its ratio to what was expected."""
_OF_A_WARNING = ("cool_down_days", "raise_by")
_OF_PERIODS = ("enter_k", "enter_n", *_OF_A_WARNING)
_SERIES, _SUMS = ("city", "area", "industry", "cell"), ("city", "area", "industry")


@dataclass(frozen=True)
class Terms:
    """``needs``: columns that may not be empty. ``may``: further columns it is met by; all others are refused.
    ``scopes``: where it looks. ``about``: the indicators whose facts it judges; empty: any indicator's readings.
    ``names_employer``: whether one employer is part of what a warning is about. ``counts_people``: whether the number
    observed counts people; else it is a rate, or reports that lack."""

    needs: tuple[str, ...]
    may: tuple[str, ...]
    scopes: tuple[str, ...]
    about: tuple[str, ...] = ()
    names_employer: bool = False
    counts_people: bool = True


TERMS = {
    "spike": Terms(("min_strength",), ("min_ratio", "min_people", "leave_line", *_OF_PERIODS), _SERIES),
    "exceedance": Terms(
        ("min_strength", "window_periods"), ("min_ratio", "min_people", "leave_line", *_OF_PERIODS), _SERIES
    ),
    "level": Terms(
        ("line",), ("margin", "min_base", "min_people", "leave_line", *_OF_PERIODS), _SERIES, counts_people=False
    ),
    "change": Terms(("line", "window_periods"), ("min_base", *_OF_PERIODS), _SERIES, counts_people=False),
    "event": Terms(
        (),
        ("line", "min_ratio", "min_base", "window_days", *_OF_A_WARNING),
        ("employer",),
        ("layoff_reported",),
        names_employer=True,
    ),
    "several": Terms(("line", "window_days"), _OF_A_WARNING, _SUMS, ("layoff_reported",)),
    "deadline": Terms(("line", "window_days"), _OF_A_WARNING, _SUMS, ("insured_deferring", "welfare_post")),
    "data_fault": Terms(("line", "window_days"), _OF_A_WARNING, ("area",), counts_people=False),
    "unreported": Terms(
        ("min_people", "window_days", "max_p"), ("line", "min_ratio"), ("employer",), ("insured_leave",)
    ),
    "early": Terms(("window_days",), ("line", "min_ratio"), ("employer",), ("layoff_reported",)),
    "rehire": Terms(("line",), (), ("employer",), ("layoff_reported",)),
}
_MISSING = {
    "min_strength": "不能为空，请写明超出预期的标准差数",
    "line": "不能为空，请写明预警线",
    "window_days": "不能为空，请写明合计的天数",
    "window_periods": "不能为空，请写明取平均的期数；exceedance 类规则写明提前几期预测",
    "min_people": "不能为空，请写明最少人数",
    "max_p": "不能为空，请写明概率上限，如 0.001",
}
BEYOND_EXPECTED = ("spike", "exceedance")
"""Kinds that hold what came against what was expected of it, in standard deviations."""
OF_SERIES = (*BEYOND_EXPECTED, "level", "change")
"""Kinds that judge the series of an indicator, period by period."""
FURTHEST_AHEAD = {"day": 8, "week": 8, "month": 6, "quarter": 2}
"""By grain of the indicator: how many weeks (of days), or periods, ahead there are forecasts."""
_DAYS_OF_AN_EVENT = 30  # what an empty window_days of an event means
_STRICTER_HIGHER = ("min_strength", "min_ratio", "min_people", "margin", "min_base", "staff_least", "window_periods")
_STRICTER_LOWER = ("staff_most", "max_p", "window_days", "window_periods")  # of other periods neither is stricter


def check_needs(rules: Table) -> None:
    """A rule has the limits its kind needs."""
    frame, kind = rules.frame, rules.frame["kind"]
    for name, terms in TERMS.items():
        for column in terms.needs:
            rules.refuse((kind == name) & frame[column].isna(), column, _MISSING[column])
    no_limit = kind.isin(["event", "unreported", "early"]) & frame["line"].isna() & frame["min_ratio"].isna()
    rules.refuse(no_limit, "line", "和 min_ratio 至少填写一项")


def check_kinds(rules: Table) -> None:
    """A rule says nothing its kind does not look at: no other column, no other place, no other indicator."""
    frame = rules.frame
    for name in frame["kind"].unique():
        terms, own = TERMS[name], frame["kind"] == name
        refuse_unused(rules, frame["kind"], name, _USED_BY_SOME)
        elsewhere = ~frame["scope"].map(lambda scope, known=terms.scopes: set(scope.split(";")) <= {*known})
        rules.refuse(own & elsewhere, "scope", f"不能用于 {name} 类规则，只能是：{'、'.join(terms.scopes)}")
        if terms.about:
            other = own & ~frame["indicator"].isin(terms.about)
            rules.refuse(other, "indicator", f"不能用于 {name} 类规则，只能是：{'、'.join(terms.about)}")
    _check_ahead(rules)


def _check_ahead(rules: Table) -> None:
    """A rule on forecasts is about what is forecast: sums of the indicator's shortest periods, no further ahead."""
    frame = rules.frame
    ahead = frame["kind"] == "exceedance"
    of_ratio = np.array([_said(name, "kind") == "ratio" for name in frame["indicator"]], dtype=bool)
    rules.refuse(ahead & of_ratio, "indicator", "是比率，exceedance 类规则只能用于人数等总量指标")
    furthest = frame["grain"].map(FURTHEST_AHEAD)
    shortest = frame["indicator"].map(lambda name: _said(name, "grain"))
    rules.refuse(
        ahead & shortest.notna() & (frame["grain"] != shortest), "grain", "不是该指标最短的周期，预测按最短的周期作出"
    )
    too_far = ahead & (frame["window_periods"] > furthest).fillna(False)
    rules.refuse(too_far, "window_periods", "超出预测的范围：按日、周最多 8 周，按月最多 6 个月，按季最多 2 季")


def refuse_unused(table: Table, kind: pd.Series, name: str, columns: tuple[str, ...]) -> None:
    """Refuse what stands in one of the columns although rules of the kind are not met by it."""
    terms = TERMS[name]
    used = (*terms.needs, *terms.may)
    for column in columns:
        if column not in used:
            stands = (kind == name) & table.frame[column].notna()
            table.refuse(stands, column, f"不用于 {name} 类规则，请留空；这类规则可填：{'、'.join(used)}")


def check_limits(table: Table, kind: pd.Series, indicator: pd.Series) -> None:
    """Limits of rules or of overrides are such as can be met and missed. ``kind``, ``indicator``: of the rule of every
    row."""
    frame = table.frame
    strength, ratio = frame["min_strength"], frame["min_ratio"]
    is_by_change = indicator.map(lambda name: (_said(name, "judged") or _said(name, "kind")) in _BY_CHANGE).astype(bool)
    table.refuse(strength.notna() & ~strength.between(0, 40), "min_strength", "应在 0 和 40 之间")
    for column in ("min_people", "margin", "min_base"):
        table.refuse(frame[column] < 0, column, "不能是负数")
    is_beyond = kind.isin(BEYOND_EXPECTED)
    table.refuse(is_beyond & (ratio < 1), "min_ratio", "应不小于 1，为实际与预期之比，如 1.2")
    below = f"应不小于 {LEAST_RATIO:g}：人数和比率不到预期的这一倍数，检测一律不算异常"
    table.refuse((kind == "spike") & ~is_by_change & (ratio < LEAST_RATIO), "min_ratio", below)
    is_share = ratio.notna() & ~is_beyond & ~((ratio > 0) & (ratio <= 1))
    table.refuse(is_share, "min_ratio", "应大于 0、不大于 1，为占职工的比例，如 0.1")
    table.refuse((kind != "level") & (frame["line"] <= 0), "line", "应大于 0")


def check_leave(rules: Table) -> None:
    """A leave line is on the good side of the line, so that a warning is left lower than it was entered."""
    frame, kind = rules.frame, rules.frame["kind"]
    leave = frame["leave_line"]
    is_beyond = kind.isin(BEYOND_EXPECTED)
    limit = frame["min_strength"].where(is_beyond, frame["line"])
    rules.refuse(is_beyond & (leave > limit), "leave_line", "高于触发线，解除线应低于触发线")
    rules.refuse(leave.notna() & (leave == limit), "leave_line", "与触发线相同，请留空或改成更宽的解除线")
    beyond = _sign(frame) * (leave - limit) > 0
    rules.refuse((kind == "level") & beyond, "leave_line", "比触发线还差，解除线应在触发线好的一侧")


def at_once(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """(n, n) which of these rows of rules hold on a common day."""
    begins = rows["effective_from"].to_numpy()
    ends = rows["effective_to"].fillna(rows["effective_from"].max()).to_numpy()
    return np.asarray((begins[:, None] <= ends) & (begins <= ends[:, None]))


def check_order(rules: Table) -> None:
    """Every row can decide the level: none is twice there, none asks as much as a row of a more severe level."""
    frame = rules.frame
    strict = _strictness(frame)
    for _, own in frame.groupby("rule_id"):
        rows, level = own.index.to_numpy(), own["level"].to_numpy()
        covers = (strict[rows][None, :, :] <= strict[rows][:, None, :]).all(axis=2) & at_once(own)
        for place, row in enumerate(rows):
            same = covers[place] & covers[:, place] & (level == level[place])
            if same[:place].any():
                twin = rules.lines[rows[int(np.argmax(same))]]
                raise rules.error(row, "level", f"与第 {twin} 行的条件相同，请删去其中一行")
            worse = covers[place] & (level < level[place])
            if worse.any():
                other = rows[int(np.argmax(worse))]
                said = f"第 {rules.lines[other]} 行（{frame['level'].iloc[other]} 级）的条件不比本行严，本级永远轮不到"
                raise rules.error(row, "level", f"：{said}；请放宽本行或收紧那一行")


def check_grains(rules: Table) -> None:
    """Enabled rules on readings of one indicator, and cohort, judge one grain at a time: another is not looked at."""
    frame = rules.frame
    own = frame[frame["kind"].isin(("level", "change")) & frame["is_enabled"]]
    said = "与同一指标同时有效的其他 level、change 类规则不同，请改为相同的周期"
    for _, rows in own.groupby(["indicator", "cohort"]):
        grain = rows["grain"].to_numpy()
        clash = at_once(rows) & (grain[:, None] != grain)
        rules.refuse(
            pd.Series(np.tril(clash).any(axis=1), rows.index).reindex(frame.index, fill_value=False), "grain", said
        )


def _strictness(frame: pd.DataFrame) -> NDArray[np.float64]:
    """(n, limits): the larger the fewer things meet it, -inf where a row asks nothing."""
    days = frame["window_days"].where(frame["window_days"].notna() | (frame["kind"] != "event"), _DAYS_OF_AN_EVENT)
    higher = frame[list(_STRICTER_HIGHER)].astype("float64")
    lower = -frame.assign(window_days=days)[list(_STRICTER_LOWER)].astype("float64")
    sign = _sign(frame)
    lines = [frame["line"].where(sign >= 0), -frame["line"].where(sign <= 0)]
    asked: NDArray[np.float64] = pd.concat([higher, lower, *lines], axis=1).fillna(-np.inf).to_numpy(dtype=np.float64)
    return asked


def _sign(frame: pd.DataFrame) -> pd.Series:
    """Row by row 1 where a higher line is harder to reach, -1 where a lower one is, 0 where nobody knows."""
    sides = {"higher": 1.0, "lower": -1.0}
    pairs = zip(frame["kind"], frame["indicator"], strict=True)
    side = [sides.get(_said(name, "worse") or "", 0.0) if kind == "level" else 1.0 for kind, name in pairs]
    return pd.Series(side, index=frame.index, dtype="float64")


def _said(indicator: str, key: str) -> str | None:
    """The first word of a header of an indicator's SQL, as worse: higher; None of an indicator that is not there."""
    words = re.findall(r"\w+", read_header(indicator).get(key, ""))
    return words[0] if words else None


def is_by_industry(indicator: str) -> bool:
    """Whether an indicator is told by industry, as the header of its SQL says; one that is not there may be."""
    return "industry" in re.findall(r"\w+", read_header(indicator).get("by", "industry"))


def is_by_cohort(indicator: str) -> bool:
    """Whether an indicator is told by cohort, as the header of its SQL says; one that is not there may be."""
    return "cohort" in re.findall(r"\w+", read_header(indicator).get("by", "cohort"))


def one_person(first: pd.Series, second: pd.Series) -> pd.Series:
    """Whether two columns name the same person, however it is written: capitals, widths and blanks aside."""
    return first.map(_plain_name, na_action="ignore") == second.map(_plain_name, na_action="ignore")


def _plain_name(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
