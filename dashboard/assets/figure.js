/* Figures are asked for when they come near the reader's view; tabs work by arrow keys; a chart is kept as a picture;
   another edition is chosen. */
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
      show(await answer.json());
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
  }

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
    const layout = {
      ...chart.layout, width: 1000, height: 480, title: { text: title, font: { size: 16 } },
      margin: { l: 60, r: 20, t: 80, b: 80 },
      annotations: [...(chart.layout.annotations || []), {
        text: source, showarrow: false, xref: "paper", yref: "paper", x: 0, y: -0.2, xanchor: "left", font: { size: 11 },
      }],
    };
    window.Plotly.downloadImage({ data: chart.data, layout }, {
      format: button.dataset.picture, width: 1000, height: 480, filename: title.replaceAll(/[\s/·,，]+/g, "_"),
    });
  }
})();
