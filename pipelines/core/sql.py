"""Puts names and conditions into the statements of pipelines/sql; values are no part of it, they go as parameters."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter

SQL = Path(__file__).resolve().parents[1] / "sql"
IN_ENGLISH = " | "
"""What stands between the Chinese and the English of a title, a formula or a source in an indicator's header."""


class Sql(str):
    """A piece of SQL text of our own: a quoted name, a literal, a condition made of them, or SQL of the catalogue."""

    __slots__ = ()


def name(*parts: str) -> Sql:
    """A quoted name, such as ``"main"."reading"``."""
    return Sql(".".join('"' + part.replace('"', '""') + '"' for part in parts))


def names(columns: Iterable[str], of: str = "") -> Sql:
    """Quoted columns, commas between; ``of``: the relation they belong to."""
    return Sql(", ".join(name(of, column) if of else name(column) for column in columns))


def literal(value: str | float | date) -> Sql:
    """A constant, for where no parameter may stand: in the definition of a view."""
    if isinstance(value, date):
        return Sql(f"date '{value.isoformat()}'")
    return Sql(repr(value)) if isinstance(value, int | float) else Sql("'" + value.replace("'", "''") + "'")


def literals(values: Iterable[str]) -> Sql:
    """Constants, commas between."""
    return Sql(", ".join(map(literal, values)))


def equal(columns: Iterable[str], left: str, right: str) -> Sql:
    """Two relations agree in all of the columns, none of which is NULL."""
    return Sql(" and ".join(f"{name(left, column)} = {name(right, column)}" for column in columns))


def differ(columns: Iterable[str], left: str, right: str) -> Sql:
    """Two relations differ in one of the columns; NULL is like NULL."""
    return Sql(" or ".join(f"{name(left, column)} is distinct from {name(right, column)}" for column in columns))


@cache
def read_header(indicator: str) -> dict[str, str]:
    """The header of an indicator's SQL, key to value as written; empty of one that is not there."""
    path = SQL / "indicators" / f"{indicator}.sql"
    return header_of(path.read_text(encoding="utf-8")) if path.is_file() else {}


def header_of(text: str) -> dict[str, str]:
    """Key to value of the lines ``-- key: value`` of an indicator's SQL."""
    return dict(re.findall(r"^-- (\w+): (.+)$", text, re.MULTILINE))


@cache
def _text(path: str) -> str:
    return (SQL / path).read_text(encoding="utf-8")


def step(file: str, **places: Sql) -> Sql:
    """Text of ``pipelines/sql/steps/<file>.sql``; what stands there as ``{place}`` is filled in."""
    text = _text(f"steps/{file}.sql")
    return Sql(text.format_map(places) if places else text)


def texts(folder: str, **places: Sql) -> dict[str, Sql]:
    """Name to text of every file right in a folder of ``pipelines/sql``, filled in as ``step`` does."""
    files = sorted((SQL / folder).glob("*.sql"))
    return {path.stem: Sql(_text(f"{folder}/{path.name}").format_map(places)) for path in files}


def view(file: str, rows: Callable[[str], Sql]) -> Sql:
    """Text of ``pipelines/sql/views/<file>.sql``; ``rows`` gives the relation that stands for each ``{table}``."""
    text = _text(f"views/{file}.sql")
    tables = {table for _, table, _, _ in Formatter().parse(text) if table}
    return Sql(text.format_map({table: rows(table) for table in tables}))
