"""What docs/develop/region.md says of another city is a region that loads, with somebody at every post."""

import re
import shutil
from datetime import date
from pathlib import Path

from pipelines.core.region.load import load
from pipelines.notifying.audience import unmanned, unrouted
from tests.forked import ROOT
from tests.house import LIAOCHENG


def test_another_city_as_it_is_written_loads_and_everybody_there_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "dezhou"
    shutil.copytree(LIAOCHENG, folder)
    section = (ROOT / "docs" / "develop" / "region.md").read_text(encoding="utf-8")
    name, told = "", dict[str, list[str]]()
    for line in section.split("```")[1].splitlines():
        if begins := re.match(r"(\w+\.(?:csv|toml)) +(.+)", line):
            name, text = begins[1], begins[2]
        else:
            text = line.strip()
        if text:
            told.setdefault(name, []).append(text)
    toml = (folder / "region.toml").read_text(encoding="utf-8")
    for key, value in re.findall(r'(\w+) = ("[^"]+")', " ".join(told.pop("region.toml"))):
        toml = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", toml)
    (folder / "region.toml").write_text(toml, encoding="utf-8")
    for name, lines in told.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    region = load(folder)
    assert (region.name_zh, region.city, region.units) == ("德州市", "371400", ["371402"])
    assert (list(unrouted(region, date(2026, 11, 23))), list(unmanned(region, date(2026, 11, 23)))) == ([], [])
