"""Pages of docs/reference, and of other folders of docs, written from the program: each fact stands once.

`make reference` writes them; `make check` calls it with `--check`, which names pages that are no longer what the
program says, and requirements without a test or a reason.
"""

import csv
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from dashboard.locale import Language, text_in
from dashboard.pages import glossary, manual
from pipelines.cli.app import HELP, load_command
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.catalogue.rule_terms import TERMS
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import Grain, Role
from pipelines.core.region.permissions import PermittedAct
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.feeds.contract import Column, Contract
from pipelines.ledger.notifications.notice import Purpose
from tests.bench.detect_sources import MEASURED, WEEKS, WITHIN_DAYS
from tests.requirements import faults, marked, requirements

ROOT = Path(__file__).resolve().parent.parent
REGION = ROOT / "data" / "regions" / "liaocheng"
Lines = Iterator[str]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Lines:
    """A table of Markdown, with an empty line after it."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '¦').replace(chr(10), ' ') for cell in row)} |"
    yield ""


def quoted(names: Iterable[object]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a reference table of the region that is shipped."""
    with (REGION / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def first_sentence(documented: Any) -> str:
    """What a docstring says first."""
    paragraph = (inspect.getdoc(documented) or "").partition("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def settings() -> Lines:
    """Each setting with its default."""
    yield "# 设置 (settings)"
    yield ""
    yield "写成环境变量，或写进运行命令所在文件夹的 `gangshao.env`（环境变量优先）。写错的会被一句话拒绝。"
    yield ""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(ROOT).as_posix() if default.is_absolute() else default
        said = str(default).lower() if isinstance(default, bool) else str(default)
        rows.append(
            (f"`GANGSHAO_{name.upper()}`", f"`{said}`" if default not in {None, ""} else "空", field.description)
        )
    yield from table(("设置", "默认", "含义"), rows)


def commands() -> Lines:
    """Each command with what it takes."""
    yield "# 命令 (commands)"
    yield ""
    yield "`gangshao 命令 --help` 说的也是这些。写在最前的是参数，`--` 开头的是选项。"
    yield ""
    for name, line in HELP.items():
        loaded = load_command(name)
        yield from (f"## {name}", "", line, "")
        members = loaded.commands if isinstance(loaded, TyperGroup) else {"": loaded}
        for under, one in members.items():
            if under:
                yield from (f"### {name} {under}", "", first_sentence(one.callback) or one.help or "", "")
            rows = list(_parameters(one))
            if rows:
                yield from table(("", "含义"), rows)


def _parameters(command: Any) -> Iterator[tuple[str, str]]:
    for one in command.params:
        names = "/".join((*one.opts, *one.secondary_opts)) if one.param_type_name == "option" else one.name
        yield f"`{names}`", getattr(one, "help", "") or ""


def feeds() -> Lines:
    """Each feed with who sends it by when, and its columns."""
    timetable = {row["feed"]: row for row in rows_of("feeds.csv")}
    yield "# 数据来源 (feeds)"
    yield ""
    yield "报送单位和期限是聊城市 `feeds.csv` 的；列是约定（`pipelines/feeds`）的。到期：期间结束后的天数和时刻。"
    yield ""
    rows = []
    for feed, contract in contracts().items():
        own = timetable[feed]
        due = f"{own['due_days']} 天 {own['due_time']}" if own["due_days"] else "有才报"
        person = "含个人信息" if contract.is_person else ""
        sender = "371500" if own["sender_level"] == "city" else "371521"
        named = f"`{feed}_{sender}_{'202610' if contract.grain is Grain.MONTH else '20261123'}.csv`"
        rows.append((f"[`{feed}`](#{feed})", contract.title, own["sender"], own["cadence"], due, person, named))
    yield from table(("来源", "内容", "报送单位", "周期", "到期", "", "文件名例"), rows)
    for feed, contract in contracts().items():
        yield from _columns_of(feed, contract)


def _columns_of(feed: str, contract: Contract) -> Lines:
    yield from (f"## {feed}", "", f"{contract.title}。{contract.purpose}", "")
    rows = [
        (one.header, f"`{one.name}`" if one.name else "不存", one.kind.value, _terms_of(one), "、".join(one.aliases))
        for one in contract.columns
    ]
    yield from table(("表头", "列", "类型", "要求", "也可写作"), rows)


def _terms_of(column: Column) -> str:
    least = f"≥ {column.low:g}" if column.low is not None else ""
    most = f"≤ {column.high:g}" if column.high is not None else ""
    needed = "" if column.is_required else "可空"
    listed = f"代码表 `{column.code_list}`" if column.code_list else "、".join(said for said, _ in column.choices)
    absent = "可以没有这一列" if column.may_be_absent else ""
    return "；".join(filter(None, (column.unit, least, most, needed, absent, listed, column.note)))


def indicators() -> Lines:
    """Each indicator as its header says it."""
    yield from ("# Indicators", "", "From the headers of `pipelines/sql/indicators`.", "")
    rows = [
        (
            f"`{one.name}`",
            f"{one.title_zh} ({one.title_en})",
            one.unit,
            one.worse,
            one.kind,
            ", ".join(one.grains),
            one.clock,
            " × ".join(one.dimensions),
            one.formula,
            one.source,
        )
        for one in catalogue().values()
    ]
    header = ("indicator", "title", "unit", "worse", "kind", "grains", "clock", "by", "formula", "source")
    yield from table(header, rows)


def rules() -> Lines:
    """The kinds of rules, and the rules of the region that is shipped."""
    yield from ("# Rules", "", "## Kinds", "")
    rows = [
        (
            f"`{name}`",
            first_sentence(import_module(f"pipelines.judging.kinds.{name}")),
            quoted(terms.needs),
            quoted(terms.may),
            quoted(terms.scopes),
            quoted(terms.about) or "any",
        )
        for name, terms in TERMS.items()
    ]
    yield from table(("kind", "what", "needs", "may have", "scopes", "indicators"), rows)
    yield from ("## Rules of Liaocheng", "", "`[P]` marks this project's proposals, for the bureau to decide.", "")
    by_rule: dict[str, list[dict[str, str]]] = {}
    for row in rows_of("rules.csv"):
        by_rule.setdefault(row["rule_id"], []).append(row)
    shown = [
        (
            f"`{rule}`",
            own[0]["title"],
            own[0]["kind"],
            f"`{own[0]['indicator']}`",
            own[0]["scope"].replace(";", ", "),
            ", ".join(sorted({row["level"] for row in own})),
            own[0]["basis"],
        )
        for rule, own in by_rule.items()
    ]
    yield from table(("rule", "title", "kind", "indicator", "scope", "levels", "basis"), shown)
    yield from measured(by_rule)


def measured(by_rule: dict[str, list[dict[str, str]]]) -> Lines:
    """What each rule found and said in vain in invented cities, as the benchmark measured it."""
    with MEASURED.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    yield from ("## What the rules found in invented cities", "")
    yield (
        f"{found[0]['cities']} invented cities with events and as many without, {WEEKS - 1} weekly editions each "
        "(`make bench BENCH=detect_sources`). *Found*: share of large events of the rule's source told at yellow or "
        f"worse within {WITHIN_DAYS} days of being visible; *at best*: what the true rates allow at one false warning "
        "a month; *false*: warnings of yellow or worse a month in a city without events."
    )
    yield ""
    shown = [
        (
            f"`{row['rule']}`",
            "yes" if by_rule[row["rule"]][-1]["is_enabled"] == "true" else "no",
            *(row[name] or "–" for name in ("events", "pod", "oracle", "delay_days", "told", "false_per_month")),
        )
        for row in found
    ]
    yield from table(("rule", "on", "large events", "found", "at best", "days", "told", "false a month"), shown)


def all_tables() -> Lines:
    """Each table of the warehouse and of the published files."""
    yield from (
        "# Tables",
        "",
        "*Clock*: how a table says what was known when. *Readers*: the widest audience; each sees rows of its scope.",
        "",
    )
    for name, one in tables().items():
        yield from (f"## {name}", "", one.about, "")
        yield f"Key: {quoted(one.key)}. Clock: {one.clock}. Written by: {one.origin}. Readers: {one.readers}."
        yield ""
        yield ", ".join(
            f"`{column.name}` {column.type}" + (f" [{column.unit}]" if column.unit else "") for column in one.columns
        )
        yield ""


def permissions() -> Lines:
    """Who may do what, and who takes which step of a warning, in the region that is shipped."""
    yield from ("# 权限 (permissions)", "", "聊城市 `permissions.csv`：`own` 本单位，`city` 全市的事，`all` 全部。", "")
    granted = {(row["act"], row["role"]): row["scope"] for row in rows_of("permissions.csv")}
    header = ("", *(f"`{role}`" for role in Role))
    rows = [(f"`{act}`", *(granted.get((act, role), "") for role in Role)) for act in PermittedAct]
    yield from table(header, rows)
    yield from ("## 预警的步骤", "", "`transition.csv`。级别：1 红、2 橙、3 黄、4 蓝；限时以小时计。", "")
    columns = ("from", "to", "levels", "role", "city_role", "within_hours", "remind_hours", "basis")
    yield from table(
        ("从", "到", "级别", "岗位", "全市的预警", "限时", "催办", "依据"),
        [[row[column].replace(";", ", ") for column in columns] for row in rows_of("transition.csv")],
    )


def mails() -> Lines:
    """Each kind of mail."""
    yield from ("# Mails", "", "One file each in `pipelines/notifying/kinds`; `gangshao preview` shows each.", "")
    kinds = ((one.value, import_module(f"pipelines.notifying.kinds.{one.value}")) for one in Purpose)
    yield from table(("purpose", "what"), [(f"`{name}`", first_sentence(module)) for name, module in kinds])


def terms() -> Lines:
    """The glossary of the page `/glossary`."""
    yield from (
        "# 术语表 (glossary)",
        "",
        "页面 `/glossary` 上的也是这些。One word per idea in code, tables and pages.",
        "",
    )
    for title, words in (("Words of the trade", glossary.TRADE), ("Words of this program", glossary.PROGRAM)):
        yield from (f"## {text_in(Language.CHINESE, title)} ({title})", "")
        rows = [
            (term, text_in(Language.CHINESE, term), meaning, text_in(Language.CHINESE, meaning))
            for term, meaning in words.items()
        ]
        yield from table(("term", "中文", "meaning", "含义"), rows)


def handbook() -> Lines:
    """The chapters of the page `/manual`, in Chinese."""
    yield from ("# 操作手册", "", "登录后，页脚的“操作手册”（`/manual`）中英文都有，并有本机的配图。", "")
    for chapter in manual.CHAPTERS:
        yield from (f"## {text_in(Language.CHINESE, chapter.title)}", "")
        yield from (f"{place}. {text_in(Language.CHINESE, step)}" for place, step in enumerate(chapter.steps, 1))
        yield ""


def security() -> Lines:
    """Each security requirement with the tests that show it."""
    yield from (
        "# Security requirements and their tests",
        "",
        "From `docs/security/requirements.csv` and the marks of the tests. M1 to M8: 等保 2.0 第二级 (GB/T 22239-2019).",
        "Numbers: OWASP ASVS 5.0.0 in our words, all of level 1; [what is not listed](measures.md#not-listed).",
        "",
    )
    tests = marked()
    rows = [
        (
            one.id,
            one.level,
            one.requirement,
            one.state,
            "; ".join(filter(None, (quoted(tests.get(one.id, ())), one.reason))),
        )
        for one in requirements()
    ]
    yield from table(("no.", "level", "requirement", "state", "tests or reason"), rows)


def decisions() -> Lines:
    """The decisions, oldest first: day and title of each file."""
    yield from ("# Decisions that surprised us", "", "What was decided, against what, and its price.", "")
    found = []
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        title, _, day, *_ = path.read_text(encoding="utf-8").splitlines()
        if path.name != "index.md":
            found.append((day, f"[{title.removeprefix('# ')}]({path.name})"))
    yield from table(("day", "decision"), sorted(found))


PAGES: dict[str, Callable[[], Lines]] = {
    "docs/reference/settings.md": settings,
    "docs/reference/commands.md": commands,
    "docs/reference/feeds.md": feeds,
    "docs/reference/indicators.md": indicators,
    "docs/reference/rules.md": rules,
    "docs/reference/tables.md": all_tables,
    "docs/reference/permissions.md": permissions,
    "docs/reference/mails.md": mails,
    "docs/reference/glossary.md": terms,
    "docs/use/manual.md": handbook,
    "docs/security/requirements.md": security,
    "docs/decisions/index.md": decisions,
}


def written() -> dict[str, str]:
    """Each page as it is to be."""
    return {name: re.sub(r"\n{3,}", "\n\n", "\n".join(page())).rstrip() + "\n" for name, page in PAGES.items()}


def main(*, is_check: bool) -> int:
    """Write the pages; or name those that are no longer what the program says, and return 1 where there are any."""
    wrong = [
        name
        for name, page in written().items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != page
    ]
    if is_check:
        told = [*(f"{name} is not what the program says now: make reference" for name in wrong), *faults()]
        sys.stderr.write("".join(f"{sentence}\n" for sentence in told))
        return int(bool(told))
    for name in wrong:
        (ROOT / name).write_text(written()[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(is_check="--check" in sys.argv[1:]))
