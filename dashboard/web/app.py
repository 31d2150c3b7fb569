"""Makes the web application: pages, downloads, and the guard before all of them."""

import pkgutil
import re
from http import HTTPStatus
from importlib import import_module

import dash
from dash import Dash
from dash.exceptions import DependencyException
from flask import Response, request
from markupsafe import escape

from dashboard import pages
from dashboard.components.shell import is_missing
from dashboard.components.theme import css_variables
from dashboard.figures.tabbed import add_figures
from dashboard.locale import language, text
from dashboard.rules.decision import rule_acts
from dashboard.summary.wording import REGION
from dashboard.upload.submission import uploading
from dashboard.web import data
from dashboard.web.data import PUBLISHED
from dashboard.web.download import add_downloads
from dashboard.web.first_page import is_a_page, title_and_answer
from dashboard.web.fragment_cache import fill_in_parts
from dashboard.web.health import health
from dashboard.web.request_log import log_requests
from dashboard.web.security import guard, trail
from dashboard.web.security.callback import UPDATES, is_known
from dashboard.web.security.entrance import refusal
from dashboard.workflow.actions import warning_acts
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
    fill_in_parts(app.server)
    data.enter_what_was_seen(app.server)
    guard(app.server, store, settings, app.csp_hashes)
    app.server.register_blueprint(warning_acts(store, lambda: trail().clock()))
    app.server.register_blueprint(rule_acts(store, lambda: trail().clock()))
    app.server.register_blueprint(uploading(store, settings, lambda: trail().clock()))
    app.server.register_error_handler(DependencyException, _unknown_part)
    _refuse_what_no_page_asks(app)
    _say_what_is_missing(app)
    return app


def _say_what_is_missing(app: Dash) -> None:
    """Answer 404 with the document of a page that does not exist, or not for this viewer; it says so itself."""

    def after(response: Response) -> Response:
        is_page = request.endpoint in _DOCUMENTS and response.status_code == HTTPStatus.OK
        if is_page and (not is_a_page(request.path) or is_missing()):
            response.status_code = HTTPStatus.NOT_FOUND
        return response

    app.server.after_request(after)


def _refuse_what_no_page_asks(app: Dash) -> None:
    """Answer a callback that does not exist, or lacks a part, with a sentence; Dash would fail over it."""

    def check() -> Response | None:
        if request.path != UPDATES or request.method != "POST":
            return None
        if is_known(app.callback_map, request.get_json(silent=True)):
            return None
        return refusal("This page does not exist", 400)

    app.server.before_request(check)


def _unknown_part(_: DependencyException) -> Response:
    """Somebody asks Dash for a file that is no part of a page; it would call that an error of its own."""
    return refusal("This page does not exist", 404)
