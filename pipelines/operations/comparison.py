"""Compares a rebuilt warehouse with what was published, and the contents of raw with the list of received files."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.core.settings import Settings
from pipelines.ingest.raw_store import register_entries
from pipelines.publishing.edition import current_edition

_MOST_NAMED = 5
# What readers saw: the same keys and values. Other columns may have come with a later form of the files.
_COMPARED = {
    "reading": "indicator, area, industry, cohort, grain, period, value, known_from, known_to",
    "episode": "episode_id, level, status, known_from, known_to",
}


def lost_drops(settings: Settings) -> str:
    """A sentence on files that the published edition counts and the warehouse does not know; empty when there is none.

    Files read again (replay, restate) are left out: a rebuild reads all by the contracts of today.
    """
    query = (
        "select file_name from published.drop_register where origin_id is null "
        "and drop_id not in (select drop_id from warehouse.drop_register) order by received_at, file_name"
    )
    lost = [str(name) for (name,) in _asked(settings, query)]
    if not lost:
        return ""
    return (
        f"已发布的版次用了 {len(lost)} 个文件，重建后的仓库中没有：{_named(lost)}；"
        "raw/register.jsonl 缺行，请从备份恢复它再重建"
        " (lines of the list of received files are lacking)"
    )


def differences(settings: Settings) -> list[str]:
    """A sentence for each table of which the warehouse says otherwise than what was published."""
    told = []
    for table, columns in _COMPARED.items():
        one, other = (f"select {columns} from {place}.{table}" for place in ("published", "warehouse"))  # nosec B608 # names of our own tables and columns
        rows = _asked(settings, f"select count(*) from (({one} except {other}) union all ({other} except {one}))")  # nosec B608 # of the same names
        if rows and (number := rows[0][0]):
            told.append(
                f"{table} 有 {number} 行与已发布的不同：重新读取过文件或升级过程序属正常，否则请核对"
                " (the rebuilt table differs from what was published)"
            )
    return told


def unnamed_contents(raw: Path) -> str:
    """A sentence on contents of raw that no line of the list names; empty when there is none."""
    known = {entry.content_hash for entry in register_entries(raw)}
    short = {content_hash[:16] for content_hash in known}
    unnamed = [
        str(path.relative_to(raw))
        for path in sorted(raw.glob("*/**/*"))
        if path.is_file() and not path.name.startswith(".") and path.name.split(".")[0] not in known | short
    ]
    if not unnamed:
        return ""
    return (
        f"raw 中有 {len(unnamed)} 个文件，raw/register.jsonl 没有登记：{_named(unnamed)}；"
        "登记缺行，请从备份恢复它再重建"
        " (contents that no line of the list names)"
    )


def _asked(settings: Settings, query: str) -> list[tuple[object, ...]]:
    edition = current_edition(settings.published)
    if edition is None:
        return []
    with duckdb.connect() as con:
        con.execute(f"attach '{settings.published / edition / 'restricted.duckdb'}' as published (read_only)")
        con.execute(f"attach '{settings.warehouse}' as warehouse (read_only)")
        return con.execute(query).fetchall()


def _named(names: Sequence[str]) -> str:
    more = " 等" if len(names) > _MOST_NAMED else ""
    return "、".join(names[:_MOST_NAMED]) + more
