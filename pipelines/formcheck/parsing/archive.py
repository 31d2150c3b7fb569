"""A packed file unpacked: an archive to its files, each a submission, or a workbook; bombs are refused unread."""

import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from pipelines.core.domain import Said
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.workbook import (
    BROKEN_ZIP,
    NOT_MEASURED,
    OLE,
    Workbook,
    is_workbook,
    is_zip,
    kind_of,
    measure,
    read_workbook,
)

MOST_MEMBERS = 2000
MOST_UNPACKED_BYTES = 1 << 30
# Deflate packs text of ours to a tenth; more than this is a bomb, where the content is worth looking at.
MOST_RATIO = 200
_RATIO_FROM = 1 << 20
_UTF_8_NAME, _ENCRYPTED = 0x800, 0x1
# What systems and spreadsheets put beside the files.
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_LITTER_STARTS = (".", "~$")


@dataclass(frozen=True)
class Member:
    """A file of an archive: its name as the sender wrote it, and its bytes."""

    name: str
    content: bytes


def is_archive(content: bytes) -> bool:
    """Whether the bytes are a zip archive and no spreadsheet."""
    return is_zip(content) and not is_workbook(content)


def list_members(content: bytes) -> list[Member]:
    """The files of an archive, all of them or none.

    Raises RefusedError when it is damaged, encrypted, too large, empty, holds an archive itself, or a name would lead
    out of a folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            found = [(name, part) for name, part in _named(packed) if not _is_litter(name, part)]
            _allow(found)
            unpacked = [Member(name, packed.read(part)) for name, part in found]
    except BROKEN_ZIP as error:
        raise RefusedError(_DAMAGED) from error
    for member in unpacked:
        if is_archive(member.content):
            raise RefusedError(
                Said(
                    f"压缩包中的“{member.name}”又是压缩包；请解开后只压缩一层再报送。",
                    f"“{member.name}” in the archive is an archive itself; unpack it and pack one level only.",
                )
            )
    return unpacked


def _named(packed: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    for part in packed.infolist():
        if part.flag_bits & _UTF_8_NAME:
            yield part.filename, part
            continue
        # Without the flag a name is in the sender's own encoding; the library reads it as IBM's.
        raw = part.orig_filename.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                yield raw.decode(encoding), part
                break
            except UnicodeDecodeError:
                continue
        else:
            yield part.filename, part


def _is_litter(name: str, part: zipfile.ZipInfo) -> bool:
    plain = name.replace("\\", "/")
    last = plain.rsplit("/", 1)[-1]
    return (
        part.is_dir()
        or plain.endswith("/")
        or plain.startswith(_LITTER)
        or last in _LITTER
        or (last.startswith(_LITTER_STARTS) and last not in ("..",))
    )


def _allow(found: list[tuple[str, zipfile.ZipInfo]]) -> None:
    if not found:
        raise RefusedError(
            Said("压缩包里没有文件；请检查后重新报送。", "The archive holds no file; check and send it again.")
        )
    if len(found) > MOST_MEMBERS:
        raise RefusedError(
            Said(
                f"压缩包里有 {len(found)} 个文件，超过 {MOST_MEMBERS} 个；请分成几个压缩包报送。",
                f"The archive holds {len(found)} files, more than {MOST_MEMBERS}; send several archives.",
            )
        )
    for name, part in found:
        mode = part.external_attr >> 16
        plain = name.replace("\\", "/")
        leads_out = ".." in PurePosixPath(plain).parts or plain.startswith("/") or PureWindowsPath(name).drive != ""
        if leads_out or stat.S_ISLNK(mode) or "\x00" in name:
            raise RefusedError(
                Said(
                    f"压缩包中的“{name}”不是压缩包之内的普通文件（路径越界或为链接），整包退回；请重新压缩。",
                    f"“{name}” is no plain file within the archive (its path leads out, or it is a link); pack anew.",
                )
            )
        if part.flag_bits & _ENCRYPTED:
            raise RefusedError(
                Said(
                    f"压缩包中的“{name}”设有密码；请取消密码后重新压缩报送。",
                    f"“{name}” in the archive is protected by a password; pack it without one and send it again.",
                )
            )
        if part.file_size > _RATIO_FROM and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise RefusedError(
                Said(
                    f"压缩包中的“{name}”解压后大到反常（{part.file_size >> 20} MiB）；请直接报送该文件。",
                    f"“{name}” in the archive unpacks to absurd {part.file_size >> 20} MiB; send it unpacked.",
                )
            )
    if sum(part.file_size for _, part in found) > MOST_UNPACKED_BYTES:
        raise RefusedError(
            Said(
                f"压缩包解压后超过 {MOST_UNPACKED_BYTES >> 20} MiB；请分成几个压缩包报送。",
                f"The archive is over {MOST_UNPACKED_BYTES >> 20} MiB unpacked; send several archives.",
            )
        )


_DAMAGED = Said(
    "文件（压缩包或 Excel 工作簿）已损坏或没有传完，无法打开；请在本机确认能打开后重新报送。",
    "The archive or workbook is damaged or was not copied completely; check that it opens on your machine and send it"
    " again.",
)
NESTED = Said(
    "这是压缩包中的压缩包；请解开后只压缩一层再报送。",
    "This is an archive within an archive; unpack it and pack one level only.",
)


@dataclass(frozen=True)
class Container:
    """What a packed file holds: a workbook's rows, or the files of an archive, or ``refusal``, why it is not opened."""

    is_archive: bool
    workbook: Workbook | None = None
    members: tuple[Member, ...] = ()
    refusal: Said | None = None


def is_packed(content: bytes) -> bool:
    """Whether the bytes begin as a zip file or as an old spreadsheet does; anything else is a text."""
    return is_zip(content) or content.startswith(OLE)


def unpack(content: bytes) -> Container:
    """Open a packed file in this process, whatever that may cost."""
    is_zipped = is_archive(content)
    try:
        if is_zipped:
            return Container(True, members=tuple(list_members(content)))
        kind = kind_of(content)
        return Container(False, read_workbook(content, kind, measure(content) if kind == "xlsx" else NOT_MEASURED))
    except RefusedError as refusal:
        return Container(is_zipped, refusal=refusal.said)
