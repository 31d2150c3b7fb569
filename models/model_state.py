"""What the forecaster remembers as plain arrays and back, so that it can be kept in a file."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.assess import Memory
from models.calendar import Days
from models.causal import Block, State
from models.panel import Panel

RECENT = 14  # newest columns whose states are all kept: what is corrected is mostly that young
OLDEST = 800  # columns: of the older states those are kept, up to here, where a block of the calendar begins
Arrays = dict[str, npt.NDArray[Any]]
_SERIES = ("series_id", "level", "area", "industry")
_TEXTS = ("grain", "nature", "worse")


def to_arrays(memory: Memory) -> Arrays:
    """The memory by name, no array of objects among it: the whole panel and calendar, and the states worth keeping.

    panel.*: series (n,), periods (T,), values and exposure (n, T). facts.*: (m,). state.*: K states stacked along a
    first axis; state.block: (K,) number of the block, -1 for none; block.<number>.*: each block once.
    """
    states = [memory.states[column] for column in sorted(_states_to_keep(memory))]
    blocks = {id(state.block): state.block for state in states if state.block is not None}
    number = {block: at for at, block in enumerate(blocks)}
    parts = [_fields_of(replace(state, block=None)) for state in states]
    panel = memory.panel
    arrays: Arrays = {"method": np.asarray(memory.method)}
    arrays |= {f"panel.{name}": panel.series[name].to_numpy().astype(str) for name in _SERIES}
    arrays |= {f"panel.{name}": np.asarray(getattr(panel, name)) for name in _TEXTS}
    arrays |= {
        "panel.periods": panel.periods.to_numpy(),
        "panel.values": panel.values,
        "panel.exposure": panel.exposure,
    }
    if panel.whole is not None:
        arrays["panel.whole"] = panel.whole
    arrays |= {f"facts.{name}": array for name, array in _fields_of(memory.facts).items()}
    arrays |= {f"state.{name}": np.stack([part[name] for part in parts]) for name in parts[0]}
    arrays["state.block"] = np.array([number.get(id(state.block), -1) for state in states])
    for at, block in enumerate(blocks.values()):
        arrays |= {f"block.{at}.{name}": array for name, array in _fields_of(block).items()}
    return arrays


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Memory:
    """The memory again. Raises KeyError or ValueError when the arrays are not those of a memory."""
    series = pd.DataFrame({name: arrays[f"panel.{name}"].astype(object) for name in _SERIES})
    periods = pd.DatetimeIndex(arrays["panel.periods"])
    texts = {name: arrays[f"panel.{name}"].item() for name in _TEXTS}
    panel = Panel(
        series, periods, arrays["panel.values"], arrays["panel.exposure"], whole=arrays.get("panel.whole"), **texts
    )
    numbers = arrays["state.block"].tolist()
    blocks = [_together(Block, f"block.{at}", arrays) for at in range(max(numbers) + 1)]
    stacked = {name: array for name, array in arrays.items() if name.startswith("state.")}
    states = [
        replace(
            _together(State, "state", {name: array[at].copy() for name, array in stacked.items()}),
            block=blocks[number] if number >= 0 else None,
        )
        for at, number in enumerate(numbers)
    ]
    states_by_column = {state.column: state for state in states}
    return Memory(arrays["method"].item(), panel, _together(Days, "facts", arrays), states_by_column)


def _states_to_keep(memory: Memory) -> set[int]:
    newest = max(memory.states)
    begins = {state.block.factor.anchor for state in memory.states.values() if state.block is not None}
    return {
        column
        for column in memory.states
        if column > newest - RECENT or (column in begins and column > newest - OLDEST)
    }


def _fields_of(thing: Any) -> Arrays:
    """The fields of a dataclass, and of those within it, by their dotted names; a field that is None has none."""
    found: Arrays = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}.{name}": array for name, array in _fields_of(value).items()}
        elif value is not None:
            found[field.name] = np.asarray(value)
    return found


@cache
def _parts(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _has(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> bool:
    return any(other == name or other.startswith(f"{name}.") for other in arrays)


def _together(kind: Any, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Any:
    """A value of a type whose parts are the arrays of this name."""
    if get_origin(kind) is UnionType:
        if not any(other.startswith(f"{name}.") for other in arrays):
            return None
        kind = next(each for each in get_args(kind) if all(_has(f"{name}.{part}", arrays) for part in _parts(each)))
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{part: _together(hint, f"{name}.{part}", arrays) for part, hint in _parts(kind).items()})
    array = arrays[name]
    if get_origin(kind) is tuple:
        return tuple(array.tolist())
    if kind in {bool, int, float}:
        return array.item()
    return array[()] if kind is np.datetime64 else array
