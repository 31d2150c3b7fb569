"""The first page of docs/start is executed as it stands: only here runs what a new reader types, from files to a page.

It costs more than 10 s, because nothing that another test prepared may be used.
"""

import re
from pathlib import Path

import pytest

from tests.dashboard.asked import ORIGIN, page_asked
from tests.dashboard.site import served
from tests.forked import ROOT
from tests.house import LIAOCHENG, House

pytestmark = pytest.mark.xdist_group("first_warning")
START = ROOT / "docs" / "start"
PLACE = "build/first"


def commands(name: str) -> list[list[str]]:
    """What the page tells its reader to type, word by word, without the installation."""
    blocks = re.findall(r"^```\n(.*?)^```", (START / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    assert lines[0] == "make setup"
    return [line.split() for line in lines[1:]]


def test_both_languages_tell_to_type_the_same() -> None:
    assert commands("first-warning.md") == commands("first-warning.en.md")


def test_a_new_reader_gets_to_a_warning_by_what_the_page_tells_to_type(tmp_path: Path) -> None:
    environment, told = {"GANGSHAO_REGION": str(LIAOCHENG)}, []
    for program, *words in commands("first-warning.md"):
        here = [word.replace(PLACE, str(tmp_path / "first")) for word in words]
        if program == "export":
            name, value = here[0].split("=")
            environment[name] = value
        elif here == ["serve"]:
            continue
        else:
            assert program == "gangshao"
            told.append(House(tmp_path, environment).gangshao(*here).stdout)
    data = tmp_path / "first"
    assert environment["GANGSHAO_DATA"] == str(data)
    assert (data / "DEMONSTRATION").exists()
    address = told[-1].strip()
    with served(data) as site:
        client = site.app.server.test_client()
        token = address.rpartition("/sign-in/")[2]
        assert client.post(f"/sign-in/{token}", json={}, headers=ORIGIN).get_json() == {"to": "/"}
        status, _, today = page_asked("/", "").of(client)
        assert status == 200
        warnings = re.findall(r"/warning/[\w.%:-]+", today)
        assert warnings, "no warning on the page Today"
        status, _, page = page_asked(warnings[0], "").of(client)
        assert status == 200
        assert "疑似" in page
