"""A published city in one small file, and a mail server that answers as it is told, for tests of mails."""

import email
import email.policy
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipelines.core.domain import Edition
from pipelines.core.region import load as region_module
from pipelines.core.settings import Settings
from pipelines.published import read, schema
from pipelines.warehouse.tables import define

ROOT = Path(__file__).resolve().parents[2]
REGION = region_module.load(ROOT / "data" / "regions" / "liaocheng")
_TABLES = (
    "manifest",
    "edition",
    "place",
    "industry",
    "indicator",
    "rule",
    "reading",
    "episode",
    "roster",
    "corroboration",
)
_AGREEMENT = ("edition_id", "episode_id", "area", "industry", "source", "agreement")
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def edition(day: date, number: int = 1) -> Edition:
    return Edition(day, number, REGION.cutoff_at(day) + timedelta(hours=number - 1))


@dataclass(frozen=True)
class Told:
    """A warning as the general file has it, from the edition of ``since`` on."""

    episode_id: str
    area: str
    level: int
    since: date
    industry: str = "C"
    status: str = "open"
    until: date | None = None  # superseded by the edition of this day
    close_reason: str | None = None
    observed_band: str = "20–49"
    people_band: str = "10–19"
    rule_id: str = "benefit_claim_spike"
    indicator: str = "benefit_claim"
    kind: str = "spike"
    data_to: date | None = None
    opened_on: date | None = None
    agreement: str | None = None


@dataclass
class City:
    """A data folder whose published file is written anew by ``publish``."""

    folder: Path
    settings: Settings
    days: list[Edition] = field(default_factory=list)

    def publish(
        self,
        editions: list[Edition],
        warnings: list[Told],
        is_demonstration: bool = False,
        silent: dict[str, list[date]] | None = None,
    ) -> Edition:
        newest = editions[-1]
        folder = self.settings.published / newest.edition_id
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "general.duckdb"
        read.close()
        file.unlink(missing_ok=True)
        file.write_bytes(_empty_file(is_demonstration))
        with duckdb.connect(str(file)) as connection:
            connection.execute("begin")
            days = [
                {
                    "edition_id": one.edition_id,
                    "day": one.day,
                    "number": one.number,
                    "cutoff_at": one.cutoff_at.replace(tzinfo=None),
                }
                for one in editions
            ]
            _insert(connection, "edition", days)
            _insert(connection, "episode", [_episode(warning) for warning in warnings])
            said = [
                {"edition_id": newest.edition_id, "source": "telecom", **vars(one)} for one in warnings if one.agreement
            ]
            _insert(connection, "corroboration", [{name: one[name] for name in _AGREEMENT} for one in said])
            self._roster(connection, editions)
            self._later_roster(connection, editions, silent or {})
            self._readings(connection, editions)
            connection.execute("commit")
        pointer = self.settings.published / "current"
        pointer.write_text(newest.edition_id)
        return newest

    def _roster(self, connection: duckdb.DuckDBPyConnection, editions: list[Edition]) -> None:
        """Five daily reports a unit before the first edition; Chiping's last one is missing."""
        first = editions[0].day
        rows = []
        for unit in REGION.units:
            for back in range(1, 6):
                period = first - timedelta(days=back)
                due_at = REGION.cutoff_at(period + timedelta(days=1)).replace(tzinfo=None)
                is_missing = unit == "371503" and back == 1
                row = {
                    "feed": "benefit_claim",
                    "area": unit,
                    "period": period,
                    "grain": "day",
                    "due_at": due_at,
                    "status": "missing" if is_missing else "reported",
                    "received_at": pd.NaT if is_missing else due_at - timedelta(hours=7),
                    "known_from": editions[0].cutoff_at.replace(tzinfo=None),
                }
                rows.append(row)
        _insert(connection, "roster", rows)

    def _later_roster(
        self, connection: duckdb.DuckDBPyConnection, editions: list[Edition], silent: dict[str, list[date]]
    ) -> None:
        """A report a unit and workday from the first edition on; those of ``silent`` areas and days do not come."""
        rows = [
            {
                "feed": "benefit_claim",
                "area": unit,
                "period": one.day,
                "grain": "day",
                "due_at": REGION.cutoff_at(one.day + timedelta(days=1)).replace(tzinfo=None),
                "status": "missing" if one.day in silent.get(unit, []) else "reported",
                "received_at": pd.NaT
                if one.day in silent.get(unit, [])
                else REGION.cutoff_at(one.day + timedelta(days=1)).replace(tzinfo=None) - timedelta(hours=7),
                "known_from": editions[0].cutoff_at.replace(tzinfo=None),
            }
            for one in editions
            for unit in REGION.units
            if REGION.is_workday(one.day)
        ]
        _insert(connection, "roster", rows)

    def _readings(self, connection: duckdb.DuckDBPyConnection, editions: list[Edition]) -> None:
        """Ten released weeks of claims a unit and for the city; one is not public, one is missing."""
        monday = editions[-1].day - timedelta(days=editions[-1].day.weekday() + 21)
        rows = [
            {
                "indicator": "benefit_claim",
                "area": area,
                "industry": "ALL",
                "cohort": "all",
                "grain": "week",
                "period": monday - timedelta(weeks=back),
                "value": None if back == 6 else 12.0 + 31 * (9 - back) * (3 if area == REGION.city else 1),
                "is_suppressed": back == 6,
                "known_from": editions[0].cutoff_at.replace(tzinfo=None),
            }
            for area in [REGION.city, *REGION.units]
            for back in range(10)
            if back != 4
        ]
        _insert(connection, "reading", rows)


@cache
def _empty_file(is_demonstration: bool) -> bytes:
    """A published file with the tables that are the same every day, and without editions, warnings and readings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "general.duckdb"
        with duckdb.connect(str(path)) as connection:
            for table in _TABLES:
                define(connection, table)
            _reference(connection, is_demonstration)
        return path.read_bytes()


def _reference(connection: duckdb.DuckDBPyConnection, is_demonstration: bool) -> None:
    facts = {
        "schema_version": str(schema.VERSION),
        "city": REGION.city,
        "region_name_zh": REGION.name_zh,
        "is_demonstration": str(is_demonstration).lower(),
    }
    _insert(connection, "manifest", [{"key": key, "value": value} for key, value in facts.items()])
    _insert(connection, "place", REGION.places[["code", "name", "short_name"]].to_dict("records"))
    _insert(connection, "industry", REGION.industries[["code", "name", "level"]].to_dict("records"))
    indicators = [
        {"indicator": "benefit_claim", "title_zh": "失业保险金新增申领", "unit": "persons", "feed": "benefit_claim"},
        {"indicator": "job_loss_rate", "title_zh": "岗位流失率", "unit": "percent"},
        {"indicator": "vacancy_seeker_ratio", "title_zh": "求人倍率", "unit": "ratio", "worse": "lower"},
    ]
    _insert(connection, "indicator", indicators)
    _insert(connection, "rule", [{"rule_id": "benefit_claim_spike", "title": "失业保险金申领异常增加", "level": 3}])


def _episode(warning: Told) -> dict[str, Any]:
    opened = warning.opened_on or warning.since
    return {
        "episode_id": warning.episode_id,
        "rule_id": warning.rule_id,
        "kind": warning.kind,
        "indicator": warning.indicator,
        "area": warning.area,
        "industry": warning.industry,
        "level": warning.level,
        "status": warning.status,
        "opened_on": opened,
        "changed_on": warning.since,
        "closed_on": warning.since if warning.status == "closed" else None,
        "close_reason": warning.close_reason,
        "data_to": warning.data_to or warning.since - timedelta(days=1),
        "observed_band": warning.observed_band,
        "people_band": warning.people_band,
        "known_from": edition(warning.since).cutoff_at.replace(tzinfo=None),
        "known_to": edition(warning.until).cutoff_at.replace(tzinfo=None) if warning.until else None,
    }


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[Any, Any]]) -> None:
    if rows:
        connection.register("rows_to_insert", pd.DataFrame(rows))
        connection.execute(f"insert into {table} by name select * from rows_to_insert")
        connection.unregister("rows_to_insert")


def parsed(message: bytes) -> EmailMessage:
    read_message = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(read_message, EmailMessage)
    return read_message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content


@dataclass
class MailServer:
    """Takes mails on a free port of 127.0.0.1; what is asked at each of its commands may answer otherwise than 250."""

    at_sender: Callable[[str], str] = lambda address: "250 OK"
    at_recipient: Callable[[str], str] = lambda address: "250 OK"
    at_data: Callable[[str], str | None] = lambda address: "250 accepted"
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    offered: int = 0
    port: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> "MailServer":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.options)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.at_sender(address)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.at_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.offered += 1
        address = envelope.rcpt_tos[0]
        answer = self.at_data(address)
        assert isinstance(envelope.content, bytes)
        if answer is None or answer.startswith("250"):
            self.accepted.append((address, envelope.content))
        if answer is None:  # taken, but the line breaks before the client hears of it
            assert server.transport is not None
            server.transport.abort()
            return "250 unheard"
        return answer

    def addresses(self) -> list[str]:
        return sorted(address for address, _ in self.accepted)
