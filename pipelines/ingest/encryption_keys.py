"""The two secret keys: one seals raw drops of person feeds, one makes pseudonyms. Lost keys cannot be replaced."""

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.feeds import contracts

_KEY_BYTES = 32
_NAMES = ("raw", "pseudonym")


@dataclass(frozen=True)
class Keys:
    """``raw`` and ``pseudonym``, 32 bytes each. Never printed."""

    raw: bytes
    pseudonym: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


def fingerprint(key: bytes) -> bytes:
    """Eight bytes by which a key is recognised without being told."""
    return hashlib.sha256(b"gangshao key\x00" + key).digest()[:8]


def fingerprint_of(path: Path) -> str | None:
    """Fingerprint of a key file, as ``raw/keys.json`` tells it; None when there is none."""
    key = _read(path)
    return None if key is None else fingerprint(key).hex()


def load_keys(settings: Settings) -> Keys:
    """Read the keys, and make them when the data folder holds no sealed drop yet.

    Raises UserError when a key is missing though sealed drops exist, is not theirs, or can be read by others.
    """
    needs_old = _holds_sealed_drops(settings.raw)
    found = {name: _read(settings.keys / f"{name}.key") for name in _NAMES}
    missing = [name for name, key in found.items() if key is None]
    if missing and needs_old:
        raise UserError(
            f"密钥 {settings.keys / (missing[0] + '.key')} 不见了，而 {settings.raw} 中已有用它加密的报送文件；"
            "请从保管处恢复该密钥（恢复前不会改动任何数据）。(key missing)"
        )
    for name in missing:
        found[name] = _made(settings.keys / f"{name}.key")
    keys = Keys(*(key for key in found.values() if key is not None))
    _recognise(settings.raw / "keys.json", keys, needs_old)
    return keys


def _holds_sealed_drops(raw: Path) -> bool:
    folders = [raw / feed / ("" if contract.is_person else "sealed") for feed, contract in contracts().items()]
    return any(folder.is_dir() and any(folder.iterdir()) for folder in folders)


def _read(path: Path) -> bytes | None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"密钥 {path} 无法读取（{type(error).__name__}）；请检查文件与权限。") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(f"密钥 {path} 的权限是 {mode:04o}，其他用户可以读写；请执行 chmod 600 {path} 后重试。")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise UserError(f"密钥 {path} 内容有误：应为 {2 * _KEY_BYTES} 个十六进制字符；请从保管处恢复。")
    return key


def _made(path: Path) -> bytes:
    key = secrets.token_bytes(_KEY_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")  # a crash must not leave half a key under the key's name
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)  # the run's lock is held: nobody else makes keys meanwhile
    except OSError as error:
        raise UserError(
            f"密钥文件夹 {path.parent} 无法写入（{error.strerror}）；请检查权限，或用 GANGSHAO_KEYS 指定另一文件夹。"
        ) from error
    return key


def _recognise(path: Path, keys: Keys, needs_old: bool) -> None:
    """Compare with the fingerprints beside the raw drops, or write them down."""
    now = {"raw": fingerprint(keys.raw).hex(), "pseudonym": fingerprint(keys.pseudonym).hex()}
    known = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
    if known == now:
        return
    if known and needs_old:
        wrong = "、".join(f"{name}.key" for name in _NAMES if known.get(name) != now[name])
        raise UserError(
            f"密钥 {wrong} 与加密 {path.parent} 中报送文件时所用的不是同一把；请恢复原来的密钥。(wrong key)"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        aside.write_text(json.dumps(now), encoding="ascii")
        aside.replace(path)
    except OSError as error:
        raise UserError(f"数据文件夹 {path.parent} 无法写入（{error.strerror}）；请检查权限或磁盘空间。") from error
