"""The frame around every page: who, which city, as of when, how complete; navigation, landmarks, sign-out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from inspect import signature
from typing import Any

import dash
from dash import dcc, html
from flask import current_app, g

from dashboard.components import elements
from dashboard.components.elements import content_element
from dashboard.components.form import choice_field, hidden_field
from dashboard.components.warning import address
from dashboard.locale import Language, day, instant, language, text, text_in
from dashboard.summary import completeness, key_period, reference
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment, place_fragment
from dashboard.web.health import overdue_banner
from dashboard.web.security import asked, at_page, current_permissions, may_open, trail
from dashboard.web.security import page as page_asked
from dashboard.web.security.entrance import ROLE_TITLES
from dashboard.web.security.request_body import error_in_words
from dashboard.workflow import account_notice
from pipelines.core.domain import Role, UserError, Viewer

MAIN = "main"
_EDITIONS = 30  # so many can be chosen; any other day is reached by its address


def cached_page(content: Callable[..., list[Any]]) -> Callable[..., Any]:
    """A page as ``page`` makes it whose parts are the same for all viewers of the same audience and areas.

    Its content stands on published files alone, and on those parts of its address that it names.
    """
    named = [name for name, one in signature(content).parameters.items() if one.kind is not one.VAR_KEYWORD]

    given = cached_fragment(content.__module__, content)

    @wraps(content)
    def parts(**values: str) -> str:
        return given(**{name: values.get(name, "") for name in named})

    return page(parts)


def page(content: Callable[..., list[Any] | str]) -> Callable[..., Any]:
    """Make a page's layout of a function that returns the page's parts.

    The layout takes path variables and the query string as keywords, looks back where ``as_of`` says so, and puts the
    frame around the parts. What cannot be shown is said in a sentence, in the same frame.
    """

    @wraps(content)
    def layout(**given: Any) -> Any:
        values = {name: _single(value) for name, value in given.items()}
        at_page(_path(content.__module__, values))
        try:
            if not may_open(current_permissions(), data.viewer(), page_asked()):
                trail().refuse("other_role")
                return _refused(text("Your role may not open this."))
            data.look_back(values.pop("as_of", None))
            return _frame(content(**values))
        except UserError as error:
            current_app.logger.info("page refused: %s", error)
            data.look_back(None)
            return _refused(error_in_words(error))
        except Exception:  # a page that fails says so; Dash alone would go on saying that it loads
            current_app.logger.exception("page %s failed", content.__module__)
            return _refused(text("Something went wrong on our side. It has been recorded; please try again later."))

    return layout


@dataclass(frozen=True)
class Topic:
    """A page's line in the list of topics: its title, its place (without one: after those that have one, by title), and
    its address where that is not the page's own (empty: the viewer has none)."""

    title: str
    sort: int | None = None
    address: Callable[[], str] | None = None


def register(
    module: str,
    layout: Callable[..., Any],
    title: str,
    *,
    path: str | None = None,
    path_template: str | None = None,
    topic: Topic | None = None,
) -> None:
    """Add a page to the site: its module, layout, message that is its title, address or pattern of addresses, topic."""
    add: Any = dash.register_page  # untyped in Dash
    add(module, path=path, path_template=path_template, title=lambda **_: text(title), layout=layout, topic=topic)


def not_found() -> list[Any]:
    """The parts of a page that does not exist, or not for this viewer: both look alike."""
    trail().refuse("not_found")
    g.gangshao_missing = True
    return [
        html.H1(text("This page does not exist")),
        html.P(text("The address may be wrong, or what it names is not among what you may see.")),
        html.P(dcc.Link(text("To today's page"), href="/")),
    ]


def is_missing() -> bool:
    """Whether this request was answered with ``not_found``."""
    return bool(g.get("gangshao_missing"))


def _path(module: str, values: dict[str, str]) -> str:
    """Address of a page without its query; of a page that does not exist what was asked for."""
    found = dash.page_registry[module]
    pattern = found["path_template"] or found["path"]
    return asked() if pattern == "/404" else re.sub(r"<(\w+)>", lambda name: values.get(name[1], ""), pattern)


def _single(value: Any) -> str:
    """A parameter given twice in an address counts once."""
    return str(value[-1] if isinstance(value, list) else value)


def _frame(parts: list[Any] | str) -> Any:
    return content_element(
        place_fragment(
            [
                _skip(),
                _shared_header(role=str(data.viewer().role or "")),
                overdue_banner(),
                _shared_banners(),
                *account_notice.banners(),
                html.Main(parts, id=MAIN, tabIndex=-1),
                _footer(),
            ]
        ),
        "page",
    )


def _refused(sentence: str) -> Any:
    parts = [
        html.H1(text("This cannot be shown")),
        html.P(sentence),
        html.P(dcc.Link(text("To today's page"), href="/")),
    ]
    return content_element(place_fragment([_skip(), html.Main(parts, id=MAIN, tabIndex=-1)]), "page failed")


def _skip() -> Any:
    return html.A(text("Skip to the content"), href=f"#{MAIN}", className="skip")


def _header(role: str) -> Any:
    """What stands above every page of a role."""
    may = partial(may_open, current_permissions(), Viewer(Role(role) if role else None))
    is_chinese = language() is Language.CHINESE
    name = data.manifest()["region_name_zh" if is_chinese else "region_name_en"]
    areas = [html.Li(dcc.Link(place.short_name, href=address(f"/area/{place.code}"))) for place in reference.units()]
    return html.Header(
        [
            html.P(
                [html.Strong(text("Gangshao")), html.Span(text("{city} unemployment early warning", city=name))],
                className="brand",
            ),
            html.Nav(
                html.Ul(
                    [
                        html.Li(dcc.Link(text("Today"), href=address("/"))),
                        html.Li(dcc.Link(text("Warnings"), href=address("/warnings"))),
                        html.Li(dcc.Link(text("Whole city"), href=address(f"/area/{reference.city()}"))),
                        html.Li(html.Details([html.Summary(text("Areas")), html.Ul(areas)], className="menu")),
                        html.Li(html.Details([html.Summary(text("Topics")), html.Ul(_topics(may))], className="menu")),
                        html.Li(dcc.Link(text("Data"), href=address("/data"))),
                        *[
                            html.Li(dcc.Link(text(title), href=path))
                            for title, path in (
                                ("Rules", "/rules"),
                                ("Delivery", "/delivery"),
                                ("Audit trail", "/audit"),
                                ("Accounts", "/accounts"),
                            )
                            if may(path)
                        ],
                    ]
                ),
                **elements.aria_label(text("Main navigation")),
            ),
            _edition(),
            html.P(
                [
                    html.Span(text(ROLE_TITLES[Role(role)] if role else "Guest")),
                    dcc.Link(text("My account"), href="/account"),
                    html.A(text("Sign out"), href="/sign-out"),
                ],
                className="who",
            ),
            _switch(),
        ],
        className="top",
    )


def _edition() -> Any:
    """Which edition is shown, and a choice of the last ones: every page can be seen as it was published on a day."""
    shown = data.edition()
    as_of = text(
        "edition {number}, as of {instant}", number=shown.number, instant=instant(shown.cutoff_at, reference.zone())
    )
    past = data.looks_back_to()
    last = data.read("edition")["day"].head(_EDITIONS).dt.date
    days = dict.fromkeys([*last, *([] if past is None else [past])])
    options = [("", text("the newest")), *((one.isoformat(), day(one)) for one in days)]
    choice = html.Form(
        [
            choice_field("as_of", text("As published on"), options, ["" if past is None else past.isoformat()]),
            html.Button(text("Show"), type="submit"),
        ],
        method="get",
        className="asked",
    )
    summary = html.Summary([html.Span(day(shown.day)), html.Span(as_of)])
    return html.Details([summary, choice], className="menu edition")


def _topics(may: Callable[[str], bool]) -> list[Any]:
    """Pages of one subject each, those that may be opened."""
    pages = [(page["topic"], page["path"]) for page in dash.page_registry.values() if page.get("topic")]
    pages.sort(key=lambda one: (one[0].sort is None, one[0].sort or 0, one[0].title))
    titles = {topic.address() if topic.address else path: topic.title for topic, path in pages}
    return [html.Li(dcc.Link(text(title), href=address(path))) for path, title in titles.items() if path and may(path)]


def _switch() -> Any:
    """The other language, by its own name; the page is shown again in it."""
    other = language().other
    sending: dict[str, Any] = {"data-send": "", "data-failed": text("The server did not answer. Please try again.")}
    return html.Form(
        [
            hidden_field("language", other),
            html.Button(text_in(other, "name of this language"), type="submit", lang=other),
            html.Span(role="status", className="said"),
        ],
        action="/language",
        className="language",
        **sending,
    )


def _banners() -> Any:
    """Demonstration, past edition, and the line that says how complete the data are."""
    lines = []
    if reference.is_demonstration():
        lines.append(html.P(text("Demonstration data: everything is invented"), className="banner demo"))
    if data.looks_back_to() is not None:
        lines.append(
            html.P(
                [
                    text("You see the edition of {day}, as it was published then.", day=day(data.edition().day)),
                    " ",
                    dcc.Link(text("Back to the newest"), href="/"),
                ],
                className="banner past",
                role="status",
            )
        )
    else:
        lines.append(_newer())
    if spells := key_period.running():
        said = text("Key period: {titles}", titles=text(", ").join(one.title for one in spells))
        link = dcc.Link(text("Compare with the year before"), href=address("/period"))
        lines.append(html.P([said, " ", link], className="banner period"))
    state = completeness.state()
    word = html.Span(
        text("data complete") if state.is_complete else text("data incomplete"),
        className="tag tone-normal" if state.is_complete else "tag late",
    )
    lines.append(html.P([word, " ", completeness.sentence(state)], className="complete"))
    for sentence in completeness.quality_sentences():
        word = html.Span(text("forecasts drift"), className="tag late")
        lines.append(html.P([word, " ", sentence], className="quality"))
    return html.Div(lines, className="banners", role="region", **elements.aria_label(text("State of the data")))


def _newer() -> Any:
    """Where an open page says that it is no longer the newest; assets/edition.js shows what is hidden here."""
    own: dict[str, Any] = {"data-edition": data.edition().edition_id}
    button: dict[str, Any] = {"data-reload": ""}
    said: list[Any] = [
        text("A newer edition has been published."),
        " ",
        html.Button(text("Show it"), type="button", **button),
    ]
    hint = html.P(said, className="banner newer", hidden=True)
    return html.Div(hint, role="status", **own)


def _roles() -> list[dict[str, str]]:
    return [{"role": str(role)} for role in Role if Viewer(role).audience is data.viewer().audience]


_shared_header = cached_fragment("header", _header, _roles)
_shared_banners = cached_fragment("banners", _banners, lambda: [{}])


def _footer() -> Any:
    notes = [
        text("C withheld: too few people or employers, or a figure from which one could tell such a one."),
        text("Not reported is not zero: the file has not come."),
        text("A warning is a suspicion until a person has verified it."),
    ]
    links = [(text("Glossary"), "/glossary"), (text("Manual"), "/manual")]
    return html.Footer(
        [*[html.Span(note) for note in notes], *[dcc.Link(words, href=address(path)) for words, path in links]]
    )
