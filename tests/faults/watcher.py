"""A reader who never stops looking: a dashboard process, a signed-in session, and what every answer said."""

import csv
import io
import itertools
import json
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests import forked
from tests.house import NEW_PASSWORD, House

PAUSE = 0.4  # seconds between two questions, or three times as long as the last answer took: the run wants to work too
PATIENCE = 90.0  # seconds for the dashboard to start on a busy machine
DOWNLOADS = ("/download/warnings.csv", "/download/readings.csv?area=371503&grain=day")
LAYOUT = "/_dash-layout"
TODAY = "/"
PAGE = {  # what the browser asks when a page is opened
    "output": ".._pages_content.children..._pages_store.data..",
    "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
    "inputs": [
        {"id": "_pages_location", "property": "pathname", "value": TODAY},
        {"id": "_pages_location", "property": "search", "value": ""},
    ],
    "changedPropIds": ["_pages_location.pathname"],
}
EDITION_LINE = re.compile(r"(\d+)年(\d+)月(\d+)日.*?第(\d+)版")


@dataclass
class Watcher:
    """``answers``: of each address and edition the different bodies seen; ``faults``: what should not have been."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    answers: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    asked: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sign_in(self, path: str) -> None:
        """Use up the link as a browser does: open it, then press its button."""
        assert self.session.get(self.url + path, timeout=30).status_code == 200
        answer = self.session.post(self.url + path, json=NEW_PASSWORD, headers={"Origin": self.url}, timeout=30)
        assert answer.json() == {"to": "/"}, answer.text

    def look(self) -> set[str]:
        """Ask for layout, downloads and today's page; returns the editions they showed."""
        self.ask(LAYOUT)
        return {self.ask(address) for address in (*DOWNLOADS, TODAY)}

    def until(self, edition: str) -> set[str]:
        """As ``look``, once the edition is shown: its pages are made first."""
        end = time.monotonic() + PATIENCE
        while self.ask(TODAY) != edition and time.monotonic() < end:
            time.sleep(PAUSE)
        return self.look()

    def ask(self, address: str) -> str:
        """Ask for one address and put the answer on record; returns the edition it showed."""
        with self._lock:  # a requests.Session is for one thread at a time
            self.asked += 1
            try:
                answer = self._answer(address)
            except requests.RequestException as error:
                self.faults.append(f"{address}: {error!r}")
                return ""
        if answer.status_code != 200:
            self.faults.append(f"{address}: {answer.status_code} {answer.text[:200]}")
            return ""
        body = answer.content.decode("utf-8-sig")
        shown = {LAYOUT: lambda: "any", TODAY: lambda: edition_of_page(body)}.get(
            address, lambda: edition_of(answer.headers.get("Content-Disposition", ""), body)
        )()
        self.answers.setdefault((address, shown), set()).add(_in_order(body) if address in (LAYOUT, TODAY) else body)
        return shown

    def changed(self) -> list[str]:
        """Where an edition did not stay as it was: address, edition, and from where on two bodies differ."""
        told = []
        for (address, edition), bodies in self.answers.items():
            one, *others = sorted(bodies)
            for other in others:
                at = next(place for place in range(len(other)) if one[place : place + 1] != other[place])
                told.append(
                    f"{address} {edition}: {one[max(at - 80, 0) : at + 80]!r} and {other[max(at - 80, 0) : at + 80]!r}"
                )
        return told

    def _answer(self, address: str) -> requests.Response:
        while True:
            answer = self._sent(address)
            if answer.status_code != 503 or "Retry-After" not in answer.headers:
                return answer
            time.sleep(PAUSE)  # the machine is busy, and the server says so

    def _sent(self, address: str) -> requests.Response:
        if address == TODAY:
            callback = f"{self.url}/_dash-update-component"
            return self.session.post(callback, json=PAGE, headers={"Origin": self.url}, timeout=30)
        return self.session.get(self.url + address, allow_redirects=False, timeout=30)


def _in_order(body: str) -> str:
    """JSON with its keys in order: Dash gives ``data-`` properties as a set's order has them, in each process anew."""
    return json.dumps(json.loads(body), ensure_ascii=False, sort_keys=True)


def edition_of(disposition: str, body: str) -> str:
    """The one edition a download speaks of, in its name and in every line; else all it speaks of."""
    named = re.search(r"_([\d-]+\.\d+)\.csv", disposition)
    lines = list(csv.reader(io.StringIO(body)))
    spoken = {line[-1] for line in lines[1:]} | ({named[1]} if named else {"no name"})
    return " and ".join(sorted(spoken))


def edition_of_page(body: str) -> str:
    """The edition in the header of a page, as the callback returns it; else what there is instead."""
    shown = json.loads(body)["response"]["_pages_content"]["children"]
    header = _texts(_of_class(shown, "menu edition"))
    found = EDITION_LINE.search("".join(header))
    if found is None or _of_class(shown, "page failed") is not None:
        return f"no edition: {''.join(_texts(shown))[:300]}"
    year, month, day, number = map(int, found.groups())
    return f"{year}-{month:02}-{day:02}.{number}"


def _of_class(node: object, name: str) -> object:
    """The first component of a class."""
    if isinstance(node, dict) and node.get("props", {}).get("className") == name:
        return node
    return next((found for part in _children(node) if (found := _of_class(part, name)) is not None), None)


def _texts(node: object) -> list[str]:
    return [node] if isinstance(node, str) else [text for part in _children(node) for text in _texts(part)]


def _children(node: object) -> list[object]:
    props = node.get("props", {}) if isinstance(node, dict) else {}
    inside = props.get("children", props.get("parts")) if isinstance(node, dict) else node
    return inside if isinstance(inside, list) else [] if inside is None or inside is node else [inside]


@contextmanager
def watched(house: House, path: str) -> Iterator[Watcher]:
    """Serve a house in a process of its own, signed in by the link at ``path``; a thread looks until the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        process = forked.start(("serve",), house.env | {"GANGSHAO_PORT": str(port)}, said, said)
        watcher = Watcher(f"http://127.0.0.1:{port}")
        is_over = threading.Event()

        def keep_looking() -> None:
            pause = PAUSE
            for address in itertools.cycle((*DOWNLOADS, TODAY, LAYOUT)):
                if is_over.wait(pause):
                    return
                started = time.monotonic()
                watcher.ask(address)
                pause = max(PAUSE, 3 * (time.monotonic() - started))

        thread = threading.Thread(target=keep_looking)
        try:
            wait_until_it_answers(watcher.url, process.is_alive)
            watcher.sign_in(path)
            thread.start()
            yield watcher
            assert process.is_alive(), "the dashboard is gone"
        finally:
            is_over.set()
            if thread.ident is not None:
                thread.join()
            process.terminate()
            process.join(timeout=30)
            watcher.session.close()
        assert "Traceback" not in (text := said.read_text(encoding="utf-8")), text


def wait_until_it_answers(url: str, is_alive: Callable[[], bool]) -> None:
    """Return once the dashboard answers; fail when it is gone or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(f"{url}/sign-in", timeout=5)
        except requests.ConnectionError:
            assert is_alive(), "the dashboard did not start"
            assert time.monotonic() < deadline, "the dashboard does not answer"
            time.sleep(0.1)
        else:
            return
