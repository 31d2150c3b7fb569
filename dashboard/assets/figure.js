/* Figures are asked for when they come near the reader's view, in the colours of the reader's scheme; tabs work by arrow
   keys; a chart is kept as a picture; another edition is chosen. */
"use strict";
(() => {
  const asked = new WeakMap(); // the place of a figure → the address asked for last
  const came = new WeakSet(); // places that were given their figure; Dash may set one back
  const near = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => {
    near.unobserve(one.target);
    load(one.target);
  }), { rootMargin: "300px" });

  async function load(place) {
    const address = place.dataset.figure;
    const isThere = () => place.isConnected && place.dataset.figure === address;
    const show = (children) => isThere() && window.dash_clientside.set_props(place.id, { children });
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const parts = await answer.json();
      named.set(place, figureIn(parts));
      show(coloured(parts, document.documentElement));
      came.add(place);
    } catch {
      show(place.dataset.failed);
    } finally {
      place.removeAttribute("aria-busy");
    }
  }

  function watch() {
    for (const place of document.querySelectorAll("[data-figure]")) {
      const isWaiting = place.firstElementChild?.classList.contains("awaited") && !place.hasAttribute("aria-busy");
      if (asked.get(place) === place.dataset.figure && !(isWaiting && came.has(place))) continue;
      came.delete(place);
      asked.set(place, place.dataset.figure);
      near.observe(place);
    }
    charts().filter((one) => one.data && drawn.get(one)?.data !== one.data).forEach(settle);
  }

  // Charts name their colours, var(--series): Plotly wants values, those of the scheme in force.
  const named = new WeakMap(); // the place of a figure → its chart as it came last, colours by name
  const drawn = new WeakMap(); // chart → its figure as it came, and the data last drawn
  const charts = () => [...document.querySelectorAll(".js-plotly-plot")];
  const isDark = window.matchMedia("screen and (prefers-color-scheme: dark)");

  function coloured(figure, place) {
    const values = getComputedStyle(place);
    return JSON.parse(JSON.stringify(figure), (_, one) => typeof one !== "string" ? one
      : one.replace(/^var\((--[\w-]+)\)$/, (_, name) => values.getPropertyValue(name)));
  }

  const figureIn = (part) => Array.isArray(part) ? part.map(figureIn).find(Boolean)
    : part?.props ? part.props.figure ?? figureIn(part.props.children) : undefined;

  function settle(chart) { // a chart that was drawn: a figure's has its colours already, one of the page itself gets them
    const came = named.get(chart.closest("[data-figure]"));
    if (came) drawn.set(chart, { came, data: chart.data });
    else paint(chart);
  }

  function paint(chart, place = document.documentElement) {
    const last = drawn.get(chart);
    const came = last?.data === chart.data ? last.came : { data: chart.data, layout: chart.layout };
    const { data, layout } = coloured(came, place);
    drawn.set(chart, { came, data });
    window.Plotly.react(chart, data, layout);
  }

  function inLight(work) { // what work makes of an element in the colours of paper
    const place = document.body.appendChild(document.createElement("div"));
    place.className = "light";
    place.hidden = true;
    const made = work(place);
    place.remove();
    return made;
  }

  isDark.addEventListener("change", () => charts().forEach((one) => paint(one)));
  window.addEventListener("afterprint", () => charts().forEach((one) => paint(one)));
  window.addEventListener("beforeprint", () => inLight((place) => charts().forEach((one) => paint(one, place))));

  new MutationObserver(watch).observe(document, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-figure"],
  });

  function choose(tab) {
    for (const one of tab.parentElement.querySelectorAll("[role=tab]")) {
      const isChosen = one === tab;
      one.setAttribute("aria-selected", String(isChosen));
      one.tabIndex = isChosen ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !isChosen;
    }
  }

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("[role=tab]");
    if (!tab) return;
    const all = [...tab.parentElement.querySelectorAll("[role=tab]")];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1
      : step ? (all.indexOf(tab) + step + all.length) % all.length : -1;
    if (to < 0) return;
    event.preventDefault();
    choose(all[to]);
    all[to].focus();
  });

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
    const button = event.target.closest("[data-picture]");
    if (button) keep(button);
  });

  document.addEventListener("submit", (event) => { // another day of the same page, the rest of its address kept
    const day = event.target.closest(".edition")?.querySelector("[name=as_of]");
    if (!day) return;
    event.preventDefault();
    const asked = new URLSearchParams(window.location.search);
    if (day.value) asked.set("as_of", day.value);
    else asked.delete("as_of");
    window.location.search = asked.toString();
  });

  function keep(button) {
    const whole = button.closest(".tabbed");
    const chart = whole.querySelector(".js-plotly-plot");
    if (!chart || !window.Plotly) return;
    const { title, source } = whole.dataset;
    const figure = inLight((place) => coloured(drawn.get(chart).came, place));
    const layout = {
      ...figure.layout, width: 1000, height: 480, title: { text: title, font: { size: 16 } },
      margin: { l: 60, r: 20, t: 80, b: 80 },
      annotations: [...(figure.layout.annotations || []), {
        text: source, showarrow: false, xref: "paper", yref: "paper", x: 0, y: -0.2, xanchor: "left", font: { size: 11 },
      }],
    };
    window.Plotly.downloadImage({ data: figure.data, layout }, {
      format: button.dataset.picture, width: 1000, height: 480, filename: title.replaceAll(/[\s/·,，]+/g, "_"),
    });
  }
})();
