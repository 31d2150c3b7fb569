"""Today beside the same page in Streamlit and Vizro: bytes, paint, change of area, and 50 viewers at once."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
import requests
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from pipelines.core.region import load as regions
from pipelines.ledger import open_ledger
from pipelines.ledger.accounts import link
from tests.bench.apart import apart
from tests.bench.day import REGION, settings
from tests.bench.load import _served, _sign_in
from tests.bench.load_editions import prepare
from tests.bench.load_viewers import PATIENCE, Crowd
from tests.bench.pages_browser import Visit, measured
from tests.bench.pages_data import LEADER, areas
from tests.bench.place import ROOT, now

VIEWERS, FOR_SECONDS = 50, 60.0
HERE = Path(__file__).parent


def run(small: bool) -> dict[str, Any]:
    """Five years of a city at full scale; small: a small city of 150 days."""
    days, scale, editions = (150, 0.05, 3) if small else (1825, 1.0, 10)
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as name:
        folder = Path(name)
        apart(prepare, folder, days, scale, editions, 0)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            told = _ours(browser, folder) | {
                "streamlit": _streamlit(browser, folder), "vizro": _vizro(browser, folder),
            }  # fmt: skip
            browser.close()
    _print(told)
    return {"pages": told}


def _ours(browser: Browser, folder: Path) -> dict[str, Any]:
    with _served(folder) as (server, url):
        while not requests.get(url + "/readyz", timeout=PATIENCE).json()["has_figures"]:
            time.sleep(0.2)
        ledger = open_ledger(settings(folder))
        token = link.issue_link(ledger, LEADER.role, LEADER.areas, LEADER.name, timedelta(hours=1), now())  # type: ignore[arg-type]
        ledger.close()
        session = requests.Session()
        session.post(f"{url}/sign-in/{token}", json={}, headers={"Origin": url}, timeout=PATIENCE).raise_for_status()
        cookies = [
            {"name": one.name, "value": one.value, "domain": urlsplit(url).hostname, "path": "/"}
            for one in session.cookies
        ]
        codes = list(regions.load(REGION).units)

        def change(page: Page, number: int) -> None:
            code = codes[number % len(codes)]
            page.evaluate("code => document.querySelector(`.menu a[href='/area/${code}']`).click()", code)
            page.wait_for_function("code => document.querySelector(`#main [id*='${code}']`)", arg=code, polling=10)

        told = measured(browser, Visit(url, ".card .amount", change, cookies))
        crowd = Crowd(url)
        _sign_in(folder, crowd, VIEWERS)
        crowd.start()
        time.sleep(FOR_SECONDS)
        crowd.stop()
        took = [one.seconds * 1000 for one in crowd.answers]
        return told | {
            "server_p95_ms_50": round(float(np.percentile(took, 95)), 1),
            "errors_50": sum(one.status != 200 for one in crowd.answers),
            "rss_mib_50": round(server.memory_info().rss / 2**20),
        }


def _streamlit(browser: Browser, folder: Path) -> dict[str, Any]:
    published = settings(folder).published
    codes = areas(published)
    port = _free_port()
    options = ["--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(port),
               "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"]  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(HERE / "pages_streamlit.py"),
        *options,
        "--",
        str(published),
    ]

    def change(page: Page, number: int) -> None:
        code = codes[(number + 1) % len(codes)]
        page.get_by_role("combobox").click()
        page.get_by_role("option", name=code, exact=True).click()
        page.wait_for_selector(f"h2:has-text('{code}')")

    with _running(command, port) as url:
        return dict(measured(browser, Visit(url, "[data-testid=stMetricValue]", change)))


def _vizro(browser: Browser, folder: Path) -> dict[str, Any]:
    published = settings(folder).published
    codes = areas(published)
    port = _free_port()
    command = [sys.executable, "-m", "tests.bench.pages_vizro", str(published), str(port)]

    def change(page: Page, number: int) -> None:
        code = codes[(number + 1) % len(codes)]
        page.get_by_text(code, exact=True).first.click()
        page.wait_for_selector(f"#cards h2:has-text('{code}')")

    with _running(command, port) as url:
        return dict(measured(browser, Visit(url, "#cards .number", change)))


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[str]:
    """A peer's server until it is no longer needed; its address."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[2]} does not start")
            time.sleep(0.3)
        yield url
    finally:
        for one in [*psutil.Process(process.pid).children(recursive=True), process]:
            one.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _print(told: dict[str, Any]) -> None:
    ours = {name: value for name, value in told.items() if not isinstance(value, dict)}
    table = Table(title="Today: ours (signed in, scoped), and the same page in two peers")
    for column in ("figure", "ours", "Streamlit", "Vizro"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name, value in ours.items():
        table.add_row(
            name, json.dumps(value), *(json.dumps(told[peer].get(name, "–")) for peer in ("streamlit", "vizro"))
        )
    Console().print(table)
