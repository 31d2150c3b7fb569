"""The HTTP server under more than it can do: nobody waits long, who is slow is cut off, and it recovers at once."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dashboard.web.serving.limits import MIB, REFUSED_WITH, Limits
from dashboard.web.serving.server import make_server
from pipelines.core.settings import Settings

COOKIE = {"Cookie": "gangshao=x"}
UPLOAD = "/data/upload"
QUICK = Limits(threads=2, queue_length=3, queue_seconds=0.8, answer_seconds=1.4, tick=0.1)


@dataclass
class Works:
    """A small application behind the true server: ``/slow`` is answered when ``gate`` opens."""

    port: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    worked_on: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        status = environ[REFUSED_WITH]
        if status:
            start(f"{status} refused", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        path = environ["PATH_INFO"]
        self.worked_on.append(path)
        if "/slow" in path:
            self.gate.wait(20)
        size = len(environ["wsgi.input"].read())
        body = b"x" * (64 * MIB) if path == "/large" else f"{size} {environ['REMOTE_ADDR']}".encode()
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, float, str]:
        """Status (0: closed without an answer), seconds, and the text of the answer."""
        begun = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body or None, {"Connection": "close", **headers})
            answer = line.getresponse()
            return answer.status, time.monotonic() - begun, answer.read().decode()
        except (ConnectionError, http.client.RemoteDisconnected):
            return 0, time.monotonic() - begun, ""
        finally:
            line.close()

    def connect(self, sent: bytes = b"") -> socket.socket:
        """A connection on which something was sent."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        made.sendall(sent)
        return made


@contextmanager
def working(tmp_path: Path, limits: Limits = QUICK, **settings: str) -> Iterator[Works]:
    works = Works()
    server, dispatcher = make_server(works, Settings(data=tmp_path, **settings), limits, port=0)  # type: ignore[arg-type]
    works.port = int(server.effective_port)
    loop = threading.Thread(target=server.run, daemon=True)
    loop.start()
    try:
        yield works
    finally:
        works.gate.set()
        server.close()
        dispatcher.shutdown()
        loop.join(timeout=5)


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.requirement("15.2.2")
def test_beyond_the_queue_everybody_is_answered_503_soon_and_all_is_well_when_the_load_ends(tmp_path: Path) -> None:
    with working(tmp_path) as works, ThreadPoolExecutor(20) as pool:
        at_work = [pool.submit(works.ask, f"/slow/{number}") for number in range(2)]
        until(lambda: len(works.worked_on) == 2)
        waiting: list[Future[Any]] = []
        for number in range(10):
            waiting.append(pool.submit(works.ask, f"/slow/more/{number}"))
            time.sleep(0.02)
        assert works.ask("/healthz")[:1] == (200,), "watchers are answered meanwhile"
        answers = [one.result() for one in waiting]
        assert [status for status, _, _ in answers] == [503] * 10
        assert sum(seconds < 0.5 for _, seconds, _ in answers) == 7, "those beyond the queue's three places, at once"
        assert max(seconds for _, seconds, _ in answers) < 2, "those in it, when they had waited long enough"
        late = [one.result() for one in at_work]
        assert [status for status, _, _ in late] == [503, 503], "and those whose page does not come"
        assert max(seconds for _, seconds, _ in late) < 3
        assert len([path for path in works.worked_on if path != "/healthz"]) == 2
        works.gate.set()
        until(lambda: works.ask("/page")[0] == 200)
        assert max(works.ask("/page")[1] for _ in range(10)) < 0.5


def test_work_for_a_reader_who_has_gone_is_not_begun_and_leaves_its_place_in_the_queue(tmp_path: Path) -> None:
    with working(tmp_path, Limits(threads=1, queue_length=3, queue_seconds=10, tick=0.1)) as works:
        there = works.connect(b"GET /slow/first HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: len(works.worked_on) == 1)
        for number in range(3):
            works.connect(b"GET /gone/%d HTTP/1.1\r\nHost: x\r\n\r\n" % number).close()
        time.sleep(0.5)
        with ThreadPoolExecutor(1) as pool:
            stays = pool.submit(works.ask, "/stays")
            time.sleep(0.3)
            works.gate.set()
            assert stays.result()[0] == 200
        assert works.worked_on == ["/slow/first", "/stays"]
        there.close()


def test_what_writes_is_answered_by_its_own_work_however_long_that_takes(tmp_path: Path) -> None:
    with working(tmp_path) as works, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(works.ask, "/slow/act", "POST", b"{}")
        time.sleep(2.2)
        works.gate.set()
        assert sent.result()[0] == 200


def test_a_large_file_may_take_its_time_unless_others_wait(tmp_path: Path) -> None:
    limits = Limits(threads=1, queue_length=3, queue_seconds=2, answer_seconds=0.5, tick=0.1)
    with working(tmp_path, limits) as works, ThreadPoolExecutor(2) as pool:
        file = pool.submit(works.ask, "/download/slow.xlsx")
        time.sleep(1.2)
        assert not file.done()
        other = pool.submit(works.ask, "/page")
        assert file.result()[0] == 503
        works.gate.set()
        assert other.result()[0] in {200, 503}


@pytest.mark.requirement("15.2.2")
def test_half_a_header_for_ever_takes_no_place_from_anybody(tmp_path: Path) -> None:
    limits = Limits(connections=24, spare_connections=8, header_seconds=1.2, tick=0.1)
    with working(tmp_path, limits) as works:
        slow = [works.connect(b"GET /page HTTP/1.1\r\nX-Slow: ") for _ in range(70)]
        assert works.ask("/healthz")[:1] == (200,)
        assert works.ask("/page")[1] < 1
        few = [works.connect(b"G" if number else b"") for number in range(4)]
        for _ in range(20):  # bytes that keep coming do not put it off
            for line in few:
                with suppress(OSError):
                    line.send(b"x")
            time.sleep(0.1)
        assert [_is_closed(line) for line in few] == [True] * 4
        for line in [*slow, *few]:
            line.close()


def _is_closed(line: socket.socket) -> bool:
    line.settimeout(0.5)
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def test_a_body_that_comes_too_slowly_is_not_waited_for(tmp_path: Path) -> None:
    with working(tmp_path, Limits(body_seconds=1.0, tick=0.1)) as works:
        line = works.connect(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(12):
            with suppress(OSError):
                line.send(b"x")
            time.sleep(0.1)
        assert _is_closed(line)
        line.close()


def test_who_does_not_take_an_answer_keeps_no_thread(tmp_path: Path) -> None:
    with working(tmp_path, Limits(threads=1, sending_seconds=1.0, answer_seconds=9, tick=0.1)) as works:
        line = works.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: works.worked_on == ["/large"])
        assert works.ask("/page")[0] == 200
        line.close()


@pytest.mark.parametrize(
    ("path", "headers", "size", "status"),
    [
        ("/sign-in", {}, 64 << 10, 200),
        ("/sign-in", {}, (64 << 10) + 1, 413),
        (UPLOAD, {}, 2 * MIB, 413),  # a stranger
        ("/sign-in", COOKIE, MIB, 200),
        ("/sign-in", COOKIE, MIB + 1, 413),
        (UPLOAD, COOKIE, 12 * MIB, 200),
        (UPLOAD, COOKIE, 12 * MIB + 1, 413),
    ],
)
def test_a_long_body_is_read_for_an_upload_in_a_session_only(
    tmp_path: Path, path: str, headers: dict[str, str], size: int, status: int
) -> None:
    with working(tmp_path, Limits(threads=1)) as works:
        if status == 200:
            assert works.ask(path, "POST", b"x" * size, **headers)[::2] == (200, f"{size} 127.0.0.1")
            return
        line = http.client.HTTPConnection("127.0.0.1", works.port, timeout=5)
        line.putrequest("POST", path)
        for name, value in {**headers, "Content-Length": str(size)}.items():
            line.putheader(name, value)
        line.endheaders()
        assert line.getresponse().status == 413, "before any of it is sent"
        line.close()
        chunks = b"".join(b"4000\r\n" + b"x" * 0x4000 + b"\r\n" for _ in range(size // 0x4000 + 2))
        length = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        chunked = works.connect(
            f"POST {path} HTTP/1.1\r\nHost: x\r\n{length}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        with suppress(ConnectionError):
            chunked.sendall(chunks)
        with suppress(ConnectionError):
            assert b" 413 " in chunked.recv(200)
        chunked.close()
        assert works.worked_on == []


@pytest.mark.requirement("15.2.2")
def test_bodies_of_many_at_once_are_bounded_together(tmp_path: Path) -> None:
    with working(tmp_path, Limits(threads=1, all_bodies=30 * MIB)) as works:
        head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nCookie: gangshao=x\r\nContent-Length: {12 * MIB}\r\n\r\n"
        held = [works.connect(head.encode()) for _ in range(2)]
        time.sleep(0.3)
        third = works.connect(head.encode())
        assert third.recv(100).startswith(b"HTTP/1.1 503 ")
        held.pop().close()
        time.sleep(0.3)
        assert works.ask(UPLOAD, "POST", b"x" * (12 * MIB), **COOKIE)[0] == 200
        for line in [*held, third]:
            line.close()


@pytest.mark.requirement("4.1.3")
@pytest.mark.parametrize(("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "10.9.8.7"), ("10.0.0.1", "127.0.0.1")])
def test_the_client_is_who_the_trusted_proxy_says_and_nobody_elses_word_counts(
    tmp_path: Path, trusted: str, seen: str
) -> None:
    with working(tmp_path, trusted_proxy=trusted) as works:
        told = {"X-Forwarded-For": "1.1.1.1, 10.9.8.7", "X-Forwarded-Host": "evil", "X-Forwarded-Proto": "https"}
        assert works.ask("/page", **told)[2] == f"0 {seen}"
