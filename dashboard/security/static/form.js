// Forms marked data-send are sent as JSON; what the server answers is said in the form, or the page it names is opened.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-send]")) return;
  event.preventDefault();
  if (form.dataset.ask && !window.confirm(form.dataset.ask)) return;
  const sent = {};
  for (const [name, value] of new FormData(form)) {
    sent[name] = name in sent ? [].concat(sent[name], value) : value;
  }
  const status = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  const say = (...parts) => status.replaceChildren(...parts);
  button.disabled = true;
  say("");
  try {
    const answer = await fetch(form.getAttribute("action") || window.location.href, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(sent),
    });
    const told = await answer.json();
    if (told.again) {
      window.location.reload();
      return;
    }
    if (told.to) {
      window.location.assign(told.to);
      return;
    }
    say(told.say);
    if (told.link) {
      const address = document.createElement("code");
      address.textContent = told.link;
      status.append(document.createElement("br"), address);
    }
    status.className = answer.ok ? "said well" : "said";
  } catch {
    say(form.dataset.failed);
  }
  button.disabled = false;
  if (document.activeElement === document.body) button.focus(); // which it lost while it could not be pressed
  for (const input of form.querySelectorAll("input[type=password]")) input.value = "";
});
