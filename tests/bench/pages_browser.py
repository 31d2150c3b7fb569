"""A page in a real browser: bytes until its numbers can be read and in all, largest contentful paint, changes of area."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

CHANGES = 10
SETTLED = 2.0  # seconds without an answer after which a page counts as loaded
_OBSERVE = """window.__paints = [];
new PerformanceObserver(list => list.getEntries().forEach(one => window.__paints.push(one.startTime)))
  .observe({type: 'largest-contentful-paint', buffered: true});"""


@dataclass(frozen=True)
class Visit:
    """One product's page: its address, what shows that its numbers can be read, how to change the area.

    ``change`` is given the page and the number of the change; it acts and returns when the new area is shown.
    """

    url: str
    readable: str
    change: Callable[[Page, int], None]
    cookies: list[Any] = field(default_factory=list)


class _Counter:
    """Bytes of answers as they came over the line."""

    def __init__(self, session: CDPSession) -> None:
        self.bytes = 0.0
        self.last = time.monotonic()
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.webSocketFrameReceived", self._frame)

    def _finished(self, told: dict[str, Any]) -> None:
        self._came(told["encodedDataLength"])

    def _frame(self, told: dict[str, Any]) -> None:
        self._came(len(told["response"]["payloadData"]))

    def _came(self, count: float) -> None:
        self.bytes += count
        self.last = time.monotonic()


def measured(browser: Browser, visit: Visit) -> dict[str, float]:
    """Cold, warm, then ``CHANGES`` changes of area."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.add_init_script(_OBSERVE)
    context.add_cookies(visit.cookies)
    readable, total, cold = _opened(context, visit)
    _, _, warm = _opened(context, visit)
    took, sizes = _changed(context, visit)
    context.close()
    return {
        "readable_bytes": round(readable), "total_bytes": round(total), "lcp_cold_ms": round(cold),
        "lcp_warm_ms": round(warm), "callback_p50_ms": round(float(np.percentile(took, 50))),
        "callback_p95_ms": round(float(np.percentile(took, 95))), "callback_bytes": round(float(np.median(sizes))),
    }  # fmt: skip


def _opened(context: BrowserContext, visit: Visit) -> tuple[float, float, float]:
    page = context.new_page()
    counter = _Counter(context.new_cdp_session(page))
    page.goto(visit.url)
    page.wait_for_selector(visit.readable)
    readable = counter.bytes
    _settle(page, counter)
    paint = page.evaluate("Math.max(...window.__paints)")
    page.close()
    return readable, counter.bytes, paint


def _changed(context: BrowserContext, visit: Visit) -> tuple[list[float], list[float]]:
    page = context.new_page()
    counter = _Counter(context.new_cdp_session(page))
    page.goto(visit.url)
    page.wait_for_selector(visit.readable)
    _settle(page, counter)
    took, sizes = [], []
    for number in range(CHANGES + 1):
        before, begun = counter.bytes, time.perf_counter()
        visit.change(page, number)
        seconds = time.perf_counter() - begun
        _settle(page, counter)
        if number:  # the first also loads what later ones have
            took.append(seconds * 1000)
            sizes.append(counter.bytes - before)
    page.close()
    return took, sizes


def _settle(page: Page, counter: _Counter) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < min(until, counter.last + SETTLED):
        page.wait_for_timeout(100)
