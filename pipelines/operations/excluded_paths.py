"""What of the data folder is in no backup, and why: the manifest says it, so that nothing is missed in silence."""

from pipelines.core.settings import Settings

# What is not copied, and why; the rest of the data folder is, or is named as unknown.
REASONS = {
    "inbox": "等待接收的文件：尚未收到，由报送单位再报 (not received yet)",
    "outbox": "写成文件的邮件：内容在台账中 (in the ledger)",
    "warehouse.duckdb": "由 raw 与台账重建 (rebuilt from raw and ledger)",
    "warehouse.duckdb.wal": "由 raw 与台账重建 (rebuilt from raw and ledger)",
    "memory": "重建时重新学得 (learnt again)",
    "region": "恢复时放下的地区配置；现行的在备份中 (laid down by a restore)",
    "log": "运行日志，另有保存期 (kept for its own time)",
    "ledger.sqlite-wal": "在台账的副本中 (in the copy of the ledger)",
    "ledger.sqlite-shm": "在台账的副本中 (in the copy of the ledger)",
}
_LOCKS = {"run.lock", "backup.lock", "mail.lock"}
UNKNOWN = "程序不认识，没有备份 (unknown to the program)"
_TAKEN = {"ledger.sqlite", "raw", "audit", "published", "backtests", "DEMONSTRATION"}
_KEYS = "密钥：从不备份，须另行保管 (never in a backup; keep them elsewhere)"


def left_out(settings: Settings) -> dict[str, str]:
    """Everything in the data folder that is not in the backup, with the reason; and the keys."""
    told = {"keys": _KEYS}
    for path in sorted(settings.data.iterdir()):
        if path.name not in _TAKEN and path.name not in _LOCKS and path != settings.backups:
            told[path.name] = REASONS.get(path.name, UNKNOWN)
    waiting = sum(path.is_file() for path in settings.inbox.rglob("*")) if settings.inbox.exists() else 0
    if waiting:
        told["inbox"] = f"{waiting} 个{REASONS['inbox']}"
    return told
