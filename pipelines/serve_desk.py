"""The command that serves the dashboard: it stays for months, so it brings in nothing that only others need."""

import importlib

import typer

from pipelines.account_desk import set_up_link
from pipelines.configuration import note_changes
from pipelines.ledger import open_ledger
from pipelines.settings import Settings
from pipelines.terminal import now, place

alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="岗哨 Gangshao")
"""``serve`` without the other commands."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(serve)


@alone.callback()
def _as_one_of_several() -> None:
    """Keep the command's name on the command line though there is but one."""


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
    # By name: pipelines must not import the dashboard (ARCHITECTURE.md, who may import whom).
    importlib.import_module("dashboard.serve").serve(settings)


add_to(alone)
