"""A batch of text cells judged: each distinct cell of a column is understood once, rows only compare what was found."""

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.validation.identity import Persons
from pipelines.formcheck.validation.statement import BLANKS, Statement, Understood

Ints = npt.NDArray[np.int64]
# So many distinct cells of a column are remembered between batches.
_MOST_CELLS = 1 << 17
_TEXTS = pa.list_(pa.string())
_NO_DATE = pa.DictionaryArray.from_arrays(pa.array([0]), pa.nulls(1, pa.date32()))


@dataclass(frozen=True)
class _Column:
    """Arrays of one value a row by name, and the bits of what is wrong with each cell alone."""

    values: dict[str, pa.Array]
    own: Ints


class RowValidator:
    """Judges rows of one feed by its compiled contract, in a connection that holds the lookups."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, persons: Persons) -> None:
        self._connection, self._persons = connection, persons
        self._known: dict[str, tuple[pa.Scalar, pa.Table]] = {}

    def validate(
        self, contract: Contract, compiled: Statement, received: pa.Table, batch: pa.Table, needs_trim: bool
    ) -> pa.Table:
        """Received rows (drop_no, line_number, c0…) in their order: drop_no, drop_id, line_number, facts, fails
        (0: accepted), key_hash and, of refused rows only, cells and details.

        ``batch``: drop_id, sender, is_unit, period and until, a row for each drop_no.
        """
        drop_no = received.column("drop_no").combine_chunks()
        named = {name: _of(drop_no, batch.column(name)) for name in ("sender", "is_unit")}
        named |= {
            "slice_period": _of(drop_no, batch.column("period")),
            "slice_until": _of(drop_no, batch.column("until")),
        }
        fails = np.zeros(received.num_rows, dtype=np.int64)
        for index, column in enumerate(contract.columns):
            cells = received.column(f"c{index}")
            understood = compiled.understood[index]
            if understood is not None:
                found = self._understood(f"{contract.feed} {index}", understood, cells, drop_no, batch.column("until"))
            else:
                found = self._wide(column, index, cells, needs_trim, compiled.own_bit(index))
            named |= found.values
            fails |= found.own
        typed = pa.table({"drop_no": drop_no, **named})
        between = self._asked(compiled.judged, "typed", typed)
        fails |= between.column("fails").to_numpy()
        facts = {
            name: _flat_or_coded((between if name in between.column_names else typed).column(name))
            for name in compiled.facts
        }
        shown = self._shown(compiled, received, typed, fails)
        return pa.table(
            {
                "drop_no": drop_no,
                "drop_id": _of(drop_no, batch.column("drop_id")),
                "line_number": received.column("line_number"),
                **facts,
                "fails": pa.array(fails),
                "key_hash": between.column("key_hash"),
                **shown,
            }
        )

    def _understood(
        self, key: str, understood: Understood, cells: pa.ChunkedArray, drop_no: pa.Array, until: pa.ChunkedArray
    ) -> _Column:
        coded = _dictionary(cells)
        texts, code = coded.dictionary, coded.indices.to_numpy()
        dates = _dictionary(until) if understood.is_dated else _NO_DATE
        if len(dates.dictionary) > 1:
            pairs = code * len(dates.dictionary) + dates.indices.to_numpy()[drop_no.to_numpy()]
            distinct, code = np.unique(pairs, return_inverse=True)
            text, date = np.divmod(distinct, len(dates.dictionary))
            found = self._answers(understood, texts.take(pa.array(text)), dates.dictionary.take(pa.array(date)))
        else:
            found, place = self._remembered(key, understood, texts, dates.dictionary)
            code = place[code]
        own = found.column("own").to_numpy()
        indices = pa.array(code.astype(np.int32))
        values = {
            name: pa.DictionaryArray.from_arrays(indices, _flat(found.column(name)), safe=False)
            for name in found.column_names
            if name not in ("text", "own")
        }
        return _Column(values, own[code])

    def _remembered(
        self, key: str, understood: Understood, texts: pa.Array, date: pa.Array
    ) -> tuple[pa.Table, npt.NDArray[np.int32]]:
        """Answers for the distinct cells of a column on one date, asked once, and the row of each text among them."""
        on, known = self._known.get(key, (None, None))
        known = known if on == date[0] else None
        new = texts if known is None else texts.filter(pc.is_null(pc.index_in(texts, known.column("text"))))
        if known is None or len(new):
            if known is None or known.num_rows + len(new) > _MOST_CELLS:
                known, new = None, texts
            answers = self._answers(understood, new, date.take(pa.array(np.zeros(len(new), dtype=np.int8))))
            known = (pa.concat_tables([known, answers]) if known is not None else answers).combine_chunks()
            self._known[key] = date[0], known
        return known, pc.index_in(texts, known.column("text")).to_numpy()

    def _answers(self, understood: Understood, texts: pa.Array, until: pa.Array) -> pa.Table:
        cells = pa.table({"place": pa.array(np.arange(len(texts))), "text": texts, "until": until})
        if understood.before:
            self._connection.register("cells", cells)
            self._connection.execute(understood.before)
        found = self._asked(understood.sql, "cells", cells)
        if found.num_rows != len(texts):  # a lookup with two answers would multiply rows
            raise AssertionError(f"{found.num_rows} answers for {len(texts)} cells")
        return found.append_column("text", texts)

    def _wide(self, column: Column, index: int, cells: pa.ChunkedArray, needs_trim: bool, own_bit: int) -> _Column:
        """A column of texts or identity numbers."""
        texts = _flat(_trimmed(cells, needs_trim))
        named = {f"r{index}": texts}
        is_wrong = pc.is_null(texts)
        if column.kind is Kind.IDENTITY:
            persons = self._persons.columns(texts)
            named |= {name: persons.column(name).combine_chunks() for name in ("person", "sex", "birth_year")}
            named[f"v{index}"] = persons.column("digits").combine_chunks()
            is_wrong = pc.is_null(named[f"v{index}"])
            if not column.is_required:
                is_wrong = pc.and_(is_wrong, pc.is_valid(texts))
        elif column.name:
            named[column.name] = pc.fill_null(texts, column.fallback) if column.fallback else texts
        return _Column(named, is_wrong.to_numpy(zero_copy_only=False) * np.int64(own_bit))

    def _shown(self, compiled: Statement, received: pa.Table, typed: pa.Table, fails: Ints) -> dict[str, pa.Array]:
        bad = np.flatnonzero(fails)
        if not len(bad):
            return {name: pa.nulls(len(fails), _TEXTS) for name in ("cells", "details")}
        at = pa.array(bad)
        rows = received.filter(pa.array(fails != 0))  # of several chunks, taking rows would join them first
        rows = rows.append_column("place", at).append_column("fails", pa.array(fails[bad]))
        for name in filter(_is_companion, typed.column_names):
            rows = rows.append_column(name, typed.column(name).take(at))
        found = self._asked(compiled.shown, "refused", rows)
        place = np.full(len(fails), -1)
        place[bad] = np.arange(len(bad))
        spread = pa.array(place, mask=fails == 0)
        return {name: _flat(found.column(name)).take(spread) for name in ("cells", "details")}

    def _asked(self, sql: str, name: str, table: pa.Table) -> pa.Table:
        self._connection.register(name, table)
        try:
            return self._connection.sql(sql).to_arrow_table()
        finally:
            self._connection.unregister(name)


def _is_companion(name: str) -> bool:
    """Whether a column is one that sentences may name: d, f or u and the position."""
    return name[0] in "dfu" and name[1:].isdigit()


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column by its distinct values, NULL one of them."""
    return _flat(column.dictionary_encode(null_encoding="encode"))


def _of(drop_no: pa.Array, column: pa.ChunkedArray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(drop_no, _flat(column))


def _flat_or_coded(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array; texts may stay coded by their distinct values, other values are written out."""
    flat = _flat(column)
    is_coded = isinstance(flat, pa.DictionaryArray) and not pa.types.is_string(flat.type.value_type)
    return flat.dictionary.take(flat.indices) if is_coded else flat


def _trimmed(cells: pa.ChunkedArray, needs_trim: bool) -> pa.ChunkedArray:
    """Cells without blanks around them, NULL when nothing is left."""
    trimmed = pc.utf8_trim(cells, BLANKS) if needs_trim else cells
    is_empty = pc.equal(pc.binary_length(trimmed), 0)
    return pc.if_else(is_empty, None, trimmed) if pc.any(is_empty).as_py() else trimmed
