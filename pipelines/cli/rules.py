"""Commands about rules: backtest on vintages, compare with what is replaced, enable with two persons behind."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from pipelines import run as runs
from pipelines.cli.terminal import bar, console, now, place, to_day
from pipelines.core.domain import State, UserError, Viewer
from pipelines.core.region.load import Region
from pipelines.core.region.rule_version import before, newest, rule_hash, two_named
from pipelines.core.region.rules import LEADS, RULE
from pipelines.judging import layoff_rate
from pipelines.judging.rule_backtest import backtest as backtested
from pipelines.judging.verification_labels import decided
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext
from pipelines.ledger.workflow.rule import (
    RuleActKind,
    StoredBacktest,
    approval,
    find_part,
    last_backtest,
    record_rule_act,
    store_backtest,
)
from pipelines.warehouse import store
from pipelines.warehouse.as_of import create_views

SHOWN = 30
_TITLES = {
    "warnings": "预警（件）",
    "yellow_or_worse": "其中黄色及以上",
    "per_week": "全市每周预警",
    "yellow_per_week": "全市每周黄色及以上",
    "events": "已知事件（件）",
    "touched": "黄色及以上与已知事件有关的比例",
    "delay_days": "可见后多少天发现（中位数）",
    "lead_days": "比事件结束早多少天（中位数）",
    "judged": "黄色及以上中已由人判定的（件）",
    "confirmed": "已判定的当中属实的比例",
    "confirmed_lead_days": "比人工确认早多少天（中位数）",
}
_RULINGS = {State.CONFIRMED.value: "，人工判定属实", State.DISMISSED.value: "，人工判为误报"}
desk = typer.Typer(no_args_is_help=True, help="预警规则 (rules)")


@desk.command()
def backtest(
    rule: Annotated[str, typer.Argument(help="规则编号，如 benefit_claim_spike")],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD")],
    truth: Annotated[Path | None, typer.Option(help="已知事件的标签（演示城市的 truth.csv）")] = None,
) -> None:
    """按各版次当时所知，规则现在的内容会发出哪些预警；与它取代的内容比较，存入台账 (what a rule would have said)."""
    settings, region = place()
    rows, old = newest(region, rule), before(region, rule)
    ledger = open_ledger(settings)
    with runs.locked(settings), store.connect(settings, read_only=True) as warehouse, bar() as progress:
        con, days = warehouse.connection, (to_day(first), to_day(last))
        by_people = decided(con, ledger, region, str(rows["indicator"].iloc[0]))
        found = backtested(con, region, rows, *days, truth, progress, by_people)
        if len(old) and rule_hash(old) != rule_hash(rows):
            was = backtested(con, region, old, *days, truth, progress, by_people)
            found["replaces"] = {"rule_hash": rule_hash(old), **was}
    number = store_backtest(ledger, rule, rule_hash(rows), found, trail.this_process(), now())
    for line in backtest_lines(region, rule, found):
        typer.echo(line)
    console.print(f"已存入台账，回测编号 {number}，规则内容 {rule_hash(rows)}")


@desk.command()
def diff(rule: Annotated[str, typer.Argument(help="规则编号")]) -> None:
    """规则最新内容与它取代的内容有何不同，回测的预警有何不同 (what a change changes)."""
    settings, region = place()
    rows, old = newest(region, rule), before(region, rule)
    for line in differences(old, rows):
        typer.echo(line)
    kept = last_backtest(open_ledger(settings), rule, rule_hash(rows))
    if kept is None:
        console.print(f"最新内容还没有回测；请运行 gangshao rules backtest {rule}")
        return
    for line in case_differences(region, kept):
        typer.echo(line)


@desk.command()
def enable(
    rule: Annotated[str, typer.Argument(help="规则编号")],
    by: Annotated[
        str, typer.Option(help="提出人或批准人，须与 rules.csv 的 author 或 approver 一致；已在看板上批准的不写")
    ] = "",
    note: Annotated[str, typer.Option(help="理由，写入台账")] = "",
) -> None:
    """提出或批准启用规则：须有回测，由两个人以各自的账号；批准后在 rules.csv 中启用 (two persons enable a rule)."""
    settings, region = place()
    ledger, rows = open_ledger(settings), newest(region, rule)
    author, approver = two_named(rows)
    if rows["kind"].iloc[0] in LEADS:
        raise UserError("这条规则只产生线索，不须回测；直接在 rules.csv 中启用 (this rule makes leads, no warnings)")
    if not by and not approval(ledger, rule, rule_hash(rows)).is_complete:
        raise UserError(
            f"{rule} 现在的内容还没有两个人以各自的账号提出和批准；请在看板“预警规则”页办理，或用 --by 写明姓名"
            " (not yet proposed and approved under two accounts)"
        )
    if by:
        kind = find_part(author, approver, by)
        reason = note or typer.prompt("理由")
        record_rule_act(
            ledger, ActContext(Viewer(None), trail.this_process(), now(), reason), rule, rule_hash(rows), kind, by
        )
        if kind is RuleActKind.PROPOSED:
            console.print(f"已记录“{by}”提出启用 {rule}，请由 {approver} 以自己的账号批准")
            return
    _switch_on(region.folder / "rules.csv", rule, rows["effective_from"].max().date())
    console.print(f"{author} 提出、{approver} 批准，{rule} 已在 rules.csv 中启用，下一版次起判断")


def _switch_on(path: Path, rule: str, since: date) -> None:
    """Set is_enabled in the rows of a rule that hold from a day on; the file is replaced at once, other rows stay."""
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    place_of = {name.strip(): place for place, name in enumerate(header)}

    def cell(row: list[str], name: str) -> str:
        return row[place_of[name]].strip()

    for row in rows:
        holds = row and cell(row, "rule_id") == rule and cell(row, "effective_from") <= since.isoformat()
        if holds and (cell(row, "effective_to") or "9") >= since.isoformat():
            row[place_of["is_enabled"]] = "true"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    aside = path.with_suffix(".partial")
    aside.write_text(text.getvalue(), encoding="utf-8")
    aside.replace(path)


def backtest_lines(region: Region, rule: str, found: dict[str, Any]) -> list[str]:
    """The figures of a backtest as lines for a person, beside those of the rule it replaces."""
    old = found.get("replaces")
    lines = [f"{rule}，{found['first']} 至 {found['last']}，{found['editions']} 个版次"]
    for name, title in _TITLES.items():
        now, before = found.get(name), (old or {}).get(name)
        if now is not None or before is not None:
            earlier = "" if old is None else f"（现行 {_figure(before)}）"
            lines.append(f"  {title}：{_figure(now)}{earlier}")
    names = dict(zip(region.places["code"], region.places["name"], strict=True))
    lines += [f"  每周 {names.get(area, area)}：{value}" for area, value in found["per_week_of_area"].items()]
    lines += [f"    {_case(case, names)}" for case in found["cases"][:SHOWN]]
    more = len(found["cases"]) - SHOWN
    return lines + ([f"    另有 {more} 件，存在台账中"] if more > 0 else [])


def _figure(number: Any) -> str:
    return "无" if number is None else str(number)


def _case(case: dict[str, Any], names: dict[str, str]) -> str:
    touched = {True: "，与已知事件有关", False: "，与已知事件无关"}.get(case["touched"], "")
    lead = _lead(case.get("lead_days"), "事件结束")
    ruling = _RULINGS.get(str(case.get("ruling")), "")
    before_it = _lead(case.get("decided_lead_days"), "判定") if ruling else ""
    where = f"{names.get(case['area'], case['area'])} {case['industry']}"
    people = f"，{case['people_band']} 人" if case["people_band"] else ""
    return f"{case['opened_on']} {where}，最高 {case['level']} 级{people}{touched}{lead}{ruling}{before_it}"


def _lead(days: float | None, what: str) -> str:
    """How long before something, in brackets; of a backtest stored before this was kept, nothing."""
    if days is None:
        return ""
    return f"（早于{what} {days:g} 天）" if days >= 0 else f"（晚于{what} {-days:g} 天）"


def differences(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Cell by cell what the new rows of a rule say otherwise; rows of a level are compared in their order."""
    if old.empty:
        return ["这是该规则的第一个内容，没有取代别的"]
    lines = []
    for level in sorted({*old["level"], *new["level"]}, reverse=True):
        was, now_is = (frame[frame["level"] == level].reset_index(drop=True) for frame in (old, new))
        for row in range(max(len(was), len(now_is))):
            if row >= len(was) or row >= len(now_is):
                lines.append(f"{level} 级第 {row + 1} 行：{'新增' if row >= len(was) else '删去'}")
                continue
            for column in RULE:
                one, other = _shown(was[column].iloc[row]), _shown(now_is[column].iloc[row])
                if column not in ("effective_from", "effective_to") and one != other:
                    lines.append(f"{level} 级第 {row + 1} 行 {column}：{one} → {other}")
    return lines or ["内容没有变化"]


def _shown(value: object) -> str:
    return "空" if pd.isna(value) else str(value)


def case_differences(region: Region, kept: StoredBacktest) -> list[str]:
    """Warnings that only one of the two would have made, by the stored backtest."""
    old = kept.figures.get("replaces")
    if old is None:
        return ["回测时没有被取代的内容可比"]
    names = dict(zip(region.places["code"], region.places["name"], strict=True))
    new_cases, old_cases = _by_place(kept.figures["cases"]), _by_place(old["cases"])
    lines = []
    for title, own, other in (("只有新内容发出", new_cases, old_cases), ("只有现行内容发出", old_cases, new_cases)):
        only = [case for key, case in own.items() if key not in other]
        lines += [f"{title}：{len(only)} 件", *(f"    {_case(case, names)}" for case in only[:SHOWN])]
    return lines


def _by_place(cases: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(case["area"], case["industry"], case["opened_on"]): case for case in cases}


def layoff_rates(
    year: Annotated[int, typer.Argument(min=2000, max=2100, help="审核稳岗返还的年份")],
    path: Annotated[Path, typer.Option("--csv", help="写入此文件")],
) -> None:
    """各单位上年裁员率，按两种公式，供审核稳岗返还 (layoff rates of last year for refunds, by both formulas)."""
    settings, region = place()
    with runs.locked(settings), store.connect(settings, read_only=True) as warehouse:
        create_views(warehouse.connection, now().replace(tzinfo=None))
        found = layoff_rate.of_year(warehouse.connection, region, year)
    if found.empty:
        raise UserError(f"没有 {year - 2} 年 12 月的参保人数，无法计算裁员率 (no headcounts of that December)")
    try:
        layoff_rate.decision_sheet(found, region, year).to_csv(path, index=False, encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} 无法写入（{error.strerror}），请换一个位置 (cannot be written)") from error
    shown = {"year": year, "rows": len(found)}
    trail.write_entry(open_ledger(settings), Act.EXPORT, trail.this_process(), "layoff_rate", now(), details=shown)
    within = found["is_within"]
    console.print(
        f"{len(found)} 个单位，{int(within.sum())} 个不超过裁员率线，{int((~within).sum())} 个超过，"
        f"{int(within.isna().sum())} 个数据不足 → {path}"
    )
