"""The city with rules on every kind of reading and on forecasts, and three editions: one, and two eight days later."""

from pathlib import Path

from tests.house import House

BEFORE, FIRST, SECOND = "2026-10-22", "2026-10-30", "2026-10-31"
MONTHLY = {
    "insured_headcount": 1.1,
    "vacancy_seeker_ratio": 1.2,
    "job_loss_rate": 1.2,
    "registered_unemployment_rate": 1.1,
}
_SPIKE = "{name}_test,{name},spike,{name},city;area;industry,{grain},3,2.5,{ratio},10,,,,,2,[P] test,2016-01-01,,true,,,,,,,,,\n"
_AHEAD = "ahead,题,exceedance,insured_leave,city;area;industry,day,4,0.2,,1,,,,,7,[P] test,2016-01-01,,true,,1,,,,,,,\n"


def with_rules(stocked: House, folder: Path) -> House:
    """A copy with spike rules on a stock, a ratio of the city, a rate and a weekly count where lower is worse, and with
    a rule on forecasts that asks for little; no edition yet."""
    house = stocked.copy(folder)
    path = house.region / "rules.csv"
    lines = [_SPIKE.format(name=name, grain="month", ratio=ratio) for name, ratio in MONTHLY.items()]
    lines += [_SPIKE.format(name="vacancy", grain="week", ratio=1.2), _AHEAD]
    rules = path.read_text(encoding="utf-8") + "".join(lines)
    path.unlink()  # houses share the file
    path.write_text(rules, encoding="utf-8")
    return house


def build(stocked: House, folder: Path) -> None:
    """Run the editions."""
    house = with_rules(stocked, folder)
    house.gangshao("run", "--day", BEFORE)
    house.gangshao("run", "--from", FIRST, "--to", SECOND)
