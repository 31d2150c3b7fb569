"""Warnings in words: bands, periods, what people made of them, one sentence of fact and one recommended action."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import pandas as pd

from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED, OF_SERIES
from pipelines.core.domain import EVENT_KINDS, TOTAL_INDUSTRY, Grain, Level, State
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.judging.kinds import WARNING_KINDS
from pipelines.judging.period import last_day, name_period
from pipelines.judging.rule_kind import SeenSeries, WarningKind
from pipelines.ledger.workflow.measure import proposals

LEVEL_NAMES = {Level.RED: "红色", Level.ORANGE: "橙色", Level.YELLOW: "黄色", Level.BLUE: "蓝色"}
STATE_NAMES = {
    State.TO_VERIFY: "待核实",
    State.CONFIRMED: "已确认，待发布",
    State.ISSUED: "已发布",
    State.HANDLING: "处置中",
    State.LOWERED: "已降级",
    State.DISMISSED: "误报",
    State.LIFTED: "已解除",
}
CLOSED_BECAUSE = {
    "evidence": "后续数据已回到预期范围",
    "window_passed": "观察期已过，没有新的同类情况",
    "revision": "数据更正后不再成立",
    "rule_ended": "所依据的规则已到期或停用",
}
WITHDRAWN = "数据更正后不再成立"
RECEDED = "，数据已回落，待决定解除"
GONE = "，数据已不再显示，仍须核实"
AGREEMENT_NAMES = {"consistent": "多源一致", "corroborated": "有旁证", "conflicting": "来源不一致"}
"""What other sources make of a warning; that none says anything clear is no news."""
_MEASURES = {"persons": "人", "posts": "个", "employers": "家", "adverts": "条"}
"""Units of which bands are told. The band of a rate is of the people in it, who would be read as per cent."""


@dataclass(frozen=True)
class Item:
    """A warning as a mail shows it."""

    episode_id: str
    what: str
    rule: str
    level: int
    is_issued: bool
    state: str
    change: str
    observed: str
    people: str
    data_to: date
    data_words: str
    since: str
    until: str
    close_reason: str
    link: str
    detail: str = ""
    sources: str = ""

    @property
    def title(self) -> str:
        """Its level, called a warning only when a person issued it."""
        return level_title(self.level, self.is_issued)

    @property
    def tag(self) -> str:
        """The bracket a subject begins with."""
        return f"[{self.title}]" if self.is_issued else f"[{self.title}·{self.state}]"


def level_title(level: int, is_issued: bool) -> str:
    """The name of a level; what nobody issued is suspected."""
    return f"{'' if is_issued else '疑似'}{LEVEL_NAMES[Level(level)]}预警"


def item(row: dict[str, object], change: str, region: Region, settings: Settings, detail: str = "") -> Item:
    """A row of mail_warning.sql, open ones with the columns of a board, in words."""
    reached, data_words = _reach(row, region)
    state = State(str(row.get("state", State.TO_VERIFY)))
    return Item(
        episode_id=str(row["episode_id"]),
        what=f"{row['area_name']} {industry_of(row)} {row['indicator_title']}",
        rule=_text(row["rule_title"]),
        level=int(str(row["level"])),
        is_issued=bool(row.get("is_issued", False)),
        state=f"{STATE_NAMES[state]}{_receded(row, state)}",
        change=change,
        observed=band_words(row["observed_band"], str(row["unit"])),
        people=_people(row),
        data_to=reached,
        data_words=data_words,
        since=_day(row["opened_on"]),
        until=_day(row["closed_on"]),
        close_reason=CLOSED_BECAUSE.get(_text(row["close_reason"]), ""),
        link=f"{settings.address}/warning/{row['episode_id']}",
        detail=detail,
        sources="" if _kind(row).is_certain else AGREEMENT_NAMES.get(str(row.get("agreement", "")), ""),
    )


def industry_of(row: dict[str, object]) -> str:
    """The industry of a warning in words."""
    return "全行业" if row["industry"] == TOTAL_INDUSTRY else str(row["industry_name"])


def fact(row: dict[str, object], one: Item) -> str:
    """One sentence that says what was seen."""
    seen = SeenSeries(
        str(row["area_name"]),
        industry_of(row),
        str(row["indicator"]),
        str(row["indicator_title"]),
        is_lower=row["worse"] == "lower",
    )
    size = "，".join(part for part in (one.observed, one.people) if part)
    return f"{_kind(row).describe(seen)}{'：' if size else ''}{size}（数据至 {one.data_words}）。"


def _kind(row: dict[str, object]) -> WarningKind:
    return WARNING_KINDS[str(row["kind"])]


def action(row: dict[str, object], region: Region, owner: str = "", *, signs: bool = True) -> str:
    """The one thing to do next, by state; the measure is the first of the region's playbook for such a trigger.

    ``owner``: who took it on for the reader's office, if somebody did. ``signs``: whether the reader may.
    """
    measure = _measure(row, region)
    if _kind(row).is_about_data and State(str(row.get("state", State.TO_VERIFY))) is State.TO_VERIFY:
        taken = f"已由{owner}签收" if owner else "并登录系统签收" if signs else "并督促责任岗位签收"
        return f"催促报送单位补报或更正，{taken}{f'；办理“{measure}”' if measure else ''}。"
    verify = f"已由{owner}签收，请在系统中登记核实结论" if owner else "登录系统核实并签收"
    if not signs:
        verify = f"已由{owner}签收，请督促登记核实结论" if owner else "请督促责任岗位核实并签收"
    then = f"；属实的，先办“{measure}”" if measure else ""
    state = State(str(row.get("state", State.TO_VERIFY)))
    if row.get("is_receded", False) and state is State.TO_VERIFY and row["kind"] in EVENT_KINDS:
        return (
            "一直没有核实结论，数据已不再显示，但不会自动解除："
            "登录系统登记核实结论，属实的确认后处置，不属实的判为误报。"
        )
    if row.get("is_receded", False) and state is State.TO_VERIFY:
        return (
            "加重后没有人核实，数据已回落，但不会自动解除：登录系统登记核实结论，属实的确认后再解除，不属实的判为误报。"
        )
    if row.get("is_receded", False):
        return "数据已回落，但不会自动解除：登录系统登记处置情况，由有权的岗位决定解除并写明理由。"
    return {
        State.TO_VERIFY: f"{verify}{then}。",
        State.CONFIRMED: "已确认，请在规定时限内发布；发布前对外仍称疑似。",
        State.ISSUED: f"落实措施并登记责任人{f'，先办“{measure}”' if measure else ''}。",
        State.HANDLING: "在系统中登记措施进展和结果。",
        State.LOWERED: "继续观察，情况反复的转回处置。",
    }.get(state, f"{verify}。")


def _receded(row: dict[str, object], state: State) -> str:
    if not row.get("is_receded", False):
        return ""
    return GONE if state is State.TO_VERIFY and row["kind"] in EVENT_KINDS else RECEDED


def _people(row: dict[str, object]) -> str:
    """How many, in words: people, or what the indicator counts; of a spike those beyond what was expected. A ratio of
    two things has none."""
    unit = str(row["unit"])
    shown = band_words(row["people_band"], unit if unit in _MEASURES else "persons")
    if not shown or row["unit"] == "ratio":
        return ""
    if row["kind"] in BEYOND_EXPECTED:
        return f"比预期{'少' if row['worse'] == 'lower' else '多'} {shown}"
    return f"涉及 {shown}"


def _measure(row: dict[str, object], region: Region) -> str:
    fitting = proposals(region.playbook, str(row["kind"]), str(row["indicator"]), int(str(row["level"])))
    return f"{fitting[0].title}（通知第 {fitting[0].item} 项）" if fitting else ""


@lru_cache(maxsize=4)
def _grains(region: Region) -> dict[str, Grain]:
    first = region.rules.drop_duplicates("rule_id")
    return {str(rule): Grain(grain) for rule, grain in zip(first["rule_id"], first["grain"], strict=True)}


def _reach(row: dict[str, object], region: Region) -> tuple[date, str]:
    """Up to which day a warning's data reach, and how to say it: rules on readings and scores judge whole periods."""
    first = pd.Timestamp(str(row["data_to"])).date()
    known = _grains(region).get(str(row["rule_id"]), Grain.DAY)
    grain = known if row["kind"] in OF_SERIES else Grain.DAY
    return last_day(grain, first), name_period(grain, first)


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124


def band_words(value: object, unit: str) -> str:
    """A band as words: ``<10`` persons is 不足 10 人, ``500+`` 500 人以上; empty where there is none to tell."""
    shown = _text(value)
    if not shown or unit not in _MEASURES:
        return ""
    measure = f" {_MEASURES[unit]}"
    if shown.startswith("<"):
        return f"不足 {shown[1:]}{measure}"
    return f"{shown[:-1]}{measure}以上" if shown.endswith("+") else f"{shown}{measure}"


def _day(value: object) -> str:
    return "" if pd.isna(value) else pd.Timestamp(str(value)).date().isoformat()
