"""The form of published files, and how a file of an earlier form is read: what it lacks was not said then."""

from collections.abc import Mapping

from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import Said, SaidError

VERSION = 11
"""1: the first form. 2: more tables, columns of roster, rule, score, drop_register and quarantine.
3: leads on layoffs, agreement of sources, terms of rules. 4: the list of key employers, cohorts and sizes of rules.
5: layoff reports in force. 6: policy events in force. 7: industries of rules, the hash of the rule behind a warning or
lead, who makes up a rise, and what the sources together say of a warning. 8: why the calendar expects what it does.
9: which figures of the city are kept from which office. 10: where pages show an indicator.
11: breakdowns and monthly lists, arrears of employers, compensation in layoff reports."""


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
    return {column.name: column.type for column in tables()[table].columns}
