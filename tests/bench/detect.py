"""What is found and what is said in vain, in invented cities whose truth is known."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from pipelines.core.region import load as regions
from tests.bench.detect_oracle import best_power
from tests.bench.place import LAST_DAY, REGION, Place, place

YELLOW = 3
SEEN_WITHIN_DAYS, TOUCHED_AFTER_DAYS = 7, 28
LEAST_MEAN = 1.0  # people per seven days: below it a series is too thin to be judged by
CLASSES = ("large", "medium", "small")
LEVELS = ("city", "area", "industry", "cell")
PROCESSES = 2  # cities at a time


def contains(outer: pd.DataFrame, inner: pd.DataFrame, city: str) -> pd.Series:
    """Whether the series of one side holds the series of the other, row by row (columns area, industry)."""
    area = (outer["area"] == inner["area"]) | (outer["area"] == city)
    industry = (outer["industry"] == inner["industry"]) | (outer["industry"] == "ALL")
    return area & industry


def level_of(frame: pd.DataFrame, city: str) -> pd.Series:
    """city, area, industry or cell, by the columns area and industry."""
    names = {(True, True): "city", (False, True): "area", (True, False): "industry", (False, False): "cell"}
    return pd.Series(
        [names[a == city, i == "ALL"] for a, i in zip(frame["area"], frame["industry"], strict=True)], index=frame.index
    )


def warnings(here: Place, since: date) -> pd.DataFrame:
    """First vintage at yellow or worse of every warning opened since a day, with the day it became that."""
    with here.warehouse() as warehouse:
        return warehouse.connection.execute(
            "select episode_id, rule_id, kind, area, industry, min(level) as level, cast(min(day) as timestamp) as told_on "
            "from episode join edition on known_from = cutoff_at "
            "where level <= $yellow and opened_on >= $since group by all",
            {"yellow": YELLOW, "since": since},
        ).df()


def warnings_alone(here: Place, since: date) -> pd.DataFrame:
    """The same without what other sources say: by the findings' own levels, which alone corroboration changes."""
    with here.warehouse() as warehouse:
        return warehouse.connection.execute(
            "with opened as (select episode_id, rule_id, kind, indicator, area, industry, max(employer) as employer, "
            "min(opened_on) as opened_on, coalesce(max(closed_on), date '9999-12-31') as closed_on "
            "from episode where opened_on >= $since group by all) "
            "select opened.episode_id, rule_id, opened.kind, area, industry, min(finding.level_alone) as level, "
            "cast(min(finding.day) as timestamp) as told_on from finding join opened using (rule_id, indicator, area, "
            "industry) where finding.day between opened_on and closed_on and finding.level_alone <= $yellow "
            "and (opened.kind <> 'event' or finding.employer = opened.employer) group by all",
            {"yellow": YELLOW, "since": since},
        ).df()


def means(here: Place, since: date) -> pd.DataFrame:
    """People per seven days of every series: the larger of its daily indicators."""
    days = (LAST_DAY - since).days + 1
    with here.warehouse() as warehouse:
        frame = warehouse.connection.execute(
            "select area, industry, indicator, 7.0 * sum(value) / $days as mean from reading "
            "where known_to is null and grain = 'day' and indicator in ('benefit_claim', 'insured_leave') "
            "and period >= $since group by all",
            {"days": days, "since": since},
        ).df()
    return frame.groupby(["area", "industry"], as_index=False)["mean"].max()


def city(seed: int, quiet: bool, days: int, judged: int, scale: float) -> "City":
    """One city from files to warnings: warnings with and without corroboration, truth, series means, its code."""
    with place() as here:
        here.generate(days, scale, seed, quiet)
        here.ingest()
        first = LAST_DAY + timedelta(days=2 - judged)
        # One edition before the judged span opens what was already going on.
        here.replay(first - timedelta(days=1), LAST_DAY + timedelta(days=1))
        truth = pd.read_csv(here.truth, parse_dates=["first_effective_on", "first_visible_on", "end_on"])
        told, alone = warnings(here, first), warnings_alone(here, first)
        thick = means(here, first - timedelta(days=1))
        thick = thick[thick["mean"] >= LEAST_MEAN]
        truth = truth[
            (truth["kind"] != "past_shock")
            & truth["source"].isna()
            & (truth["first_visible_on"] >= pd.Timestamp(first))
        ]
        truth = truth[truth["first_visible_on"] <= pd.Timestamp(LAST_DAY - timedelta(days=SEEN_WITHIN_DAYS - 1))]
        told, alone = (frame.merge(thick, on=["area", "industry"], how="left") for frame in (told, alone))
        truth = truth.merge(thick, on=["area", "industry"], how="inner")
        return told, alone, truth, thick, here.region.city


def score(told: pd.DataFrame, truth: pd.DataFrame, city_code: str) -> tuple[pd.DataFrame, pd.Series]:
    """Which events were flagged within a week of being visible and after how many days if ever, and which warnings
    touch an event."""
    pairs = told.assign(w=range(len(told))).merge(
        truth.assign(e=range(len(truth))), how="cross", suffixes=("", "_event")
    )
    event = pairs[["area_event", "industry_event"]].set_axis(["area", "industry"], axis=1)
    related = contains(pairs, event, city_code) | contains(event, pairs, city_code)
    after = (pairs["told_on"] - pairs["first_visible_on"]).dt.days
    early = pairs[related & (after >= 0) & (after <= SEEN_WITHIN_DAYS)]
    late = (pairs["told_on"] - pairs["end_on"]).dt.days
    touching = pairs[related & (after >= 0) & (late <= TOUCHED_AFTER_DAYS)]
    first = touching.assign(days=after).groupby("e")["days"].min()
    number = pd.Series(range(len(truth)), index=truth.index)
    flagged = truth.assign(is_flagged=number.isin(early["e"]), days=number.map(first))
    return flagged, pd.Series(range(len(told)), index=told.index).isin(touching["w"])


City = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, str]


def figures(seed: int, eventful: City, quiet: City, days: int, judged: int, scale: float) -> dict[str, Any]:
    """All figures of one seed: detections from its eventful city, false warnings from its quiet one."""
    told, alone, truth, _, code = eventful
    quiet_told, quiet_alone, _, thick, _ = quiet
    flagged, is_true = score(told, truth, code)
    large = flagged[flagged["size_class"] == "large"]
    at_best = best_power(regions.load(REGION), days, scale, seed, large, SEEN_WITHIN_DAYS, len(thick))
    place = level_of(large, code)
    by_level = (
        large.assign(at_best=at_best)
        .groupby(place)
        .agg(large_flagged_7d=("is_flagged", "mean"), best_possible_7d=("at_best", "mean"), events=("at_best", "size"))
    )
    return {
        "seed": seed,
        **of_warnings(flagged, is_true, quiet_told, thick, code, judged),
        "large_best_possible_7d": round(float(at_best.mean()), 3) if len(large) else None,
        "by_level": {
            name: by_level.loc[name].round(3).to_dict() if name in by_level.index else None for name in LEVELS
        },
        "corroboration_off": of_warnings(*score(alone, truth, code), quiet_alone, thick, code, judged),
    }


def of_warnings(
    flagged: pd.DataFrame, is_true: pd.Series, quiet_told: pd.DataFrame, thick: pd.DataFrame, code: str, judged: int
) -> dict[str, Any]:
    """Events found, warnings that touch one, and warnings of the quiet city."""
    offices = thick.loc[(thick["area"] != code), "area"].nunique()
    weeks = judged / 7
    large = flagged[flagged["size_class"] == "large"]
    own = quiet_told[(quiet_told["area"] != code)]
    judged_series = quiet_told.dropna(subset=["mean"])
    share = {name: flagged.loc[flagged["size_class"] == name, "is_flagged"] for name in CLASSES}
    return {
        **{f"{name}_flagged_7d": round(float(share[name].mean()), 3) if len(share[name]) else None for name in CLASSES},
        **{f"{name}_events": len(share[name]) for name in CLASSES},
        "large_flagged_ever": round(float(large["days"].notna().mean()), 3) if len(large) else None,
        "large_median_days": float(large["days"].median()) if len(large) else None,
        "precision_yellow": round(float(is_true.mean()), 3) if len(is_true) else None,
        "false_per_series_year": round(len(judged_series) / len(thick) / (judged / 365), 3),
        "false_yellow_per_week_city": round(len(quiet_told) / weeks, 2),
        "false_yellow_per_quarter_office": round(len(own) / offices / (judged / 91.3), 2),
        "false_orange_red": int((quiet_told["level"] < YELLOW).sum()),
    }


def run(small: bool, seeds: tuple[int, ...] = (1, 2, 3)) -> dict[str, Any]:
    """Scale 1, three years, the last 52 weeks judged, three seeds; small: one seed, scale 0.2, 8 weeks."""
    scale, days, judged = (0.2, 500, 56) if small else (1.0, 1095, 364)
    wanted = [(seed, quiet) for seed in (seeds[:1] if small else seeds) for quiet in (False, True)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        cities = list(pool.map(city, *zip(*((*item, days, judged, scale) for item in wanted), strict=True)))
    found = [
        figures(seed, cities[place], cities[place + 1], days, judged, scale)
        for place, (seed, quiet) in enumerate(wanted)
        if not quiet
    ]
    table = Table(title=f"scale {scale}, {days} days, {judged // 7} weeks judged")
    keys = [key for key in found[0] if key not in {"seed", "by_level", "corroboration_off"}]
    table.add_column("")
    for item in found:
        table.add_column(f"seed {item['seed']}", justify="right")
    for key in keys:
        table.add_row(key, *(str(item[key]) for item in found))
    for key in found[0]["corroboration_off"]:
        table.add_row(f"{key}, corroboration off", *(str(item["corroboration_off"][key]) for item in found))
    for name in LEVELS:
        table.add_row(
            f"large at {name}",
            *(
                f"{item['by_level'][name]['large_flagged_7d']} of {item['by_level'][name]['events']:.0f} "
                f"(best possible {item['by_level'][name]['best_possible_7d']})"
                if item["by_level"][name]
                else "–"
                for item in found
            ),
        )
    Console().print(table)
    return {"detect": {"seeds": found}}
