"""A drop: one file as received, what it speaks for, and the identity that makes repeats harmless.

What a file speaks for is said by its name, ``<feed>_<sender>_<period>[_v<n>][_supplement].<csv|tsv|txt|xlsx|xls>``, by
the lines above its header, or by both:

    报送单位：阳谷县      sender, code or name        (label and value in one cell or in neighbouring cells)
    报送期间：2020年3月   period, day or month
    报送版本：2           version, as ``_v2`` in the name
    补报：是              supplement, as ``_supplement``

Where the name is of another form, the lines decide and must state sender and period. Where both speak they must agree;
a name without ``_v`` or ``_supplement`` says nothing about these. An archive is not a drop: each file in it is one,
named ``archive.zip/member.csv``. The format is found out from the bytes, never from the suffix, so that a rebuild reads
what raw keeps in the same way.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.domain import Grain, Said, UserError
from pipelines.feeds.contract import Contract, NameSilentError, Slice
from pipelines.ingest.archive import NESTED, is_archive, members
from pipelines.ingest.encoding import RefusedError
from pipelines.ingest.grid import opened, rows_above_sheets
from pipelines.ingest.preamble import PERIOD, SENDER, SILENT, Stated, stated
from pipelines.ingest.text import rows_above
from pipelines.ingest.workbook import Workbook, is_workbook
from pipelines.region import Region

_ID_LENGTH = 16


@dataclass(frozen=True)
class Drop:
    """One file as received: its bytes, the name it came under and what it speaks for.

    ``refusal`` is the sentence when that cannot be read, or the file cannot be opened; ``named`` is None unless the
    name says it. ``workbook`` are the rows of a spreadsheet, already read for the lines above its header.
    """

    drop_id: str
    content_hash: str
    file_name: str
    content: bytes
    named: Slice | None
    refusal: Said | None
    workbook: Workbook | None = None


def drops_of(content: bytes, file_name: str, contract: Contract, region: Region) -> list[Drop]:
    """The drops of a file: itself, or the files of an archive. An archive that is refused is one refused drop."""
    if not is_archive(content):
        return [drop_of(content, file_name, contract, region)]
    try:
        found = members(content)
    except RefusedError as refusal:
        return [_refused_archive(content, file_name, contract, region, refusal.said)]
    return [drop_of(member.content, f"{file_name}/{member.name}", contract, region) for member in found]


def drop_of(content: bytes, file_name: str, contract: Contract, region: Region) -> Drop:
    """Hash a file and find out which drop it is.

    The same content for another slice is another drop. The version counts, so that an old content can be sent again
    as a newer version; the received time does not, so that a repeat is the same drop. A file of which nobody knows what
    it speaks for is known by content and name.
    """
    if is_archive(content):  # kept whole because it was refused, or within another one
        return _refused_archive(content, file_name, contract, region, _problem(content))
    named: Slice | None = None
    workbook: Workbook | None = None
    refusal: Said | None = None
    try:
        named = _named(file_name, contract, region)
        if is_workbook(content):
            workbook = opened(content)
            said = _together([stated(rows) for rows in rows_above_sheets(workbook, contract, region)], workbook)
        else:
            above = rows_above(content, contract, region)
            said = stated(above) if above else SILENT
        if said is not SILENT or named is None:
            named = _agreed(named, said, file_name, contract, region)
    except RefusedError as refused:
        refusal = refused.said
    return _of(content, file_name, contract, named, refusal, workbook)


def _of(
    content: bytes,
    file_name: str,
    contract: Contract,
    named: Slice | None,
    refusal: Said | None,
    workbook: Workbook | None = None,
) -> Drop:
    content_hash = hashlib.sha256(content).hexdigest()
    speaks_for: tuple[str, ...] = (file_name,)
    if named is not None:
        speaks_for = (named.sender, named.period.isoformat(), str(named.version), str(named.is_supplement))
    drop_id = hashlib.sha256("|".join((content_hash, contract.feed, *speaks_for)).encode()).hexdigest()[:_ID_LENGTH]
    return Drop(drop_id, content_hash, file_name, content, named, refusal, workbook)


def _refused_archive(content: bytes, file_name: str, contract: Contract, region: Region, said: Said) -> Drop:
    """A refused archive, or a workbook so damaged that it looks like one; of the latter the name may say the slice."""
    try:
        return _of(content, file_name, contract, _named(file_name, contract, region), said)
    except RefusedError:
        return _of(content, file_name, contract, None, said)


def _problem(content: bytes) -> Said:
    try:
        members(content)
    except RefusedError as refusal:
        return refusal.said
    return NESTED


def _named(file_name: str, contract: Contract, region: Region) -> Slice | None:
    """What a file speaks for by its name, its sender as a code of the region; None when the name says nothing."""
    try:
        named = contract.slice_of(file_name)
    except NameSilentError:
        return None
    except UserError as error:
        raise RefusedError(
            Said(str(error), f"The period in the file name “{file_name}” is wrong; rename it.")
        ) from error
    sender = region.aliases.get(named.sender)
    if sender is None:
        raise RefusedError(
            Said(
                f"文件名“{file_name}”中的报送单位“{named.sender}”不是本地区的单位；"
                f"请改为单位代码（如 {region.units[0]}）后重新报送。",
                f"“{named.sender}” in the file name “{file_name}” is no reporting unit here; write its code, such as"
                f" {region.units[0]}, and send it again.",
            )
        )
    return replace(named, sender=sender, grain=_grain(contract, region, named.grain))


def _grain(contract: Contract, region: Region, written: Grain) -> Grain:
    """The written grain; for a feed whose files may speak for a day or a month, that of its cadence."""
    if contract.grain:
        return written
    cadence = region.feeds.loc[region.feeds["feed"] == contract.feed, "cadence"]
    return Grain(cadence.iloc[0]) if len(cadence) and cadence.iloc[0] in set(Grain) else written


def _together(said: Sequence[Stated], book: Workbook) -> Stated:
    """What the sheets of a workbook state: a workbook speaks for one slice, so they must not differ."""
    merged = SILENT
    for item in said:
        for name in ("sender", "period", "version", "is_supplement"):
            one, other = getattr(merged, name), getattr(item, name)
            if one is not None and other is not None and one != other:
                raise RefusedError(
                    Said(
                        f"各工作表上方写的报送信息不一致（“{one}”与“{other}”）；一个文件只能报送一个单位的一个期间，请分成几个文件。",
                        f"The sheets state different things above their headers (“{one}” and “{other}”); a file speaks"
                        " for one sender and one period: send several files.",
                    )
                )
            if one is None and other is not None:
                merged = replace(merged, **{name: other})
        if merged.grain is None:
            merged = replace(merged, grain=item.grain)
    return merged


def _agreed(named: Slice | None, said: Stated, file_name: str, contract: Contract, region: Region) -> Slice:
    sender = None if said.sender is None else region.aliases.get(said.sender.upper(), region.aliases.get(said.sender))
    if said.sender is not None and sender is None:
        raise RefusedError(
            Said(
                f"表头上方的“{SENDER}：{said.sender}”不是本地区的单位；请改为单位代码（如 {region.units[0]}）或名称。",
                f"“{SENDER}：{said.sender}” above the header is no reporting unit here; write its code, such as"
                f" {region.units[0]}, or its name.",
            )
        )
    if said.grain is not None and contract.grain not in (None, said.grain):
        wanted = ("某一天，如 2020-03-05", "a day, like 2020-03-05")
        if contract.grain is Grain.MONTH:
            wanted = ("某一月，如 2020-03", "a month, like 2020-03")
        raise RefusedError(
            Said(f"表头上方的“{PERIOD}”应是{wanted[0]}；请改正。", f"“{PERIOD}” above the header must be {wanted[1]}.")
        )
    if named is None:
        if sender is None or said.period is None or said.grain is None:
            raise RefusedError(_nobody_says(file_name, contract))
        grain = _grain(contract, region, said.grain)
        return Slice(sender, said.period, grain, said.version or 1, bool(said.is_supplement), said.version is not None)
    pairs = [
        (SENDER, named.sender, sender),
        (PERIOD, named.period, said.period),
        ("报送版本", named.version if named.has_version else None, said.version),
        (
            "补报",
            "是" if named.is_supplement else None,
            None if said.is_supplement is None else _yes(said.is_supplement),
        ),
    ]
    for label, by_name, by_lines in pairs:
        if by_name is not None and by_lines is not None and by_name != by_lines:
            raise RefusedError(
                Said(
                    f"文件名“{file_name}”与表头上方写的{label}不一致：文件名为“{by_name}”，表中为“{by_lines}”；"
                    "请核对并改正其中一处。",
                    f"The file name “{file_name}” and the lines above the header disagree on {label}: “{by_name}” and"
                    f" “{by_lines}”; correct one of them.",
                )
            )
    version = named.version if named.has_version or said.version is None else said.version
    return replace(named, version=version, is_supplement=named.is_supplement or bool(said.is_supplement))


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _nobody_says(file_name: str, contract: Contract) -> Said:
    try:
        contract.slice_of(file_name)
    except UserError as error:
        rule = str(error).removesuffix("；请改名后重新报送。")
    return Said(
        f"{rule}；或在表头上方写明“{SENDER}：”和“{PERIOD}：”。请改名或补写后重新报送。",
        f"The file name “{file_name}” does not say what the file speaks for, nor do lines such as “{SENDER}：” and"
        f" “{PERIOD}：” above its header; rename it or write them.",
    )
