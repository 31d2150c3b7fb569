"""Enters in the audit trail what viewers do and what they are refused: who, from which address, in which session."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import current_app, g, request

from dashboard.web.security.origin import client_address
from dashboard.web.security.request_body import UPDATES, callback_address
from dashboard.web.security.session import NotSignedInError, current_session, current_viewer
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail import trail as audit
from pipelines.ledger.audit_trail.trail import Act, Actor, Result

TRAIL = "GANGSHAO_TRAIL"  # key of the trail in the server's configuration
# What strangers are refused is entered once a minute for each address and reason, and so often a minute for all of
# them: else whoever asks without end could fill the ledger.
MOST_A_MINUTE = 60
_MOST_REMEMBERED = 20_000


@dataclass
class Trail:
    """The audit trail as one server writes it; keys already entered are remembered, so that pages need not ask."""

    ledger: Ledger
    clock: Callable[[], datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _entered: set[str] = field(default_factory=set)
    _of_strangers: Counter[str] = field(default_factory=Counter)
    _held_back: int = 0

    def enter(self, act: Act, target: str, details: Mapping[str, object], result: Result = Result.DONE) -> None:
        """Enter an act of the signed-in viewer."""
        told = {**details, "session": current_session()}
        audit.write_entry(self.ledger, act, actor(), target, self.clock(), result=result, details=told)

    def view_small_cell(self, page: str, day: date) -> None:
        """Enter that this session saw a small cell, once a page and day."""
        self._once(f"small:{current_session()}:{day.isoformat()}:{page}", Act.SMALL_CELL_VIEW, page, Result.DONE, {})

    def view_employers(self, page: str, day: date, codes: Sequence[str]) -> None:
        """Enter that this session saw employers by name, once a page and day, and again when it sees others there."""
        told = " ".join(codes)
        which = hashlib.sha256(told.encode()).hexdigest()[:16]
        key = f"employers:{current_session()}:{day.isoformat()}:{which}:{page}"
        self._once(key, Act.EMPLOYER_SEEN, page, Result.DONE, {"employers": told})

    def refuse(self, why: str) -> None:
        """Enter that this request is refused: once a minute for each session, page and reason."""
        g.gangshao_refused = True
        if g.get("gangshao_nobody") is not None:  # a page made before anybody asks for it
            return
        now = self.clock()
        minute = now.strftime("%Y-%m-%dT%H:%M")
        session = g.get("gangshao_session", "")
        asked = page()
        details: dict[str, object] = {"why": why, "method": request.method}
        if session:
            details["session"] = session
            key = f"refusal:{session}:{minute}:{why}:{asked}"
        else:
            key = f"refusal:{address()}:{minute}:{why}"
            if not self._has_room(key, minute):
                return
            if held := self._taken_back():
                details["held_back"] = held
        self._once(key, Act.REFUSAL, asked, Result.REFUSED, details)

    def _once(self, key: str, act: Act, target: str, result: Result, details: Mapping[str, object]) -> None:
        with self._lock:
            if key in self._entered:
                return
        told = details if act is Act.REFUSAL else {**details, "session": current_session()}
        audit.write_once(self.ledger, key, audit.NewEntry(act, actor(), target, self.clock(), result, told))
        with self._lock:
            if len(self._entered) >= _MOST_REMEMBERED:
                self._entered.clear()  # the ledger still knows them
            self._entered.add(key)

    def _has_room(self, key: str, minute: str) -> bool:
        """Whether one more refusal of a stranger may be entered in this minute; counts those that may not."""
        with self._lock:
            if key not in self._entered and self._of_strangers[minute] < MOST_A_MINUTE:
                self._of_strangers = Counter({minute: self._of_strangers[minute] + 1})
                return True
            self._held_back += 1
            return False

    def _taken_back(self) -> int:
        with self._lock:
            held, self._held_back = self._held_back, 0
            return held


def trail() -> Trail:
    """The trail of the server that answers this request."""
    found: Trail = current_app.config[TRAIL]
    return found


def is_refused() -> bool:
    """Whether something was refused in this request."""
    return bool(g.get("gangshao_refused"))


def page() -> str:
    """The page this request is for, as people see its address; what a page fetches later counts as the page."""
    named: str | None = g.get("gangshao_page")
    return named or asked()


def asked() -> str:
    """The address that is asked for; Dash alone asks for a page elsewhere and names its address in the body."""
    if request.method != "POST" or request.path != UPDATES:
        return request.path
    return callback_address(request.get_json(silent=True)) or request.path


def at_page(address: str) -> None:
    """Say which page the rest of this request is for."""
    g.gangshao_page = address


def actor() -> Actor:
    """Who asks in this request, and from which address."""
    try:
        return audit.actor_of(current_viewer(), address())
    except NotSignedInError:
        return Actor("stranger", address())


def address() -> str:
    """The network address this request comes from (``origin.client_address``)."""
    return client_address()
