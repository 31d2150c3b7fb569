"""Lists name, version and licence of every locked package; fails on one that is unknown or not accepted.

Accepted are licences that ask for their notice only, and MPL and LGPL, under which a package may be used unchanged as a
library. GPL and AGPL are not among them: they would reach the bureau's own additions. What a package declares is taken
as it is; libraries bundled in its wheel are named in the licence files it installs. Run by `make licences`.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-test.lock")
ACCEPTED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-2.1-or-later", "LGPL-3.0-only", "MIT",
    "MIT-0", "MPL-2.0", "PSF-2.0", "Zlib", "ZPL-2.1",
}  # fmt: skip
# What packages write instead of an SPDX identifier; a classifier without a number of clauses is read as the stricter.
SPELLINGS = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.1-or-later",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "zpl 2.1": "ZPL-2.1",
}
# Looked up by hand, with the version looked at: packages that say nothing in their metadata, or are for other systems.
READ = {
    "appnope": ("1.0.0", "BSD-2-Clause"),
    "axe-playwright-python": ("0.1.8", "MIT AND MPL-2.0"),  # the axe-core in it is MPL-2.0
    "brotlicffi": ("1.2.1.0", "MIT"),
    "colorama": ("0.4.6", "BSD-3-Clause"),
}


@dataclass(frozen=True)
class Locked:
    """A package of a lock file; its licence is an SPDX expression, '' when nothing says it."""

    name: str
    versions: tuple[str, ...]
    licence: str


def requirements(text: str) -> Iterator[tuple[Requirement, int]]:
    """Each requirement of a lock file, and how many hashes it has."""
    for entry in re.split(r"\n(?=\S)", text.strip()):
        yield Requirement(entry.partition("\\")[0].strip()), len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))


def locked(text: str) -> list[Locked]:
    """The packages of a lock file by name, with their licences as installed here."""
    versions: dict[str, list[str]] = {}
    for requirement, _ in requirements(text):
        versions.setdefault(requirement.name, []).extend(item.version for item in requirement.specifier)
    return [Locked(name, tuple(its), licence(name, its)) for name, its in sorted(versions.items())]


def licence(name: str, versions: Sequence[str]) -> str:
    """The licence of a package; where a lock has two versions for two Pythons, the installed one speaks for both."""
    read, said = READ.get(name, ("", ""))
    if read in versions:
        return said
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        return ""
    return declared(installed.metadata) if installed.version in versions else ""


def declared(metadata: PackageMetadata) -> str:
    """What a package's metadata declare, as an SPDX expression; '' when they say nothing that is understood."""
    classifiers = [one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    said = [*(metadata.get(name) for name in ("License-Expression", "License"))]
    said += [one.rpartition(" :: ")[2] for one in classifiers]
    for words in said:
        first = (words or "").strip().splitlines()[0:1]
        if first and (expression := _expression(first[0])):
            return expression
    return ""


def refusals(packages: Iterable[Locked]) -> list[str]:
    """A sentence for each package that cannot be used as it is."""
    found = []
    for package in packages:
        what = f"{package.name} {' '.join(package.versions)}"
        if not package.licence:
            found.append(f"{what}: no licence known; install the locked packages, or read it and write it into READ")
        elif not is_accepted(package.licence):
            found.append(f"{what}: {package.licence} is not among the accepted licences; see the head of {__name__}")
    return found


def is_accepted(expression: str) -> bool:
    """Whether a licence may be used: all parts of an AND, one of an OR; an exception belongs to its licence."""
    outer = re.split(r" OR (?![^(]*\))", expression)
    if len(outer) > 1:
        return any(is_accepted(part) for part in outer)
    inner = re.split(r" AND (?![^(]*\))", expression)
    if len(inner) > 1:
        return all(is_accepted(part) for part in inner)
    if expression.startswith("("):
        return is_accepted(expression[1:-1])
    return expression in ACCEPTED


def _expression(words: str) -> str:
    spelled = SPELLINGS.get(re.split(r"\s+-?\s*copyright", words.strip().lower())[0], words.strip())
    try:
        return canonicalize_license_expression(spelled)
    except InvalidLicenseExpression:
        return ""


def main() -> int:
    """Print the list; exit status 1 when a package cannot be used as it is."""
    wrong = []
    for name in LOCKS:
        packages = locked((ROOT / name).read_text(encoding="utf-8"))
        print(f"{name}: {len(packages)} packages")
        for package in packages:
            print(f"  {package.name:<28} {' '.join(package.versions):<14} {package.licence or '?'}")
        wrong += refusals(packages)
    for sentence in dict.fromkeys(wrong):
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
