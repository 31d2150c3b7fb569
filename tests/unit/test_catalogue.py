"""Nothing people read is without a translation, nothing is translated that nobody reads, and both say the same things."""

import ast
import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from flask import Flask

import dashboard
from dashboard.locale import Language, answer_in, answering_in, count, day, messages, percent, short_day, text, text_in
from dashboard.locale.translation import ONE, indicators_in_english
from dashboard.summary.comparison import odds
from pipelines.core.domain import UserError
from pipelines.core.region.load import load
from pipelines.core.translations import english

SITE = Path(dashboard.__file__).parent
ROOT = SITE.parent
REGION = ROOT / "data" / "regions" / "liaocheng"
# serve.py speaks to the person at the terminal, as the command line does
SOURCES = [path for path in sorted(SITE.rglob("*.py")) if path.name != "serve.py"]
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SHORT = re.compile(r"(section [A-Z]|\w+) in short")
HEADERS = re.compile(r"^-- (title|formula|source): (.+)$", re.MULTILINE)
# What a page shows of the region's tables.
SHOWN = {
    "places": ("name", "short_name"), "industries": ("name",), "industry_tags": ("title",), "rules": ("title", "basis"),
    "playbook": ("title", "basis"), "transition": ("basis",), "key_period": ("title", "basis"),
}  # fmt: skip


def messages_of(path: Path) -> Iterator[str]:
    """Literal messages a source hands to ``text`` and its like, directly, as a choice, from a tuple or from a table."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for message in _messages(node):
                yield from _strings(message, tree)
        if isinstance(node, ast.ListComp) and ast.dump(node.elt).startswith("Call(func=Name(id='text'"):
            yield from _strings(node.generators[0].iter, tree)


def _messages(call: ast.Call) -> list[ast.expr]:
    """Arguments of a call that are messages: of ``text``, of ``text_in``, the title of a page."""
    name = ast.unparse(call.func)
    place = {"text": 0, "text_in": 1, "shell.register": 2, "Topic": 0}.get(name)
    return call.args[place : place + 1] if place is not None else []


def _strings(node: ast.expr, tree: ast.Module) -> Iterator[str]:
    """The strings of an expression, and those of the module's tables and tuples it names; keys are no messages."""
    named = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    for one in tree.body:
        target = one.targets[0] if isinstance(one, ast.Assign) else getattr(one, "target", None)
        value = getattr(one, "value", None)
        if isinstance(target, ast.Name) and target.id in named and isinstance(value, ast.Dict | ast.Tuple):
            parts = value.values if isinstance(value, ast.Dict) else value.elts
            yield from (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
    keys = {id(part) for found in ast.walk(node) if isinstance(found, ast.Subscript) for part in ast.walk(found.slice)}
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in keys:
            yield part.value


def words_in_sources() -> set[str]:
    """Every string of the sources and every literal message of the templates."""
    found = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for path in SITE.rglob("*.html"):
        found |= {said for _, said in re.findall(r"""text(?:_in)?\([^"')]*(["'])(.*?)\1""", path.read_text("utf-8"))}
    return found


def headers() -> dict[str, set[str]]:
    """What the indicators' files say of themselves in both languages: title, formula, source."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "pipelines" / "sql" / "indicators").glob("*.sql"):
        for name, said in HEADERS.findall(path.read_text(encoding="utf-8")):
            found.setdefault(name, set()).add(said)
    return found


def region_words() -> set[str]:
    found: set[str] = set()
    for name, columns in SHOWN.items():
        with (REGION / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found |= {row[column] for row in csv.DictReader(file) for column in columns}
    with (REGION / "codes.csv").open(encoding="utf-8", newline="") as file:
        found |= {row["title"] for row in csv.DictReader(file) if row["list"] == "cohort" and row["class"] != "unknown"}
    return found


def places_in(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


@pytest.fixture
def reading() -> Iterator[None]:
    """Within a request of somebody who has not said which language."""
    with Flask(__name__).test_request_context("/"):
        yield


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_page_has_chinese_in_its_source(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        assert not CHINESE.search(line), f"{path.name}:{number} {line}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_message_is_said_in_chinese(path: Path) -> None:
    known = messages(Language.CHINESE)
    assert not {message for message in messages_of(path) if message and not known.get(message)}


def test_messages_are_found_in_every_form_they_are_given_in() -> None:
    found = set(messages_of(SITE / "components" / "tag.py")) | set(messages_of(SITE / "pages" / "rules.py"))
    assert {"Red", "unknown level", "suspected, to be verified", "Why", "Rules and leads · Gangshao"} <= found


def test_nothing_is_translated_that_no_page_says() -> None:
    said = words_in_sources()
    unused = {one for one in messages(Language.CHINESE) if one not in said and not SHORT.fullmatch(one)}
    assert not unused


def test_english_holds_only_what_is_not_said_as_its_key_says_it() -> None:
    known = messages(Language.CHINESE).keys() | words_in_sources()
    for message, said in messages(Language.ENGLISH).items():
        context, _, plain = message.rpartition("\x04")
        assert context in ("", ONE)
        assert plain in known or SHORT.fullmatch(plain), message
        assert said not in ("", plain), message
        assert not CHINESE.search(said), message


def test_a_translation_names_the_same_values_as_its_message() -> None:
    for of in Language:
        for message, said in messages(of).items():
            plain = message.rpartition("\x04")[2]
            assert said, message
            assert places_in(said) <= places_in(plain), message
            if of is Language.CHINESE:
                assert places_in(said) == places_in(plain), message


def test_what_the_program_says_of_its_indicators_is_said_in_english() -> None:
    for told in headers().values():
        assert all(len([part for part in said.split(" | ") if part]) == 2 for said in told)
    stored = indicators_in_english()
    assert stored.keys() == {said.split(" | ")[0] for name in ("formula", "source") for said in headers()[name]}
    assert not {said for said in stored.values() if CHINESE.search(said)}


def test_every_word_of_the_region_that_pages_show_is_said_in_english_and_no_other() -> None:
    said = english(REGION)
    assert said.keys() == region_words()
    assert not {words for words in said.values() if CHINESE.search(words)}


def test_a_region_without_english_words_is_read_and_one_with_a_slip_is_refused(tmp_path: Path) -> None:
    for file in REGION.iterdir():
        if file.is_file() and file.name != "english.csv":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert load(tmp_path).city == "371500"
    assert english(tmp_path) == {}
    for rows in ("市,City\n市,Town\n", "市,\n"):
        (tmp_path / "english.csv").write_text("zh,en\n" + rows, encoding="utf-8")
        with pytest.raises(UserError, match=r"english\.csv 第 [23] 行"):
            load(tmp_path)


def test_outside_a_request_all_is_chinese_and_inside_it_is_as_chosen(reading: None) -> None:
    assert text("Today") == "今日"
    answer_in(Language.ENGLISH)
    assert text("Today") == "Today"
    with answering_in(Language.CHINESE):
        assert text("Today") == "今日"
    assert text("{number} open warnings", number=count(1)) == "1 open warning"
    assert text("{number} open warnings", number=count(11)) == "11 open warnings"
    assert text_in(Language.CHINESE, "Today") == "今日"


def test_numbers_and_days_are_written_as_an_english_reader_expects(reading: None) -> None:
    answer_in(Language.ENGLISH)
    assert count(1234567.4) == "1,234,567"
    assert percent(0.0812) == "8.1%"
    assert day(date(2026, 11, 23)) == "Mon 23 Nov 2026"
    assert short_day(date(2026, 11, 3)) == "3 Nov"
    assert odds(5.3e-9) == "about 1 in 190 million"
    assert odds(4e-4) == "about 1 in 2,500"


def test_nothing_said_by_mail_or_at_the_command_line_has_a_language_chosen() -> None:
    assert text("Today") == "今日"
