// Forms marked data-send are sent as JSON; what the server answers is said in the form, or the page it names is opened.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-send]")) return;
  event.preventDefault();
  if (form.dataset.ask && !(await isMeant(form))) return;
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
    const part = form.closest("[data-renewed]");
    if (part && (answer.status === 409 || told.to === window.location.pathname)) {
      await renew(part, form, told);
      return;
    }
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

// A form's question, in a dialog: what it is about and what was written below it. The focus is on going back, so that
// a key pressed twice does nothing; Esc goes back too, and nothing that was written is lost.
function isMeant(form) {
  const made = (name, content) => Object.assign(document.createElement(name), { textContent: content });
  const dialog = document.createElement("dialog");
  dialog.className = "question";
  const question = Object.assign(made("h2", form.dataset.ask), { id: "question" });
  dialog.setAttribute("aria-labelledby", question.id);
  dialog.append(question);
  for (const about of form.querySelectorAll("[data-about]")) {
    const shown = about.cloneNode(true);
    shown.hidden = false;
    dialog.append(shown);
  }
  for (const { value } of form.querySelectorAll("textarea")) if (value) dialog.append(made("blockquote", value));
  const back = made("button", form.dataset.no);
  const yes = made("button", form.dataset.yes);
  back.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => dialog.close("yes"));
  const choice = Object.assign(document.createElement("p"), { className: "choice" });
  choice.append(back, yes);
  dialog.append(choice);
  document.body.append(dialog);
  dialog.showModal();
  back.focus();
  return new Promise((answered) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answered(dialog.returnValue === "yes");
    });
  });
}

// A part of a page marked data-renewed is asked for anew and put in its own place after one of its forms was sent, so
// that what stands half-written in its other forms stays; in the form that was sent too, when it came too late (409).
async function renew(part, sent, told) {
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("first-page");
  const found = page && partOf(JSON.parse(page.textContent), part.dataset.renewed);
  if (!found) {
    window.location.reload();
    return;
  }
  const [fresh] = window.gangshao.built(found);
  for (const form of part.querySelectorAll("form[data-key]")) {
    const again = fresh.querySelector(`form[data-key="${form.dataset.key}"]`);
    if (!again || (form === sent && !told.say)) continue;
    for (const field of form.elements) {
      const same = again.elements[field.name];
      if (!same || field.type === "hidden" || !isChanged(field)) continue;
      same.value = field.value;
      for (let fold = again.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    }
  }
  part.replaceWith(fresh);
  const same = told.say && fresh.querySelector(`form[data-key="${sent.dataset.key}"]`);
  const place = same ? same.querySelector("[role=status]") : fresh.querySelector("[data-entered]");
  if (told.say) place.textContent = told.say;
  const goal = same ? same.querySelector("button") : place;
  goal.focus({ preventScroll: true });
  goal.scrollIntoView({ block: "nearest" });
}

function isChanged(field) {
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  return [...field.options].some((one) => one.selected !== one.defaultSelected);
}

function partOf(sent, name) {
  if (sent === null || typeof sent !== "object") return null;
  if (sent.props?.["data-renewed"] === name) return sent;
  for (const inner of Object.values(sent)) {
    const found = partOf(inner, name);
    if (found) return found;
  }
  return null;
}
