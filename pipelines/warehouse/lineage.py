"""Rewrites an indicator's SQL so that a figure carries the facts it was made of: which drop, which line, how much.

Every row that an inner SELECT takes in becomes an item of a list, and outer SELECTs pass the lists on as they pass the
figures on. So a join or a filter that drops a figure drops its lines, and no condition is said twice.
"""

from collections.abc import Collection, Iterable

import sqlglot
from sqlglot import exp

from pipelines.core.domain import UserError

_SUFFIX = "_lines"
_LIST = "struct(feed varchar, drop_id varchar, line_number integer, contribution double)[]"
_NONE = f"cast([] as {_LIST})"


def with_lines(sql: str, columns: Iterable[str], facts: Collection[str]) -> str:
    """Return the query with a further column ``<name>_lines`` for each of its ``columns``.

    It is a list of structs: feed, drop_id, line_number, contribution. The contribution is how much this line adds to
    the figure; NULL where the figure is no sum, such as a median. ``facts`` are the names of fact tables. Raises
    UserError for a query whose figures cannot be followed.
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    for column in columns:
        _carry(tree, column, facts)
    return str(tree.sql(dialect="duckdb"))


def _text(node: exp.Expr) -> str:
    return str(node.sql(dialect="duckdb"))


def _refused(node: exp.Expr, why: str, why_en: str) -> UserError:
    return UserError(f"指标的查询无法追溯到明细：{_text(node)}，{why} (cannot be traced: {why_en})")


def _carry(query: exp.Expr, column: str, facts: Collection[str]) -> str:
    """Add the lines of an output column to a query, those of its rows for ``""``; returns the added column's name."""
    if not isinstance(query, exp.Query):
        raise _refused(query, "不是查询", "it is no query")
    if column and column not in query.named_selects:
        raise _refused(query, f"没有名为 {column} 的列", f"it has no column named {column}")
    name = f"{column}{_SUFFIX}"
    _add(query, query.named_selects.index(column) if column else None, name, facts)
    return name


def _add(query: exp.Query, position: int | None, name: str, facts: Collection[str]) -> None:
    """Add to a query, once, the lines of the column at a position; None: those of its rows."""
    if name in query.named_selects:
        return
    if isinstance(query, exp.Union) and not query.args.get("distinct"):
        for branch in (query.left, query.right):
            _add(branch, position, name, facts)
        return
    if not isinstance(query, exp.Select):
        raise _refused(query, "只支持 SELECT 和 UNION ALL", "only SELECT and UNION ALL can")
    if query.args.get("distinct"):  # the same rows, with room for a list in each
        query.set("distinct", None)
        query.set("group", exp.Group(all=True))
    sources = _Sources(query, facts)
    lines = sources.rows() if position is None else sources.lines(query.selects[position].unalias(), sources.is_single)
    query.select(sqlglot.parse_one(f"{lines} as {name}", read="duckdb"), copy=False)


def _aggregates(node: exp.Expr) -> list[exp.Expr]:
    inside = node.walk(prune=lambda part: isinstance(part, exp.Window | exp.Subquery))
    return [part for part in inside if isinstance(part, exp.AggFunc)]


def _scaled(lines: str, factor: str) -> str:
    return (
        f"list_transform({lines}, lambda item: struct_pack(feed := item.feed, drop_id := item.drop_id, "
        f"line_number := item.line_number, contribution := ({factor}) * item.contribution))"
    )


def _together(lists: Iterable[str]) -> str:
    together = ""
    for lines in lists:
        together = f"list_concat({together}, {lines})" if together else lines
    return together or _NONE


def _is_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) == 0


def _is_number(node: exp.Expr) -> bool:
    return isinstance(node.unnest(), exp.Literal) or (isinstance(node, exp.Neg) and _is_number(node.this))


class _Sources:
    """What one SELECT reads: fact tables and inner queries, by the names it gives them; the rest is reference data."""

    def __init__(self, select: exp.Select, facts: Collection[str]) -> None:
        self._known_facts = facts
        self._facts: dict[str, str] = {}
        self._inner: dict[str, exp.Query] = {}
        defined = _defined(select)
        joined = [join.this for join in select.args.get("joins") or []]
        found = [select.args["from_"].this, *joined]
        for source in found:
            if isinstance(source, exp.Subquery):
                self._inner[source.alias] = source.this
            elif source.name in defined:
                self._inner[source.alias_or_name] = defined[source.name]
            elif source.name in facts:
                self._facts[source.alias_or_name] = source.name
        self._only = found[0].alias_or_name if len(found) == 1 else ""
        self.is_single = not select.args.get("group") and not any(map(_aggregates, select.selects))
        """Whether each row of the sources is a row of the answer."""

    def lines(self, node: exp.Expr, within: bool) -> str:
        """SQL of the lines behind an expression; ``within`` a row of the sources, or for a group of such rows.

        What adds up is followed term by term; of anything else the lines are named without how much each adds.
        """
        if node.find(exp.Window, exp.Subquery):
            raise _refused(node, "其中有窗口函数或子查询", "it holds a window function or a subquery")
        node = node.unnest()
        if not within and not _aggregates(node):
            return f"flatten(list({self.lines(node, within=True)}))"
        sources = {self._source(column) for column in node.find_all(exp.Column)}
        facts = sources & self._facts.keys()
        terms = _terms(node)
        if within and len(facts) == 1 and not sources & self._inner.keys():
            found = self._item(facts.pop(), f"coalesce({_text(node)}, 0)")
        elif isinstance(node, exp.Column):
            found = self._carried(self._source(node), node.name)
        elif terms:
            parts = ((factor, self.lines(term, within)) for factor, term in terms)
            found = _together(lines if factor == "1" else _scaled(lines, factor) for factor, lines in parts)
        elif isinstance(node, exp.Filter):
            found = f"coalesce(flatten(list({self._taken_in(node.this)}) filter ({_text(node.expression)})), {_NONE})"
        elif isinstance(node, exp.AggFunc):
            found = f"flatten(list({self._taken_in(node)}))"
        elif within:
            found = self._row(sources)
        else:
            found = _scaled(_together(self.lines(part, within) for part in _aggregates(node)), "null")
        return found

    def rows(self) -> str:
        """SQL of the lines behind a row of the answer, without shares."""
        row = self._row([*self._facts, *self._inner])
        return row if self.is_single else f"flatten(list({row}))"

    def _taken_in(self, function: exp.Expr) -> str:
        """SQL of the lines that an aggregate function takes in with each row."""
        argument = function.this
        if isinstance(function, exp.Sum) and not isinstance(argument, exp.Distinct):
            return self.lines(argument, within=True)
        if isinstance(function, exp.Count) and not isinstance(argument, exp.Distinct) and self._facts:
            is_counted = "1" if isinstance(argument, exp.Star) else f"cast({_text(argument)} is not null as integer)"
            return self._item(next(iter(self._facts)), is_counted)  # of joined facts, the first stands for the row
        return self._row([*self._facts, *self._inner])

    def _row(self, sources: Iterable[str]) -> str:
        """SQL of the lines that a row stands on, without shares."""
        return _together(
            self._item(source, "null") if source in self._facts else _scaled(self._carried(source, ""), "null")
            for source in sorted(sources)
        )

    def _item(self, source: str, contribution: str) -> str:
        return (
            f"cast([struct_pack(feed := '{self._facts[source]}', drop_id := {source}.drop_id, "
            f"line_number := {source}.line_number, contribution := {contribution})] as {_LIST})"
        )

    def _carried(self, source: str, column: str) -> str:
        if source not in self._inner:  # reference data
            return _NONE
        return f"coalesce({source}.{_carry(self._inner[source], column, self._known_facts)}, {_NONE})"

    def _source(self, column: exp.Column) -> str:
        if column.table or self._only:
            return str(column.table or self._only)
        holding = [name for name, inner in self._inner.items() if column.name in inner.named_selects]
        if len(holding) != 1 and self._facts:
            return next(iter(self._facts))
        if len(holding) != 1:
            raise _refused(column, "须写明出自哪个表", "it must say of which table it is")
        return holding[0]


def _defined(select: exp.Select) -> dict[str, exp.Query]:
    """The queries that a WITH of this SELECT or of one around it gives names to, the nearest first."""
    defined: dict[str, exp.Query] = {}
    around: exp.Expr | None = select
    while around is not None:
        for item in around.ctes if isinstance(around, exp.Query) else []:
            defined.setdefault(item.alias, item.this)
        around = around.parent
    return defined


def _terms(node: exp.Expr) -> list[tuple[str, exp.Expr]]:
    """An expression as a sum of factor × term; empty when it is none."""
    terms: list[tuple[str, exp.Expr]] = []
    if isinstance(node, exp.Cast) or (isinstance(node, exp.Coalesce) and all(map(_is_zero, node.expressions))):
        terms = [("1", node.this)]
    elif isinstance(node, exp.Add | exp.Sub):
        terms = [("1", node.this), ("1" if isinstance(node, exp.Add) else "-1", node.expression)]
    elif isinstance(node, exp.Neg):
        terms = [("-1", node.this)]
    elif isinstance(node, exp.Mul) and _is_number(node.this):
        terms = [(_text(node.this), node.expression)]
    elif isinstance(node, exp.Mul) and _is_number(node.expression):
        terms = [(_text(node.expression), node.this)]
    elif isinstance(node, exp.Div) and _is_number(node.expression):
        terms = [(f"1.0 / {_text(node.expression)}", node.this)]
    return terms
