"""What is said of a table of the warehouse and of the published files: columns, key, clock, history, readers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pipelines.feeds.contract import Contract, Kind

_COLUMN = re.compile(
    r"(?P<name>\w+) (?P<type>varchar|integer|bigint|double|boolean|date|timestamp)"
    r"(?P<constraint> not null| primary key)?(?: \[(?P<unit>[^\]]+)\])?"
)
_TYPES = {
    Kind.INT: "integer",
    Kind.NUMBER: "double",
    Kind.DAY: "date",
    Kind.MONTH: "date",
    Kind.YES_NO: "boolean",
}  # of a contract's cells; all others are texts


class Clock(StrEnum):
    """How a table says what was known when."""

    TIMELESS = "timeless"  # reference rows
    VINTAGE = "vintage"  # known_from, known_to: slowly changing, type 2
    EDITION = "edition"  # edition_id of the run that said so
    STANDING = "standing"  # the same, but what is said of a longer period than a day stands until it is said anew
    RECEIVED = "received"  # received_at
    DROP = "drop"  # drop_id, dated by the register of drops
    ONCE = "once"  # written once at an instant of its own, never ended


class Origin(StrEnum):
    """Who writes a table."""

    WAREHOUSE = "warehouse"  # the run; what is published of it is copied
    REFERENCE = "reference"  # the region and the catalogue, anew for every edition
    PUBLISHING = "publishing"  # publishing itself, into the published files only
    VIEW = "view"  # nobody: made when it is read, by the file of pipelines/sql/views of its name


class Readers(StrEnum):
    """The widest audience that may ask for a table; each sees only rows of its own scope."""

    GENERAL = "general"  # everybody: the general file has it
    OFFICE = "office"  # the bureau, and each office its own areas
    BUREAU = "bureau"  # the bureau alone, whatever the region's policy
    DOOR = "door"  # no question: publishing and the door read it in the restricted file
    NOBODY = "nobody"  # not published


@dataclass(frozen=True)
class Column:
    """A column of a table: its type in SQL, ``not null`` or ``primary key``, and what a figure in it counts."""

    name: str
    type: str
    constraint: str = ""
    unit: str = ""

    @property
    def definition(self) -> str:
        """As ``create table`` says it."""
        return f'"{self.name}" {self.type} {self.constraint}'.rstrip()


@dataclass(frozen=True)
class Table:
    """One table: all that is said of it in one place.

    ``definition`` lists the columns as ``create table`` does, with the unit of a figure in brackets. ``key`` tells its
    rows apart, of a table of vintages those in force. Of these, a difference in ``compared`` makes a new version (none
    named: in any column beside the key), and ``ends_missing`` says whether a row that is no longer said ends.
    ``owner`` is the SQL expression over ``t`` that says whose row it is, None for rows everybody may read; ``needs`` is
    what the region's policy must allow an office.
    """

    name: str
    about: str
    definition: str
    key: tuple[str, ...]
    clock: Clock
    origin: Origin = Origin.WAREHOUSE
    readers: Readers = Readers.NOBODY
    owner: str | None = None
    needs: str = ""
    compared: tuple[str, ...] = ()
    ends_missing: bool = True
    columns: tuple[Column, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(_columns(self.name, self.definition)))

    @property
    def is_stored(self) -> bool:
        """Whether files hold it; a view is made when it is read."""
        return self.origin is not Origin.VIEW

    @property
    def is_published(self) -> bool:
        """Whether the published files hold it."""
        return self.is_stored and self.readers is not Readers.NOBODY

    @property
    def versioned(self) -> tuple[str, ...]:
        """Columns of which a difference makes a new version."""
        own = {*self.key, "known_from", "known_to"}
        return self.compared or tuple(column.name for column in self.columns if column.name not in own)

    def create(self, place: str) -> str:
        """The statement that makes it; ``place``: its quoted name, with that of its database."""
        return f"create table if not exists {place} ({', '.join(column.definition for column in self.columns)})"


def _columns(table: str, definition: str) -> Iterator[Column]:
    for part in filter(None, (" ".join(item.split()) for item in definition.split(","))):
        found = _COLUMN.fullmatch(part)
        if found is None:
            raise ValueError(f"table {table}: {part!r} is no column")
        yield Column(found["name"], found["type"], (found["constraint"] or "").strip(), found["unit"] or "")


def fact_table(contract: Contract) -> Table:
    """The table of a feed's rows: the file and the line each came from, then what the contract stores."""
    columns = ["drop_id varchar not null", "line_number integer not null"]
    for column in contract.columns:
        if column.kind is Kind.IDENTITY:
            columns += ["person varchar", "sex varchar", "birth_year integer"]
        elif column.name:
            unit = f" [{column.unit}]" if column.unit else ""
            columns.append(f"{column.name} {_TYPES.get(column.kind, 'varchar')}{unit}")
            columns += ["division varchar"] * (column.kind is Kind.INDUSTRY and column.has_division)
        columns += ["is_suppressed boolean"] * bool(column.withheld)
    columns += [f"{item.name} {item.type}" for item in contract.derived]
    return Table(contract.feed, contract.title, ", ".join(columns), ("drop_id", "line_number"), Clock.DROP)
