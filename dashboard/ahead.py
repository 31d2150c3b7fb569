"""Pages of a new edition are made before it is shown, so that nobody waits for them when all look at once.

They are made in a process of their own, which gives way to the server: who reads meanwhile does not feel it.
"""

import logging
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context, parent_process

from flask import Flask

from dashboard import shared
from dashboard.app import create_app
from dashboard.shared import Asked, Made
from pipelines.domain import UserError
from pipelines.publish import read
from pipelines.settings import Settings

LOOK_EVERY = 0.5  # seconds
LONGEST = 90.0  # seconds for preparing, then the edition is shown as it is; less than read.MOST_BEHIND
_GIVES_WAY = 10  # niceness of the process that prepares
log = logging.getLogger(__name__)


class Ahead:
    """Watches the pointer in a thread of its own: a new edition is shown when what was asked for lately is made."""

    def __init__(self, server: Flask, settings: Settings) -> None:
        self._server, self._settings = server, settings
        self._published = settings.published
        self._shown = ""
        self._is_over = threading.Event()
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
                    if self._shown:
                        self._prepare(pointed)
                    # Readers who could not be kept so long are on the pointer's edition; from there it goes on.
                    self._shown = pointed if read.show(self._published, pointed, self._shown) else ""
            except UserError:  # nothing is published yet, or what is cannot be read: readers are told so themselves
                continue
            except Exception:  # the thread must not end, or every edition would be shown late; it is tried again
                log.exception("an edition could not be prepared")

    def _prepare(self, edition_id: str) -> None:
        until = time.monotonic() + LONGEST
        with read.preparing(edition_id), self._server.test_request_context("/"):
            wanted = [one for one in shared.asked.parts() if not shared.is_kept(one)]
        if not wanted:
            return
        with ProcessPoolExecutor(1, get_context("spawn"), _begin) as maker:
            parts = [(one, maker.submit(_made, self._settings, edition_id, one)) for one in wanted]
            try:
                for one, part in parts:
                    if self._is_over.is_set():
                        return
                    self._keep(edition_id, one, part.result(until - time.monotonic()))
            except (TimeoutError, BrokenProcessPool) as error:
                log.warning("edition %s is shown before all of its pages are made: %r", edition_id, error)
            finally:
                maker.shutdown(wait=False, cancel_futures=True)

    def _keep(self, edition_id: str, one: Asked, made: Made | None) -> None:
        if made is None:  # whoever asks for it is told why
            return
        with read.preparing(edition_id), self._server.test_request_context("/"):
            shared.keep(one, made)


def _begin() -> None:
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


def _made(settings: Settings, edition_id: str, one: Asked) -> Made | None:
    """In the process that prepares: make one part."""
    with read.preparing(edition_id), _site(settings).test_request_context("/"):
        try:
            return shared.made_for_nobody_yet(one)
        except UserError:  # a warning that is no more
            return None
        except Exception:  # one page that fails does not keep the others from being made
            log.exception("%s could not be prepared", one.question)
            return None
