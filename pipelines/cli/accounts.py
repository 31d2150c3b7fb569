"""Commands about accounts, for the administrator at the server: open, list, close, hand out a link for a password."""

from typing import Annotated

import typer

from pipelines.cli.terminal import console, now, place
from pipelines.core.domain import Audience, Role, UserError, Viewer
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail

desk = typer.Typer(no_args_is_help=True, help="账号 (accounts)")


def role_and_areas(region: Region, role: str, areas: list[str]) -> tuple[Role, list[str]]:
    """A role and the codes of its areas, as they were written. Raises UserError for a wrong one."""
    if role not in list(Role):
        raise UserError(f"没有角色“{role}”，可用：{'、'.join(Role)} (no such role)")
    codes = [region.aliases.get(area, "") for area in areas]
    if "" in codes:
        raise UserError(f"没有地区“{areas[codes.index('')]}” (no such area)")
    if (Viewer(Role(role)).audience is Audience.OFFICE) != bool(codes):
        raise UserError("县局角色须用 --area 指定地区，其他角色不需要 (offices need an area, others have none)")
    return Role(role), codes


def set_up_link(settings: Settings, ledger: Ledger) -> str | None:
    """Address of the link that makes the first account; None when there is one, or the data are invented."""
    if settings.demonstration_mark.exists():
        return None
    token = link.issue_set_up_link(ledger, now())
    return None if token is None else f"{settings.address}/sign-in/{token}"


@desk.command()
def add(
    name: str,
    role: Annotated[str, typer.Option(help="city_leader、county_clerk 等")],
    person: Annotated[str, typer.Option(help="使用人姓名，每人一个账号")],
    area: Annotated[list[str] | None, typer.Option(help="区县单位的地区代码或名称")] = None,
) -> None:
    """开设账号，打印设置密码的一次性链接 (open an account; its owner sets the password by a single-use link)."""
    settings, region = place()
    chosen, codes = role_and_areas(region, role, area or [])
    ledger = open_ledger(settings)
    account_id = account.create(ledger, trail.this_process(), name, person, chosen, codes, now())
    typer.echo(
        f"{settings.address}/sign-in/{link.insert_password_link(ledger, trail.this_process(), account_id, now())}"
    )


@desk.command(name="link")
def new_link(name: str) -> None:
    """打印重设密码的一次性链接 (a single-use link by which the owner sets a new password)."""
    settings, _ = place()
    ledger = open_ledger(settings)
    found = account.named(ledger, name, now())
    typer.echo(
        f"{settings.address}/sign-in/{link.insert_password_link(ledger, trail.this_process(), found.account_id, now())}"
    )


@desk.command()
def forgive(name: Annotated[str, typer.Argument(help="账号；不写则只解除按网络地址的等待")] = "") -> None:
    """解除猜错密码后的等待：一个账号的，和全部网络地址的 (end the waits after wrong passwords)."""
    settings, _ = place()
    ledger = open_ledger(settings)
    if name:
        account.forgive(ledger, trail.this_process(), account.named(ledger, name, now()).account_id, now())
        console.print(f"{name} 和全部网络地址不必再等")
    else:
        console.print(f"{account.forgive_addresses(ledger, trail.this_process(), now())} 个网络地址不必再等")


@desk.command(name="list")
def list_accounts() -> None:
    """列出账号 (list accounts)."""
    settings, _ = place()
    found = account.accounts(open_ledger(settings), now())
    for one in found:
        state = "已停用" if one.disabled_at else "在用" if one.password_set_at else "尚未设置密码"
        typer.echo("\t".join([one.name, one.person, one.role.value, ";".join(sorted(one.areas)), state]))
    console.print(f"共 {len(found)} 个账号")


@desk.command()
def change(
    name: str,
    role: Annotated[str, typer.Option(help="city_leader、county_clerk 等")],
    area: Annotated[list[str] | None, typer.Option(help="区县单位的地区代码或名称")] = None,
) -> None:
    """更改账号的角色或地区，其会话立即结束 (another role or other areas; the account's sessions end)."""
    settings, region = place()
    chosen, codes = role_and_areas(region, role, area or [])
    ledger = open_ledger(settings)
    found = account.named(ledger, name, now())
    account.change(ledger, trail.this_process(), found.account_id, chosen, codes, now())
    console.print(f"{name} 现为 {chosen.value}")


@desk.command()
def disable(name: str) -> None:
    """停用账号，其会话立即结束 (close an account; its sessions end)."""
    settings, _ = place()
    ledger = open_ledger(settings)
    account.disable(ledger, trail.this_process(), account.named(ledger, name, now()).account_id, now())
    console.print(f"{name} 已停用")


@desk.command()
def enable(name: str) -> None:
    """重新启用账号；密码须由本人用链接重设 (open a closed account again; it needs a new password)."""
    settings, _ = place()
    ledger = open_ledger(settings)
    account.enable(ledger, trail.this_process(), account.named(ledger, name, now()).account_id, now())
    console.print(f"{name} 已启用")
