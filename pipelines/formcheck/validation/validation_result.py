"""Validated rows to accepted and quarantined ones with messages, counted by file; duplicate keys of large files."""

from dataclasses import replace

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.core.domain import Said
from pipelines.core.sql import Sql, step
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.csv_rows import Malformed
from pipelines.formcheck.validation.file_result import Checked, FileOutcome
from pipelines.formcheck.validation.statement import Statement, sentences

Hashes = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


def has_equal(hashes: Hashes) -> bool:
    """Whether any value comes twice; by sorting, in a twentieth of a second a million."""
    ordered = np.sort(hashes)
    return bool((ordered[1:] == ordered[:-1]).any())


class SeenKeys:
    """The keys of accepted rows, block after block of one file.

    The first time only hashes are collected, eight bytes a row. If some came in several blocks, which is rare, the file
    is read again by a second one made with these ``suspects``: only their keys are then compared, as texts.
    """

    def __init__(self, suspects: Hashes | None = None) -> None:
        self._suspects = suspects
        self._hashes: list[Hashes] = []
        self._keys: set[str] = set()

    def repeated(self, keys: pa.ChunkedArray, hashes: Hashes, fine: Bools) -> npt.NDArray[np.int64]:
        """Positions of the fine rows of the next block whose key an earlier block had; none the first time."""
        if self._suspects is None:
            self._hashes.append(hashes[fine])
            return np.zeros(0, dtype=np.int64)
        at = np.flatnonzero(fine & np.isin(hashes, self._suspects))
        suspected: list[str] = keys.take(pa.array(at)).to_pylist()
        found = np.array([key in self._keys for key in suspected], dtype=bool)
        self._keys.update(suspected)
        return np.asarray(at[found])

    def suspects(self) -> Hashes:
        """Hashes that came in more than one block; empty when the file need not be read again."""
        if not self._hashes:
            return np.zeros(0, dtype=np.uint64)
        ordered = np.sort(np.concatenate(self._hashes))
        return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])

    def again(self) -> "SeenKeys":
        """For reading the same file once more: what it must know, and nothing it has seen."""
        return SeenKeys(self._suspects if self._suspects is not None else np.zeros(0, dtype=np.uint64))


_FEW = 1000
_HIDDEN_LINE = "（含个人信息，原文不保留）"
Ints = npt.NDArray[np.int64]
_QUARANTINE = pa.schema(
    [
        ("drop_id", pa.string()),
        ("line_number", pa.int32()),
        ("column_name", pa.string()),
        ("rule", pa.string()),
        ("value_masked", pa.string()),
        ("reason", pa.string()),
        ("reason_en", pa.string()),
        ("raw_masked", pa.string()),
    ]
)


def refuses_whole(contract: Contract, rows: Ints, refused: Ints) -> Bools:
    """For each file, by its rows and the refused ones of them, whether it goes back whole."""
    return (rows >= contract.refuse_from) & (refused > contract.refuse_share * rows)


def too_many_wrong(contract: Contract) -> Said:
    """The sentence for a file that goes back whole."""
    share = f"{contract.refuse_share:.0%}"
    return Said(
        f"有误的行超过 {share}，整份退回；请按退回记录逐行改正后重新报送。",
        f"More than {share} of the rows are wrong: the file is sent back whole; correct it row by row as its"
        " quarantined rows say and send it again.",
    )


class ValidationResult:
    """Splits judged rows into accepted and quarantined and counts both for every file.

    ``seen`` are the keys of the blocks before, where the rows are a block of a large file.
    """

    def __init__(
        self,
        contract: Contract,
        compiled: Statement,
        connection: duckdb.DuckDBPyConnection,
        outcomes: list[FileOutcome],
        judged: pa.Table,
        malformed: list[Malformed],
        seen: SeenKeys | None = None,
    ) -> None:
        self._seen = seen
        self._contract, self._compiled, self._connection = contract, compiled, connection
        self._outcomes, self._judged, self._malformed = outcomes, judged, malformed
        self._drop_no: npt.NDArray[np.int32] = judged.column("drop_no").to_numpy()
        self._fails: Ints = judged.column("fails").to_numpy().copy()

    def checked(self) -> Checked:
        """To be asked once."""
        self._mark_repeated()
        broken = self._counted(np.array([item.drop_no for item in self._malformed], dtype=np.int32))
        rows = self._counted(self._drop_no) + broken
        refused_rows = self._counted(self._drop_no[self._fails != 0]) + broken
        whole = refuses_whole(self._contract, rows, refused_rows)
        if whole.any():
            self._fails[whole[self._drop_no] & (self._fails == 0)] = 1 << self._compiled.whole_file_bit
        said = dict.fromkeys(np.flatnonzero(whole).tolist(), too_many_wrong(self._contract)) | self._unbalanced()
        refused_rows = self._counted(self._drop_no[self._fails != 0]) + broken
        outcomes = [
            self._file_outcome(item, int(rows[number]), int(refused_rows[number]), said.get(number))
            for number, item in enumerate(self._outcomes)
        ]
        accepted = self._judged.select(["drop_id", "line_number", *self._compiled.facts])
        if self._fails.any():
            accepted = _without(accepted, self._fails != 0)
        return Checked(outcomes, accepted, self._quarantined())

    def _counted(self, drop_no: npt.NDArray[np.int32]) -> Ints:
        return np.bincount(drop_no, minlength=len(self._outcomes))

    @staticmethod
    def _file_outcome(item: FileOutcome, rows: int, refused: int, said: Said | None) -> FileOutcome:
        counted = replace(item, rows_total=rows, rows_accepted=rows - refused, rows_quarantined=refused)
        return counted if said is None else replace(counted, status="refused", reason=said.zh, reason_en=said.en)

    def _unbalanced(self) -> dict[int, Said]:
        """Refuses every file whose right rows do not meet a check of the file as a whole; what is said of each."""
        checks = self._contract.file_checks
        fine = self._fails == 0
        if not checks or not fine.any():
            return {}
        facts = self._judged.select(["drop_no", *self._compiled.facts]).filter(pa.array(fine))
        self._connection.register("fact", facts)
        holds = Sql(", ".join(f"coalesce({check.holds}, true)" for check in checks))
        answers = self._connection.execute(step("form_file_check", holds=holds)).fetchall()
        self._connection.unregister("fact")
        found: dict[int, Said] = {}
        for drop_no, held in answers:
            broken = [check.said for check, is_met in zip(checks, held, strict=True) if not is_met]
            if broken:
                found[drop_no] = Said("".join(said.zh for said in broken), " ".join(said.en for said in broken))
        unbalanced = np.isin(self._drop_no, np.array(list(found), dtype=np.int32))
        self._fails[unbalanced & fine] = 1 << self._compiled.file_check_bit
        return found

    def _mark_repeated(self) -> None:
        """The key of a row counts once a file: later rows with it are refused."""
        key = self._contract.key
        if not key:
            return
        bit = 1 << self._compiled.repeated_bit
        hashes: Hashes = self._judged.column("key_hash").to_numpy()
        fine = self._fails == 0
        if has_equal(hashes[fine]):
            self._fails[self._repeated(key, fine)] |= bit
            fine = self._fails == 0
        if self._seen is not None:
            self._fails[self._seen.repeated(self._judged.column(key), hashes, fine)] |= bit

    def _repeated(self, key: str, fine: Bools) -> list[int]:
        keys = pa.table(
            {
                "drop_no": self._judged.column("drop_no"),
                "line_number": self._judged.column("line_number"),
                "key": self._judged.column(key),
                "at": pa.array(np.arange(len(fine))),
            }
        )
        self._connection.register("keys", keys.filter(pa.array(fine)))
        repeated = self._connection.execute(
            "select keys.at from keys join (select drop_no, key, min(line_number) as first_line from keys"
            " group by drop_no, key having count(*) > 1) as many"
            " on keys.drop_no = many.drop_no and keys.key = many.key and keys.line_number > many.first_line"
        ).fetchall()
        self._connection.unregister("keys")
        return [at for (at,) in repeated]

    def _quarantined(self) -> pa.Table:
        bad = self._fails != 0
        tables = [self._lines()]
        if bad.any():
            rows = self._judged.select(["drop_id", "line_number", "cells", "details"]).filter(pa.array(bad))
            self._connection.register("bad", rows.append_column("fails", pa.array(self._fails[bad])))
            self._connection.register("sentence", sentences(self._compiled.checks))
            tables.append(self._connection.sql(_QUARANTINED).to_arrow_table().cast(_QUARANTINE))
            self._connection.unregister("bad")
            self._connection.unregister("sentence")
        return pa.concat_tables(tables)

    def _lines(self) -> pa.Table:
        return pa.Table.from_pylist(
            [
                {
                    "drop_id": self._outcomes[item.drop_no].drop_id,
                    "line_number": item.line_number,
                    "rule": "malformed",
                    "reason": f"第 {item.line_number} 行：{item.said.zh}",
                    "reason_en": f"Line {item.line_number}: {item.said.en}",
                    "raw_masked": _HIDDEN_LINE if self._contract.is_person else item.text,
                }
                for item in self._malformed
            ],
            _QUARANTINE,
        )


def _without(table: pa.Table, bad: Bools) -> pa.Table:
    """The rows that are not bad; a few bad ones are cut out, because a filter copies every row."""
    at = np.flatnonzero(bad)
    if len(at) * _FEW > len(bad):
        return table.filter(pa.array(~bad))
    edges = np.concatenate(([-1], at, [len(bad)]))
    runs = zip((edges[:-1] + 1).tolist(), np.diff(edges).tolist(), strict=True)
    return pa.concat_tables([table.slice(first, step - 1) for first, step in runs if step > 1] or [table.slice(0, 0)])


_QUARANTINED = """
with shown as (
    select bad.*, sentence.*, cells[cell + 1] as shown_text,
        coalesce(shown_text, '') as value, coalesce(details[cell + 1], value) as detail,
        case when cell >= 0 and shown_text is null then sentence.empty
            when spans is not null and valid.alias is null
            then '的值“{value}”在 ' || until || ' 无效，只在 ' || spans || ' 有效；请改用当时有效的代码或名称。'
            else wrong end as said,
        case when cell >= 0 and shown_text is null then sentence.empty_en
            when spans is not null and valid.alias is null
            then '“{value}” does not hold on ' || until || ', only ' || spans_en || '; use what was in force then.'
            else wrong_en end as said_en
    from bad
    join (select distinct drop_id, until from batch) as file using (drop_id)
    join sentence on bad.fails & sentence.mask <> 0
    left join area_span on sentence.rule = 'area' and area_span.alias = upper(cells[cell + 1])
    left join lookup_area as valid
        on valid.alias = area_span.alias and until between valid.valid_from and valid.valid_to
)
select
    drop_id, line_number, nullif(header, '') as column_name, rule, shown_text as value_masked,
    '第 ' || line_number || ' 行' || case when header = '' then '：' when cell < 0 then '“' || header || '”：'
        else '“' || header || '”' end || replace(replace(said, '{value}', value), '{detail}', detail) as reason,
    'Line ' || line_number || case when header = '' then ': ' else ', ' || header || ': ' end
        || replace(replace(said_en, '{value}', value), '{detail}', detail) as reason_en,
    array_to_string(list_transform(cells, lambda text: coalesce(text, '')), ',') as raw_masked
from shown
order by drop_id, line_number, mask
"""
