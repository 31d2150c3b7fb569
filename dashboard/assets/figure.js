/* Figures are asked for when they come near the reader's view, in the colours of the reader's scheme; tabs work by arrow
   keys; a chart is kept as a picture; another edition is chosen. */
"use strict";
(() => {
  const PLOTLY = "/_dash-component-suites/plotly/package_data/plotly.min.js"; // where Dash has it, which may come later
  const asked = new WeakMap(); // the place of a figure → the address asked for last
  const { built, charts: own } = window.gangshao;
  const near = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => {
    near.unobserve(one.target);
    load(one.target);
  }), { rootMargin: "300px" });

  async function load(place) {
    const address = place.dataset.figure;
    const isThere = () => place.isConnected && place.dataset.figure === address;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const parts = built(await answer.json());
      if (!isThere()) return;
      place.replaceChildren(...parts);
      await draw(place);
    } catch {
      if (isThere()) say(place.querySelector(".chart") ?? place, place.dataset.failed, "empty");
    } finally {
      if (isThere()) place.removeAttribute("aria-busy");
    }
  }

  function say(place, words, kind) {
    place.replaceChildren(Object.assign(document.createElement("p"), { textContent: words, className: kind }));
  }

  function watch() {
    for (const place of document.querySelectorAll("[data-figure]")) {
      if (asked.get(place) === place.dataset.figure) continue;
      asked.set(place, place.dataset.figure);
      say(place, place.dataset.waiting, "empty awaited");
      near.observe(place);
    }
    for (const one of own.keys()) {
      if (one.isConnected) continue;
      if (begun.has(one)) window.Plotly?.purge(one);
      own.delete(one);
    }
    drawAll();
  }

  const begun = new WeakSet(); // charts that are drawn or on their way

  async function draw(place) {
    const mine = [...own].filter(([one]) => place.contains(one) && !begun.has(one));
    mine.forEach(([one]) => begun.add(one));
    if (mine.length) await loadPlotly();
    for (const [chart, { figure, config }] of mine) {
      if (!chart.isConnected) continue;
      const { data, layout } = coloured(figure, document.documentElement);
      await window.Plotly.newPlot(chart, data, layout, config);
    }
  }

  function drawAll() { // those of the page itself; a figure's are drawn when it comes
    for (const [one] of own) {
      const frame = one.closest(".chart");
      if (!begun.has(one) && !one.closest("[data-figure]")) draw(one).catch(() => say(frame, frame.dataset.failed, "empty"));
    }
  }

  let plotly = null;

  function loadPlotly() {
    if (window.Plotly) return Promise.resolve();
    plotly ??= new Promise((done, fail) => {
      const script = document.createElement("script");
      Object.assign(script, { src: PLOTLY, onload: done, onerror: fail });
      document.head.append(script);
    });
    return plotly;
  }

  // Charts name their colours, var(--series): Plotly wants values, those of the scheme in force.
  const charts = () => [...document.querySelectorAll(".js-plotly-plot")];
  const isDark = window.matchMedia("screen and (prefers-color-scheme: dark)");

  function coloured(figure, place) {
    const values = getComputedStyle(place);
    return JSON.parse(JSON.stringify(figure), (_, one) => typeof one !== "string" ? one
      : one.replace(/^var\((--[\w-]+)\)$/, (_, name) => values.getPropertyValue(name)));
  }

  function paint(chart, place = document.documentElement) {
    const { data, layout } = coloured(own.get(chart).figure, place);
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
      const panel = document.getElementById(one.getAttribute("aria-controls"));
      panel.hidden = !isChosen;
      if (isChosen) panel.querySelectorAll(".js-plotly-plot").forEach((chart) => window.Plotly.Plots.resize(chart));
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

  const asText = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;"); // Plotly reads markup in its texts

  function keep(button) {
    const whole = button.closest(".tabbed");
    const chart = whole.querySelector(".js-plotly-plot");
    if (!chart || !window.Plotly) return;
    const { title, source } = whole.dataset;
    const figure = inLight((place) => coloured(own.get(chart).figure, place));
    const layout = {
      ...figure.layout, width: 1000, height: 480, title: { text: asText(title), font: { size: 16 } },
      margin: { l: 60, r: 20, t: 80, b: 80 },
      annotations: [...(figure.layout.annotations || []), {
        text: asText(source), showarrow: false, xref: "paper", yref: "paper", x: 0, y: -0.2, xanchor: "left", font: { size: 11 },
      }],
    };
    window.Plotly.downloadImage({ data: figure.data, layout }, {
      format: button.dataset.picture, width: 1000, height: 480, filename: title.replaceAll(/[\s/·,，]+/g, "_"),
    });
  }
})();
