/* Makes the parts of a page, or of a figure, from what Dash sends. Dash keeps each part of its own in a store and goes
   through all of them at each change; these are shown as they came. Links lead on without loading the site again. */
"use strict";
window.gangshao = (() => {
  const NAMES = { className: "class", htmlFor: "for" };
  const TAGS = { Graph: "div", Link: "a" };
  const charts = new Map(); // element of a chart that is to be drawn → its figure as it came, and Plotly's settings

  function built(part) {
    if (Array.isArray(part)) return part.flatMap(built);
    if (part === null || part === undefined) return [];
    if (typeof part !== "object") return [document.createTextNode(String(part))];
    const { children, figure, config, style, svg, ...attributes } = part.props;
    const one = svg ? drawing(svg) : document.createElement(TAGS[part.type] ?? part.type);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== false && value !== null) one.setAttribute(NAMES[name] ?? name, value === true ? "" : value);
    }
    if (part.type === "Link") one.dataset.inside = "";
    if (figure) charts.set(one, { figure, config });
    Object.assign(one.style, style);
    one.append(...built(children));
    return [one];
  }

  function drawing(svg) {
    const place = document.createElement("template");
    place.innerHTML = svg;
    return place.content.firstElementChild;
  }

  function Content({ className, parts }) {
    const place = window.React.useRef(null);
    window.React.useLayoutEffect(() => place.current.replaceChildren(...built(parts)), [parts]);
    return window.React.createElement("div", { ref: place, className });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-inside]");
    if (!link || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { pathname, search, hash } = link;
    window.dash_clientside.set_props("_pages_location", { pathname, search, hash });
    window.scrollTo(0, 0);
  });

  return { Content, built, charts };
})();
