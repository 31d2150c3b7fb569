"""Signed-in people who act every two seconds: what each asks for, when it was due, when its answer had come."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import requests

from pipelines.core.domain import TOTAL_INDUSTRY, Role, Viewer
from tests.faults.watcher import PAGE

BETWEEN = 2.0  # seconds between two actions of a viewer
PATIENCE = 30.0  # seconds after which an answer counts as an error
LIKE_A_BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "zh-CN,zh;q=0.9"}
KINDS = {"today": 20, "area": 20, "figure": 25, "warning": 20, "matrix": 7, "download": 8}  # of a hundred actions
MATRICES = ("benefit_claim", "insured_leave")
GRAINS = ("day", "week", "month")
DRAWN = ("benefit_claim", "insured_leave", "vacancy", "job_loss_rate", "insured_headcount")
ASK = "/_dash-update-component"  # what the browser asks when a link inside the site is followed


@dataclass(frozen=True)
class Action:
    """One thing a viewer does: its kind, and the address as people see it."""

    kind: str
    path: str
    query: str = ""

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def asked(self) -> dict[str, Any]:
        """Method, path and body of the request."""
        if self.kind in {"download", "figure"}:
            return {"method": "GET", "path": self.address}
        pathname, search = PAGE["inputs"]
        inputs = [{**pathname, "value": quote(self.path)}, {**search, "value": f"?{self.query}" if self.query else ""}]
        return {"method": "POST", "path": ASK, "json": {**PAGE, "inputs": inputs}}


@dataclass(frozen=True)
class Answer:
    """What came back: when the action was due (seconds of the load), seconds from then on, the status (0: nothing
    came), headers and bytes as sent.
    """

    viewer: Viewer
    action: Action
    due: float
    seconds: float
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str = ""


def cast(viewers: int, units: Sequence[str]) -> list[Viewer]:
    """So many viewers, the roles in turn, the offices' areas in turn."""
    areas = itertools.cycle(units)
    found = []
    for number, role in zip(range(viewers), itertools.cycle(Role)):
        viewer = Viewer(role, name=f"viewer {number}")
        found.append(viewer if viewer.audience != "office" else Viewer(role, frozenset({next(areas)}), viewer.name))
    return found


def actions(seed: int, areas: Sequence[str], warnings: Sequence[str]) -> Iterator[Action]:
    """A seeded mix without end, over the areas and warnings the viewer may see."""
    draw = random.Random(seed)
    while True:
        [kind] = draw.choices(list(KINDS), list(KINDS.values()))
        if kind == "today":
            yield Action(kind, "/")
        elif kind == "matrix":
            yield Action(kind, "/", f"matrix={draw.choice(MATRICES)}")
        elif kind == "figure":
            asked = f"indicator={draw.choice(DRAWN)}&area={draw.choice(areas)}&industry={TOTAL_INDUSTRY}&days=7"
            yield Action(kind, "/figure", asked)
        elif kind == "warning" and warnings:
            yield Action(kind, f"/warning/{draw.choice(warnings)}")
        elif kind == "download" and draw.random() < 0.5:
            yield Action(kind, "/download/warnings.csv")
        elif kind == "download":
            yield Action(kind, "/download/readings.csv", f"area={draw.choice(areas)}&grain={draw.choice(GRAINS)}")
        else:
            yield Action("area", f"/area/{draw.choice(areas)}")


class Crowd:
    """All viewers at once, a thread each, their first actions spread over two seconds."""

    def __init__(self, url: str, *, waits: bool = False) -> None:
        """``waits``: the next action is due two seconds after the last or when its answer has come, whichever is later."""
        self.url, self._waits = url, waits
        self.answers: list[Answer] = []
        self._begin = 0.0
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._people: list[tuple[Viewer, requests.Session, Iterator[Action]]] = []

    def sign_in(self, viewer: Viewer, link: str, asks: Iterator[Action]) -> requests.Session:
        """Use up a link as its page's button does; the session's cookie is the viewer's alone."""
        session = requests.Session()
        session.headers.update(LIKE_A_BROWSER | {"Origin": self.url})
        answer = session.post(self.url + link, json={}, timeout=PATIENCE)
        assert answer.json() == {"to": "/"}, answer.text
        self._people.append((viewer, session, asks))
        return session

    def start(self) -> None:
        self._begin = time.perf_counter() + 0.5
        for number, person in enumerate(self._people):
            first = self._begin + BETWEEN * number / len(self._people)
            self._threads.append(threading.Thread(target=self._act, args=(*person, first), daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        for _, session, _ in self._people:
            session.close()

    def seconds(self) -> float:
        """Seconds since the first action was due."""
        return time.perf_counter() - self._begin

    def cookies(self) -> dict[Viewer, dict[str, str]]:
        """Of each viewer the cookies of its session."""
        return {viewer: session.cookies.get_dict() for viewer, session, _ in self._people}

    def _act(self, viewer: Viewer, session: requests.Session, asks: Iterator[Action], due: float) -> None:
        """One action after the other. An answer that comes late does not move when the next action was due."""
        while not self._is_over.wait(max(0.0, due - time.perf_counter())):
            action = next(asks)
            answer = _answered(lambda: _sent(session, self.url, action), viewer, action, due)  # noqa: B023
            self.answers.append(replace(answer, due=due - self._begin))
            due += BETWEEN
            if self._waits:
                due = max(due, time.perf_counter())


def _sent(session: requests.Session, url: str, action: Action) -> tuple[int, dict[str, str], bytes]:
    asked = action.asked
    with session.request(
        asked["method"],
        url + asked["path"],
        json=asked.get("json"),
        timeout=PATIENCE,
        stream=True,
        allow_redirects=False,
    ) as response:
        body = response.raw.read(decode_content=False)  # unpacked when the load is over
        return response.status_code, dict(response.headers), body


def _answered(
    send: Callable[[], tuple[int, dict[str, str], bytes]], viewer: Viewer, action: Action, due: float
) -> Answer:
    try:
        status, headers, body = send()
    except (requests.RequestException, OSError) as error:
        return Answer(viewer, action, due, time.perf_counter() - due, 0, trouble=repr(error))
    return Answer(viewer, action, due, time.perf_counter() - due, status, headers, body)
