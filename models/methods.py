"""The forecasting methods by name: what a normal period brings. Level, windows and variance are the same for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from models import factor, seasonal
from models.calendar import Features
from models.factor import Factor
from models.panel import Hierarchy, Panel
from models.recipe import BY_METHOD, Recipe
from models.seasonal import YearAgo


class Learn(Protocol):
    """Learns from the columns before `anchor` what those after it bring in a normal time."""

    def __call__(
        self, panel: Panel, features: Features, tree: Hierarchy, recipe: Recipe, anchor: int
    ) -> Factor | YearAgo: ...


@dataclass(frozen=True)
class Method:
    """A name for people and settings, how a normal period is learned, and the numbers by grain."""

    name: str
    learn: Learn
    recipes: Mapping[str, Recipe]


LEVEL_FACTOR = Method("level_factor", factor.learn, BY_METHOD["level_factor"])
SEASONAL = Method("seasonal", seasonal.learn, BY_METHOD["seasonal"])
METHODS = {method.name: method for method in (LEVEL_FACTOR, SEASONAL)}
