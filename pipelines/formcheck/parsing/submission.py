"""A submission: one file as received, what it speaks for, and the identity that makes repeats harmless.

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
from datetime import date
from enum import Enum

from pipelines.core.domain import Grain, Said
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract, NameSilentError, Slice, SliceError
from pipelines.formcheck.parsing.archive import NESTED, Container, is_packed
from pipelines.formcheck.parsing.confined import open_packed
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import rows_above_sheets
from pipelines.formcheck.parsing.preamble import PERIOD, SENDER, SILENT, SUPPLEMENT, VERSION, Preamble, read_preamble
from pipelines.formcheck.parsing.text import rows_above
from pipelines.formcheck.parsing.workbook import Workbook
from pipelines.formcheck.validation.cell import visible
from pipelines.formcheck.validation.forbidden import folder_of, identifier, persons_of, unopened

_ID_LENGTH = 16


class Keeping(Enum):
    """How the content of a drop is kept: as its feed says (sealed if it is about persons), sealed whatever the feed,
    sealed and never opened again, or not at all.
    """

    AS_FEED = "as_feed"
    SEALED = "sealed"
    ASIDE = "aside"
    NOT = "not"

    @property
    def is_final(self) -> bool:
        """Whether a rebuild goes by the reason that was given, for it cannot or must not open the content."""
        return self in (Keeping.ASIDE, Keeping.NOT)


@dataclass(frozen=True)
class Submission:
    """One file as received: its bytes, the name it came under and what it speaks for.

    ``refusal`` is what is said when that cannot be read, the file cannot be opened, or its content may not be kept;
    ``named`` is None when nobody knows what it speaks for. ``keeping``: whether and how the content goes into raw; what
    holds forbidden identifiers does not, what nobody can open, and so nobody can search for them, does sealed.
    ``workbook`` are the rows of a spreadsheet, already read for the lines above its header.
    """

    drop_id: str
    content_hash: str
    file_name: str
    content: bytes
    named: Slice | None
    refusal: Said | None
    keeping: Keeping = Keeping.AS_FEED
    workbook: Workbook | None = None


def submissions_of(
    content: bytes, file_name: str, contract: Contract, region: Region, meant: Slice | None = None
) -> list[Submission]:
    """The drops of a file: itself, or the files of an archive. An archive that is refused is one refused drop.

    ``meant`` is for a file that is no archive, see ``drop_of``.
    """
    packed = open_packed(content) if is_packed(content) else None
    if packed is None or not packed.is_archive or packed.refusal is not None:
        return [submission_of(content, file_name, contract, region, meant=meant, packed=packed)]
    return [
        submission_of(member.content, f"{file_name}/{visible(member.name)}", contract, region)
        for member in packed.members
    ]


def submission_of(
    content: bytes,
    file_name: str,
    contract: Contract,
    region: Region,
    content_hash: str | None = None,
    meant: Slice | None = None,
    packed: Container | None = None,
) -> Submission:
    """Hash a file, unless its hash is known, and find out which drop it is.

    ``packed`` is what a packed file holds, if it is open. ``meant`` is what the sender says beside the file that it
    speaks for: name and lines need not say it, and must not say otherwise.

    The same content for another slice is another drop. The version counts, so that an old content can be sent again
    as a newer version; the received time does not, so that a repeat is the same drop. A file of which nobody knows what
    it speaks for is known by content and name.
    """
    content_hash = content_hash or hashlib.sha256(content).hexdigest()
    if packed is None and is_packed(content):
        packed = open_packed(content)
    if packed is not None and packed.is_archive:  # kept whole because it was refused, or within another one
        return closed_submission(content, content_hash, file_name, contract, region, packed.refusal or NESTED)
    workbook, problem = (packed.workbook, packed.refusal) if packed is not None else (None, None)
    if problem is not None:
        return closed_submission(content, content_hash, file_name, contract, region, problem)
    found = identifier(content, workbook) if contract.forbids_identifiers else None
    named: Slice | None = None
    refusal: Said | None = None
    try:
        named = _named(file_name, contract, region)
        by = Said(f"文件名“{file_name}”", f"The file name “{file_name}”")
        if meant is not None:
            named, by = _as_meant(named, meant, file_name), _BY_CHOICE
        said = _said_above(content, workbook, contract, region)
        if said is not SILENT or named is None:
            named = _agreed(named, said, by, file_name, contract, region)
    except RefusedError as refused:
        refusal = refused.said
    if not contract.is_person and found is None:
        found = persons_of(content, file_name, contract, region, packed, is_refused=refusal is not None)
    keeping = Keeping.AS_FEED
    if found is not None:
        named, refusal, keeping, workbook = named_by_file(file_name, contract, region), found, Keeping.NOT, None
    drop_id = _identify(content_hash, file_name, contract, named)
    return Submission(drop_id, content_hash, file_name, content, named, refusal, keeping, workbook)


def closed_submission(
    content: bytes,
    content_hash: str,
    file_name: str,
    contract: Contract,
    region: Region,
    said: Said,
    keeping: Keeping = Keeping.SEALED,
) -> Submission:
    """A file that nobody can open, and why; its name may say what it speaks for.

    Whether it names persons nobody can tell: of a feed that must not, it is not kept.
    """
    if contract.forbids_identifiers:
        said, keeping = unopened(said), Keeping.NOT
    named = named_by_file(file_name, contract, region)
    drop_id = _identify(content_hash, file_name, contract, named)
    return Submission(drop_id, content_hash, file_name, content, named, said, keeping)


def named_by_file(file_name: str, contract: Contract, region: Region) -> Slice | None:
    """What a file that is not read speaks for by its name; None when the name says nothing, or something wrong."""
    try:
        return _named(file_name, contract, region)
    except RefusedError:
        return None


def _identify(content_hash: str, file_name: str, contract: Contract, named: Slice | None) -> str:
    speaks_for: tuple[str, ...] = (file_name,)
    if named is not None:
        speaks_for = (named.sender, named.period.isoformat(), str(named.version), str(named.is_supplement))
    return hashlib.sha256("|".join((content_hash, contract.feed, *speaks_for)).encode()).hexdigest()[:_ID_LENGTH]


def _said_above(content: bytes, workbook: Workbook | None, contract: Contract, region: Region) -> Preamble:
    if workbook is not None:
        return _together([read_preamble(rows) for rows in rows_above_sheets(workbook, contract, region)])
    above = rows_above(content, contract, region)
    return read_preamble(above) if above else SILENT


def _named(file_name: str, contract: Contract, region: Region) -> Slice | None:
    """What a file speaks for by its name, its sender as a code of the region; None when the name says nothing.

    Raises RefusedError when the name is of our form and wrong.
    """
    try:
        named = contract.slice_of(file_name)
    except NameSilentError:
        return None
    except SliceError as error:
        raise RefusedError(error.said) from error
    grain = named.grain if contract.grain else _grain(contract.feed, region, named.period, named.grain, _BY_NAME)
    sender = region.area_of(named.sender, region.period_end(grain, named.period))
    if sender is None:
        raise RefusedError(
            Said(
                f"文件名“{file_name}”中的报送单位“{named.sender}”当期不是本地区的单位；"
                f"请改为单位代码（如 {region.units[0]}）后重新报送。",
                f"{named.sender}, the sender in the file's name, {file_name}, is no unit of this region in that period;"
                f" write a unit's code, such as {region.units[0]}, and send the file again.",
            )
        )
    return replace(named, sender=sender, grain=grain, period=region.period_start(grain, named.period))


def _as_meant(named: Slice | None, meant: Slice, file_name: str) -> Slice:
    """What the sender says beside the file, which its name must not contradict; a version in the name counts."""
    if named is None:
        return meant
    if named.is_supplement and not meant.is_supplement:
        raise RefusedError(_contradicts(file_name, SUPPLEMENT, _yes(meant.is_supplement), _yes(named.is_supplement)))
    for label, one, other in ((SENDER, meant.sender, named.sender), (PERIOD, str(meant.period), str(named.period))):
        if one != other:
            raise RefusedError(_contradicts(file_name, label, one, other))
    return replace(meant, version=named.version, has_version=True) if named.has_version else meant


def _contradicts(file_name: str, label: str, meant: str, named: str) -> Said:
    return Said(
        f"您选择的{label}是“{meant}”，而文件名“{file_name}”写的是“{named}”；请核对是否选错了文件，或改正其中一处。",
        f"You chose {meant} as {label}, while the file name “{file_name}” says {named}; look whether it is the right"
        " file, or correct one of them.",
    )


_BY_CHOICE = Said("您的选择", "Your choice")
_BY_NAME = Said("文件名", "The file's name")
_BY_LINES = Said(f"表头上方的“{PERIOD}”", f"“{PERIOD}” above the header")


def _grain(feed: str, region: Region, at: date, written: Grain, by: Said) -> Grain:
    """The region's cadence where it is a grain: a day of the week or quarter that is written speaks for all of it."""
    cadence = region.feeds.loc[region.feeds["feed"] == feed, "cadence"]
    grain = Grain(cadence.iloc[0]) if len(cadence) and cadence.iloc[0] in set(Grain) else written
    if written is Grain.MONTH and grain in (Grain.DAY, Grain.WEEK):
        raise RefusedError(
            Said(
                f"{by.zh}只写了月份（{at:%Y%m}），而该数据来源每期短于一个月；"
                "请改写为该期内的一天（YYYYMMDD）后重新报送。",
                f"{by.en} says a month ({at:%Y%m}), but a period of this feed is shorter;"
                " write a day of the period (YYYYMMDD) and send the file again.",
            )
        )
    return grain


def _together(said: Sequence[Preamble]) -> Preamble:
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


def _agreed(named: Slice | None, said: Preamble, by: Said, file_name: str, contract: Contract, region: Region) -> Slice:
    """What name, or choice, and lines say together; ``by`` names the former.

    Raises RefusedError when they differ, or neither says enough.
    """
    period, grain = _stated_period(said, contract, region)
    if named is None and (said.sender is None or period is None):
        raise RefusedError(_nobody_says(file_name, contract))
    on = named or Slice("", period or date.min, grain or Grain.DAY, 1, is_supplement=False)
    sender = _stated_sender(said, region, region.period_end(on.grain, on.period))
    if named is None:
        version, is_supplement = said.version or 1, bool(said.is_supplement)
        return Slice(sender or "", on.period, on.grain, version, is_supplement, said.version is not None)
    pairs = [
        (SENDER, named.sender, sender),
        (PERIOD, named.period, period),
        (VERSION, named.version if named.has_version else None, said.version),
        (
            SUPPLEMENT,
            "是" if named.is_supplement else None,
            None if said.is_supplement is None else _yes(said.is_supplement),
        ),
    ]
    for label, by_name, by_lines in pairs:
        if by_name is not None and by_lines is not None and by_name != by_lines:
            raise RefusedError(
                Said(
                    f"{by.zh}与表头上方写的{label}不一致：{by.zh.partition('“')[0]}为“{by_name}”，表中为“{by_lines}”；"
                    "请核对并改正其中一处。",
                    f"{by.en} and the lines above the header disagree on {label}: “{by_name}” and “{by_lines}”;"
                    " correct one of them.",
                )
            )
    version = named.version if named.has_version or said.version is None else said.version
    return replace(
        named,
        version=version,
        has_version=named.has_version or said.version is not None,
        is_supplement=named.is_supplement or bool(said.is_supplement),
    )


def _stated_period(said: Preamble, contract: Contract, region: Region) -> tuple[date | None, Grain | None]:
    """First day and grain of the period that the lines above the header state, as a file's name would be read."""
    if said.period is None or said.grain is None:
        return None, None
    grain = Grain.WEEK if contract.grain is Grain.WEEK and said.grain is Grain.DAY else said.grain
    if contract.grain is None:
        grain = _grain(contract.feed, region, said.period, grain, _BY_LINES)
    elif contract.grain is not grain:
        wanted = ("某一天，如 2020-03-05", "a day, like 2020-03-05")
        if contract.grain is Grain.MONTH:
            wanted = ("某一月，如 2020-03", "a month, like 2020-03")
        raise RefusedError(Said(f"{_BY_LINES.zh}应是{wanted[0]}；请改正。", f"{_BY_LINES.en} must be {wanted[1]}."))
    return region.period_start(grain, said.period), grain


def _stated_sender(said: Preamble, region: Region, on: date) -> str | None:
    if said.sender is None:
        return None
    sender = region.area_of(said.sender, on)
    if sender is None:
        raise RefusedError(
            Said(
                f"表头上方的“{SENDER}：{said.sender}”当期不是本地区的单位；"
                f"请改为单位代码（如 {region.units[0]}）或名称。",
                f"“{SENDER}：{said.sender}” above the header is no unit of this region in that period; write its code,"
                f" such as {region.units[0]}, or its name.",
            )
        )
    return sender


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _nobody_says(file_name: str, contract: Contract) -> Said:
    rule = contract.wrong_name(file_name)
    zh, en = rule.zh.removesuffix("；请改名后重新报送。"), rule.en.removesuffix("; rename the file and send it again.")
    if folder := folder_of(file_name, contract):
        return Said(f"{zh}；{folder.zh}", f"{en}; {folder.en}")
    return Said(
        f"{zh}；或在表头上方写明“{SENDER}：”和“{PERIOD}：”。请改名或补写后重新报送。",
        f"{en}, nor do lines such as “{SENDER}：” and “{PERIOD}：” above its header say what the file speaks for;"
        " rename it or write them.",
    )
