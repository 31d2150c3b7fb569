"""The tables of a region's folder: what their columns hold, which may be absent, how they fit each other."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.core.domain import (
    CITY_POSTS,
    COUNTY_POSTS,
    MAIL_ADDRESS,
    TOTAL_INDUSTRY,
    UNKNOWN_INDUSTRY,
    Role,
    State,
    UserError,
)
from pipelines.core.region.key_period import KEY_PERIOD, check_key_periods
from pipelines.core.region.rules import (
    MAY_LACK,
    OVERRIDE,
    RELEASE,
    RULE,
    check_cohorts,
    check_named_industries,
    check_overrides,
    check_rules,
)
from pipelines.core.region.table import (
    Cell,
    Table,
    clock,
    day,
    flag,
    one_of,
    optional_clock,
    optional_day,
    optional_number,
    optional_text,
    optional_whole,
    otherwise,
    read_table,
    some_of,
    text,
    whole,
)
from pipelines.core.region.workflow import playbook_of, steps_of
from pipelines.core.sql import read_header
from pipelines.core.translations import english
from pipelines.feeds import contracts

_MAY_BE_ABSENT = frozenset(
    {"headers", "transition", "playbook", "rule_overrides", "rule_release", "absences", "key_period", "target"}
)
_MAY_LACK = (
    frozenset(
        {
            "retention_days",
            "work_from",
            "work_to",
            "quiet_from",
            "quiet_to",
            "role",
            "from_level",
            "city_role",
            "remind_hours",
        }
    )
    | MAY_LACK
)
_COLUMNS: dict[str, dict[str, Cell]] = {
    "places": {
        "code": text,
        "name": text,
        "short_name": text,
        "level": one_of("city", "unit", "county_view"),
        "parent": optional_text,
        "county_view": optional_text,
        "residents": optional_number,
        "residents_on": optional_day,
        "valid_from": day,
        "valid_to": optional_day,
        "source": text,
    },
    "place_aliases": {"alias": text, "code": text, "valid_from": optional_day, "valid_to": optional_day},
    "industries": {
        "code": text,
        "name": text,
        "level": one_of("total", "section", "division", "unknown"),
        "parent": optional_text,
    },
    "industry_tags": {"tag": text, "title": text, "division": text},
    "codes": {"list": text, "code": text, "title": text, "class": text, "valid_from": day, "valid_to": optional_day},
    "headers": {"feed": text, "header": text, "alias": text},
    "offices": {
        "office_id": text,
        "name": text,
        "areas": text,
        "is_city": flag,
        "work_from": otherwise(clock, "08:30"),
        "work_to": otherwise(clock, "17:30"),
        "quiet_from": otherwise(clock, "21:00"),
        "quiet_to": otherwise(clock, "07:00"),
    },
    "recipients": {
        "office_id": text,
        "address": text,
        "title": text,
        "role": one_of("", *COUNTY_POSTS, *CITY_POSTS),
        "valid_from": day,
        "valid_to": optional_day,
    },
    "calendar": {
        "date": day,
        "kind": one_of("holiday", "makeup", "spring_festival"),
        "name": text,
        "is_announced": flag,
    },
    "feeds": {
        "feed": text,
        "title": text,
        "sender": text,
        "sender_level": one_of("unit", "city"),
        "cadence": one_of("workday", "day", "week", "month", "quarter", "event"),
        "due_days": optional_whole,
        "due_time": optional_clock,
        "population": text,
        "retention_days": optional_whole,
    },
    "transition": {
        "from": one_of(*State),
        "to": one_of(*State),
        "levels": some_of("1", "2", "3", "4"),
        "role": one_of(*COUNTY_POSTS, *CITY_POSTS),
        "city_role": one_of("", *CITY_POSTS),
        "within_hours": optional_whole,
        "counts_from": optional_text,
        "remind_hours": optional_whole,
        "by_delegation": flag,
        "basis": text,
    },
    "playbook": {
        "playbook": text,
        "title": text,
        "item": whole,
        "kinds": text,
        "indicators": optional_text,
        "from_level": otherwise(one_of("1", "2", "3", "4"), "4"),
        "due_days": whole,
        "basis": text,
    },
    "absences": {"office_id": text, "post": text, "deputy": optional_text, "absent_from": day, "absent_to": day},
    "key_period": KEY_PERIOD,
    "target": {"year": whole, "area": text, "indicator": text, "target": whole, "source": text},
    "rules": RULE,
    "rule_overrides": OVERRIDE,
    "rule_release": RELEASE,
}


def tables_of(folder: Path, city: str) -> dict[str, Table]:
    """Read all tables of the folder of ``city``'s region, by name; one that may be absent is left out.

    Raises UserError naming file, line, column and the fix when a file is missing or says something impossible.
    """
    tables = {
        name: read_table(folder / f"{name}.csv", columns, _MAY_LACK)
        for name, columns in _COLUMNS.items()
        if name not in _MAY_BE_ABSENT or (folder / f"{name}.csv").exists()
    }
    check_places(tables["places"], tables["place_aliases"], city)
    check_industries(tables)
    check_offices(tables, city)
    check_recipients(tables)
    check_absences(tables.get("absences"), tables["offices"])
    check_calendar(tables["calendar"])
    check_targets(tables.get("target"), tables["places"].codes("unit") | {city})
    tables["feeds"].require_unique("feed")
    check_feeds(tables["feeds"])
    check_rules(tables["rules"])
    check_cohorts(tables["rules"], tables["codes"])
    check_named_industries(tables["rules"], tables["industries"], tables["industry_tags"])
    check_overrides(tables.get("rule_overrides"), tables["rules"], tables["places"].codes("unit"))
    check_key_periods(tables.get("key_period"), tables["rules"], tables["feeds"])
    tables["codes"].require_unique("list", "code")
    english(folder)
    return tables


def frames_of(tables: dict[str, Table]) -> dict[str, pd.DataFrame]:
    """The frames of a region, by name; those of absent files have their columns and no row."""
    needed = {name: table.frame for name, table in tables.items() if name not in ("place_aliases", *_MAY_BE_ABSENT)}
    return needed | {
        "rule_overrides": _optional(tables, "rule_overrides"),
        "rule_release": _optional(tables, "rule_release"),
        "transition": steps_of(tables.get("transition"), list(_COLUMNS["transition"])),
        "absences": _optional(tables, "absences"),
        "key_period": _optional(tables, "key_period"),
        "target": _optional(tables, "target"),
        "playbook": playbook_of(tables.get("playbook"), tables["rules"], list(_COLUMNS["playbook"])),
    }


def _optional(tables: dict[str, Table], name: str) -> pd.DataFrame:
    return tables[name].frame if name in tables else pd.DataFrame(columns=list(_COLUMNS[name]))


def header_aliases(table: Table | None) -> dict[tuple[str, str], tuple[str, ...]]:
    """Feed and header of its contract to what this region's senders write instead (headers.csv, may be absent)."""
    if table is None:
        return {}
    table.require_unique("feed", "alias")
    known = {(feed, column.header) for feed, contract in contracts().items() for column in contract.columns}
    pairs = [(str(row.feed), str(row.header)) for row in table.frame.itertuples()]
    table.refuse(
        np.array([pair not in known for pair in pairs], dtype=bool), "header", "不是该数据来源约定的列名，请照约定改正"
    )
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for pair, alias in zip(pairs, table.frame["alias"], strict=True):
        found[pair] = (*found.get(pair, ()), str(alias))
    return found


def check_targets(table: Table | None, areas: set[str]) -> None:
    """A year, area and indicator have one target, which is more than nothing."""
    if table is None:
        return
    table.require_in("area", areas, "places.csv 的市和报送单位")
    named = set(table.frame["indicator"])
    table.require_in("indicator", {name for name in named if read_header(str(name))}, "指标目录")
    table.require_unique("year", "area", "indicator")
    table.refuse(table.frame["target"] <= 0, "target", "应大于 0，没有目标任务的请删去该行")


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


OPEN_END = pd.Timestamp("9999-12-31")


def check_places(places: Table, aliases: Table, city: str) -> None:
    """Refuse places that are not one city with its units, and aliases of what is neither; UserError names the line."""
    places.require_unique("code")
    if places.codes("city") != {city}:
        raise UserError(
            f"{places.path.parent.name}/places.csv 应只有一个 level 为 city 的地区，即 region.toml 的 {city}。"
        )
    level = places.frame["level"]
    places.refuse((level != "city") & (places.frame["parent"] != city), "parent", f"应为市的代码 {city}")
    places.require_in("county_view", places.codes("county_view"), "places.csv 的 county_view 行")
    aliases.require_in("code", places.codes("unit") | {city}, "places.csv 的市和报送单位")


def place_names(places: Table, aliases: Table) -> pd.DataFrame:
    """Every way to write the city or a unit (code, name, former code), with the days on which it means that area.

    Columns: alias, code (text), valid_from, valid_to (datetime64, both days included; OPEN_END while in use). A code
    holds as long as its area; an alias as long as its own days and those of its area allow. Raises UserError naming
    file and line when an alias outlives nothing of its area, or means two areas on one day.
    """
    area = places.frame.loc[places.frame["level"] != "county_view", ["code", "valid_from", "valid_to"]]
    codes = area.assign(alias=area["code"], row=-1)
    written = aliases.frame.assign(row=range(len(aliases.frame))).merge(area, on="code", suffixes=("", "_area"))
    begins = written[["valid_from", "valid_from_area"]].max(axis=1)
    ends = written[["valid_to", "valid_to_area"]].min(axis=1)
    names = pd.concat([codes, written.assign(valid_from=begins, valid_to=ends)], ignore_index=True)
    names = names[["alias", "code", "valid_from", "valid_to", "row"]]
    names["valid_to"] = names["valid_to"].fillna(OPEN_END)
    for row in names.loc[names["valid_from"] > names["valid_to"], "row"]:
        raise aliases.error(int(row), "alias", "的有效期与其地区的有效期没有交集，请改正 valid_from 或 valid_to")
    names["spelling"] = names["alias"].str.upper()
    names = names.sort_values(["spelling", "valid_from", "row"], ignore_index=True)
    before = names.groupby("spelling")["valid_to"].shift()
    for row in names.index[names["valid_from"] <= before]:
        line = max(int(names["row"].iloc[row]), int(names["row"].iloc[row - 1]))
        raise aliases.error(line, "alias", "在同一天有两种解释，请用 valid_from、valid_to 分开，或删去其中一行")
    return names[["alias", "code", "valid_from", "valid_to"]]
