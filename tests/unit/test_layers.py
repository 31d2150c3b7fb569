"""Every package of pipelines is either something the dashboard may use, or something it must not."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "pipelines.domain", "pipelines.log", "pipelines.settings", "pipelines.ledger", "pipelines.feeds", "pipelines.publish.read",
    "pipelines.publish.scope", "pipelines.ingest.check", "pipelines.ingest.apart", "pipelines.ingest.error_sheet",
    "pipelines.ingest.template", "pipelines.ingest.template_text", "pipelines.ingest.feed_page", "pipelines.ingest.told", "pipelines.sheet",
    "pipelines.rule_version", "pipelines.office_hours",
}  # fmt: skip
WHAT_THE_ALLOWED_STAND_ON = {
    "pipelines.phrase_book", "pipelines.place_name", "pipelines.publish.kept", "pipelines.publish.question", "pipelines.publish.schema", "pipelines.region", "pipelines.region_check", "pipelines.region_folder", "pipelines.region_rules", "pipelines.rule_terms", "pipelines.region_table", "pipelines.secrecy", "pipelines.timetable", "pipelines.ingest.cell", "pipelines.ingest.drop", "pipelines.ingest.forbidden",
    "pipelines.ingest.identity", "pipelines.ingest.judging", "pipelines.ingest.persons",
    "pipelines.ingest.read", "pipelines.ingest.split", "pipelines.ingest.statement", "pipelines.ingest.text",
    "pipelines.ingest.recognise", "pipelines.ingest.described", "pipelines.ingest.xlsx",
    "pipelines.ingest.confined", "pipelines.ingest.container", "pipelines.ingest.misplaced", "pipelines.ingest.character", "pipelines.ingest.archive", "pipelines.ingest.aside",
    "pipelines.ingest.encoding", "pipelines.ingest.grid", "pipelines.ingest.heading", "pipelines.ingest.preamble",
    "pipelines.ingest.received", "pipelines.ingest.unit", "pipelines.ingest.workbook", "pipelines.ingest.writing", "pipelines.ingest.outcome",
    "pipelines.ingest.settlement", "pipelines.ingest.key", "pipelines.ingest.stream", "pipelines.ingest.ending",
    "pipelines.ingest.utf8", "pipelines.ingest.error_rows", "pipelines.ingest.total", "pipelines.ingest.unseen",
    "pipelines.ingest.grid_notes",
}  # fmt: skip


def forbidden() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return next(set(c["forbidden_modules"]) for c in contracts if c["name"].startswith("The dashboard reads"))


def modules() -> set[str]:
    top = ROOT / "pipelines"
    names = {f"pipelines.{path.stem}" for path in top.glob("*.py") if path.stem not in {"__init__", "__main__"}}
    folders = {path.parent for path in top.glob("*/__init__.py")}
    for folder in folders:
        split = any(name.startswith(f"pipelines.{folder.name}.") for name in forbidden() | ALLOWED)
        if split:
            names |= {f"pipelines.{folder.name}.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}
        else:
            names.add(f"pipelines.{folder.name}")
    return names


def test_every_module_of_pipelines_is_allowed_to_the_dashboard_or_forbidden() -> None:
    undecided = modules() - forbidden() - ALLOWED - WHAT_THE_ALLOWED_STAND_ON
    assert not undecided, f"say in pyproject.toml or here whether the dashboard may import {sorted(undecided)}"


def test_nothing_is_both_allowed_and_forbidden() -> None:
    assert not forbidden() & ALLOWED
