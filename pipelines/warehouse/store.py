"""Opens the warehouse, the file only the run may hold, and tells two warehouses apart by their contents."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.core.sql import name, names, step
from pipelines.warehouse.tables import define_all

_RUN_TIME_SUFFIX = "_run_at"
_NOT_COMPARED = "register_mark"  # says how this file came to be, not what it knows


class Warehouse:
    """The open warehouse: its DuckDB ``connection``, one transaction at a time. Close it, or use it in ``with``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.connection, self.path = connection, path

    def __enter__(self) -> "Warehouse":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, so that another process may open it."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it."""
        self.connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def after_editions(self, instant: datetime) -> datetime:
        """The instant (naive UTC), or just after the last edition's cut-off where that lies later.

        What becomes known now cannot change what past editions knew: it counts from there on.
        """
        last = self.connection.execute("select max(cutoff_at) from edition").fetchall()[0][0]
        return instant if last is None else max(instant, last + timedelta(microseconds=1))

    def append(self, table: str, rows: pa.Table) -> None:
        """Append rows to a table in any order; columns are matched by name, absent ones stay NULL."""
        if rows.num_rows:
            self.connection.register("appended", rows)
            # In order, DuckDB writes every row group twice: 2 to 4 times slower, and a file of double size.
            self.connection.execute("set preserve_insertion_order = false")
            try:
                self.connection.execute(f"insert into {table} by name from appended")
            finally:
                self.connection.execute("set preserve_insertion_order = true")
                self.connection.unregister("appended")


def connect(settings: Settings, read_only: bool = False) -> Warehouse:
    """Open the warehouse and make the tables and columns it lacks (core/catalogue/tables).

    Raises UserError when the folder cannot be written, the file is held by another process or is no warehouse.
    """
    path = settings.warehouse
    is_new = not path.exists()
    if read_only and is_new:
        raise UserError(f"还没有数据仓库 {path}；请先运行 gangshao ingest。(no warehouse yet)")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(
            str(path),
            read_only=read_only,
            config={
                "memory_limit": settings.memory_limit,
                "threads": settings.threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
    except (OSError, duckdb.Error) as error:
        raise UserError(_sentence(path, error)) from error
    connection.execute("set enable_progress_bar = false")  # the command line has its own
    if not read_only:
        if path.stat().st_mode & 0o077:  # new, or the run that made it was killed before this line
            path.chmod(0o600)
        define_all(connection)
    return Warehouse(connection, path)


def _sentence(path: Path, error: Exception) -> str:
    if "lock" in str(error):
        return f"数据仓库 {path} 正被另一个进程使用；请等它结束后重试。(the warehouse is in use)"
    if isinstance(error, OSError) or "ermission" in str(error) or "Cannot open file" in str(error):
        return (
            f"数据文件夹 {path.parent} 无法写入；请检查权限和磁盘空间，或用 GANGSHAO_DATA 指定另一文件夹。"
            "(data folder not writable)"
        )
    return f"数据仓库 {path} 无法打开，可能已损坏；请移走该文件，用 gangshao run --rebuild 由原始报送文件重建。"


def is_unwritable(error: duckdb.Error) -> bool:
    """Whether a statement failed because the disk took nothing more, and not for what the statement says."""
    return any(words in str(error) for words in ("No space left", "Could not write", "Disk quota", "Read-only file"))


def table_hashes(warehouse: Warehouse) -> dict[str, str]:
    """A hash of every table's rows, whatever their order; columns ending in _run_at (clock of a run) are left out.

    Comparable between warehouses written by the same version of DuckDB.
    """
    columns = warehouse.connection.execute(step("table_columns"), {"not_compared": _NOT_COMPARED}).fetchall()
    hashes = {}
    for table, every in columns:
        kept = names(column for column in every if not column.endswith(_RUN_TIME_SUFFIX))
        count, total = warehouse.connection.execute(
            step("table_hash", columns=kept, table=name(str(table)))
        ).fetchall()[0]
        hashes[str(table)] = f"{count}:{int(total):x}"
    return hashes
