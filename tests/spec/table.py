"""Specs as text tables: rows in, rows out, drawn so that a stakeholder can read them."""

import duckdb

from pipelines.core.catalogue.indicators import catalogue
from pipelines.warehouse.tables import define


def rows(text: str) -> tuple[list[str], list[list[str | None]]]:
    """Header and rows of a table drawn with |; - is an absent value."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return lines[0], [[None if cell == "-" else cell for cell in line] for line in lines[1:]]


def answer(indicator: str, facts: dict[str, str]) -> list[tuple[str, ...]]:
    """What an indicator's own SQL says about these facts, as sorted rows of text."""
    con = duckdb.connect()
    for table in catalogue()[indicator].tables:
        define(con, table)
        if table in facts:
            columns, values = rows(facts[table])
            fill = "'x' as drop_id, 1 as line_number"
            for value in values:
                shown = ", ".join(f"cast($p{i} as varchar) as {name}" for i, name in enumerate(columns))
                con.execute(
                    f"insert into {table} by name select {fill}, {shown}",
                    {f"p{i}": cell for i, cell in enumerate(value)},
                )
    found = con.execute(catalogue()[indicator].sql)
    names = [column[0] for column in found.description]
    return sorted(
        tuple(_text(value) for name, value in zip(names, row, strict=True) if name not in {"units", "largest_unit"})
        for row in found.fetchall()
    )


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.12g}" if isinstance(value, float) else str(value).removesuffix(" 00:00:00")


def expected(text: str) -> list[tuple[str, ...]]:
    """The rows a spec draws, sorted."""
    return sorted(tuple("-" if cell is None else cell for cell in row) for row in rows(text)[1])
