"""The questions of pipelines/sql/queries, and what DuckDB's own parser says each of them names."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.core.domain import Said, SaidError
from pipelines.published.scope import RefusedError

QUERIES = Path(__file__).resolve().parent.parent / "sql" / "queries"


@dataclass(frozen=True)
class Query:
    """A question: its text, the tables it names, the parameters it wants.

    Of its answer, by the lines ``-- watched:`` and ``-- employers:`` of its head: columns that count people or what
    stands for them, a look at which the audit trail may have to know; columns of employers' codes.
    """

    text: str
    tables: frozenset[str]
    parameters: frozenset[str]
    watched: tuple[str, ...] = ()
    employers: tuple[str, ...] = ()


@cache
def question(name: str) -> Query:
    """Load and parse a query file; raises UserError when there is none of that name or it is no plain question."""
    path = QUERIES / f"{name}.sql"
    if not name.isidentifier() or not path.is_file():
        raise SaidError(Said(f"没有名为 {name} 的查询", "no such question"))
    text = path.read_text(encoding="utf-8")
    nodes = list(_nodes(_parsed(text, path)))
    named = {entry["key"] for node in nodes if "cte_map" in node for entry in node["cte_map"]["map"]}
    tables = {_table(node, path) for node in nodes if node.get("type") in {"BASE_TABLE", "TABLE_FUNCTION"}}
    parameters = {node["identifier"] for node in nodes if node.get("class") == "PARAMETER"}
    return Query(
        text, frozenset(tables - named), frozenset(parameters), _headed(text, "watched"), _headed(text, "employers")
    )


def _headed(text: str, name: str) -> tuple[str, ...]:
    """The columns that a line of a query's head lists."""
    found = re.search(rf"^-- {name}: (.+)$", text, re.MULTILINE)
    return tuple(found[1].split(", ")) if found else ()


def _parsed(text: str, path: Path) -> Any:
    """The tree of a text's one statement, as DuckDB writes it in JSON."""
    with duckdb.connect(":memory:", config={"threads": 1}) as parser:
        [[told]] = parser.execute("select json_serialize_sql($text::varchar)", {"text": text}).fetchall()
    tree = json.loads(told)
    if tree["error"] or len(tree["statements"]) != 1:
        raise SaidError(Said(f"{path.name} 不是查询语句", "not a select"))
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(part)


def _table(node: dict[str, Any], path: Path) -> str:
    if node["type"] != "BASE_TABLE" or node["schema_name"] or node["catalog_name"]:
        shown = node.get("table_name") or node["function"]["function_name"]
        raise RefusedError(Said(f"{path.name} 引用了 {shown}，只能引用表名", "queries name plain tables only"))
    name: str = node["table_name"]
    return name
