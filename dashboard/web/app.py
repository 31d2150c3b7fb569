"""Makes the web application: pages, downloads, the guard before all of them, the log of requests."""

import logging
import pkgutil
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

import dash
from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, Response, g, request
from markupsafe import escape

from dashboard import pages
from dashboard.components.shell import is_missing
from dashboard.components.theme import css_variables
from dashboard.figures.tabbed import add_figures
from dashboard.locale import language, text
from dashboard.locale.translation import REGION
from dashboard.rules.decision import rule_actions
from dashboard.upload.submission import upload_routes
from dashboard.web import data
from dashboard.web.data import PUBLISHED
from dashboard.web.download import add_downloads
from dashboard.web.fragment_cache import as_json, insert_fragments
from dashboard.web.health import health
from dashboard.web.security import guard, trail
from dashboard.web.security.entrance import refusal
from dashboard.web.security.guard import HEALTH
from dashboard.web.security.request_body import UPDATES, is_known_callback
from dashboard.workflow.actions import warning_actions
from pipelines.core.log import tell
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger

_INDEX = """<!DOCTYPE html>
<html lang="{{%language%}}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{%title%}}</title>
{{%favicon%}}
<style>{variables}</style>
{{%css%}}
</head>
<body>
<noscript><p>{{%noscript%}}</p></noscript>
{{%app_entry%}}
<div hidden>{{%config%}}</div>
<template id="dash">{{%scripts%}}{{%renderer%}}</template>
{{%first%}}
</body>
</html>"""
# What Dash sends with every page and no page of ours needs: a third of the time until a page is there.
_NEEDLESS = re.compile(r'<script src="[^"]*/(?:polyfill@|dash_table/)[^"]*"></script>\s*')
# Ours run at once: they show the page that came with the document, and act on it. Dash's wait in a template until it is
# painted (assets/content.js), for they would keep the browser from it.
_OURS = re.compile(r'<script src="[^"]*/(?:assets|sign-in/static)/[^"]*"></script>\s*')
_DOCUMENTS = {"/", "/<path:path>"}  # Dash's names of what answers with the document
_OWN = re.compile(r"\{%(language|noscript|first)%\}")


class _Site(Dash):
    """Dash whose waiting text is in the reader's language and stands in a landmark, without what pages do not need."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        parts["app_entry"] = (
            f'<div id="react-entry-point"><main class="waiting"><p>{text("The page is being loaded.")}</p></main></div>'
        )
        title, answer = title_and_answer() or (text("Gangshao"), "")
        scripts = parts["scripts"]
        parts["title"] = escape(title)
        parts["scripts"] = _NEEDLESS.sub("", _OURS.sub("", scripts))
        whole: str = super().interpolate_index(**parts)  # type: ignore[no-untyped-call]
        sent = f'<script type="application/json" id="first-page">{answer}</script>' if answer else ""
        own = {
            "language": language(),
            "noscript": text("This site needs JavaScript of its own server."),
            "first": sent + "".join(_OURS.findall(scripts)),
        }
        return _OWN.sub(lambda found: own[found[1]], whole)


def create_app(settings: Settings, ledger: Ledger | None = None) -> Dash:
    """Make the site over the published files of ``settings``; sessions and links are in the ledger (None: opened here).

    Raises UserError when the ledger cannot be opened.
    """
    store = open_ledger(settings) if ledger is None else ledger
    app = _Site(
        "dashboard",
        use_pages=True,
        pages_folder="",
        compress=True,
        external_scripts=["/sign-in/static/form.js"],
        enable_mcp=False,
        suppress_callback_exceptions=True,  # layouts need a session: none is made at the start
        update_title="",
        index_string=_INDEX.format(variables=css_variables()),
    )
    dash.page_registry.clear()
    for module in pkgutil.iter_modules(pages.__path__, f"{pages.__name__}."):
        import_module(module.name).register()
    app.layout = dash.page_container
    app.server.config[PUBLISHED] = settings.published
    app.server.config[REGION] = settings.region
    add_downloads(app.server)
    add_figures(app.server)
    app.server.register_blueprint(health(settings, lambda: trail().clock()))
    log_requests(app.server)
    insert_fragments(app.server)
    data.audit_views(app.server)
    guard(app.server, store, settings, app.csp_hashes)
    app.server.register_blueprint(warning_actions(store, lambda: trail().clock()))
    app.server.register_blueprint(rule_actions(store, lambda: trail().clock()))
    app.server.register_blueprint(upload_routes(store, settings, lambda: trail().clock()))
    app.server.register_error_handler(DependencyException, _unknown_part)
    _refuse_unknown_callbacks(app)
    _answer_missing_pages(app)
    return app


def _answer_missing_pages(app: Dash) -> None:
    """Answer 404 with the document of a page that does not exist, or not for this viewer; it says so itself."""

    def after(response: Response) -> Response:
        is_page = request.endpoint in _DOCUMENTS and response.status_code == HTTPStatus.OK
        if is_page and (not is_a_page(request.path) or is_missing()):
            response.status_code = HTTPStatus.NOT_FOUND
        return response

    app.server.after_request(after)


def _refuse_unknown_callbacks(app: Dash) -> None:
    """Answer a callback that does not exist, or lacks a part, with a sentence; Dash would fail over it."""

    def check() -> Response | None:
        if request.path != UPDATES or request.method != "POST":
            return None
        if is_known_callback(app.callback_map, request.get_json(silent=True)):
            return None
        return refusal("This page does not exist", 400)

    app.server.before_request(check)


def _unknown_part(_: DependencyException) -> Response:
    """Somebody asks Dash for a file that is no part of a page; it would call that an error of its own."""
    return refusal("This page does not exist", 404)


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


_FILES = ("/assets/", "/_dash-component-suites/", "/sign-in/static/")
log = logging.getLogger(__name__)


def log_requests(server: Flask) -> None:
    """An event for each answer but those for style and script files, and for a watcher that is told all is well."""

    @server.before_request
    def start_timer() -> None:
        g.gangshao_began = time.perf_counter()

    @server.after_request
    def end(response: Response) -> Response:
        is_well = response.status_code < 400
        if not (is_well and (request.path.startswith(_FILES) or request.blueprint == HEALTH)):
            seconds = time.perf_counter() - g.get("gangshao_began", time.perf_counter())
            endpoint = request.endpoint or "unknown"  # the rule that answers, without what stands for its variables
            tell(
                log,
                "answered",
                method=request.method,
                endpoint=endpoint,
                status=response.status_code,
                milliseconds=round(1000 * seconds),
            )
        return response
