"""The command that serves the dashboard: it stays for months, so it brings in nothing that only others need."""

from importlib.metadata import entry_points

import typer

from pipelines.cli.accounts import set_up_link
from pipelines.cli.terminal import now, place
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.operations.configuration import note_changes


def serve() -> None:
    """启动看板 (serve the dashboard)."""
    settings, region = place()
    ledger = open_ledger(settings)
    note_changes(settings, region, ledger, now())
    if (address := set_up_link(settings, ledger)) is not None:
        typer.echo(f"还没有账号。请在 24 小时内打开此链接设立系统管理员，只能用一次：\n{address}")
    serve_site(settings)


def serve_site(settings: Settings) -> None:
    """Serve until interrupted. Raises UserError when the address is taken or not ours."""
    (entry,) = entry_points(group="gangshao.site", name="serve")  # pipelines must not import the dashboard
    entry.load()(settings)
