"""Commands that keep the house: back up, restore, and try the newest backup out."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.audit import entered
from pipelines.cli.terminal import bar, console, now, place
from pipelines.core import settings as all_settings
from pipelines.core.domain import UserError
from pipelines.core.log import tell
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail.trail import Act
from pipelines.operations.backup import back_up, holding_raw, thin
from pipelines.operations.inventory import UNKNOWN, Backup, choose_backup
from pipelines.operations.restore import lacking_keys, last_good, turn_of
from pipelines.operations.restore import restore_backup as put_back
from pipelines.operations.restore import run_drill as tried

KEPT = 14
log = logging.getLogger(__name__)


def backup(keep: Annotated[int, typer.Option(min=1, max=10_000, help="演练通过后保留最新的几份")] = KEPT) -> None:
    """备份台账、现行版次、原始文件，并当场演练一次恢复 (back up, then try a restore of it)."""
    settings, region = place()
    ledger = open_ledger(settings)
    with entered(ledger, Act.BACKUP, "data folder") as details, bar() as progress:
        made = back_up(settings, region, ledger, now(), progress)
        details |= {"backup": made.name, "edition": made.manifest.edition, "files": len(made.manifest.files)}
    total = sum(file.size for file in made.manifest.files)
    tell(log, "backup made", backup=made.name, edition=made.manifest.edition, bytes=total)
    console.print(f"已备份到 {made.folder}：{len(made.manifest.files):,} 个文件，{total / 1e6:,.1f} MB")
    waiting = any(path.is_file() for path in settings.inbox.rglob("*"))
    for name, reason in made.manifest.left_out.items():
        if name == "keys" or reason == UNKNOWN or (name == "inbox" and waiting):
            console.print(f"未备份 {name}：{reason}")
    if settings.data.stat().st_dev == made.folder.stat().st_dev:
        console.print("备份与数据在同一磁盘上；请另存一份到别处 (same disk as the data; keep a copy elsewhere)")
    _drill(made, settings, ledger)
    for name in thin(settings.backups, keep):
        console.print(f"已删除旧备份 {name}（保留最新 {keep} 份）")


def drill(which: Annotated[Path | None, typer.Argument(help="备份，或放备份的文件夹；默认最新一份")] = None) -> None:
    """演练：把备份恢复到旁边，逐项核对，然后删去 (restore a backup aside, compare all of it, remove it)."""
    settings = all_settings.load()
    _drill(choose_backup(which or settings.backups), settings, open_ledger(settings))


def restore(
    which: Annotated[Path, typer.Argument(help="备份，或放备份的文件夹（取最新一份）")],
    into: Annotated[Path, typer.Option(help="空的或还没有的文件夹，作为新的 GANGSHAO_DATA")],
) -> None:
    """恢复到一个空文件夹；先核对每个文件 (put a backup into an empty folder, after every file was compared)."""
    settings = all_settings.load()
    found, target = choose_backup(which.expanduser().resolve()), into.expanduser().resolve()
    with bar() as progress:
        put_back(found, target, settings, now(), progress)
    told = found.manifest
    console.print(f"已把 {found.name} 恢复到 {target}：版次 {told.edition}，{len(told.files):,} 个文件与清单相符")
    console.print("所有人须重新登录，未用的登录链接已作废 (all sessions and unused links are closed)")
    console.print("备份以后停用的账号、改过的密码须重做一次 (accounts are as they were; disable them again)")
    for sentence in lacking_keys(found, settings.keys):
        console.print(sentence)
    if told.region:
        console.print(f"备份时的地区配置在 {target / 'region'}；GANGSHAO_REGION 须与它一致 (the region at that time)")
    console.print(f"接着：设 GANGSHAO_DATA={target}，运行 gangshao run --rebuild 重建仓库，再 gangshao doctor")


def _drill(made: Backup, settings: Settings, ledger: Ledger) -> None:
    good = last_good(ledger)
    try:
        with holding_raw(settings), entered(ledger, Act.DRILL, f"backup {made.name}") as details, bar() as progress:
            met = tried(made, settings, progress, turn_of(ledger))
            details |= {"files": met.files, "entries": met.entries, "tables": met.tables, "opened": met.opened}
            details["keys"] = "lacking" if met.lacking else "held"
    except UserError as error:
        last = f"{good:%Y-%m-%d %H:%M} UTC" if good else "还没有"
        raise UserError(f"演练未通过：{error}；最近一次通过的演练：{last} (the drill failed)") from error
    tell(log, "drill passed", backup=made.name, files=met.files, has_keys=not met.lacking)
    console.print(
        f"演练通过：{met.files:,} 个文件、{met.entries:,} 条审计记录、{met.tables} 张已发布表与清单相符，"
        f"打开 {met.opened} 个加密文件"
    )
    for sentence in met.lacking:
        console.print(sentence)
