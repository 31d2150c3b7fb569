"""All commands of `gangshao`: a line of help for each, and its module only when it is called.

What a command is stands under `gangshao.commands` in pyproject.toml; its name and line of help are here, for the list
of commands must not wait for what they import.
"""

from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

HELP = {
    "drops": "列出报送批次：编号、文件、状态、行数、理由 (list drops with their state and reason).",
    "revisions": "一个版次改动了哪些已公布的读数、改了多少、为什么 (which readings an edition moved, by how much, why).",  # noqa: E501
    "confirm": "确认一个暂存的文件：从现在起采用 (let a held file count from now on).",
    "withdraw": "撤回一个文件：从现在起不再采用 (a file no longer counts from now on).",
    "replay": "用现行约定和代码表重新检查退回的行，能通过的从现在起采用 (check refused rows again).",
    "restate": "用现行约定重读一个数据来源的全部文件，变化从现在起计入 (read all drops of a feed again).",
    "backup": "备份台账、现行版次、原始文件，并当场演练一次恢复 (back up, then try a restore of it).",
    "drill": "演练：把备份恢复到旁边，逐项核对，然后删去 (restore a backup aside, compare all of it, remove it).",
    "restore": "恢复到一个空文件夹；先核对每个文件 (put a backup into an empty folder, after every file was compared).",
    "refund": "各单位上年裁员率，按两种公式，供审核稳岗返还 (layoff rates of last year for refunds, by both formulas).",
    "route": "这样的预警此刻会通知谁、怎么通知、为什么 (who would get what, and why).",
    "preview": "看一封邮件此刻会是什么样，不发送、不记录；还没到时候的，看下一封 (a mail as it would be; nothing is stored).",  # noqa: E501
    "remind": "就现行版次通报之后发布的橙色、红色预警，催办没有签收和逾期的，发到期的定期邮件 (each goes once).",
    "reasons": "每位接收人为什么收到或没收到每项预警 (why each recipient was or was not told of each warning).",
    "schedule": "按地区的时刻表做一天的事：接收、运行、发邮件、备份；错过的补做 (do the day's jobs by the region's hours).",  # noqa: E501
    "watch": "查看当天的版次、发件箱、定时任务，有事告知值班岗；供 cron 调用 (a small check for cron; tells the duty desk).",  # noqa: E501
    "serve": "启动看板 (serve the dashboard).",
    "demo": "虚构一座城市的报送文件和已知真相 (write an invented city's files and its truth).",
    "check": "按约定检查一个文件，不入库；退出码 0 全部可用，1 有行退回，2 整份退回或无法检查 (check a file, keep nothing).",  # noqa: E501
    "template": "写出报送模板（xlsx）或说明页 (write the template of a feed, or its documentation page).",
    "ingest": "接收 inbox 中的文件 (take in what waits in the inbox).",
    "run": "一次完整的运行：接收、计算、预警、发布、通知 (ingest, compute, judge, publish, notify).",
    "purge": "过了保存期的个人报送文件换成脱敏副本 (sealed files past their retention become masked twins).",
    "publish": "重新发布仓库中最后一个版次 (publish the warehouse's last edition again).",
    "notify": "就现行版次通知各单位；已通知的不再通知 (tell the offices; nobody is told twice).",
    "link": "生成查看演示数据的一次性链接，只在本机有效 (a single-use link to invented data, on this machine only).",
    "doctor": "检查设置、文件夹、密钥、台账和发布文件 (check what the program needs).",
    "trace": "一个公布的数出自哪些文件的哪些行 (the drops, files and lines a published number came from).",
    "backtest": "用各版次当时所知重做预测与判断，并按现在所知评分 (score past forecasts and judgements, on vintages only).",  # noqa: E501
    "leading": "检验其他指标能否使一个指标的预测更准 (do other indicators sharpen its forecasts? on vintages only).",
    "tryout": "虚构一座城市，跑最近的日子，启动看板 (invent a city, run its last days, serve the dashboard).",
    "audit": "审计记录 (the audit trail)",
    "account": "账号 (accounts)",
    "edition": "版次 (editions)",
    "rules": "预警规则 (rules)",
    "outbox": "发件箱 (the outbox)",
}
ENTRY_POINTS = "gangshao.commands"


def load_command(name: str) -> Any:
    """The command of this name, whose module is imported now."""
    (entry,) = entry_points(group=ENTRY_POINTS, name=name)
    loaded = entry.load()
    of_it = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    if isinstance(loaded, typer.Typer):
        of_it.add_typer(loaded, name=name)
        return typer.main.get_group(of_it).commands[name]
    of_it.command(name)(loaded)
    return typer.main.get_command(of_it)


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and help, and imports one when it is called."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """A group of placeholders."""
        super().__init__(*arguments, **options)
        self.commands = {name: TyperCommand(name, help=line) for name, line in HELP.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, in the place of its placeholder."""
        name, placeholder, rest = super().resolve_command(ctx, args)
        return name, placeholder and load_command(str(name)), rest


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="岗哨 Gangshao"
)


@app.callback()
def _as_one_of_several() -> None:
    """Make the application a group."""
