"""Everything one can ask the site for, found by asking it: routes, pages, callbacks, downloads, parameters."""

import ast
import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import dash
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import dashboard
from dashboard.locale import Language
from dashboard.web import download
from pipelines.core.domain import Viewer
from pipelines.published.read import read
from tests.dashboard.site import LEADER, Site

ORIGIN = {"Origin": "http://localhost"}
PAGE = {"Accept": "text/html,*/*;q=0.8"}


@dataclass(frozen=True)
class Asked:
    """One question to the server."""

    method: str
    path: str
    rule: str
    body: dict[str, object] | None = None

    def of(self, client: FlaskClient) -> tuple[int, str, str]:
        """Status, where it leads, and all that was answered, Chinese as people read it."""
        answer = client.open(self.path, method=self.method, json=self.body, headers=ORIGIN | PAGE)
        return answer.status_code, answer.headers.get("Location", ""), _said(answer)


def _said(answer: TestResponse) -> str:
    if answer.is_json:  # whether other letters than ASCII are escaped in it depends on what is installed
        return json.dumps(answer.get_json(), ensure_ascii=False)
    body = _unpacked(answer.get_data()) if answer.mimetype.endswith("sheet") else answer.get_data()
    return body.decode(errors="ignore")


def _unpacked(book: bytes) -> bytes:
    """All that is written in a workbook's cells."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        cells = [name for name in parts.namelist() if name.startswith(("xl/worksheets/", "xl/sharedStrings"))]
        return b"\n".join(parts.read(name) for name in cells)


def signed_in(site: Site, viewer: Viewer) -> FlaskClient:
    """A plain client whose session is this viewer's."""
    client = site.app.server.test_client()
    assert client.post(f"/sign-in/{site.link_token(viewer)}", json={}, headers=ORIGIN).get_json() == {"to": "/"}
    return client


def speaking(site: Site, viewer: Viewer, language: Language) -> FlaskClient:
    """A client that has signed in and chosen a language."""
    client = signed_in(site, viewer)
    assert client.post("/language", json={"language": language}, headers=ORIGIN).get_json() == {"again": True}
    return client


def rules(site: Site) -> list[Rule]:
    """Every route of the server."""
    signed_out = site.app.server.test_client()
    signed_out.get("/")  # Dash adds its callbacks at the first request
    return list(site.app.server.url_map.iter_rules())


def pages() -> list[str]:
    """Addresses of pages, with their variables as patterns."""
    return [page["path_template"] or page["path"] for page in dash.page_registry.values()]


def values_of(site: Site) -> dict[str, list[str]]:
    """What a variable of a route or page may be: all that there is, seen by one who sees all."""
    assert signed_in(site, LEADER).get("/").status_code == 200  # Dash says which scripts it has when it shows them
    places = read("place", LEADER, published=site.settings.published)
    episodes = read("open_warning", LEADER, published=site.settings.published)
    return {
        "code": [*places["code"], "C"],
        "episode_id": list(episodes["episode_id"]),
        "name": list(download._MAKERS),
        "form": ["csv", "xlsx"],
        "indicator": list(read("indicator", LEADER, published=site.settings.published)["indicator"]),
        "path": ["nowhere", *[page.strip("/") for page in pages() if "<" not in page and page != "/"]],
        "filename": ["page.css", "entrance.css", "form.js", "../ledger.sqlite"],
        "package_name": ["dash"],
        "fingerprinted_path": sorted(site.app.registered_paths["dash"])[:1],
        "token": ["made-up"],
        "account_id": ["0123"],
        "notice_id": ["1", "none"],
        "action": ["disable", "approve", "made-up"],
        "rule_id": ["benefit_claim_spike", "none"],
        "number": ["1"],
    }


def filled(pattern: str, values: dict[str, list[str]]) -> Iterator[str]:
    """A pattern with every combination of values for its variables; one that nobody thought of fails the test."""
    names = [part.split(":")[-1].rstrip(">") for part in pattern.split("<")[1:] for part in [part.split(">")[0]]]
    unknown = [name for name in names if name not in values]
    assert not unknown, f"say in asked.values_of what {unknown} of {pattern} may be"
    for chosen in itertools.product(*(values[name] for name in names)):
        path = pattern
        for value in chosen:
            head, _, rest = path.partition("<")
            path = head + value + rest.partition(">")[2]
        yield path


def parameters() -> set[str]:
    """Names of parameters that any source of the site reads from an address, and of page functions' arguments."""
    found: set[str] = set()
    for path in Path(dashboard.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "request.args.get",
                "values.get",
                "values.pop",
            }:
                found |= {part.value for part in node.args[:1] if isinstance(part, ast.Constant)}
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "request.args":
                found |= {part.value for part in ast.walk(node.slice) if isinstance(part, ast.Constant)}
            if isinstance(node, ast.FunctionDef) and node.name == "layout":
                found |= {argument.arg for argument in node.args.args}
            if isinstance(node, ast.ClassDef) and node.name == "Filters":
                found |= {
                    one.target.id
                    for one in node.body
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                }
    return found


def page_asked(path: str, query: str = "") -> Asked:
    """What the browser asks when a page is opened: the callback of Dash's pages."""
    inputs = [
        {"id": "_pages_location", "property": "pathname", "value": path},
        {"id": "_pages_location", "property": "search", "value": f"?{query}" if query else ""},
    ]
    outputs = [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}]
    body = {
        "output": ".._pages_content.children..._pages_store.data..", "outputs": outputs, "inputs": inputs,
        "changedPropIds": ["_pages_location.pathname"],
    }  # fmt: skip
    return Asked("POST", "/_dash-update-component", path, body)


def outputs_of(output: str) -> object:
    """The outputs that the name of a callback says."""
    parts = [part.rsplit(".", 1) for part in output.strip(".").split("...")]
    named = [{"id": name, "property": value} for name, value in parts]
    return named if output.startswith("..") else named[0]


def callbacks(site: Site) -> list[Asked]:
    """Every callback the server knows, asked with a plain address in its inputs."""
    rules(site)
    asked = []
    for output, callback in site.app.callback_map.items():
        inputs = [{**one, "value": "/"} for one in callback["inputs"]]
        states = [{**one, "value": None} for one in callback.get("state", [])]
        asked.append(
            Asked("POST", "/_dash-update-component", f"callback {output}", {
                "output": output, "outputs": outputs_of(output), "inputs": inputs, "state": states, "changedPropIds": [],
            })
        )  # fmt: skip
    return asked


def everything(site: Site, values: dict[str, list[str]]) -> list[Asked]:
    """Every route by every method it has, every page, every callback."""
    asked = [
        Asked(method, path, rule.rule, {} if method == "POST" else None)
        for rule in rules(site)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        for path in filled(rule.rule, values)
    ]
    shown = [page_asked(path) for pattern in pages() for path in filled(pattern, values)]
    return [*asked, *shown, *callbacks(site)]


def figures(areas: list[str], indicators: list[str], industries: list[str]) -> list[Asked]:
    """Figures of every series of these."""
    return [
        Asked("GET", f"/figure?indicator={indicator}&area={area}&industry={industry}&days=7", "/figure")
        for area in areas for indicator in indicators for industry in industries
    ]  # fmt: skip


def with_parameters(site: Site, values: dict[str, list[str]], word: str) -> list[Asked]:
    """Every kind of page and every download with every parameter set to a word."""
    queries = [urlencode({name: word}) for name in sorted(parameters())]
    own = {**values, "code": values["code"][:1], "episode_id": values["episode_id"][:1]}
    shown = [page_asked(path, query) for pattern in pages() for path in filled(pattern, own) for query in queries]
    loads = [
        Asked("GET", f"{path}?{query}", rule.rule)
        for rule in rules(site) if rule.rule.startswith(("/download/", "/figure"))
        for path in filled(rule.rule, values) for query in queries
    ]  # fmt: skip
    return [*shown, *loads]


def props(tree: object) -> Iterator[dict[str, Any]]:
    """What each part of a page is given, from the outer to the inner."""
    if isinstance(tree, list):
        for one in tree:
            yield from props(one)
    if isinstance(tree, dict):
        if isinstance(tree.get("props"), dict):
            yield tree["props"]
        for one in tree.values():
            yield from props(one)
