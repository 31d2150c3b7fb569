"""Anchors: the last hash of the audit trail at each publishing, kept where a writer of the ledger alone cannot reach.

Two places: a file beside the raw register, to which lines are only added, and the manifest of the published edition.
The web's system user may write neither (docs/explain/accounts.md).
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.db.store import Ledger

ENTRY = "audit_anchor"
"""Name of the entry in the published ``manifest.json``."""


class DamagedError(Exception):
    """An anchor is not what was written, or is gone; the sentence says which."""


@dataclass(frozen=True)
class Anchor:
    """What the trail ended with: entry ``seq`` with its hash. ``number`` counts anchors from 1.

    ``register_size`` and ``register_sha256`` are of the list of received files up to then; 0 in anchors of earlier
    programs.
    """

    number: int
    seq: int
    own_hash: str
    edition_id: str
    at: str
    register_size: int = 0
    register_sha256: str = ""


@dataclass(frozen=True)
class Found:
    """An anchor and where it is kept, in words."""

    anchor: Anchor
    place: str


def write_anchor(settings: Settings, ledger: Ledger, edition_id: str, now: datetime) -> dict[str, object]:
    """Add an anchor to the file, durably, and return it for the manifest. Only the holder of the run's lock may ask."""
    last = trail.head(ledger)
    if last is None:
        return {}
    settings.anchors.parent.mkdir(parents=True, exist_ok=True)
    whole = _lines(settings)
    size, digest = _register(settings)
    made = Anchor(len(whole) + 1, last.seq, last.own_hash, edition_id, trail.instant(now), size, digest)
    is_new = not settings.anchors.exists()
    with settings.anchors.open("ab") as file:
        file.truncate(sum(map(len, whole)))
        file.write(json.dumps(asdict(made), ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        settings.anchors.chmod(0o640)
        _sync(settings.anchors.parent)
    return asdict(made)


def next_number(settings: Settings) -> int:
    """The number that the next anchor gets."""
    return len(_lines(settings)) + 1


def _lines(settings: Settings) -> list[bytes]:
    """The lines of the file; a kill may leave half a line, which was in no manifest yet."""
    lines = settings.anchors.read_bytes().splitlines(keepends=True) if settings.anchors.exists() else []
    return [line for line in lines if line.endswith(b"\n")]


def _register(settings: Settings) -> tuple[int, str]:
    """Bytes of the list of received files and their SHA-256, up to the end of its last whole line."""
    path = settings.raw / "register.jsonl"
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    return len(whole), hashlib.sha256(whole).hexdigest() if whole else ""


def known(settings: Settings) -> Sequence[Found]:
    """All anchors there are: of the file, then of the published manifests. Raises DamagedError."""
    found = []
    text = settings.anchors.read_text(encoding="utf-8", errors="replace") if settings.anchors.exists() else ""
    lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
    for number, line in enumerate(lines, start=1):
        place = f"锚点文件第 {number} 行"
        made = _read(line, place)
        if made.number != number:
            raise DamagedError(f"{place}记的却是第 {made.number} 号锚点：锚点文件缺行 (anchors are lacking)")
        found.append(Found(made, place))
    for path in sorted(settings.published.glob("*/manifest.json")):
        place = f"版次 {path.parent.name} 的发布清单"
        stored = _manifest(path, place)
        if stored is None:
            continue
        if stored.number > len(lines):
            raise DamagedError(
                f"{place}记有第 {stored.number} 号锚点，锚点文件却只有 {len(lines)} 个：缺尾 (anchors are lacking)"
            )
        found.append(Found(stored, place))
    return found


def given(text: str) -> Found:
    """An anchor somebody noted elsewhere, as ``verify_chain`` prints it: number of the entry, colon, hash."""
    seq, _, own_hash = text.partition(":")
    if not seq.isdecimal() or len(own_hash) != 64:
        raise UserError(f"锚点“{text}”写法有误，请写成 序号:散列，如 verify 所打印的那样 (write SEQ:HASH)")
    return Found(Anchor(0, int(seq), own_hash, "", ""), "所给的锚点")


def _manifest(path: Path, place: str) -> Anchor | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedError(f"{place}无法读取 (the manifest cannot be read)") from error
    return _read(json.dumps(stored[ENTRY]), place) if isinstance(stored, dict) and stored.get(ENTRY) else None


def _read(line: str, place: str) -> Anchor:
    try:
        made = Anchor(**json.loads(line))
    except (TypeError, ValueError) as error:
        raise DamagedError(f"{place}的锚点无法读取，内容被改动 (an anchor is damaged)") from error
    if not isinstance(made.seq, int) or not isinstance(made.number, int):
        raise DamagedError(f"{place}的锚点无法读取，内容被改动 (an anchor is damaged)")
    return made


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
