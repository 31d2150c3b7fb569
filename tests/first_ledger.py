"""A ledger as an earlier program left it: at a step of the migrations, with rows in the tables there were at first."""

from datetime import UTC, date, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

import pipelines.ledger.db.migrations
from pipelines.core.domain import Edition
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.editions import recorded_editions
from pipelines.ledger.notifications import notice, queue
from pipelines.ledger.notifications.notice import NoticeState

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
EDITION = Edition(date(2026, 11, 23), 1, NOW)
MESSAGE = bytes(range(256))
STEPS = Path(pipelines.ledger.db.migrations.__file__).parent
REVISIONS = sorted(path.stem.split("_")[1] for path in (STEPS / "versions").glob("step_*.py"))
_ROWS = {
    "edition": {
        "edition_id": EDITION.edition_id, "day": EDITION.day, "number": 1, "cutoff_at": NOW, "is_replay": False,
        "finished_at": NOW,
    },
    "sign_in_link": {
        "token_hash": "a" * 64, "role": "city_duty", "areas": "", "name": "值班岗", "created_at": NOW, "expires_at": NOW,
    },
    "session": {
        "token_hash": "b" * 64, "role": "city_duty", "areas": "", "name": "值班岗", "created_at": NOW,
        "last_seen_at": NOW, "expires_at": NOW,
    },
    "notice": {
        "notice_id": 7, "edition_id": EDITION.edition_id, "day": EDITION.day, "cutoff_at": NOW,
        "office_id": "dongchangfu", "address": "jiuye@dongchangfu.example.com", "purpose": "digest",
        "purpose_key": "digest 2026-11-23.1", "is_due": True, "reason": "first", "content": '{"a1": 3}',
        "message_id": "<x@example.com>", "subject": "[疑似黄色预警·待核实]", "is_demonstration": False,
        "state": "queued", "attempts": 0, "is_ambiguous": False, "smtp_reply": "", "decided_at": NOW,
    },
    "mail": {"notice_id": 7, "file_name": "x.eml", "message": MESSAGE},
}  # fmt: skip
# Notices that had come to an end, by number: the state's name until step 0005 and since.
_ENDED = {8: ("sent", "accepted"), 9: ("failed", "bounced")}


def leave(settings: Settings, revision: str) -> None:
    """Make the ledger of these settings as it was at a revision, with a row in each table of the first one."""
    engine = create_engine(settings.ledger_address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(STEPS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for table, row in _ROWS.items():
            _insert(connection, table, row)
        for number, (earlier, state) in _ENDED.items():
            ended = {
                "notice_id": number,
                "purpose_key": f"digest {number}",
                "state": earlier if revision < "0005" else state,
            }
            _insert(connection, "notice", _ROWS["notice"] | ended)
    engine.dispose()


def assert_it_is_all_there(ledger: Ledger) -> None:
    """Everything that was left is told by the program of today."""
    (kept,) = recorded_editions(ledger)
    assert (kept.edition, kept.finished_at) == (EDITION, NOW)
    told, *ended = notice.recorded_notices(ledger, EDITION.edition_id)
    assert (told.notice_id, told.state, queue.backlog(ledger).waiting) == (7, NoticeState.QUEUED, 1)
    assert {one.notice_id: one.state.value for one in ended} == {number: state for number, (_, state) in _ENDED.items()}
    assert (told.content, told.decided_at, told.sent_at) == ({"a1": 3}, NOW, None)
    with ledger.reading() as connection:
        assert connection.execute(text("select notice_id, message from mail")).all() == [(7, MESSAGE)]
        for table in ("sign_in_link", "session"):
            assert connection.execute(text(f"select name, role from {table}")).all() == [("值班岗", "city_duty")]


def _insert(connection: Connection, table: str, row: dict[str, object]) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    values = {
        name: value.strftime("%Y-%m-%d %H:%M:%S.%f") if is_sqlite and isinstance(value, datetime) else value
        for name, value in row.items()
    }
    names = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"insert into {table} ({', '.join(values)}) values ({names})"), values)
