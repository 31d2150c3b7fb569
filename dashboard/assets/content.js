/* Makes the parts of a page, or of a figure, from what Dash sends. Dash keeps each part of its own in a store and goes
   through all of them at each change; these are shown as they came. Links lead on without loading the site again. */
"use strict";
window.gangshao = (() => {
  const NAMES = { className: "class", htmlFor: "for" };
  const TAGS = { Graph: "div", Link: "a" };
  const CALLBACK = "/_dash-update-component"; // reads, though it is a POST
  const AGAIN = 3; // times that what only reads is asked for again while the server is busy
  const charts = new Map(); // element of a chart that is to be drawn → its figure as it came, and Plotly's settings

  // A busy server answers 503 and says when to come again. Until then its sentence stands above the page.
  const send = window.fetch;
  window.fetch = async (address, options) => {
    const isReading = (options?.method ?? "GET") === "GET" || String(address).includes(CALLBACK);
    for (let left = AGAIN; ; left -= 1) {
      const answer = await send(address, options);
      const seconds = Number(answer.headers.get("Retry-After"));
      const isBusy = isReading && answer.status === 503 && seconds > 0;
      if (isReading) await sayBusy(isBusy ? answer.clone() : null);
      if (!isBusy || left === 0) return answer;
      await new Promise((done) => setTimeout(done, 1000 * seconds * (0.5 + Math.random()))); // not all at the same time
    }
  };

  async function sayBusy(answer) {
    const { say } = answer ? await answer.json().catch(() => ({})) : {};
    document.getElementById("busy")?.remove();
    if (!say) return;
    const line = document.createElement("p");
    Object.assign(line, { id: "busy", className: "banner busy", textContent: say });
    line.setAttribute("role", "status");
    document.body.prepend(line);
  }

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

  let isBegun = false; // whether Dash shows the page

  function Content({ className, parts }) {
    const place = window.React.useRef(null);
    window.React.useLayoutEffect(() => {
      isBegun = true;
      if (!takeOver(place.current)) place.current.replaceChildren(...built(parts));
    }, [parts]);
    return window.React.createElement("div", { ref: place, className });
  }

  // The first page comes with the document and is shown at once. What Dash asks for it is answered with the same, and
  // Dash goes on with its elements: whoever has begun to write or to read there is not disturbed.
  const first = { place: null, isGiven: false };
  const sent = document.getElementById("first-page");
  if (sent) showFirst(sent.textContent);
  painted().then(beginDash);

  function painted() { // or hidden from view, where nothing is painted
    return new Promise((done) => {
      requestAnimationFrame(() => setTimeout(done));
      setTimeout(done, 500);
    });
  }

  async function beginDash() {
    const scripts = [...document.getElementById("dash").content.querySelectorAll("script")];
    const files = scripts.filter((one) => one.src);
    try {
      await Promise.all(files.map(run));
    } catch { // a busy server refused one: fetch waits until it does not, and the browser keeps what came
      await Promise.all(files.map((one) => fetch(one.src)));
      await Promise.all(files.map(run));
    }
    scripts.filter((one) => !one.src).forEach(run);
  }

  function run(waiting) { // one after the other, as they stand in the document
    return new Promise((done, fail) => {
      const script = document.createElement("script");
      for (const { name, value } of waiting.attributes) script.setAttribute(name, value);
      Object.assign(script, { async: false, textContent: waiting.textContent, onload: done, onerror: fail });
      document.body.append(script);
    });
  }

  function showFirst(answer) {
    const { className, parts } = JSON.parse(answer).response._pages_content.children.props;
    const { pathname, search } = window.location;
    const entry = document.getElementById("react-entry-point");
    first.place = document.createElement("div");
    first.place.className = className;
    first.place.append(...built(parts));
    entry.before(first.place);
    entry.replaceChildren();
    const ask = window.fetch;
    window.fetch = (address, options) => {
      if (!String(address).includes(CALLBACK)) return ask(address, options);
      const { output, inputs } = JSON.parse(options.body);
      if (!output.includes("_pages_content.children")) return ask(address, options);
      window.fetch = ask;
      first.isGiven = inputs[0].value === pathname && (inputs[1].value ?? "") === search;
      if (!first.isGiven) return ask(address, options);
      return Promise.resolve(new Response(answer, { headers: { "Content-Type": "application/json" } }));
    };
  }

  function takeOver(place) {
    const shown = first.place;
    if (!shown) return false;
    first.place = null;
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    if (first.isGiven) {
      place.replaceChildren(...shown.childNodes);
      focused?.focus({ preventScroll: true });
    }
    shown.remove();
    return first.isGiven;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-inside]");
    if (!link || !isBegun || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { pathname, search, hash } = link;
    window.dash_clientside.set_props("_pages_location", { pathname, search, hash });
    window.scrollTo(0, 0);
  });

  return { Content, built, charts };
})();
