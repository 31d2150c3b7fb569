"""The invented city at its first day: areas, industries, employers and the people who work for them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region
from pipelines.demo import frozen
from pipelines.demo.person import birth_slots, credit_codes, identity_numbers, person_names
from pipelines.demo.timeline import random_stream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class City:
    """Cells are numbered ``area * len(sections) + section``; employers and people are sorted by cell.

    So the insured people of a cell, of an area and of an employer are each one run of person numbers.
    """

    code: str
    areas: list[str]
    area_text: list[str]  # how each unit writes itself in its files: code, or name
    sections: list[str]
    cell: Ints  # (employers,)
    size: Ints  # (employers,) insured people at the start
    first_person: Ints  # (employers + 1,)
    credit_code: NDArray[np.bytes_]
    industry_code: list[str]  # (employers,) section letter or division, as the employer's forms say
    employer_name: list[str]
    employer_of: Ints  # (insured people,)
    cell_first: Ints  # (cells + 1,) first person of each cell
    identity: NDArray[np.bytes_]  # (people,) people beyond the insured are without an employer at the start
    name: Ints  # (people,) row in the pool of names
    name_pool: list[str]

    @property
    def cells(self) -> int:
        """Number of area × section cells, empty ones included."""
        return len(self.areas) * len(self.sections)

    @property
    def insured(self) -> Ints:
        """(cells,) insured people at the start."""
        return np.diff(self.cell_first)

    def area_of(self, cell: Ints) -> Ints:
        """Area number of each cell number."""
        return cell // len(self.sections)


def build_city(region: Region, scale: float, seed: int, last_day: date) -> City:
    """Draw the city. Raises UserError when the region has no reporting units or sections to put employers in."""
    places = region.places[region.places["level"] == "unit"]
    residents = places["residents"].to_numpy(dtype=float, na_value=np.nan)
    sections = [s for s in frozen.INDUSTRY_SHARE if s in region.sections]
    if len(places) == 0 or not sections or np.isnan(residents).any():
        raise UserError(
            f"地区 {region.name_zh} 没有带常住人口的报送单位或行业门类，不能生成演示城市；"
            "请检查 places.csv 和 industries.csv"
            " (the region has no units with residents or no industries)"
        )
    rng = random_stream(seed, "city")
    areas = [str(code) for code in places["code"]]
    mix = np.array([frozen.INDUSTRY_SHARE[s] for s in sections])
    local = residents[:, None] ** 0.95 * rng.lognormal(0.0, 0.12, (len(areas), 1))
    weight = (local / local.sum()) * mix * rng.lognormal(0.0, 0.25, (len(areas), len(sections)))
    factor = np.array([frozen.SIZE_FACTOR.get(s, 1.0) for s in sections])
    employers = max(len(areas), round(frozen.EMPLOYERS * scale))
    share = weight / factor
    cell = np.sort(rng.choice(share.size, employers, p=(share / share.sum()).ravel()))
    raw = rng.lognormal(0.0, frozen.SIZE_SIGMA, employers) * factor[cell % len(sections)]
    size = raw * (frozen.INSURED * scale / raw.sum())
    size = np.clip(np.rint(size), 1, frozen.LARGEST_EMPLOYER).astype(np.int64)
    first_person = np.concatenate([[0], np.cumsum(size)])
    insured = int(first_person[-1])
    edge = np.searchsorted(cell, np.arange(share.size + 1))
    identity, name, pool = _people(
        region, areas, insured, employer_area=_runs(cell // len(sections), size), seed=seed, last_day=last_day
    )
    return City(
        code=region.city,
        areas=areas,
        area_text=_area_texts(region, areas),
        sections=sections,
        cell=cell,
        size=size,
        first_person=first_person,
        credit_code=credit_codes(np.arange(employers), np.full(employers, _district(region.city), dtype="S6")),
        industry_code=_industry_codes(region, sections, cell, rng),
        employer_name=_employer_names(region, areas, sections, cell),
        employer_of=_runs(np.arange(employers), size),
        cell_first=first_person[edge],
        identity=identity,
        name=name,
        name_pool=pool,
    )


def _runs(value: Ints, length: Ints) -> Ints:
    return np.repeat(value, length)


def _district(city: str) -> str:
    return city if city.isdigit() and len(city) == 6 else "100000"


def _people(
    region: Region, areas: list[str], insured: int, employer_area: Ints, seed: int, last_day: date
) -> tuple[NDArray[np.bytes_], Ints, list[str]]:
    rng = random_stream(seed, "people")
    count = insured + max(10 * len(areas), round(insured * frozen.OUTSIDERS))
    birth, sequence = birth_slots(
        count, np.datetime64(f"{last_day.year - 59}-01-01"), np.datetime64(f"{last_day.year - 19}-12-31")
    )
    shuffled = rng.permutation(count)
    home = np.concatenate([employer_area, rng.integers(0, len(areas), count - insured)])
    moved = rng.random(count) < 0.15
    county = np.where(moved, rng.integers(0, 10, count), home % 10)
    identity = identity_numbers(birth[shuffled], sequence[shuffled], county, _district(region.city)[:4])
    pool = person_names()
    return identity, rng.integers(0, len(pool), count), pool


def _area_texts(region: Region, areas: list[str]) -> list[str]:
    """Most units write their code; every fourth writes its short name, as senders do."""
    names = dict(zip(region.places["code"], region.places["short_name"], strict=True))
    return [str(names[code]) if i % 4 == 3 else code for i, code in enumerate(areas)]


def _industry_codes(region: Region, sections: list[str], cell: Ints, rng: np.random.Generator) -> list[str]:
    """A division for four employers in five, the bare section letter for the others."""
    divisions = {s: [d for d, parent in region.sections.items() if parent == s and d != s] for s in sections}
    pick, bare = rng.random(len(cell)), rng.random(len(cell)) < 0.2
    codes = []
    for i, number in enumerate(cell % len(sections)):
        options = divisions[sections[number]]
        # Squaring favours the first divisions of a section: local industry is concentrated.
        codes.append(sections[number] if bare[i] or not options else options[int(pick[i] ** 2 * len(options))])
    return codes


def _employer_names(region: Region, areas: list[str], sections: list[str], cell: Ints) -> list[str]:
    short = dict(zip(region.places["code"], region.places["short_name"], strict=True))
    title = dict(zip(region.industries["code"], region.industries["name"], strict=True))
    words = [str(title[s]).split("、")[0].split("和")[0].removesuffix("业") for s in sections]
    heads = [f"示例{short[area]}{word}" for area in areas for word in words]
    return [f"{heads[c]}{i + 1:05d}号单位" for i, c in enumerate(cell)]
