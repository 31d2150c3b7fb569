"""What the documents name is there: settings, files, commands, links, and the examples hold."""

import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sqlglot
from model_city import calendar, daily_city
from typer.core import TyperGroup

from models.assess import assess
from models.methods import Method
from models.recipe import RECIPES
from pipelines.cli.app import HELP, load_command
from pipelines.core.catalogue.indicators import parse
from pipelines.core.settings import Settings
from pipelines.feeds.contract import Contract
from tests.guard import violations
from tests.reference import PAGES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), [ROOT / "data" / "README.md"])
    for path in folder
)
MOST_BYTES = {
    "README.md": 4096,
    "README.en.md": 4096,
    "CONTRIBUTING.md": 6144,
    "SECURITY.md": 3072,
    "docs/explain/architecture.md": 8192,
}
EXAMPLES = ("gig_market", "gig_unplaced", "absence", "dezhou", "place>", "data/var")
OUTSIDE = ("example.com", "gangshao.env", "dcc.")
MADE = ("csv", "duckdb", "json", "jsonl", "key", "lock", "sqlite", "toml")
PLACE = re.compile(r"(?:dashboard|pipelines|models|data|docs|tests|notebooks|\.ci)/[\w./-]+")
MODULE = re.compile(r"(?:\w+/)*\w+\.(?:py|sql|js|css|j2|po|service|conf)")
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
DOTTED = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)\.([A-Za-z_]\w*)")
PLACED = re.compile(r"`(\w+)` (?:of |in |from |\()`([\w/.]+\.\w+)`")
COMMAND = re.compile(r"\bgangshao ([a-z]+)(?: ([a-z]+)\b)?((?:[^`\n#|；。，（]|\\n)*)")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(name: str) -> list[str]:
    """What a document quotes as code: lines of its blocks, and words between grave accents."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```\w*\n.*?^```", "", text(name), flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", rest)


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text(name), re.DOTALL)


@cache
def kept() -> tuple[str, ...]:
    """All files of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(listed.split("\0")[:-1])


@cache
def files() -> frozenset[str]:
    """Names of all files of the project."""
    return frozenset(Path(path).name for path in kept())


@cache
def words() -> dict[str, frozenset[str]]:
    """What stands in each source file of the project: code, SQL, tables of the region, settings."""
    sources = [
        path for path in kept() if path.endswith((".py", ".sql", ".csv", ".toml", ".js", ".j2", ".conf", "Makefile"))
    ]
    return {
        path: frozenset(re.findall(r"\w+", text(path)))
        for path in sources
        if not path.startswith(("docs/", "data/sample/", "tests/pipeline/dirty/"))
    }


@cache
def is_known(name: str) -> bool:
    """Whether a name, or a name in a module or class, is one of the program."""
    if dotted := DOTTED.fullmatch(name):
        inside, last = dotted.groups()
        if last in MADE:  # a file that the program makes, or that a region may have
            return is_known(inside)
        own = (found for path, found in words().items() if Path(path).stem == inside or f"/{inside}/" in f"/{path}")
        classes = (found for path, found in words().items() if inside[:1].isupper() and f"class {inside}" in text(path))
        return any(last in found for found in (*own, *classes)) or any(f"{inside}/{last}.py" in path for path in kept())
    return any(name in found for found in words().values())


@cache
def options(command: str, under: str) -> frozenset[str] | None:
    """Options of a command, or of one of a group; None where the group has none of that name."""
    loaded = load_command(command)
    if isinstance(loaded, TyperGroup):
        loaded = loaded.commands.get(under)
    return loaded and frozenset(name for one in loaded.params for name in (*one.opts, *one.secondary_opts))


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    for name, field in Settings.model_fields.items():
        setting = f"`GANGSHAO_{name.upper()}`"
        (row,) = [line for line in text("docs/reference/settings.md").splitlines() if line.startswith(f"| {setting}")]
        if isinstance(field.default, int | str) and field.default != "":
            default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert f"`{default}`" in row, setting


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_setting_a_document_names_is_one(name: str) -> None:
    known = {f"GANGSHAO_{one.upper()}" for one in Settings.model_fields} | {"GANGSHAO_TEST_CITIES", "GANGSHAO_TORTURE"}
    assert set(re.findall(r"\bGANGSHAO_[A-Z_]+[A-Z]\b", text(name))) <= known


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_a_document_names_exists(name: str) -> None:
    named = {found for quoted in code(name) for found in PLACE.findall(quoted)}
    # A name that goes on after the match (`pipelines/feeds/<feed>.py`) is a folder with a trailing slash here.
    missing = {path for path in named if not any(word in path for word in EXAMPLES) and not (ROOT / path).exists()}
    assert not missing


@pytest.mark.parametrize("name", [one for one in DOCUMENTS if one != "CHANGELOG.md"])
def test_every_module_a_document_names_alone_exists(name: str) -> None:
    quoted = re.findall(r"`([^`\n]+)`", re.sub(r"^```\w*\n.*?^```", "", text(name), flags=re.DOTALL | re.MULTILINE))
    named = {Path(one).name for one in quoted if MODULE.fullmatch(one) and not any(word in one for word in EXAMPLES)}
    assert not named - files()


@pytest.mark.parametrize("name", [one for one in DOCUMENTS if one != "CHANGELOG.md" and "/reference/" not in one])
def test_every_name_a_document_quotes_is_one_of_the_program(name: str) -> None:
    rest = re.sub(r"^```\w*\n.*?^```", "", text(name), flags=re.DOTALL | re.MULTILINE)
    quoted = {one for one in re.findall(r"`([^`\n]+)`", rest) if not any(word in one for word in (*EXAMPLES, *OUTSIDE))}
    named = {one for one in quoted if NAME.fullmatch(one) or DOTTED.fullmatch(one)} - files()
    assert not sorted(one for one in named if not one.startswith("GANGSHAO_") and not is_known(one))
    for one, place in PLACED.findall(rest):
        own = [found for path, found in words().items() if path.endswith(f"/{place}") or path == place]
        assert not own or any(one in found for found in own), f"{one} is not in {place}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_of_a_document_leads_to_a_file(name: str) -> None:
    folder = (ROOT / name).parent
    targets = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]+`", "", text(name)))
    assert not [one for one in targets if not (folder / one.split("#")[0]).exists()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_a_document_names_exists_with_its_options(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    wrong = []
    for line in code(name):
        wrong += [f"make {one}" for one in re.findall(r"^make ([a-z-]+)", line) if one not in targets]
        for command, under, rest in COMMAND.findall(line):
            if command not in HELP:
                wrong.append(f"gangshao {command}")
                continue
            known = options(command, under)
            if known is not None:
                wrong += [f"{command} {one}" for one in re.findall(r"(?<!\S)(--[a-z-]+)", rest) if one not in known]
    assert not wrong


def test_every_command_is_named_in_the_documents() -> None:
    everything = "\n".join(line for name in DOCUMENTS if name != "CHANGELOG.md" for line in code(name))
    assert not {one for one in HELP if not re.search(rf"\b(?:gangshao|make) {one}\b|`{one}`", everything)} - {"tryout"}


@pytest.mark.parametrize("name", MOST_BYTES)
def test_what_is_read_first_is_short(name: str) -> None:
    assert (ROOT / name).stat().st_size <= MOST_BYTES[name]


def test_what_is_written_by_hand_is_short() -> None:
    by_hand = [name for name in DOCUMENTS if name not in {*PAGES, "CHANGELOG.md", "data/README.md"}]
    assert sum((ROOT / name).stat().st_size for name in by_hand) <= 112 * 1024


def test_the_examples_of_the_guides_hold(tmp_path: Path) -> None:
    names: dict[str, object] = {}
    exec(next(block for block in blocks("docs/develop/feed.md", "python") if "CONTRACT" in block), names)  # noqa: S102 - our own document
    contract = names["CONTRACT"]
    assert isinstance(contract, Contract)
    indicator = next(block for block in blocks("docs/develop/feed.md", "sql") if "-- title" in block)
    path = tmp_path / f"{contract.feed}_share.sql"
    path.write_text(indicator, encoding="utf-8")
    assert parse(path).tables == (contract.feed,)
    for name in DOCUMENTS:
        for block in blocks(name, "sql"):
            assert sqlglot.parse_one(block, read="duckdb")
            assert not list(violations(name, block))


def test_the_method_of_the_guide_runs() -> None:
    path = ROOT / "docs" / "develop" / "model.md"
    names: dict[str, object] = {"__name__": "flat"}
    exec(compile(blocks("docs/develop/model.md", "python")[0], path, "exec"), names)  # noqa: S102
    panel = daily_city(120)
    method = Method("flat", names["learn"], RECIPES)  # type: ignore[arg-type]
    score = assess(panel, calendar("2021-01-01", 240), None, method)[0].score
    total = score[(score["series_id"] == "total") & (score["window_periods"] == 28)].iloc[0]
    assert total["expected"] == pytest.approx(np.nanmean(panel.values[11]) * total["reported"], rel=0.15)


@pytest.mark.parametrize("name", [*DOCUMENTS, "notebooks/01_today.ipynb"])
def test_no_document_names_a_folder_of_one_machine(name: str) -> None:
    assert not re.search(r"/(?:root|home|work|tmp|Users)/|https?://(?!127\.0\.0\.1|`|<)", text(name))
