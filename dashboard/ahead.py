"""Pages of a new edition are made before it is shown, so that nobody waits for them when all look at once."""

import logging
import threading
import time
from pathlib import Path

from flask import Flask

from dashboard.shared import asked, prepare
from pipelines.domain import UserError
from pipelines.publish import read

LOOK_EVERY = 0.5  # seconds
LONGEST = 90.0  # seconds for preparing, then the edition is shown as it is; less than read.MOST_BEHIND
log = logging.getLogger(__name__)


class Ahead:
    """Watches the pointer in a thread of its own: a new edition is shown when what was asked for lately is made."""

    def __init__(self, server: Flask, published: Path) -> None:
        self._server, self._published = server, published
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
        with read.preparing(edition_id):
            for one, make in asked.parts():
                if time.monotonic() > until or self._is_over.is_set():
                    return
                with self._server.test_request_context("/"):
                    try:
                        prepare(one, make)
                    except UserError:  # a warning that is no more: whoever asks is told
                        continue
