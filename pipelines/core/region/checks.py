"""What one reference table of a region must say beside its columns: refused with the cell and its fix."""

from collections.abc import Sequence

import pandas as pd

from pipelines.core.domain import (
    CITY_POSTS,
    COUNTY_POSTS,
    ENDS,
    MAIL_ADDRESS,
    TOTAL_INDUSTRY,
    UNKNOWN_INDUSTRY,
    Level,
    Role,
    State,
    UserError,
)
from pipelines.core.region.table import Table

_LEADS_ON = {State.TO_VERIFY: State.CONFIRMED, State.CONFIRMED: State.ISSUED, State.ISSUED: State.HANDLING}
"""The way of a warning that turns out true: each of these steps has a time limit, so that none lies unnoticed."""


def check_industries(tables: dict[str, Table]) -> None:
    """Every industry has its place in the tree; the total and the unknown member are there."""
    industries = tables["industries"]
    industries.require_unique("code")
    codes = set(industries.frame["code"])
    for needed in (TOTAL_INDUSTRY, UNKNOWN_INDUSTRY):
        if needed not in codes:
            raise UserError(f"{industries.path.parent.name}/industries.csv 缺少“code”为 {needed} 的行，请补上。")
    sections = industries.codes("section")
    parents, level = industries.frame["parent"], industries.frame["level"]
    industries.refuse((level == "division") & ~parents.isin(sections), "parent", "不是门类代码，请写大类所属的门类字母")
    industries.refuse(level.isin(["section", "unknown"]) & (parents != TOTAL_INDUSTRY), "parent", "应为 ALL")
    tables["industry_tags"].require_in("division", industries.codes("division"), "industries.csv 的大类")


def check_offices(tables: dict[str, Table], city: str) -> None:
    """Offices answer for units of the region, one office is the city's; their working and quiet hours are apart."""
    offices = tables["offices"]
    units = tables["places"].codes("unit")
    offices.require_unique("office_id")
    offices.require_in("areas", units | {city}, "places.csv 的市和报送单位", separator=";")
    offices.refuse(
        offices.frame["is_city"] != (offices.frame["areas"] == city), "is_city", f"与 areas 不符，只有 {city} 是市级"
    )
    missing = units - {code for areas in offices.frame["areas"] for code in str(areas).split(";")}
    if missing:
        raise UserError(
            f"{offices.path.parent.name}/offices.csv 没有负责 {'、'.join(sorted(missing))} 的单位，请在“areas”列补上。"
        )
    opens, closes = offices.frame["work_from"], offices.frame["work_to"]
    offices.refuse(opens >= closes, "work_to", "应晚于 work_from")
    begins, ends = offices.frame["quiet_from"], offices.frame["quiet_to"]
    # Over midnight they leave the day between their end and their beginning; within a day, what is outside of them.
    is_clear = ((begins > ends) & (ends <= opens) & (closes <= begins)) | (
        (begins < ends) & ((ends <= opens) | (closes <= begins))
    )
    offices.refuse(~is_clear, "quiet_from", "到 quiet_to 的静默时段不能与上班时间重叠，也不能为空")


def check_recipients(tables: dict[str, Table]) -> None:
    """Recipients have an office, an address and a post of its kind: clerk or duty desk where none is named."""
    offices, recipients = tables["offices"], tables["recipients"]
    recipients.require_in("office_id", set(offices.frame["office_id"]), "offices.csv")
    recipients.require_unique("office_id", "address")
    is_address = recipients.frame["address"].str.fullmatch(MAIL_ADDRESS)
    recipients.refuse(~is_address, "address", "不是邮箱地址，只能用半角字母、数字和符号，一行一个地址")
    of_city = recipients.frame["office_id"].isin(offices.frame.loc[offices.frame["is_city"], "office_id"])
    usual = of_city.map({True: Role.CITY_DUTY.value, False: Role.COUNTY_CLERK.value})
    recipients.frame["role"] = recipients.frame["role"].mask(recipients.frame["role"] == "", usual)
    recipients.refuse(of_city & ~recipients.frame["role"].isin(CITY_POSTS), "role", "市级单位的岗位应以 city_ 开头")
    recipients.refuse(
        ~of_city & ~recipients.frame["role"].isin(COUNTY_POSTS), "role", "县级单位的岗位应以 county_ 开头"
    )


def check_absences(absences: Table | None, offices: Table) -> None:
    """A post of an office is away from a first to a last day, and nobody stands in for itself."""
    if absences is None:
        return
    frame = absences.frame
    absences.require_in("office_id", set(offices.frame["office_id"]), "offices.csv")
    absences.refuse(frame["absent_to"] < frame["absent_from"], "absent_to", "早于 absent_from")
    absences.refuse((frame["deputy"] == frame["post"]).fillna(False), "deputy", "与 post 相同，请写另一岗位或留空")


def check_calendar(calendar: Table) -> None:
    """A day is a holiday or a make-up workday, not both."""
    calendar.require_unique("kind", "date")
    holidays = set(calendar.frame.loc[calendar.frame["kind"] == "holiday", "date"])
    clash = (calendar.frame["kind"] == "makeup") & calendar.frame["date"].isin(holidays)
    calendar.refuse(clash, "date", "既是节假日又是调休上班日，请删去其中一行")


def check_feeds(feeds: Table) -> None:
    """What is owed has its due time."""
    needs_due = feeds.frame["cadence"] != "event"
    for column in ("due_days", "due_time"):
        feeds.refuse(needs_due & feeds.frame[column].isna(), column, "不能为空，定期报送须写明应报时间")
    is_short = (feeds.frame["retention_days"] < 1).fillna(False)
    feeds.refuse(is_short, "retention_days", "应为正整数（天），没有保存期限的留空")


def steps_of(table: Table | None, columns: Sequence[str]) -> pd.DataFrame:
    """A row a step and level; every state but the last ones can be left at every level."""
    if table is None:
        return pd.DataFrame(columns=[*columns, "level"])
    frame = table.frame
    table.refuse(frame["from"] == frame["to"], "to", "与 from 相同，请改成下一个状态")
    table.refuse(~(frame["within_hours"].isna() | (frame["within_hours"] > 0)), "within_hours", "应为正整数")
    is_timed = frame["within_hours"].notna()
    table.refuse(is_timed != frame["counts_from"].notna(), "counts_from", "应与 within_hours 同时填写或同时空着")
    table.refuse(is_timed & ~frame["counts_from"].isin(list(State)), "counts_from", "应为一个状态，如 confirmed")
    leads_on = frame["from"].map(_LEADS_ON) == frame["to"]
    table.refuse(leads_on & ~is_timed, "within_hours", "不能为空：核实、发布、处置都要有时限（小时）")
    reminds = frame["remind_hours"]
    is_reminded = reminds.notna()
    table.refuse(
        is_reminded & ~(leads_on & (frame["from"] == State.TO_VERIFY)),
        "remind_hours",
        "只写在 to_verify 到 confirmed 的行",
    )
    table.refuse(
        is_reminded & ~((reminds > 0) & (reminds <= frame["within_hours"])),
        "remind_hours",
        "应为正整数，且不大于 within_hours",
    )
    table.require_unique("from", "to", "levels", "role")
    steps = frame.assign(level=frame["levels"].str.split(";")).explode("level", ignore_index=True)
    steps["level"] = steps["level"].astype(int)
    for level in Level:
        its = steps[steps["level"] == level]
        for state in sorted({State.TO_VERIFY, *its["to"]} - ENDS):
            if state not in set(its["from"]):
                raise UserError(
                    f"{table.path.parent.name}/{table.path.name}：{level.value} 级预警到了“{state}”就没有下一步，"
                    f"请补上一行 from={state}。"
                )
    return steps


def playbook_of(table: Table | None, rules: Table, columns: Sequence[str]) -> pd.DataFrame:
    """Measures as they are proposed: each for kinds of rules, and for some of their indicators where it names any."""
    if table is None:
        return pd.DataFrame(columns=list(columns))
    frame = table.frame
    table.require_unique("playbook")
    table.refuse(~frame["item"].between(1, 25), "item", "应为通知的项数，1 至 25")
    table.refuse(frame["due_days"] < 1, "due_days", "应为正整数（天）")
    table.require_in("kinds", set(rules.frame["kind"]), "rules.csv 的 kind", separator=";")
    table.require_in("indicators", set(rules.frame["indicator"]), "rules.csv 的 indicator", separator=";")
    return frame
