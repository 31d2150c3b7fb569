"""The feeds, one contract a file; a new file in this folder is a new feed."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pipelines.feeds.contract import Contract


@cache
def contracts() -> dict[str, Contract]:
    """All contracts by feed, in the order of their names."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "contract")
    return {name: import_module(f"{__name__}.{name}").CONTRACT for name in names}
