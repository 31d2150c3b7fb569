"""Guard of portable SQL: parses every file of pipelines/sql and refuses what DuckDB and Spark read differently.

Statements made of strings in product code it cannot see, so it refuses their exemption from bandit.

Source: measured differences listed in docs/explain/architecture.md, Portable SQL. Run by `make check`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp

SQL = Path(__file__).resolve().parent.parent / "pipelines" / "sql"
LOUD = {
    r"\basof\b": "asof join is DuckDB's alone",
    r"\bunpivot\b": "unpivot differs; write union all",
    r"\[[^\]]*\bfor\b[^\]]*\]": "list comprehensions are DuckDB's alone",
    r"\*\s*replace\b": "* replace is DuckDB's alone; name the columns",
    r"\bquantile_cont\b": "quantile_cont is DuckDB's alone; use percentile_cont",
    r"\bmad\s*\(": "mad is DuckDB's alone",
    r"\bdate_sub\s*\(": "date_sub means something else in Spark; subtract an interval",
    r"\bsimilar to\b": "similar to has no counterpart",
}
SILENT = {
    r"\bdate_diff\s*\(\s*'(month|quarter|year)'": "counts boundaries here, whole months there; use 12 * year + month",
    r"\bisodow\b": "numbers differ; compare dates with date_trunc('week', …)",
    r"\bregexp_replace\s*\(": "replaces the first match here, all there",
    r"\bsubstring\s*\([^,]+,\s*0\s*[,)]": "position 0 differs; count from 1",
}
RESERVED = {"group", "end", "window"}
PRODUCT = ("dashboard", "models", "pipelines")


def _without_comments(text: str) -> str:
    """The statement; what the program fills in (``{table}``) stands as a name."""
    return re.sub(r"\{(\w+)\}", r"\1", re.sub(r"--[^\n]*", "", text))


def violations(name: str, text: str) -> Iterator[str]:
    """Sentences that say what is not portable in one file."""
    bare = _without_comments(text).lower()
    for pattern, why in (LOUD | SILENT).items():
        if re.search(pattern, bare):
            yield f"{name}: {why}"
    try:
        tree = sqlglot.parse_one(_without_comments(text), read="duckdb")
    except sqlglot.errors.ParseError as error:
        yield f"{name}: does not parse: {error}"
        return
    if isinstance(tree, exp.Command):
        yield f"{name}: is no statement that sqlglot understands"
    for column in tree.find_all(exp.ColumnDef, exp.Alias):
        if column.alias_or_name.lower() in RESERVED:
            yield f"{name}: {column.alias_or_name} is a reserved word elsewhere, no column name"
    if any(isinstance(node.parent, exp.Expression) and not isinstance(node.parent, exp.Select | exp.Alias | exp.Lateral)
           for node in tree.find_all(exp.Unnest, exp.Explode)):  # fmt: skip
        yield f"{name}: unnest stands inside an expression"
    for division in tree.find_all(exp.Div):
        if not isinstance(division.expression, exp.Nullif | exp.Literal):
            yield f"{name}: a division without nullif fails there where the divisor is zero"


def composed_statements(root: Path) -> Iterator[str]:
    """Sentences that name product files that exempt a statement made of strings from bandit."""
    for path in sorted(path for folder in PRODUCT for path in (root / folder).rglob("*.py")):
        name = path.relative_to(root)
        if re.search(r"#\s*nosec\s*:?\s*B608", path.read_text("utf-8")):
            yield f"{name}: a statement belongs into a file of pipelines/sql, not past bandit"


def main() -> int:
    """Check all files; exit status 1 when anything is not portable or a statement stands where nobody checks it."""
    files = sorted(SQL.rglob("*.sql"))
    found = [sentence for path in files for sentence in violations(str(path.relative_to(SQL)), path.read_text("utf-8"))]
    found += composed_statements(SQL.parent.parent)
    for sentence in found:
        print(sentence)
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
