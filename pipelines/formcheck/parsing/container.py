"""A packed file, spreadsheet or zip archive: what is in it, or why it stays closed."""

from dataclasses import dataclass

from pipelines.core.domain import Said
from pipelines.formcheck.parsing.archive import Member, is_archive, members
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.workbook import NOT_MEASURED, OLE, Workbook, is_zip, kind_of, measure, read_workbook


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


def unpacked(content: bytes) -> Container:
    """Open a packed file in this process, whatever that may cost."""
    is_zipped = is_archive(content)
    try:
        if is_zipped:
            return Container(True, members=tuple(members(content)))
        kind = kind_of(content)
        return Container(False, read_workbook(content, kind, measure(content) if kind == "xlsx" else NOT_MEASURED))
    except RefusedError as refusal:
        return Container(is_zipped, refusal=refusal.said)
