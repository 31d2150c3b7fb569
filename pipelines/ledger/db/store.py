"""Opens the ledger: SQLite in WAL mode by default, PostgreSQL by address; upgrades it; hands out short transactions."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings

# How long a writer waits for another one. Transactions are short; longer than this means a process that hangs.
BUSY_SECONDS = 20
# Any constant will do: whoever writes to the ledger on PostgreSQL takes this lock first, as SQLite's writers do theirs.
_POSTGRESQL_WRITER_LOCK = 715_715_715
_STEPS = Path(__file__).parent / "migrations"


_IN_ONE_QUESTION = 500  # values: SQLite takes 999 at least


def in_parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Different values in the order of their first mention, in lists short enough for one question."""
    wanted = list(dict.fromkeys(values))
    for first in range(0, len(wanted), _IN_ONE_QUESTION):
        yield wanted[first : first + _IN_ONE_QUESTION]


@dataclass(frozen=True)
class Ledger:
    """The opened store. Its tables are in ``schema``, its functions in the module of each noun."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may read and then write: no other writer comes between; all of it happens or nothing."""
        with self.engine.connect().execution_options(gangshao_writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_WRITER_LOCK})
            yield connection

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def has_ledger(settings: Settings) -> bool:
    """Whether the ledger of these settings was made; one at an address of its own is taken for made."""
    return bool(settings.ledger_url) or Path(settings.ledger_address.removeprefix("sqlite:///")).exists()


def open_ledger(settings: Settings) -> Ledger:
    """Open the ledger of these settings, made or upgraded where necessary.

    Raises UserError when the address is wrong, the store cannot be reached or written, or a newer program wrote it.
    """
    try:
        url = make_url(settings.ledger_address)
        if url.get_backend_name() == "postgresql" and url.get_driver_name() == "psycopg2":
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise UserError(
                f"台账地址 GANGSHAO_LEDGER_URL 只支持 sqlite 与 postgresql，不支持 {url.get_backend_name()}"
                " (the ledger is SQLite or PostgreSQL)"
            )
        is_sqlite = url.get_backend_name() == "sqlite"
        if is_sqlite and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            if not Path(url.database).exists():  # names and hashes of passwords; SQLite gives its other files this mode
                Path(url.database).touch(mode=0o660)
        # A busy writer is waited for; BEGIN IMMEDIATE below makes the wait possible (an upgraded reader cannot wait).
        engine = create_engine(
            url, connect_args={"timeout": BUSY_SECONDS} if is_sqlite else {}, pool_pre_ping=not is_sqlite
        )
        if is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        ledger = Ledger(engine)
        _upgrade(ledger)
    except ArgumentError as error:
        raise UserError("台账地址 GANGSHAO_LEDGER_URL 写法有误 (the ledger's address cannot be read)") from error
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise UserError(f"缺少台账数据库的驱动程序：{error} (the database driver is not installed)") from error
    except (DatabaseError, OSError) as error:
        place = url.render_as_string(hide_password=True)
        raise UserError(
            f"打不开台账 {place}：{_first_line(error)}；请检查地址、权限和磁盘空间后重试"
            " (the ledger cannot be opened or written: check its address, the permissions and the disk)"
        ) from error
    return ledger


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling starts none on SELECT and commits before DDL; ours (below) does neither.
    connection.isolation_level = None
    cursor = connection.cursor()
    for attempt in range(50):
        try:
            # Stays in the file; the first change takes a lock for which SQLite does not wait.
            cursor.execute("pragma journal_mode = wal")
            break
        except Exception as error:
            if "locked" not in str(error) or attempt == 49:
                raise
            time.sleep(0.05)
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("gangshao_writes", False)
    connection.exec_driver_sql("begin immediate" if is_writing else "begin")


def _revision(ledger: Ledger) -> str | None:
    """The last step the ledger has taken; None when it is new."""
    with ledger.reading() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()


def _upgrade(ledger: Ledger) -> None:
    current = _revision(ledger)
    if current is not None and current == max(
        path.stem.split("_")[1] for path in (_STEPS / "versions").glob("step_*.py")
    ):
        return
    # Importing alembic takes half a second, and nearly always the ledger is up to date.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    steps = ScriptDirectory.from_config(config)
    if current is not None and current not in {step.revision for step in steps.walk_revisions()}:
        raise UserError(
            f"台账由更新版本的程序写成（{current}），请先升级程序"
            " (a newer program wrote this ledger; upgrade the program)"
        )
    # Two processes may open an old ledger at once: the second finds the work done, under the writer's lock.
    with ledger.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
