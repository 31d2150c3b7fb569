"""What a feed promises: columns, codes, balances and the file's name; data only, the checks are compiled from it."""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import PurePath

from pipelines.core.domain import Grain, Said, SaidError


class SliceError(SaidError):
    """A file's name that says no slice."""


class NameSilentError(SliceError):
    """A name of another form: it says nothing about the slice, the lines above the header may."""


class Kind(StrEnum):
    """How a cell is read and checked."""

    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    IDENTITY = "identity"
    NAME = "name"
    EMPLOYER_CODE = "employer_code"
    AREA = "area"
    INDUSTRY = "industry"
    INT = "int"
    NUMBER = "number"
    DAY = "day"
    MONTH = "month"
    CHOICE = "choice"
    YES_NO = "yes_no"


CONFIDENTIAL = frozenset({Kind.IDENTITY, Kind.NAME})
MASK = "***"


@dataclass(frozen=True)
class Column:
    """One column of a sender's file.

    ``header`` is the canonical header, ``aliases`` are other accepted spellings (a region adds its own in headers.csv).
    ``name`` is the column of the fact table; empty when the column is checked or shown to the sender but not stored. An
    IDENTITY column stores person, sex and birth_year whatever its name; an INDUSTRY column stores its section and, with
    ``has_division``, the division; a CODES column (several values of one list in a cell) stores its codes sorted and
    joined by ``;``. ``unit`` is what a figure counts (such as 人 or %): a sender may write 万 and thousands separators,
    and a percent sign where the unit is %. ``withheld`` are a publisher's marks for a figure it keeps back (np): such a
    row is stored as ``is_suppressed``, without a figure. ``note`` and ``example`` are for the sender's template.
    """

    header: str
    name: str = ""
    kind: Kind = Kind.TEXT
    aliases: tuple[str, ...] = ()
    is_required: bool = True
    may_be_absent: bool = False
    code_list: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    fallback: str = ""
    low: float | None = None
    high: float | None = None
    is_any_area: bool = False
    has_division: bool = True
    unit: str = ""
    withheld: tuple[str, ...] = ()
    note: str = ""
    example: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """All accepted headers, the canonical one first."""
        return (self.header, *self.aliases)

    @property
    def is_confidential(self) -> bool:
        """Whether the cell must never be kept or shown: identity numbers and names."""
        return self.kind in CONFIDENTIAL


@dataclass(frozen=True)
class RowCheck:
    """A balance within a row: ``holds`` is an SQL predicate over fact columns; false refuses the row, NULL does not.

    ``header`` names the column the sender should look at, ``said`` is what is wrong and how to mend it.
    """

    name: str
    holds: str
    header: str
    said: Said


@dataclass(frozen=True)
class FileCheck:
    """A balance of the file as a whole: ``holds`` is an SQL predicate with aggregates over the accepted rows' columns.

    False refuses the file, NULL does not. Example: ``sum(jobs_end) = sum(jobs_begin) + sum(hires) - sum(losses)``.
    """

    name: str
    holds: str
    said: Said


@dataclass(frozen=True)
class Bound:
    """How much a file's sum of ``column`` may differ from that of the same sender's period before.

    Outside ``least`` to ``most`` (ratios) the file is held for a person; a ratio near 10,000 or its inverse is said to
    be a change of unit between 人 and 万人.
    """

    column: str
    least: float
    most: float


@dataclass(frozen=True)
class Derived:
    """A stored column computed from others, with its type; code columns also offer ``<name>_class``."""

    name: str
    sql: str
    type: str = "varchar"


@dataclass(frozen=True)
class Slice:
    """What a file speaks for, by its name ``<feed>_<sender>_<period>[_v<n>][_supplement].<suffix>`` or its head lines.

    ``has_version``: a version was written, even if it is the first.
    """

    sender: str
    period: date
    grain: Grain
    version: int
    is_supplement: bool
    has_version: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Contract:
    """One feed. Its fact table has the feed's name.

    ``grain`` is the length of a file's period; None: a file of the feed may speak for a day or a month.
    ``area_column`` must equal the sender when the sender is a reporting unit, ``period_column`` must lie in the file's
    period: without that a later file of the slice could not replace the earlier one. ``refuse_share`` is the share of
    refused rows above which a file of at least ``refuse_from`` rows is sent back whole.
    """

    feed: str
    title: str
    title_en: str
    columns: tuple[Column, ...]
    grain: Grain | None
    is_person: bool = False
    key: str = ""
    area_column: str = ""
    period_column: str = ""
    checks: tuple[RowCheck, ...] = ()
    derived: tuple[Derived, ...] = ()
    file_checks: tuple[FileCheck, ...] = ()
    bound: Bound | None = None
    purpose: str = ""
    forbids_identifiers: bool = False
    refuse_share: float = 0.3
    refuse_from: int = 10
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name: column for column in self.columns if column.name})

    def column(self, name: str) -> Column:
        """The column stored as ``name``; KeyError when there is none."""
        return self._by_name[name]

    def slice_of(self, file_name: str) -> Slice:
        """Read sender, period and version from the file's name, whatever its format.

        A weekly file is named by a day of its week; only the region knows on which day weeks begin (ingest.drop).
        Raises NameSilentError when it is no such name, SliceError when it is one and wrong; both say how it should
        look.
        """
        path = PurePath(file_name)
        stem = _COPY_MARK.sub("", path.stem)
        ours = path.suffix.lower() in SUFFIXES and stem.startswith(f"{self.feed}_")
        match = _SLICE.fullmatch(stem[len(self.feed) + 1 :]) if ours else None
        if match is None:
            raise NameSilentError(self.wrong_name(file_name))
        digits = match["period"]
        grain = Grain.DAY if len(digits) == 8 else Grain.MONTH
        if self.grain is Grain.WEEK and grain is Grain.DAY:
            grain = Grain.WEEK
        if self.grain not in (None, grain):
            raise SliceError(
                self._wrong(
                    f"文件名“{file_name}”的期间“{digits}”", f"The period {digits} of the file's name, {file_name},"
                )
            )
        try:
            period = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8] or 1))
        except ValueError as error:
            raise SliceError(
                Said(
                    f"文件名“{file_name}”的期间“{digits}”不是真实日期；请改名后重新报送。",
                    f"The period {digits} of the file's name, {file_name}, is no real day; rename it and send it.",
                )
            ) from error
        is_supplement = match["supplement"] is not None
        version, has_version = int(match["version"] or 1), match["version"] is not None
        return Slice(match["sender"].upper(), period, grain, version, is_supplement, has_version)

    def wrong_name(self, file_name: str) -> Said:
        """What is said of a name of another form."""
        return self._wrong(f"文件名“{file_name}”", f"The file's name, {file_name},")

    def _wrong(self, zh: str, en: str) -> Said:
        digits = "YYYYMM" if self.grain is Grain.MONTH else "YYYYMMDD"
        return Said(
            f"{zh}不合规定，应为 {self.feed}_<报送单位代码>_<{digits}>[_v<版本>][_supplement].csv；请改名后重新报送。",
            f"{en} is not as agreed: {self.feed}_<sender's code>_<{digits}>[_v<version>][_supplement].csv;"
            " rename the file and send it again.",
        )


SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".et"})
"""What a file may be named; what it is, is found out from its bytes."""
_SLICE = re.compile(
    r"(?P<sender>[0-9A-Za-z\u4e00-\u9fff]+)_(?P<period>[0-9]{8}|[0-9]{6})"
    r"(?:_v(?P<version>[0-9]{1,4}))?(?P<supplement>_supplement)?"
)
# What Windows and browsers append when a file is copied: "x (1).csv", "x - 副本.csv".
_COPY_MARK = re.compile(r"(?:\s*-\s*(?:副本|Copy)|\s*[(（][0-9]+[)）])+$")
