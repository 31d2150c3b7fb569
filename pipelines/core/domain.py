"""The words all layers share: who looks, at what level, in which edition; imports nothing of ours."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum


class UserError(Exception):
    """A sentence for the person at the keyboard: what is wrong, where, and how to mend it. Shown without traceback."""


class BusyError(UserError):
    """Somebody else is at it: nothing is wrong, the same command does it later."""


QUIET = 3
"""Exit status of a command that had nothing to do, or left it for later: no failure."""
RETURNED = 4
"""Exit status of an ingest all of whose files went back to their senders: no failure of ours, but theirs to mend."""


@dataclass(frozen=True)
class Said:
    """One thing said in both languages."""

    zh: str
    en: str


class SaidError(UserError):
    """A UserError said in both languages; ``str`` of it is one after the other, as the command line prints it."""

    def __init__(self, said: Said) -> None:
        super().__init__(f"{said.zh} ({said.en})")
        self.said = said


TAG = "tag:"
"""What the code of an industry tag begins with, a group of divisions (industry_tags.csv); tags overlap."""


class Role(StrEnum):
    """Who may sign in (domain.md §6, point 9); what a role may do is in permissions.csv and transition.csv."""

    CITY_LEADER = "city_leader"
    CITY_ANALYST = "city_analyst"
    CITY_DUTY = "city_duty"
    COUNTY_HEAD = "county_head"
    COUNTY_CLERK = "county_clerk"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


COUNTY_POSTS = (Role.COUNTY_CLERK, Role.COUNTY_HEAD)
CITY_POSTS = (Role.CITY_ANALYST, Role.CITY_DUTY, Role.CITY_LEADER)


class Audience(StrEnum):
    """Which published file a viewer reads: the restricted one, its own area of it, or the general one."""

    BUREAU = "bureau"
    OFFICE = "office"
    GENERAL = "general"


_BUREAU_ROLES = frozenset({Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY})
_OFFICE_ROLES = frozenset({Role.COUNTY_HEAD, Role.COUNTY_CLERK})


@dataclass(frozen=True)
class Viewer:
    """Somebody who reads: a signed-in role, a mail's recipient or a notebook.

    ``areas`` are the reporting units an office answers for; empty for the bureau, and for a general reader without
    limits. A recipient of mails is a general reader *with* areas.
    """

    role: Role | None = None
    areas: frozenset[str] = field(default_factory=frozenset)
    name: str = ""

    @property
    def audience(self) -> Audience:
        """The audience of this viewer; whoever is not known reads as the general public does."""
        if self.role in _BUREAU_ROLES:
            return Audience.BUREAU
        if self.role in _OFFICE_ROLES:
            return Audience.OFFICE
        return Audience.GENERAL

    def answers_for(self, area: str) -> bool:
        """Whether acts about this area are within its reach: an office's own, anybody else's all."""
        return not self.areas or area in self.areas


GENERAL = Viewer()


def recipient_viewer(areas: frozenset[str]) -> Viewer:
    """The viewer a mail to an office is rendered as: the general file, and of it only these areas and city totals."""
    return Viewer(role=None, areas=areas, name="mail")


class Grain(StrEnum):
    """Length of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Level(IntEnum):
    """Warning level, most severe first, as in the Emergency Response Law (突发事件应对法 2024)."""

    RED = 1
    ORANGE = 2
    YELLOW = 3
    BLUE = 4


class State(StrEnum):
    """Where people have brought a warning: its human side (docs/use/warnings.md). A warning begins as one to verify."""

    TO_VERIFY = "to_verify"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ISSUED = "issued"
    HANDLING = "handling"
    LOWERED = "lowered"
    LIFTED = "lifted"


ENDS = frozenset({State.DISMISSED, State.LIFTED})
ANNOUNCED = frozenset({State.ISSUED, State.HANDLING, State.LOWERED})
"""Only in these states is it called a warning (预警); before, it is a suspicion to verify."""
HELD = ANNOUNCED | {State.CONFIRMED}
"""What people confirmed only people end: data that are back to normal do not."""
EVENT_KINDS = frozenset({"event", "several", "deadline"})
"""Kinds of rules that judge what employers announced or owe: their data end because time passes, not because anything
was seen to be better, so that only people end such a warning."""


@dataclass(frozen=True, order=True)
class Edition:
    """One finished run: its day, its number within the day, and the instant (UTC) up to which drops counted."""

    day: date
    number: int
    cutoff_at: datetime

    @property
    def edition_id(self) -> str:
        """Identity of the edition, also the name of its published folder: ``2026-11-23.1``."""
        return f"{self.day.isoformat()}.{self.number}"


MAIL_ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+"
"""An address every mail server takes in a command (RFC 5321): no letters beyond ASCII, no quotes, no name around it."""
TOTAL_INDUSTRY = "ALL"
UNKNOWN_INDUSTRY = "U"
EVERY_COHORT = "all"
