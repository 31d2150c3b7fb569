"""What Dash asks first of a document, sent along inside it: the page can be read before Dash has begun."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import dash
from flask import request

from dashboard.web.fragment_cache import as_json

_OUTPUT = ("_pages_content", "_pages_store")  # Dash's names of the place of a page, and of its title


def title_and_answer() -> tuple[str, str] | None:
    """The title of the page this document's address names, and the answer to what Dash will ask, as JSON for a script.

    None for an address of no page, and for spellings that Dash reads in its own way: it will ask for those itself.
    """
    found = _named(request.path)
    if found is None:
        return None
    page, variables = found
    layout: Callable[..., Any] = page["layout"]
    given = parse_qs(request.query_string.decode("ascii", "replace"), keep_blank_values=True)
    content = layout(**(variables | given))
    title = page["title"](**variables)
    place, store = _OUTPUT
    answer = {"multi": True, "response": {place: {"children": content}, store: {"data": {"title": title}}}}
    return title, as_json(answer).replace("<", "\\u003c")


def is_a_page(path: str) -> bool:
    """Whether an address names a page, with or without slashes around it, as Dash reads it."""
    return _named("/" + path.strip("/")) is not None


def _named(path: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The page an address names, and the variables in it."""
    for page in dash.page_registry.values():
        pattern = re.sub(r"<(\w+)>", r"(?P<\1>[A-Za-z0-9._-]+)", page["path_template"] or page["path"])
        if found := re.fullmatch(pattern, path):
            return page, found.groupdict()
    return None
