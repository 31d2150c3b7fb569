/* A page that stays open says so when a newer edition is there; the reader decides when to go on. */
"use strict";
(() => {
  const EVERY = 5 * 60 * 1000; // milliseconds

  async function look() {
    if (document.hidden || !document.querySelector("[data-edition]")) return;
    const { edition } = await fetch("/edition", { headers: { Accept: "application/json" } })
      .then((answer) => answer.json()).catch(() => ({})); // not reached, or another's answer: the next look will tell
    const place = document.querySelector("[data-edition]"); // the page may be another by now
    if (edition && place) place.firstElementChild.hidden = edition === place.dataset.edition;
  }

  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) window.location.reload();
  });
})();
