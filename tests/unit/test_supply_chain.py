"""What is installed: locked, hashed, from no address of ours, under licences that are known and accepted."""

import re
import subprocess
import sys
import tomllib
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.licence import LOCKS, Locked, declared, is_accepted, locked, refusals, requirements

ROOT = Path(__file__).resolve().parents[2]
ALL_LOCKS = sorted(path.name for path in ROOT.glob("*.lock"))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.requirement("M4", "15.1.2")
@pytest.mark.parametrize("name", ALL_LOCKS)
def test_every_locked_package_has_one_version_and_hashes(name: str) -> None:
    found = list(requirements(text(name)))
    assert len(found) > 50
    for requirement, hashes in found:
        assert [item.operator for item in requirement.specifier] == ["=="], requirement
        assert requirement.url is None, requirement
        assert hashes, requirement


@pytest.mark.requirement("15.1.2")
@pytest.mark.parametrize("name", ALL_LOCKS)
def test_a_lock_names_no_address_and_no_option_but_hashes(name: str) -> None:
    assert "://" not in text(name)
    assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", text(name))) == {"--hash"}


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = {
        "requirements.lock": project["dependencies"],
        "requirements-test.lock": project["optional-dependencies"]["test"],
        "requirements-bench.lock": project["optional-dependencies"]["bench"],
        "requirements-docs.lock": project["optional-dependencies"]["docs"],
    }
    assert sorted(wanted) == ALL_LOCKS
    for name, lines in wanted.items():
        kept = {canonicalize_name(requirement.name): requirement for requirement, _ in requirements(text(name))}
        for line in lines:
            asked = Requirement(line)
            [version] = [item.version for item in kept[canonicalize_name(asked.name)].specifier]
            assert asked.specifier.contains(version), line


def test_no_two_locks_disagree_about_a_version() -> None:
    versions: dict[tuple[str, str], set[str]] = {}
    for name in ALL_LOCKS:
        for requirement, _ in requirements(text(name)):
            versions.setdefault((requirement.name, str(requirement.marker)), set()).add(str(requirement.specifier))
    assert not {package: found for package, found in versions.items() if len(found) > 1}


@pytest.mark.requirement("15.1.2")
@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_known_and_accepted_licence(name: str) -> None:
    packages = locked(text(name))
    assert {package.name for package in packages} == {requirement.name for requirement, _ in requirements(text(name))}
    assert refusals(packages) == []


@pytest.mark.parametrize("expression", ["MIT", "BSD-3-Clause AND MIT", "GPL-2.0-only OR MIT", "(MIT OR ISC) AND ISC"])
def test_licences_that_may_be_used(expression: str) -> None:
    assert is_accepted(expression)


@pytest.mark.parametrize(
    "expression", ["AGPL-3.0-only", "GPL-3.0-or-later", "MIT AND GPL-2.0-only", "(MIT OR ISC) AND AGPL-3.0-only"]
)
def test_licences_that_may_not(expression: str) -> None:
    assert not is_accepted(expression)
    [sentence] = refusals([Locked("example", ("1.0",), expression)])
    assert sentence.startswith(f"example 1.0: {expression} is not among the accepted licences")


def test_a_package_that_is_not_installed_or_says_nothing_is_named() -> None:
    [package] = locked("no-such-package-of-ours==1.0 \\\n    --hash=sha256:" + "0" * 64)
    [sentence] = refusals([package])
    assert sentence.startswith("no-such-package-of-ours 1.0: no licence known")


@pytest.mark.parametrize(
    ("fields", "expression"),
    [
        ([("License-Expression", "MIT AND PSF-2.0"), ("License", "nonsense")], "MIT AND PSF-2.0"),
        ([("License", "BSD 3-Clause License  - Copyright (c) 2015, Somebody")], "BSD-3-Clause"),
        ([("License", "UNKNOWN"), ("Classifier", "License :: OSI Approved :: MIT License")], "MIT"),
        ([("License", "GNU Affero GPL 3.0")], ""),
        ([("Classifier", "Programming Language :: Python")], ""),
    ],
)
def test_a_licence_is_read_from_whatever_field_says_it(fields: list[tuple[str, str]], expression: str) -> None:
    metadata = Message()
    for name, value in fields:
        metadata[name] = value
    assert declared(metadata) == expression  # type: ignore[arg-type]


def _bandit(path: Path) -> subprocess.CompletedProcess[str]:
    [command] = [line for line in text("Makefile").splitlines() if "/bandit" in line]
    options = re.findall(r"--\S+(?: medium)?", command)
    return subprocess.run(
        [sys.executable, "-m", "bandit", *" ".join(options).split(), path], capture_output=True, text=True, check=False
    )


@pytest.mark.requirement("1.2.4", "1.2.5", "1.3.2", "1.5.2", "11.4.1")
def test_what_make_check_runs_finds_planted_faults_and_keeps_quiet_without_one(tmp_path: Path) -> None:
    faults = (
        "pickle.loads(sent)", "subprocess.run(sent, shell=True)", "con.execute(f'select * from t where a = {sent}')",
        "eval(sent)", "hashlib.md5(sent)",
    )  # fmt: skip
    planted = tmp_path / "planted.py"
    lines = ["import hashlib, pickle, subprocess", "def read(sent, con):", *(f"    {fault}" for fault in faults)]
    planted.write_text("\n".join(lines), encoding="utf-8")
    found = _bandit(planted)
    assert found.returncode == 1
    assert set(re.findall(r"planted\.py:(\d+)", found.stdout)) == {"3", "4", "5", "6", "7"}
    planted.write_text("def read(sent):\n    return int(sent)\n", encoding="utf-8")
    quiet = _bandit(planted)
    assert (quiet.returncode, quiet.stdout) == (0, "")


def test_a_finding_that_is_let_pass_has_its_reason_beside_it() -> None:
    marked = [
        line
        for folder in ("models", "pipelines", "dashboard")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nosec" in line
    ]
    assert marked
    assert not [line for line in marked if not re.search(r"  # nosec B\d{3} # \w.{10,}$", line)]
