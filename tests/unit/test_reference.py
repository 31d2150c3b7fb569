"""The generated pages are what the program says now, and a page that is not is named."""

from pathlib import Path

import pytest

from tests import reference


def test_the_generated_pages_are_what_the_program_says() -> None:
    for name, page in reference.written().items():
        assert (reference.ROOT / name).read_text(encoding="utf-8") == page, f"{name}: make reference"


def test_a_page_that_says_something_else_is_named_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(reference, "PAGES", {"mails.md": reference.mails})
    (tmp_path / "mails.md").write_text("| `digest` | Once a year. |", encoding="utf-8")
    assert reference.main(is_check=True) == 1
    assert capsys.readouterr().err == "mails.md is not what the program says now: make reference\n"
    assert reference.main(is_check=False) == 0
    assert reference.main(is_check=True) == 0
