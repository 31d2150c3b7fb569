"""The form of published files, and how a file of an earlier form is read: what it lacks was not said then."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb

from pipelines.core.domain import Said, SaidError

VERSION = 9
"""1: the first form. 2: more tables, columns of roster, rule, score, drop_register and quarantine.
3: leads on layoffs, agreement of sources, terms of rules. 4: the list of key employers, cohorts and sizes of rules.
5: layoff reports in force. 6: policy events in force. 7: industries of rules, the hash of the rule behind a warning or
lead, who makes up a rise, and what the sources together say of a warning. 8: why the calendar expects what it does.
9: which figures of the city are kept from which office."""
_TABLES = Path(__file__).resolve().parent.parent / "sql" / "tables"


def check(told: str | None, where: str) -> int:
    """The form a file says it has. Raises UserError when a newer program wrote it, or it says none."""
    if told is None or not told.isdecimal():
        raise SaidError(Said(f"已发布文件不完整：{where} 没有写明格式版本", "the file does not say its form"))
    if int(told) > VERSION:
        zh = f"已发布文件 {where} 由更新版本的程序写成（格式 {told}），请先升级程序"
        raise SaidError(Said(zh, "a newer program wrote these files"))
    return int(told)


def columns(table: str) -> Mapping[str, str]:
    """Name and type of a table's columns in the present form, in their order. Raises KeyError if there is none."""
    return _tables()[table]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    with duckdb.connect() as con:
        for path in _TABLES.glob("*.sql"):
            con.execute(path.read_text(encoding="utf-8"))
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        told = "select table_name, column_name, data_type from duckdb_columns() where not internal"
        for table, name, kind in con.execute(f"{told} order by table_name, column_index").fetchall():
            found[table][name] = kind
    return dict(found)
