"""The tables of a region's folder: what their columns hold, which may be absent, how they fit each other."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.core.domain import CITY_POSTS, COUNTY_POSTS, State
from pipelines.core.region.checks import (
    check_absences,
    check_calendar,
    check_feeds,
    check_industries,
    check_offices,
    check_recipients,
    playbook_of,
    steps_of,
)
from pipelines.core.region.place_names import check_places
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
from pipelines.core.translations import english
from pipelines.feeds import contracts

_MAY_BE_ABSENT = frozenset({"headers", "transition", "playbook", "rule_overrides", "rule_release", "absences"})
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
    tables["feeds"].require_unique("feed")
    check_feeds(tables["feeds"])
    check_rules(tables["rules"])
    check_cohorts(tables["rules"], tables["codes"])
    check_named_industries(tables["rules"], tables["industries"])
    check_overrides(tables.get("rule_overrides"), tables["rules"], tables["places"].codes("unit"))
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
