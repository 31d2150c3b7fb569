"""The check of words finds a name that the list refuses wherever it stands, and none in the program."""

import csv
from pathlib import Path

import pytest

from tests import words


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model.py", "def fold(rows):\n    return rows\n"),
        ("model.py", "class Panel:\n    def _settle(self):\n        return None\n"),
        ("model.py", "class Span:\n    day = 1\n"),
        ("model.py", "def load():\n    def promise():\n        return 1\n    return promise\n"),
        ("twin.py", "LEAST = 1\n"),
        ("chain/__init__.py", ""),
    ],
)
def test_a_planted_word_is_found_with_what_to_write(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(words, "ROOT", tmp_path)
    (sentence,) = words.violations(path, words.instead_of())
    assert sentence.startswith(f"{name}:")
    assert ": write " in sentence


def test_a_planted_word_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "level.py").write_text("def fold():\n    return 1\n", encoding="utf-8")
    monkeypatch.setattr(words, "ROOT", tmp_path)
    assert words.main() == 1
    assert capsys.readouterr().err == "models/level.py:1: fold: write group\n"


def test_the_program_has_none_of_the_words() -> None:
    assert words.main() == 0


def test_each_word_stands_once_and_no_advice_is_itself_refused() -> None:
    with words.LIST.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    refused = [row["not"] for row in rows]
    assert len(refused) == len(set(refused))
    assert not {row["but"] for row in rows} & {*refused}
