"""The command that checks what the program needs."""

from typing import Annotated

import typer

from pipelines.cli.terminal import console
from pipelines.core import settings as all_settings
from pipelines.operations.doctor import run_checks, table_hashes


def doctor(hashes: Annotated[bool, typer.Option("--hashes", help="列出仓库与发布文件各表的散列")] = False) -> None:
    """检查设置、文件夹、密钥、台账和发布文件 (check what the program needs)."""
    settings = all_settings.load()
    if hashes:
        for name, value in table_hashes(settings).items():
            typer.echo(f"{value}  {name}")
        return
    answers = run_checks(settings)
    for answer in answers:
        console.print(f"{'✓' if answer.is_well else '✗'} {answer.what}：{answer.sentence}")
    if not all(answer.is_well for answer in answers):
        raise typer.Exit(2)
