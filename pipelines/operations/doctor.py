"""Doctor: looks at what the program needs and says in a sentence what is well and what is not; changes nothing."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from smtplib import SMTPException
from ssl import SSLSocket

import duckdb
import pandas as pd

from pipelines.core.domain import EVERY_COHORT, Role, UserError, Viewer
from pipelines.core.region import load as regions
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.judging.rule_scope import names_a_size, without_readings
from pipelines.ledger import has_ledger, open_ledger
from pipelines.ledger.accounts.account import accounts
from pipelines.ledger.audit_trail import publication
from pipelines.ledger.db import job
from pipelines.ledger.db.job import Ending
from pipelines.ledger.editions import is_ahead, recorded_editions
from pipelines.ledger.notifications import queue
from pipelines.ledger.workflow.rule import unapproved
from pipelines.ledger.workflow.transition import find_unheld
from pipelines.notifying import outbox
from pipelines.notifying.audience import recipients, unmanned, unrouted
from pipelines.notifying.notices import may_send
from pipelines.notifying.smtp import connect, reply_of, say_goodbye
from pipelines.operations.clock import ahead_sentence
from pipelines.operations.inventory import backups, published_tables, unnamed_contents
from pipelines.operations.restore import FRESH_FOR, last_good
from pipelines.published.read import edition_in_force, read
from pipelines.warehouse import store
from pipelines.warehouse.stored_backtests import standing

_LEAST_FREE = 1_000_000_000  # bytes
_SERVER_WITHIN = 10.0  # seconds a mail server is waited for
_LACKING_SHOWN = 3  # steps that nobody may take are named, of more their number
_BOUNCES_FOR = timedelta(days=7)  # so long a mail that was refused is shown


@dataclass(frozen=True)
class CheckResult:
    """What was looked at, whether it is well, and a sentence."""

    what: str
    is_well: bool
    sentence: str


def run_checks(settings: Settings) -> list[CheckResult]:
    """One answer each for region, folders, who is told, who may act, keys, ledger, files, mails, and so on.

    The mail server is connected to and signed in to, and given no mail.
    """
    looks: dict[str, Callable[[Settings], str]] = {
        "地区配置": _region,
        "数据文件夹": _folder,
        "通知路线": _routes,
        "办理岗位": _posts,
        "密钥": _keys,
        "台账": _ledger,
        "已发布文件": _published,
        "完整性": _integrity,
        "邮件": _mails,
        "邮件服务器": _mail_server,
        "定时任务": _schedule,
        "备份": _backup,
        "预测质量": _quality,
        "预警规则": _rules,
    }
    answers: list[CheckResult] = []
    for what, look in looks.items():
        try:
            answers.append(CheckResult(what, True, look(settings)))
        except UserError as error:
            answers.append(CheckResult(what, False, str(error)))
    return answers


def _region(settings: Settings) -> str:
    region = regions.load(settings.region)
    return f"{region.name_zh}，{len(region.units)} 个报送单位，规则 {region.rules['rule_id'].nunique()} 条"


def _folder(settings: Settings) -> str:
    folder = next(path for path in (settings.data, *settings.data.parents) if path.exists())
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} 不可写，请检查权限 (not writable)")
    if settings.data.exists() and stat.S_IMODE(settings.data.stat().st_mode) & 0o007:
        raise UserError(f"{settings.data} 可被本机其他用户读取，请执行 chmod 750 (the data folder is open to others)")
    file = Path("gangshao.env")
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o007:
        raise UserError(f"{file.resolve()} 可被本机其他用户读取，其中可能有密码，请执行 chmod 640 (open to others)")
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    needed = max(_LEAST_FREE, 2 * _size(settings.published))
    if free < needed:
        raise UserError(
            f"{settings.data} 剩余空间 {free / 1e9:.1f} GB，发布一个版次至少要 {needed / 1e9:.1f} GB，请腾出空间"
            " (the disk is nearly full)"
        )
    kind = "演示数据" if settings.demonstration_mark.exists() else "正式数据"
    return f"{settings.data}，{kind}，剩余空间 {free / 1e9:.1f} GB"


def _size(folder: Path) -> int:
    """Bytes of the files in a folder: a publishing copies those in force beside them."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _routes(settings: Settings) -> str:
    region = regions.load(settings.region)
    today = region.local_day(datetime.now(UTC))
    lacking = unrouted(region, today)
    if lacking:
        raise UserError(
            f"{'、'.join(lacking)} 的预警没有人会收到；请在 recipients.csv 补上经办岗位"
            " (nobody would be told of these areas)"
        )
    if posts := unmanned(region, today):
        raise UserError(
            f"{'、'.join(posts)}没有接收人，没有人签收时催办会越过；请在 recipients.csv 补上"
            " (nobody reads mail at these posts of the escalation)"
        )
    return f"{len(recipients(region, today))} 个接收人，每个地区、每个岗位都有人收"


def _posts(settings: Settings) -> str:
    """Whether for every step of a warning, in the city and each unit, an account holds the post that takes it."""
    if not has_ledger(settings):
        return "还没有台账，没有账号"
    region = regions.load(settings.region)
    held = [one for one in accounts(open_ledger(settings), datetime.now(UTC)) if one.disabled_at is None]
    if all(one.role is Role.ADMINISTRATOR for one in held):
        return "还没有办理预警的账号"
    viewers = [Viewer(one.role, one.areas) for one in held]
    names = region.places.set_index("code")["name"]
    lacking = [
        f"{names[area]}：{level.value} 级预警在“{state.value}”，{'、'.join(sorted(posts))}"
        for area in (region.city, *region.units)
        for level, state, posts in find_unheld(region.transition, viewers, area, is_city=area == region.city)
    ]
    if lacking:
        shown = "；".join(lacking[:_LACKING_SHOWN])
        more = f"；共 {len(lacking)} 处" if len(lacking) > _LACKING_SHOWN else ""
        raise UserError(
            f"下列步骤没有账号可以办理：{shown}{more}；请为这些岗位开通账号，或在 transition.csv 改为有人的岗位"
            " (no account may take these steps)"
        )
    return f"{len(held)} 个账号，每个地区、每个级别、每一步都有人能办"


def _keys(settings: Settings) -> str:
    files = sorted(settings.keys.glob("*")) if settings.keys.exists() else []
    if not files:
        return "还没有密钥，第一次接收含个人信息的文件时生成"
    open_to_others = [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to_others:
        raise UserError(f"{'、'.join(open_to_others)} 可被他人读取，请执行 chmod 600 (keys are readable by others)")
    return f"{settings.keys}，{len(files)} 个，仅本人可读"


def _ledger(settings: Settings) -> str:
    if not has_ledger(settings):
        return "还没有台账，第一次运行时生成"
    return f"{len(recorded_editions(open_ledger(settings)))} 个版次"


def _mails(settings: Settings) -> str:
    if not has_ledger(settings):
        return "还没有台账，没有邮件"
    ledger, since = open_ledger(settings), datetime.now(UTC) - _BOUNCES_FOR
    with ledger.reading() as connection:
        bounced = queue.bounced_since(connection, since)
    waiting, ambiguous = queue.backlog(ledger).waiting, queue.ambiguous_since(ledger, since)
    told = f"等待 {waiting} 封；近 {_BOUNCES_FOR.days} 天结果不明而可能重复 {ambiguous} 封，被拒收 {len(bounced)} 封"
    if bounced:
        last = bounced[-1]
        raise UserError(
            f"{told}，最近一封是第 {last.notice_id} 号：{last.smtp_reply}；请核对 recipients.csv 中的地址，"
            f"必要时 gangshao outbox resend {last.notice_id} (mails were refused for good)"
        )
    return told


def _mail_server(settings: Settings) -> str:
    """Connects, encrypts and signs in as a sender would, and leaves again."""
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    if not settings.smtp_host:
        return f"没有设置，邮件写入 {settings.outbox}"
    if settings.demonstration_mark.exists() and not may_send(settings):
        raise UserError(f"演示数据的邮件不得发往 {place}，请清空 GANGSHAO_SMTP_HOST (mails would leave this machine)")
    outbox.refuse_plain_password(settings)
    try:
        connection = connect(settings, _SERVER_WITHIN)
    except (OSError, SMTPException) as error:
        raise UserError(
            f"{place} 无法使用：{reply_of(error)}；请核对地址、端口、用户名和密码；线路是全程 TLS（465 端口或"
            " GANGSHAO_SMTP_TLS=true）、STARTTLS 还是不加密，须与服务器一致 (the mail server cannot be used)"
        ) from error
    socket = connection.sock
    line = f"{socket.version()} 加密" if isinstance(socket, SSLSocket) else "线路不加密"
    say_goodbye(connection)
    return f"{place}，{line}，{f'已登录 {settings.smtp_user}' if settings.smtp_user else '不登录'}"


def _schedule(settings: Settings) -> str:
    if not has_ledger(settings):
        return "还没有台账"
    ledger = open_ledger(settings)
    last = [run for name in job.job_names(ledger) if (run := job.last_job_run(ledger, name)) is not None]
    if not last:
        return "没有用过 gangshao schedule；如由 cron 代替，属正常"
    region = regions.load(settings.region)
    failed = [run for run in last if run.result is Ending.FAILED]
    if failed:
        said = "；".join(f"{run.job}（{_local(region, run.due_at)}）：{run.said[-200:]}" for run in failed)
        raise UserError(f"最近一次没有做成：{said} (a job failed)")
    return "，".join(f"{run.job} {_local(region, run.due_at)}" for run in last)


def _published(settings: Settings) -> str:
    edition, region = edition_in_force(settings.published), regions.load(settings.region)
    told = f"现行版次 {edition.edition_id}，数据截止 {_local(region, edition.cutoff_at)}"
    if is_ahead(edition, datetime.now(UTC)):
        raise UserError(ahead_sentence(region, edition))
    if settings.demonstration_mark.exists():
        return told
    due = region.edition_due(datetime.now(UTC))
    if edition.day < due:
        raise UserError(
            f"{told}；应有 {due} 的版次，已落后 {(due - edition.day).days} 天，请查看日志，然后运行 gangshao run"
            " (the edition in force is old)"
        )
    return told


def _integrity(settings: Settings) -> str:
    """Published files against the trail, contents of raw against the list; the whole trail: gangshao audit verify."""
    if not has_ledger(settings):
        return "还没有台账"
    told = publication.check_publication(settings.published, open_ledger(settings))
    if sentence := unnamed_contents(settings.raw):
        raise UserError(sentence)
    return told


def _local(region: Region, at: datetime) -> str:
    return f"{at.astimezone(region.time_zone):%Y-%m-%d %H:%M}"


def _backup(settings: Settings) -> str:
    if not (settings.published / "current").exists():
        return "还没有发布过版次，没有可备份的"
    kept, good = backups(settings.backups), last_good(open_ledger(settings))
    last = f"最近一份备份 {kept[-1].name}，" if kept else f"{settings.backups} 中没有备份，"
    if good is None and settings.demonstration_mark.exists():
        return f"{last}演示数据，不必备份"
    if good is None:
        raise UserError(f"{last}还没有演练通过过；请运行 gangshao backup (no backup has ever passed a drill)")
    told = f"{last}最近一次通过的演练 {_local(regions.load(settings.region), good)}"
    if not kept or datetime.now(UTC) - good > FRESH_FOR:
        raise UserError(f"{told}；超过 {FRESH_FOR.days} 天或备份已不在，请运行 gangshao backup (the last drill is old)")
    return told


def _quality(settings: Settings) -> str:
    if not (settings.published / "current").exists():
        return "还没有发布过版次"
    rows = read("model_quality", Viewer(Role.CITY_ANALYST), published=settings.published)
    found = [*rows.loc[rows["is_drift"], "sentence"], *(f"{told}。" for told in standing(settings.backtests))]
    if found:
        raise UserError("".join(found) + "请核对近期数据，并用 gangshao backtest 比较各方法")
    if rows.empty:
        return "还没有满 13 周的预测可比，每月的第一个版次比较一次"
    return f"{rows['day'].iloc[0]:%Y-%m-%d} 比较了 {len(rows)} 项，没有超出偶然的变化"


def _rules(settings: Settings) -> str:
    region = regions.load(settings.region)
    if not has_ledger(settings):
        return "还没有台账，第一次运行后检查"
    today = region.local_day(datetime.now(UTC))
    rules = region.rules_on(today)
    unread = _unread(settings, rules[rules["is_enabled"]])
    bare = unapproved(region, open_ledger(settings), today)
    if alone := {rule_id: account for rule_id, account in bare.items() if account}:
        told = "；".join(f"{rule_id}（{account}）" for rule_id, account in alone.items())
        raise UserError(
            f"{told} 的提出和批准是同一个账号登记的，不能算两个人；请批准人登录看板，在“预警规则”页以自己的账号批准"
            " (proposed and approved under one account)"
        )
    if bare:
        raise UserError(
            f"{'、'.join(bare)} 已启用，但现在的内容没有回测或没有编写、批准两个人；请运行 gangshao rules backtest 和 "
            "gangshao rules enable，或在 rules.csv 中停用 (enabled without a backtest and two persons)"
        )
    return f"{rules['rule_id'].nunique()} 条，启用的都经发布版或两人批准{unread}"


def _unread(settings: Settings, rules: pd.DataFrame) -> str:
    """Names the rules that judge nothing. Raises UserError when nothing is known of the scope that a rule names."""
    if not (settings.published / "current").exists():
        return ""
    told = read("told_scope", Viewer(Role.CITY_ANALYST), published=settings.published)
    bare = without_readings(rules, told)
    is_scoped = (rules["cohort"] != EVERY_COHORT) | names_a_size(rules) | rules["industries"].notna()
    scoped = set(rules.loc[is_scoped, "rule_id"])
    if scoped & set(bare):
        raise UserError(
            f"{'、'.join(one for one in bare if one in scoped)} 已启用，但没有该群体、行业或企业规模的读数，无从判断；"
            "请补上数据，或在 rules.csv 中停用 (enabled, but nothing is known of its scope)"
        )
    return f"；{'、'.join(bare)} 还没有数据可判断" if bare else ""


def table_hashes(settings: Settings) -> dict[str, str]:
    """Hash of the rows of each table of the warehouse and of the published files, independent of their order."""
    found: dict[str, str] = {}
    path, pointer = settings.warehouse, settings.published / "current"
    if path.exists():
        with store.Warehouse(duckdb.connect(str(path), read_only=True), path) as opened:
            found = {f"warehouse.{table}": value for table, value in store.table_hashes(opened).items()}
    if pointer.exists():
        found |= published_tables(settings.published / pointer.read_text(encoding="utf-8").strip())
    return found
