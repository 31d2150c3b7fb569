"""The masked copy of a submission of a person feed: what is kept when the sealed file has passed its retention.

A twin is a zip of three plain texts: ``drop.json`` (what became of the file), ``accepted.csv`` (each accepted row with
its line number, the person's pseudonym, sex and year of birth in place of the identity number, and the other columns
of the contract as their canonical texts; no name, nothing outside the contract) and ``refused.jsonl`` (the quarantined
rows). An accepted row is judged anew by every rebuild, with today's contract and codes; a refused row keeps its
verdict, because its cells are gone.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from pipelines.core.domain import UNKNOWN_INDUSTRY, UserError
from pipelines.core.sql import Sql, literal, name, step
from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.form_check import Checked, Checker
from pipelines.formcheck.parsing.submission import Submission
from pipelines.formcheck.validation.file_result import FileOutcome, as_json, outcome_of

_LINE = Column("line", "line", Kind.INT)
_PERSON = (
    Column("person", "person", is_required=False),
    Column("sex", "sex", is_required=False),
    Column("birth_year", "birth_year", Kind.INT, is_required=False),
)
_PURGED = "（原始文件已过保存期，原文不再保留）"
_TEXT = pa.csv.WriteOptions(quoting_style="needed")


def masked_copies_of(contract: Contract, checked: Checked) -> Iterator[bytes]:
    """The twins of checked drops, in the order of the outcomes; checked with the key of the pseudonyms."""
    accepted = _by_submission(_canonical(contract, checked.accepted))
    refused = _by_submission(checked.quarantined.sort_by([("line_number", "ascending"), ("rule", "ascending")]))
    nobody, nothing = _canonical(contract, checked.accepted[:0]), checked.quarantined[:0]
    for outcome in checked.outcomes:
        table = io.BytesIO()
        pyarrow.csv.write_csv(accepted.get(outcome.drop_id, nobody).drop_columns(["drop_id"]), table, _TEXT)
        rows = refused.get(outcome.drop_id, nothing).drop_columns(["drop_id"]).to_pylist()
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("drop.json", as_json(outcome))
            archive.writestr("accepted.csv", table.getvalue())
            archive.writestr("refused.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        yield file.getvalue()


def _by_submission(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each drop, in the order of the table."""
    drop_id = table["drop_id"].to_numpy()
    order = np.argsort(drop_id, kind="stable")
    found, first = np.unique(drop_id[order], return_index=True)
    ends = [*first[1:], len(order)][: len(found)]
    in_order = table.take(pa.array(order))
    return {str(name): in_order[int(at) : int(end)] for name, at, end in zip(found, first, ends, strict=True)}


def masked(contract: Contract) -> Contract:
    """The contract of ``accepted.csv``: stored columns only, and three in place of the identity number."""
    columns: list[Column] = [_LINE]
    for column in contract.columns:
        if column.kind is Kind.IDENTITY:
            columns += _PERSON
        elif column.name:
            columns.append(column)
    return replace(
        contract,
        feed=f"{contract.feed}~masked",
        columns=tuple(columns),
        is_person=False,
        file_checks=(),
        bound=None,
        refuse_share=1.0,
    )


def _canonical(contract: Contract, facts: pa.Table) -> pa.Table:
    """Facts as a sender would write them, so that reading them again gives the same facts."""
    texts = ["drop_id", "line_number as line"]
    for column in masked(contract).columns[1:]:
        texts.append(f"{_written(column)} as {name(column.header)}")
    connection = duckdb.connect(config={"temp_directory": "", "threads": 1})
    try:
        connection.register("fact", facts)
        return connection.sql(step("form_written", columns=Sql(", ".join(texts)))).to_arrow_table()
    finally:
        connection.close()


def _written(column: Column) -> str:
    name = column.name
    match column.kind:
        case Kind.INDUSTRY:
            text = f"coalesce(division, {name})" if column.has_division else name
        case Kind.DAY:
            text = f"strftime({name}, '%Y-%m-%d')"
        case Kind.MONTH:
            text = f"strftime({name}, '%Y-%m')"
        case Kind.CHOICE:
            cases = " ".join(f"when {literal(kept)} then {literal(shown)}" for shown, kept in reversed(column.choices))
            text = f"case {name} {cases} end"
        case Kind.YES_NO:
            text = f"case when {name} then '是' when not {name} then '否' end"
        case _:
            text = f"cast({name} as varchar)"
    fallback = column.fallback or (UNKNOWN_INDUSTRY if column.kind is Kind.INDUSTRY else "")
    # What the sender left empty is left empty again: the fallback need be no value that may be written.
    return text if column.is_required or not fallback else f"nullif({text}, {literal(fallback)})"


@dataclass(frozen=True)
class _MaskedCopy:
    outcome: FileOutcome
    accepted: bytes
    refused: list[dict[str, Any]]


def _opened(drop: Submission) -> _MaskedCopy:
    try:
        with zipfile.ZipFile(io.BytesIO(drop.content)) as archive:
            outcome = outcome_of(archive.read("drop.json").decode())
            refused = [json.loads(line) for line in archive.read("refused.jsonl").decode().splitlines()]
            accepted = archive.read("accepted.csv")
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise UserError(
            f"报送文件 {drop.file_name} 的脱敏副本已损坏；请从备份恢复。(the masked twin is damaged)"
        ) from error
    return _MaskedCopy(replace(outcome, drop_id=drop.drop_id), accepted, refused)


class MaskedCopyChecker:
    """Checks twins as ``Checker`` checks files: ``content`` of the drops are the bytes of twins."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker

    def check(self, contract: Contract, drops: Sequence[Submission]) -> Checked:
        """Judge the accepted rows anew and add what was refused then. Raises UserError for a damaged twin."""
        twins = [_opened(drop) for drop in drops]
        inner = [
            replace(drop, content=twin.accepted, named=twin.outcome.named, refusal=None)
            for drop, twin in zip(drops, twins, strict=True)
        ]
        again = self._checker.check(masked(contract), inner)
        outcomes = [_counted(twin, now) for twin, now in zip(twins, again.outcomes, strict=True)]
        accepted = again.accepted.set_column(
            again.accepted.column_names.index("line_number"), "line_number", again.accepted["line"].cast(pa.int32())
        ).drop_columns(["line"])
        schema = again.quarantined.schema
        then = [row | {"drop_id": twin.outcome.drop_id} for twin in twins for row in twin.refused]
        quarantined = pa.concat_tables([pa.Table.from_pylist(then, schema), _relocated(again.quarantined)])
        return Checked(outcomes, accepted, quarantined)


def _counted(twin: _MaskedCopy, now: FileOutcome) -> FileOutcome:
    then = twin.outcome
    newly = now.rows_quarantined
    return replace(then, rows_accepted=then.rows_accepted - newly, rows_quarantined=then.rows_quarantined + newly)


def _relocated(quarantined: pa.Table) -> pa.Table:
    """Rows refused by today's contract, with the line of the file as it was received instead of the twin's."""
    rows = quarantined.to_pylist()
    for row in rows:
        shown, line = row["line_number"], row["raw_masked"].split(",", 1)[0]
        row["reason"] = f"第 {line} 行" + row["reason"].removeprefix(f"第 {shown} 行")
        row["reason_en"] = f"Line {line}" + row["reason_en"].removeprefix(f"Line {shown}")
        row["line_number"], row["raw_masked"] = int(line), _PURGED
    return pa.Table.from_pylist(rows, quarantined.schema)
