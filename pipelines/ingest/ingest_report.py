"""What one ingest did: counts of files and rows, and why rows were returned, for the terminal and for senders."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import duckdb

from pipelines.formcheck.validation.file_result import FileOutcome
from pipelines.ingest.load import LoadedSubmission

_SHOWN = 20


@dataclass
class IngestReport:
    """What one ingest did. ``files`` were taken, those of archives singly: accepted + held + refused + duplicates."""

    files: int = 0
    accepted: int = 0
    held: int = 0
    refused: int = 0
    duplicates: int = 0
    resumed: int = 0
    """Drops that an earlier, interrupted ingest had received but not loaded."""
    belated: int = 0
    """Files of past day folders that count as received after the last edition, which had been told without them."""
    rows_total: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    sentences: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    """Of the first drops with rows that went back, the feed and name of the file."""

    @property
    def did_something(self) -> bool:
        """Whether any file could be used or was known already."""
        return self.accepted + self.held + self.duplicates + self.resumed > 0

    def summary(self) -> str:
        """All of it in one sentence."""
        files = self.files + self.resumed
        return (
            f"接收 {files} 个文件：采用 {self.accepted}，暂存 {self.held}，退回 {self.refused}，"
            f"重复 {self.duplicates}；"
            f"共 {self.rows_total} 行，采用 {self.rows_accepted}，退回 {self.rows_quarantined}。"
        )

    def count(self, arrival: LoadedSubmission, outcome: FileOutcome) -> None:
        """Add what became of one drop."""
        self.rows_total += outcome.rows_total
        self.rows_accepted += outcome.rows_accepted
        self.rows_quarantined += outcome.rows_quarantined
        where = f"{arrival.entry.feed}/{arrival.entry.file_name}"
        self.sentences += [f"{where}：{note.zh} ({note.en})" for note in outcome.notes]
        if outcome.rows_quarantined and len(self.wrong) < _SHOWN:
            self.wrong[outcome.drop_id] = where
        if outcome.status == "accepted":
            self.accepted += 1
            if outcome.ignored:
                self.sentences.append(f"{where}：约定之外的列已忽略：{'、'.join(outcome.ignored)}。")
            return
        if outcome.status == "held":
            self.held += 1
            self.sentences.append(f"{where} 暂存：{outcome.reason}")
            return
        self.refused += 1
        if self.refused <= _SHOWN:
            self.sentences.append(f"{where} 退回：{outcome.reason}")

    def add_reasons(self, reasons: dict[str, list[str]]) -> None:
        """Say of the drops in ``wrong`` why rows went back, and where the reasons not shown here stand."""
        for drop_id, said in reasons.items():
            self.sentences.append(f"{self.wrong[drop_id]} 退回的行：{''.join(said)}")
        if self.refused > _SHOWN or len(self.wrong) == _SHOWN:
            self.sentences.append(
                f"这里只列出前 {_SHOWN} 个文件的退回原因；全部见 gangshao drops --state refused 和 --state partly。"
                f"(the reasons of the first {_SHOWN} files only)"
            )


_SHOWN_REASONS = 3


def why_returned(connection: duckdb.DuckDBPyConnection, drop_ids: Collection[str]) -> dict[str, list[str]]:
    """Of each of these drops the first row of each kind of mistake and how many rows have it, the commonest first.

    Rows that went back only because the whole file did are not counted. A sentence says how many kinds are left out.
    """
    if not drop_ids:
        return {}
    kinds: dict[str, list[str]] = defaultdict(list)
    for drop_id, reason, rows in connection.execute(_KINDS, {"drops": list(drop_ids)}).fetchall():
        kinds[drop_id].append(f"{reason}（这类问题共 {rows} 行）" if rows > 1 else reason)
    return {
        drop_id: said[:_SHOWN_REASONS]
        + ([f"另有 {len(said) - _SHOWN_REASONS} 类问题。"] if len(said) > _SHOWN_REASONS else [])
        for drop_id, said in kinds.items()
    }


_KINDS = """
select drop_id, reason, alike
from (
    select
        drop_id, reason, line_number,
        count(*) over (partition by drop_id, rule, column_name) as alike,
        row_number() over (partition by drop_id, rule, column_name order by line_number) as place
    from quarantine
    where list_contains($drops, drop_id) and rule not in ('whole_file', 'file_check')
) as kinds
where place = 1
order by drop_id, alike desc, line_number, reason
"""
