"""What was published, by the audit trail: SHA-256 of both files of each publishing, compared wherever files are read.

Editions published by a program that did not enter hashes cannot be compared; they are told, not refused.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from pipelines.core.domain import UserError
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.db.schema import audit as audit_table
from pipelines.ledger.db.store import Ledger

FILES = ("general.duckdb", "restricted.duckdb")


@dataclass(frozen=True)
class Publication:
    """A publishing as it was entered: the edition, SHA-256 by file name, the number of the anchor that follows."""

    edition_id: str
    sha256: Mapping[str, str]
    anchor: int


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the published files of a folder, by name."""
    return {name: sha256_of(folder / name) for name in FILES}


def enter_publication(ledger: Ledger, edition_id: str, sha256: Mapping[str, str], anchor: int, now: datetime) -> None:
    """Enter a publishing before its files are put in force: a kill in between leaves one entry too many at most."""
    details = {"sha256": dict(sha256), "anchor": anchor}
    trail.write_entry(ledger, Act.PUBLISH, trail.this_process(), f"edition {edition_id}", now, details=details)


def publications(ledger: Ledger) -> list[Publication]:
    """Every publishing that was entered with hashes, oldest first."""
    table = audit_table.c
    query = select(table.target, table.details).where(table.act == Act.PUBLISH.value).order_by(table.seq)
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    told = [(row.target.removeprefix("edition "), json.loads(row.details)) for row in rows]
    return [Publication(edition, said["sha256"], said["anchor"]) for edition, said in told if "sha256" in said]


def check_publication(published: Path, ledger: Ledger) -> str:
    """Compare the files in force with the trail; returns a sentence. Raises UserError when a file was changed.

    A file may be of any publishing of its edition that was entered: one is put in place after the other.
    """
    pointer = published / "current"
    if not pointer.exists():
        return "还没有发布过版次"
    edition_id = pointer.read_text(encoding="utf-8").strip()
    entered: defaultdict[str, set[str]] = defaultdict(set)
    for one in publications(ledger):
        if one.edition_id == edition_id:
            for name, value in one.sha256.items():
                entered[name].add(value)
    if not entered:
        return f"版次 {edition_id} 由较早的程序发布，没有记下散列，下一个版次起可以核对"
    for name in FILES:
        path = published / edition_id / name
        try:
            is_same = sha256_of(path) in entered[name]
        except OSError as error:
            raise UserError(f"已发布文件 {path} 无法读取（{error.strerror}）；请检查权限，或从备份恢复") from error
        if not is_same:
            raise UserError(
                f"已发布文件 {path} 与发布时记入审计记录的散列不符，已损坏或被改动；请保留一份备查，再由仓库重新发布："
                "gangshao publish --anew (a published file is not what was published)"
            )
    return f"版次 {edition_id} 的已发布文件与审计记录中的散列相符"


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
