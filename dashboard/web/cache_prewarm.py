"""Pages of an edition are made before they are asked for, so that nobody waits when all look at once.

What people asked for lately, and what they and others of their office or role are likely to ask for, is made before a
new edition is shown; what people of every office and role may ask for is made after that, and when the server starts. A
process of its own makes them and gives way to the server: who reads meanwhile does not feel it.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context, parent_process

from flask import Flask

from dashboard.web import data, fragment_cache
from dashboard.web.app import create_app
from dashboard.web.fragment_cache import Asked, Made
from dashboard.web.health import HAS_FIGURES, IS_PREPARED
from dashboard.workflow.progress import closed_by_data, read_progress
from pipelines.core.domain import Audience, UserError
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.published import read

LOOK_EVERY = 0.5  # seconds
LONGEST = 240.0  # seconds for preparing, then the edition is shown as it is; less than read.MOST_BEHIND
LIKELY_LONGEST = 300.0  # seconds for what nobody has asked for yet
_AT_A_TIME = 4  # parts nobody has asked for yet
_GIVES_WAY = 10  # niceness of the process that prepares
Scope = tuple[Audience, frozenset[str]]
log = logging.getLogger(__name__)


class CachePrewarmer:
    """Watches the pointer in a thread of its own: a new edition is shown when what was asked for lately is made."""

    def __init__(self, server: Flask, settings: Settings, is_busy: Callable[[], bool] = lambda: False) -> None:
        self._server, self._settings, self._is_busy = server, settings, is_busy
        self._published = settings.published
        self._shown = ""
        self._following: dict[Asked, None] = {}  # parts that those of the edition lead to, in their order
        self._is_over = threading.Event()
        server.config[IS_PREPARED] = server.config[HAS_FIGURES] = False
        self._thread = threading.Thread(target=self._watch, name="ahead", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(LOOK_EVERY):
            try:
                pointed = read.pointed_at(self._published)
                if pointed != self._shown:
                    self._following = {}
                    if self._shown:
                        self._make_before_shown(pointed)
                    # Readers who could not be kept so long are on the pointer's edition; from there it goes on.
                    self._shown = pointed if read.show(self._published, pointed, self._shown) else ""
                    self._prepare(pointed)
            except UserError:  # nothing is published yet, or what is cannot be read: readers are told so themselves
                continue
            except Exception:  # the thread must not end, or every edition would be shown late
                log.exception("an edition could not be prepared")

    def _prepare(self, edition_id: str) -> None:
        """Make what is likely to be asked for: first pages, then the figures that come when a reader is near them."""

        def is_in_vain() -> bool:
            return self._is_over.is_set() or read.pointed_at(self._published) != edition_id

        until = time.monotonic() + LIKELY_LONGEST
        try:
            self._wait_while_busy(until, is_in_vain)
            if is_in_vain():
                return
            with _maker(edition_id) as maker:
                found = maker.submit(_likely_fragments, self._settings, edition_id, _all_scopes(self._settings))
                likely = found.result(LIKELY_LONGEST)
                self._make_at_leisure(maker, edition_id, self._missing(edition_id, likely), until, is_in_vain)
                self._warm_up(edition_id, [(Audience.BUREAU, frozenset())])
                self._server.config[IS_PREPARED] = True
                following = self._missing(edition_id, self._following)
                self._make_at_leisure(maker, edition_id, following, until, is_in_vain)
        finally:  # pages and figures come without it too, only later
            self._server.config[IS_PREPARED] = self._server.config[HAS_FIGURES] = True

    def _warm_up(self, edition_id: str, scopes: Iterable[Scope]) -> None:
        """What the first reader of a scope would wait for though all pages are made: opening the files, who is on
        warnings."""
        for audience, areas in scopes:
            nobody = data.for_nobody_yet(audience, areas)
            with read.preparing(edition_id), self._server.test_request_context("/"), nobody:
                closed_by_data()
                read_progress(data.read("open_warning"))

    def _make_before_shown(self, edition_id: str) -> None:
        """Have made what anybody was given lately, and then what is likely to be asked for by those who read.

        Whatever lacks when the edition is shown is made by the server, while all of them want it at once.
        """
        asked = self._missing(edition_id, fragment_cache.recently_asked.parts())
        if not asked:
            return
        scopes = list(dict.fromkeys((one.audience, one.areas) for one in asked))
        until = time.monotonic() + LONGEST
        with _maker(edition_id) as maker:
            self._make(maker, edition_id, asked, until, self._is_over.is_set)
            found = maker.submit(_likely_fragments, self._settings, edition_id, scopes)
            likely = found.result(until - time.monotonic())
            self._warm_up(edition_id, scopes)
            self._make(maker, edition_id, self._missing(edition_id, likely), until, self._is_over.is_set)

    def _missing(self, edition_id: str, parts: Iterable[Asked]) -> list[Asked]:
        with read.preparing(edition_id), self._server.test_request_context("/"):
            return [one for one in parts if not fragment_cache.is_cached(one)]

    def _make_at_leisure(
        self, maker: Executor, edition_id: str, wanted: list[Asked], until: float, is_in_vain: Callable[[], bool]
    ) -> None:
        """As ``_make``, some parts at a time; none are begun while readers of the server have to wait."""
        for first in range(0, len(wanted), _AT_A_TIME):
            self._wait_while_busy(until, is_in_vain)
            if is_in_vain():
                return
            self._make(maker, edition_id, wanted[first : first + _AT_A_TIME], until, is_in_vain)

    def _wait_while_busy(self, until: float, is_in_vain: Callable[[], bool]) -> None:
        while self._is_busy() and time.monotonic() < until and not is_in_vain():
            self._is_over.wait(LOOK_EVERY)

    def _make(
        self, maker: Executor, edition_id: str, wanted: list[Asked], until: float, is_in_vain: Callable[[], bool]
    ) -> None:
        """Have parts of an edition made one by one and keep them; raises TimeoutError at ``until`` (monotonic)."""
        parts = [(one, maker.submit(_make_fragment, self._settings, edition_id, one)) for one in wanted]
        for one, part in parts:
            if is_in_vain():
                return
            found = part.result(until - time.monotonic())
            if found is None:  # whoever asks for it is told why
                continue
            made, following = found
            self._following.update(dict.fromkeys(following))
            with read.preparing(edition_id), self._server.test_request_context("/"):
                fragment_cache.store_fragment(one, made)


@contextmanager
def _maker(edition_id: str) -> Iterator[Executor]:
    """A process that prepares; what it has not made in time, or could not make, is made when it is asked for."""
    with ProcessPoolExecutor(1, get_context("spawn"), _start_maker) as maker:
        try:
            yield maker
        except (TimeoutError, BrokenProcessPool, UserError) as error:
            log.warning("not all pages of edition %s are made before they are asked for: %r", edition_id, error)
        finally:
            maker.shutdown(wait=False, cancel_futures=True)


def _start_maker() -> None:
    """Begin the process that prepares: it gives way to the server, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_GIVES_WAY)
    threading.Thread(target=_end_with_the_server, daemon=True).start()


def _end_with_the_server() -> None:
    server = parent_process()
    if server is not None:
        server.join()
        os._exit(1)


@cache
def _site(settings: Settings) -> Flask:
    server: Flask = create_app(settings).server
    return server


def _all_scopes(settings: Settings) -> list[Scope]:
    """Those of every role, and of every office of the region."""
    offices = regions.load(settings.region).offices
    own = {frozenset(areas.split(";")) for areas in offices.loc[~offices["is_city"], "areas"]}
    everybody = [(Audience.BUREAU, frozenset[str]()), (Audience.GENERAL, frozenset[str]())]
    return everybody + [(Audience.OFFICE, areas) for areas in sorted(own, key=sorted)]


def _likely_fragments(settings: Settings, edition_id: str, scopes: Sequence[Scope]) -> list[Asked]:
    """In the process that prepares: what people of these scopes will ask for."""
    with read.preparing(edition_id), _site(settings).test_request_context("/"):
        return [one for scope in scopes for one in fragment_cache.likely_fragments(*scope)]


def _make_fragment(settings: Settings, edition_id: str, one: Asked) -> tuple[Made, list[Asked]] | None:
    """In the process that prepares: make one part, and say to which it leads."""
    with read.preparing(edition_id), _site(settings).test_request_context("/"):
        try:
            return fragment_cache.prewarm_fragment(one)
        except UserError:  # a warning that is no more
            return None
        except Exception:  # one page that fails does not keep the others from being made
            log.exception("%s could not be prepared", one.question)
            return None
