"""The audit trail as its page and its download ask for it: filters of an address, entries, words for what was done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dashboard.locale import text
from dashboard.summary import reference
from dashboard.web.security import trail
from dashboard.web.security.entrance import ROLE_TITLES
from pipelines.core.domain import Role, UserError
from pipelines.ledger.audit_trail import trail as audit
from pipelines.ledger.audit_trail.trail import Act, Entry, Result

PAGE = 100  # entries on one page
ACTS = {
    Act.SIGN_IN: "signed in",
    Act.SIGN_OUT: "signed out",
    Act.LINK: "sign-in link issued",
    Act.ACCOUNT: "account",
    Act.REFUSAL: "access refused",
    Act.SMALL_CELL_VIEW: "small cell seen",
    Act.EMPLOYER_SEEN: "employers seen",
    Act.EXPORT: "exported",
    Act.UPLOAD: "sent a file",
    Act.TRANSITION: "step of a warning",
    Act.ACKNOWLEDGEMENT: "took a warning on",
    Act.MEASURE: "measure",
    Act.DECISION: "decision about a drop",
    Act.RULE_CHANGE: "reference tables changed",
    Act.SETTING_CHANGE: "settings changed",
    Act.INGEST: "files taken in",
    Act.RUN: "edition made",
    Act.PUBLISH: "published again",
    Act.WITHDRAW: "edition taken back",
    Act.SEND: "mail sent",
    Act.REPLAY: "refused rows read again",
    Act.RESTATE: "feed read again",
    Act.REBUILD: "warehouse rebuilt",
    Act.PURGE: "person files purged",
    Act.BACKUP: "backup made",
    Act.DRILL: "restore tried out",
    Act.RESTORE: "restored from a backup",
}
RESULTS = {
    Result.DONE: "done",
    Result.BEGUN: "begun",
    Result.REFUSED: "turned away",
    Result.FAILED: "failed",
    Result.WAITING: "waiting",
}
_OTHERS = {"command_line": "Command line", "system": "The program itself", "stranger": "Not signed in"}


@dataclass(frozen=True)
class Filters:
    """What an address asks for; empty is everything. ``before`` is the number of an entry, for the page after this."""

    since: str = ""
    who: str = ""
    act: str = ""
    before: str = ""

    def found(self, most: int | None) -> Sequence[Entry]:
        """The entries, newest first. Raises UserError for a filter that cannot be read."""
        if self.act not in ("", *Act):
            raise UserError(text("There is no such act."))
        if self.before and not self.before.isdecimal():
            raise UserError(text("The address may be wrong, or what it names is not among what you may see."))
        return audit.entries(
            trail().ledger,
            since=self._instant(),
            who=self.who.strip(),
            act=Act(self.act) if self.act else None,
            before=int(self.before[:18]) if self.before else None,
            most=most,
        )

    def _instant(self) -> datetime | None:
        if not self.since.strip():
            return None
        try:
            day = date.fromisoformat(self.since.strip())
            return datetime.combine(day, time(), ZoneInfo(reference.zone())).astimezone(UTC)
        except (ValueError, OverflowError):  # the latter: the first and the last day there are, in another zone
            raise UserError(text("Write the day like 2026-11-23.")) from None


def filters_of(values: Mapping[str, str]) -> Filters:
    """The filters among the values of an address."""
    return Filters(**{name: values.get(name, "") for name in ("since", "who", "act", "before")})


def when(entry: Entry) -> str:
    """The instant of an entry on the region's clock, to the second."""
    return datetime.fromisoformat(entry.at).astimezone(ZoneInfo(reference.zone())).strftime("%Y-%m-%d %H:%M:%S")


def who(entry: Entry) -> tuple[str, str]:
    """Role or kind of whoever acted, in words, and the name."""
    kind, _, name = entry.who.partition(":")
    if kind in list(Role):
        return text(ROLE_TITLES[Role(kind)]), name
    return text(_OTHERS.get(kind, "Guest")), name


def act(entry: Entry) -> str:
    """What was done, in words."""
    return text(ACTS[Act(entry.act)]) if entry.act in list(Act) else entry.act


def result(entry: Entry) -> str:
    """How it ended, in words."""
    return text(RESULTS[Result(entry.result)]) if entry.result in list(Result) else entry.result


def details(entry: Entry) -> str:
    """The details, one after the other, as they are stored."""
    return "; ".join(f"{name}={value}" for name, value in json.loads(entry.details).items() if value not in ("", None))
