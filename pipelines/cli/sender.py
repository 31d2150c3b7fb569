"""The commands for whoever sends files: check one before it is sent, make the template and the page of a feed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pyarrow.compute as pc
import typer

from pipelines.core import settings as all_settings
from pipelines.core.domain import Said, SaidError
from pipelines.core.region import load as regions
from pipelines.feeds import contracts
from pipelines.formcheck.contract_description import feed_page
from pipelines.formcheck.error_report import Rows, further_messages
from pipelines.formcheck.feed_detection import contract_of
from pipelines.formcheck.sandbox import AT_THE_DESK, SandboxAnswer, check_in_sandbox, too_large
from pipelines.formcheck.template import template as template_of
from pipelines.formcheck.validation.file_result import FileOutcome

SHOWN = 20
"""So many reasons are printed; the error sheet has them all."""
_VERDICT = {"accepted": Said("可以采用", "accepted"), "refused": Said("整份退回", "refused whole")}


def check(
    file: Path,
    feed: Annotated[str, typer.Option(help="数据来源；默认由文件名或表头认出")] = "",
    error_sheet: Annotated[Path | None, typer.Option(metavar="OUT.xlsx", help="写出标明错处的表格")] = None,
    only_refused: Annotated[bool, typer.Option("--only-refused", help="表格中只列有误的行")] = False,
    english: Annotated[bool, typer.Option("--english", help="reasons in English")] = False,
) -> None:
    """按约定检查一个文件，不入库；退出码 0 全部可用，1 有行退回，2 整份退回或无法检查 (check a file, keep nothing)."""
    sheet = None if error_sheet is None else Rows.REFUSED if only_refused else Rows.ALL
    content = _read(file)
    answer = check_in_sandbox(content, file.name, all_settings.load().region, feed, sheet, AT_THE_DESK)
    for sentence in _sentences(answer, english):
        typer.echo(sentence)
    if error_sheet is not None and answer.error_sheet is not None:
        _write(error_sheet, answer.error_sheet)
    if any(outcome.status == "refused" for outcome in answer.outcomes):
        raise typer.Exit(2)
    if answer.quarantined.num_rows:
        raise typer.Exit(1)


def template(
    feed: Annotated[str, typer.Argument(help="数据来源；不写则为全部")] = "",
    into: Annotated[Path, typer.Option(help="写入的文件夹")] = Path(),
    docs: Annotated[bool, typer.Option("--docs", help="写出说明页（Markdown），不写模板")] = False,
) -> None:
    """写出报送模板（xlsx）或说明页 (write the template of a feed, or its documentation page)."""
    settings = all_settings.load()
    region = regions.load(settings.region)
    on = region.local_day(datetime.now(UTC))
    for contract in [contract_of(feed)] if feed else contracts().values():
        if docs:
            _write(into / f"{contract.feed}.md", feed_page(contract, region, on).encode())
        else:
            _write(into / f"{contract.feed}.xlsx", template_of(contract, region, on))


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > AT_THE_DESK.size:
            raise SaidError(too_large(file.name, AT_THE_DESK))
        return file.read_bytes()
    except OSError as error:
        raise SaidError(
            Said(
                f"文件 {file} 无法读取（{error.strerror}）；请检查路径与权限。",
                f"{file} cannot be read ({error.strerror}); look at its path and permissions.",
            )
        ) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SaidError(
            Said(
                f"{path} 无法写入（{error.strerror}）；请检查文件夹、权限和磁盘空间。",
                f"{path} cannot be written ({error.strerror}); look at folder, permissions and disk space.",
            )
        ) from error
    typer.echo(f"→ {path}")


def _sentences(answer: SandboxAnswer, english: bool) -> list[str]:
    """What is said of a file; of an archive, of each file in it, after its name."""
    if len(answer.files) == 1:
        return _of_file(answer, answer.outcomes[0], english)
    return [
        sentence
        for name, outcome in zip(answer.files, answer.outcomes, strict=True)
        for sentence in (f"— {name}", *_of_file(answer, outcome, english))
    ]


def _of_file(answer: SandboxAnswer, outcome: FileOutcome, english: bool) -> list[str]:
    verdict = _VERDICT[outcome.status]
    counts = (outcome.rows_total, outcome.rows_accepted, outcome.rows_quarantined)
    if english:
        said = ["{}: {}; {} rows, {} accepted, {} refused.".format(answer.feed, verdict.en, *counts)]
    else:
        said = ["{}：{}；共 {} 行，采用 {}，退回 {}。".format(answer.feed, verdict.zh, *counts)]
    if outcome.reason is not None:
        said.append(str(outcome.reason_en if english else outcome.reason))
    said += further_messages(outcome, english=english)
    mine = answer.quarantined.filter(pc.equal(answer.quarantined["drop_id"], outcome.drop_id))
    rows = mine.select(["line_number", "reason_en" if english else "reason"]).sort_by("line_number")
    said += rows.column(1)[:SHOWN].to_pylist()
    if rows.num_rows > SHOWN:
        more = rows.num_rows - SHOWN
        said.append(f"… and {more} more reasons." if english else f"……另有 {more} 条原因。")
    return said
