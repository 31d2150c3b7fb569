"""A served site over a folder of published files, for tests with a browser or a plain client."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dash
from dash import Dash
from playwright.sync_api import BrowserContext

from dashboard.web.app import create_app
from dashboard.web.security import may_open
from dashboard.web.security.trail import TRAIL
from dashboard.web.serving.limits import Limits
from dashboard.web.serving.server import make_server
from pipelines.core.domain import Role, Viewer
from pipelines.core.region.permissions import read_permissions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import link, session
from pipelines.published.read import read

PATIENT = Limits(threads=4, queue_length=200, queue_seconds=60, answer_seconds=120)


@dataclass(eq=False)
class Site:
    """The site under test; it answers on its port from when somebody first asks for its address."""

    app: Dash
    ledger: Ledger
    settings: Settings
    port: int
    worker: threading.Thread = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def url(self) -> str:
        with self._lock:  # several threads of a test may ask first
            if self.worker.ident is None:
                self.worker.start()
        return f"http://127.0.0.1:{self.port}"

    def link(self, viewer: Viewer) -> str:
        """A fresh single-use sign-in link."""
        return f"{self.url}/sign-in/{self.link_token(viewer)}"

    def link_token(self, viewer: Viewer) -> str:
        """What such a link ends with."""
        assert viewer.role is not None
        return link.issue_link(
            self.ledger, viewer.role, viewer.areas, viewer.name, timedelta(hours=1), datetime.now(UTC)
        )

    def sign_in(self, context: BrowserContext, viewer: Viewer) -> None:
        """Give a browser the cookie of a session that has begun, as signing in does."""
        with self.ledger.writing() as connection:
            token = session.begin_session(connection, viewer, datetime.now(UTC)).token
        context.add_cookies([{"name": "gangshao", "value": token, "url": self.url}])

    def addresses(self, viewer: Viewer) -> list[str]:
        """Every page of this role found by introspection, with real values for variables: two areas, a warning of each kind."""
        place = read("place", viewer, published=self.settings.published)
        areas = sorted(viewer.areas) or list(place.loc[place["level"].isin(["city", "unit"]), "code"])[:2]
        open_ones = read("open_warning", viewer, published=self.settings.published)
        warnings = list(open_ones.drop_duplicates("kind")["episode_id"])
        values = {"code": areas, "episode_id": warnings, "number": [], "indicator": ["benefit_claim", "job_loss_rate"]}
        found = []
        for page in dash.page_registry.values():
            template = page["path_template"]
            if not may_open(read_permissions(self.settings.region), viewer, page["path"]):
                continue
            if template is None:
                found.append(page["path"])
                continue
            [name] = re.findall(r"<(\w+)>", template)
            chosen = ["C"] if template.startswith("/industry/") else values[name]
            found += [template.replace(f"<{name}>", value) for value in chosen]
        return found


@contextmanager
def clock_at(site: "Site", instant: str) -> Iterator[None]:
    """The server's clock stands at an instant of the region; the newest edition is of 2026-11-25, 07:00."""
    trail = site.app.server.config[TRAIL]
    before, now = trail.clock, datetime.fromisoformat(f"{instant}+08:00").astimezone(UTC)
    trail.clock = lambda: now
    try:
        yield
    finally:
        trail.clock = before


@contextmanager
def served(data: Path) -> Iterator[Site]:
    """Serve the published files of a data folder on a free port of the loopback; a slow machine is waited for."""
    settings = Settings(data=data, keys=data / "keys", port=1)
    settings.demonstration_mark.touch()  # links sign in to invented data only
    ledger = open_ledger(settings)
    app = create_app(settings, ledger)
    server, dispatcher = make_server(app.server, settings, PATIENT, port=0)
    worker = threading.Thread(target=server.run, daemon=True)
    try:
        yield Site(app, ledger, settings, server.effective_port, worker)
    finally:
        server.close()
        dispatcher.shutdown()
        if worker.ident is not None:
            worker.join(timeout=5)
        ledger.close()


LEADER = Viewer(Role.CITY_LEADER, name="leader")
AUDITOR = Viewer(Role.AUDITOR, name="auditor")
ADMINISTRATOR = Viewer(Role.ADMINISTRATOR, name="root")


def head_of(area: str) -> Viewer:
    """The head of one county's office."""
    return Viewer(Role.COUNTY_HEAD, frozenset({area}), name="head")
