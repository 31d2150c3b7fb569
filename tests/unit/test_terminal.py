from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.cli import terminal
from pipelines.cli.demo import newest_day
from pipelines.core.region import load as regions

REGION = regions.load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")


def test_without_a_terminal_each_stage_says_when_it_begins_and_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(terminal, "console", Console(file=file, force_terminal=False))
        with terminal.bar() as progress:
            for done in range(3):
                progress(f"版次 2026-10-0{done + 1}.1", done, 3)
            before = (tmp_path / "log").read_text(encoding="utf-8")
            progress("版次", 3, 3)
            progress("版次", 3, 3)
    assert before.splitlines() == ["版次 …"], "said while it works, once"
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines() == ["版次 …", "版次：3 项，0 秒"]


def test_a_sentence_is_one_line_and_nothing_a_sender_named_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = f"benefit_claim/[/b] [red]{'很' * 120} :warning: _v9.csv 退回：整份退回"
    terminal.console.print(sentence)
    assert capsys.readouterr().err == f"{sentence}\n"


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 12, 1, 22, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 1, 23, 0, tzinfo=UTC), date(2026, 12, 2)),
    ],
)
def test_a_demonstration_ends_today_once_the_cut_off_of_seven_has_passed(at: datetime, day: date) -> None:
    assert newest_day(REGION, at) == day
