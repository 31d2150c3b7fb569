"""Whether every answer of the load is right: it came, it speaks of one edition, and says what that edition says alone."""

import hashlib
import io
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3

from dashboard.web.app import create_app
from dashboard.web.data import PUBLISHED
from pipelines.core.domain import Viewer
from pipelines.ledger import open_ledger
from pipelines.published.read import close
from tests.bench.day import settings
from tests.bench.load_editions import kept
from tests.bench.load_viewers import LIKE_A_BROWSER, Action, Answer
from tests.faults.watcher import edition_of, edition_of_page

EDITION = re.compile(r"版次 (\d{4}-\d\d-\d\d\.\d+)")  # below every figure
ASKED_AGAIN = 400
"""So many different answers, drawn at random, are compared with what their edition alone answers."""


@dataclass(frozen=True)
class Shown:
    """Who saw what: role and areas, the action, the edition the answer spoke of, and the hash of what it said."""

    scope: tuple[object, frozenset[str]]
    action: Action
    edition_id: str
    digest: str


@dataclass(frozen=True)
class Checked:
    """``faults``: a sentence for each wrong answer; ``editions``: those that were seen; how much was compared."""

    faults: list[str]
    editions: set[str]
    different: int
    asked_again: int


def check(folder: Path, url: str, answers: Sequence[Answer], cookies: dict[Viewer, dict[str, str]]) -> Checked:
    """Read every answer, then ask some of them again of an application that knows one edition only."""
    faults: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    shown: dict[Shown, Answer] = {}
    newest: dict[Viewer, str] = {}
    for answer in answers:
        if answer.status != 200:
            faults.append(f"{answer.action.address}: {answer.status} {answer.trouble or answer.body[:200]!r}")
            continue
        body = unpacked(answer)
        digest = digest_of(body)
        named = (answer.headers.get("Content-Disposition", ""), digest)  # files of two editions may say the same
        if named not in seen:
            seen[named] = spoken_of(answer, body)
        edition_id = seen[named]
        if not kept(folder, edition_id).is_dir():
            faults.append(f"{answer.action.address}: {edition_id[:300]}")
            continue
        if edition_id < newest.get(answer.viewer, ""):
            faults.append(f"{answer.action.address}: {edition_id} after {newest[answer.viewer]}")
        newest[answer.viewer] = edition_id
        scope = (answer.viewer.role, answer.viewer.areas)
        shown[Shown(scope, answer.action, edition_id, digest)] = answer
    told = {(one.scope, one.action, one.edition_id) for one in shown}
    if len(told) < len(shown):
        faults.append(f"{len(shown) - len(told)} answers of one edition to one question differ")
    again = random.Random(1).sample(list(shown.items()), min(ASKED_AGAIN, len(shown)))
    faults += _compared(folder, url, again, cookies)
    return Checked(faults, {one.edition_id for one in shown}, len(shown), len(again))


def digest_of(body: str) -> str:
    """A hash of what was said; the order of a part's attributes, which Dash leaves open, says nothing."""
    said = json.dumps(json.loads(body), sort_keys=True) if body.startswith(("{", "[")) else body
    return hashlib.sha256(said.encode()).hexdigest()


def unpacked(answer: Answer) -> str:
    """The text of an answer that came compressed."""
    raw = urllib3.HTTPResponse(io.BytesIO(answer.body), headers=answer.headers, preload_content=True)
    return raw.data.decode("utf-8-sig")


def spoken_of(answer: Answer, body: str) -> str:
    """The edition an answer speaks of; else what there is instead."""
    if answer.action.kind == "download":
        return edition_of(answer.headers.get("Content-Disposition", ""), body)
    if answer.action.kind == "figure":
        found = EDITION.search(body)
        return found[1] if found else f"no edition in {body[:200]}"
    return edition_of_page(body)


def _compared(
    folder: Path, url: str, again: Sequence[tuple[Shown, Answer]], cookies: dict[Viewer, dict[str, str]]
) -> list[str]:
    """A sentence for each answer that an application over this one edition gives differently."""
    here = settings(folder)
    ledger = open_ledger(here)
    app = create_app(here, ledger)
    client = app.server.test_client(use_cookies=False)
    faults = []
    for one, given in sorted(again, key=lambda item: item[0].edition_id):
        app.server.config[PUBLISHED] = kept(folder, one.edition_id)
        asked = one.action.asked
        worn = "; ".join(f"{name}={value}" for name, value in cookies[given.viewer].items())
        answer = client.open(
            asked["path"], method=asked["method"], json=asked.get("json"), base_url=url,
            headers={"Cookie": worn, "Origin": url, "Accept-Language": LIKE_A_BROWSER["Accept-Language"]},
        )  # fmt: skip
        text = answer.get_data().decode("utf-8-sig")
        if digest_of(text) != one.digest:
            where = _first_difference(text, unpacked(given))
            faults.append(
                f"{one.action.address}: {one.edition_id} alone answers otherwise ({answer.status_code}) {where}"
            )
    close()
    ledger.close()
    return faults


def _first_difference(text: str, other: str) -> str:
    place = next((at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two), -1)
    return f"{text[max(0, place - 80) : place + 120]!r} / {other[max(0, place - 80) : place + 120]!r}"
