"""Pages are the same from a server without Arrow as from a process that has it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.dashboard.published_fixture import build

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
if sys.argv[1] != "usual":
    from pipelines.core.memory_tuning import become_lean
    become_lean()
import pandas
if sys.argv[1] == "late":
    import pyarrow
from dashboard.web import cache_prewarm
from pipelines.published.read import pointed_at
from pipelines.core.settings import load
settings = load()
edition = pointed_at(settings.published)
asked = [one for one in cache_prewarm._likely_fragments(settings, edition, cache_prewarm._all_scopes(settings)) if one.audience != "office" or "371502" in one.areas]
pages = {one: found for one in asked if (found := cache_prewarm._make_fragment(settings, edition, one)) is not None}
figures = {
    one: found
    for _, following in pages.values()
    for one in following
    if ("area", "371502") in one.question.values and (found := cache_prewarm._make_fragment(settings, edition, one)) is not None
}
assert figures
told = {repr(one): json.loads(made.filled(dict.fromkeys(made.blanks, "null"))) for one, (made, _) in (pages | figures).items()}
json.dump({"storage": pandas.Series(["a"]).dtype.storage, "arrow": "pyarrow" in sys.modules, "parts": told}, sys.stdout)
"""


def made(folder: Path, how: str) -> dict[str, Any]:
    own = {"GANGSHAO_DATA": str(folder), "GANGSHAO_KEYS": str(folder / "keys"), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", PROGRAM, how]
    told = subprocess.run(command, env=os.environ | own, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return dict(json.loads(told.splitlines()[-1]))


def test_every_likely_part_of_a_page_is_the_same_without_arrow(tmp_path: Path) -> None:
    """Only fresh processes show it: this one has Arrow, and three of them make every likely part."""
    build(tmp_path / "published", days=60)
    lean, late, usual = (made(tmp_path, how) for how in ("lean", "late", "usual"))
    assert (lean["storage"], lean["arrow"]) == ("python", False)
    assert (late["storage"], late["arrow"]) == ("python", True)  # an uploaded file has brought it in
    assert (usual["storage"], usual["arrow"]) == ("pyarrow", True)
    assert len(lean["parts"]) > 50
    assert lean["parts"] == late["parts"] == usual["parts"]
