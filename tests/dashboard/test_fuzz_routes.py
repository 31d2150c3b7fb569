"""Bytes nobody meant, at every route, by everybody: the server answers, and nothing unforeseen stands in its log."""

import json
import logging
import random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

from pipelines.core.domain import Role, Viewer
from tests.dashboard import asked
from tests.dashboard.asked import ORIGIN, Asked, page_asked
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("fuzz_routes")
REQUESTS = 2000 if IS_LONG else 150
SEED = 21
VIEWERS = (
    None, LEADER, head_of("371503"), AUDITOR, ADMINISTRATOR, Viewer(Role.CITY_DUTY, name="duty"),
    Viewer(Role.COUNTY_CLERK, frozenset({"371503"}), "clerk"),
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO")
VALUES = (
    "", "/", "0", "-1", "00", "1e999", "999999999999999999999", "0001-01-01", "9999-12-31", "2026-02-30", "2026-11-24", "NaN",
    "\0", "\ud800", "\ue000", "\u202e", "'", '" or 1=1', "%", "%%s", "{}", "{0}", "../../etc/passwd", "<script>", "=1+1", "a" * 9000,
    "٣", "１", "²", "null", "true", "[]", "371503", "371500", "ALL", "C", "benefit_claim", "w0002", "day", "csv", "//", "?", "#",
    "\r\nX-A: b",
)  # fmt: skip
ENDS = {"/accounts/sign-out-everybody"}  # ends every session of this test; what it answers is tested beside accounts


class Fuzz:
    """Makes requests from routes, pages and parameters that there are, each spoiled somewhere."""

    def __init__(self, site: Site, seed: int) -> None:
        self._random = random.Random(seed)  # no secret
        values = asked.values_of(site)
        self._known = [one for one in asked.everything(site, values) if one.rule not in ENDS]
        self._names = sorted(
            asked.parameters() | {"owner", "note", "to", "password", "name", "number", "areas", "role"}
        )

    def one(self) -> dict[str, Any]:
        """The next request, as keywords for a client."""
        pick = self._random.choice
        base: Asked = pick(self._known) if self._random.random() < 0.8 else page_asked(self._path(pick(VALUES)))
        path = base.path if self._random.random() < 0.6 else self._path(base.path)
        query = urlencode(
            [(pick(self._names), self._value()) for _ in range(pick((0, 0, 1, 2, 5)))], errors="surrogatepass"
        )
        method = base.method if self._random.random() < 0.7 else pick(METHODS)
        return {
            "path": path.partition("?")[0], "query_string": query or path.partition("?")[2] or self._noise(30),
            "method": method, "headers": self._headers(), **self._body(base),
        }  # fmt: skip

    def _path(self, path: str) -> str:
        kind = self._random.randrange(6)
        place = self._random.randrange(len(path) + 1)
        spoiled = quote(self._value()[:300], safe="/", errors="surrogatepass")
        return (
            path + "/", "/" + path, path.upper(), path[:place] + spoiled + path[place:], path.replace("/", "//"),
            "/" + quote(bytes(self._random.randbytes(8))),
        )[kind]  # fmt: skip

    def _value(self) -> str:
        return self._random.choice(VALUES) if self._random.random() < 0.8 else self._noise(12)

    def _noise(self, most: int) -> str:
        return "".join(
            chr(self._random.choice((self._random.randrange(256), self._random.randrange(0x3000))))
            for _ in range(self._random.randrange(most))
        )

    def _headers(self) -> dict[str, str]:
        found: dict[str, str] = dict(ORIGIN) if self._random.random() < 0.8 else {}
        names = ("Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "Range", "Cookie", "Content-Type", "Referer",
                 "X-Forwarded-For", "If-Modified-Since", "Authorization", "Origin", "Host", "Content-Length")  # fmt: skip
        for name in self._random.sample(names, self._random.choice((0, 0, 1, 2))):
            letters = self._noise(20).encode().decode("latin1")
            found[name] = "".join(one for one in letters if one not in "\r\n") or "*/*"
        return found

    def _body(self, base: Asked) -> dict[str, Any]:
        kind = self._random.randrange(5)
        if kind == 0 and base.method == "POST":
            return {"data": self._random.randbytes(self._random.randrange(300)), "content_type": "application/json"}
        if kind == 1:
            return {"data": self._random.choice(("[" * 100_000, '{"a":' * 50_000, "9" * 10_000, '"\\ud800"', "nul", "NaN")),
                    "content_type": "application/json"}  # fmt: skip
        if kind == 2:
            return {
                "data": json.dumps({name: self._json(2) for name in self._random.sample(self._names, 6)}),
                "content_type": "application/json",
            }
        if base.body is None:
            return {}
        spoiled = json.loads(json.dumps(base.body))
        for _ in range(self._random.choice((0, 1, 1, 3))):
            self._spoil(spoiled)
        return {"data": json.dumps(spoiled), "content_type": "application/json"}

    def _json(self, depth: int) -> object:
        kind = self._random.randrange(8 if depth else 5)
        plain = (None, True, self._random.choice((0, -1, 1e308, 10**30)), self._value(), self._value())
        if kind < 5:
            return plain[kind]
        return [self._json(depth - 1)] * 2 if kind == 5 else {self._value(): self._json(depth - 1)}

    def _spoil(self, tree: Any) -> None:
        """Change one leaf somewhere."""
        while True:
            keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
            if not keys:
                return
            key = self._random.choice(keys)
            if not isinstance(tree[key], dict | list) or self._random.random() < 0.2:
                tree[key] = self._json(1)
                return
            tree = tree[key]


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What is logged as an error, or with an exception."""
    caplog.set_level(logging.INFO)
    return caplog.records


@pytest.mark.requirement("16.5.1")
def test_no_request_whatever_makes_the_server_fail(place: Site, errors: list[logging.LogRecord]) -> None:
    fuzz = Fuzz(place, SEED)
    clients: dict[Viewer | None, FlaskClient] = {}
    for number in range(REQUESTS):
        viewer = VIEWERS[number % len(VIEWERS)]
        if viewer not in clients:
            clients[viewer] = place.app.server.test_client() if viewer is None else asked.signed_in(place, viewer)
        one = fuzz.one()
        answer = clients[viewer].open(**one)
        body = answer.get_data()
        assert answer.status_code < 500 or one["path"] == "/readyz", (number, viewer, one, body[:300])
        wrong = [record for record in errors if record.exc_info or record.levelno >= logging.ERROR]
        assert not wrong, (number, viewer, one, wrong[0].getMessage(), wrong[0].exc_text)
        errors.clear()
        if answer.status_code == 401 or one["path"].startswith("/sign-"):
            del clients[viewer]
