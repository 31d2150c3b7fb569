// Forms marked data-upload send one file as base64 in JSON. What is wrong with it is listed in the form, and the error
// sheets are made into downloads here: the server keeps none of it.
(() => {
  const files = new WeakMap();
  const part = (form, name) => form.querySelector(`[data-part=${name}]`);
  const made = (tag, words, set = {}) => Object.assign(document.createElement(tag), { textContent: words }, set);

  const say = (form, words, isWell = false) => {
    const status = part(form, "said");
    status.textContent = words;
    status.className = isWell ? "said well" : "said";
  };

  const take = (form, file) => {
    part(form, "answer").replaceChildren();
    const isTooLarge = file.size > Number(form.dataset.most);
    if (isTooLarge) files.delete(form);
    else files.set(form, file);
    part(form, "chosen").textContent = `${file.name} · ${Math.ceil(file.size / 1024)} KB`;
    say(form, isTooLarge ? form.dataset.large : "");
  };

  const choose = (form) => {
    const input = made("input", "", { type: "file", accept: form.dataset.accept, hidden: true });
    input.addEventListener("change", () => {
      if (input.files.length) take(form, input.files[0]);
      input.remove();
    });
    document.body.append(input);
    input.click();
  };

  const read = (file) =>
    new Promise((done, fail) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => done(reader.result.slice(reader.result.indexOf(",") + 1)));
      reader.addEventListener("error", () => fail(reader.error));
      reader.readAsDataURL(file);
    });

  const download = (sheet) => {
    const bytes = Uint8Array.from(atob(sheet.content), (letter) => letter.charCodeAt(0));
    const href = URL.createObjectURL(new Blob([bytes], { type: sheet.kind }));
    return made("a", sheet.title, { href, download: sheet.name, className: "download" });
  };

  const show = (form, told) => {
    const list = made("ol", "");
    list.append(...(told.problems || []).map((problem) => made("li", problem)));
    const acts = made("p", "", { className: "choice" });
    acts.append(...(told.sheets || []).map(download));
    if (told.again) {
      const button = made("button", told.again.title, { type: "button" });
      button.addEventListener("click", () => send(form, { [told.again.field]: told.again.value }));
      acts.append(button);
    }
    part(form, "answer").replaceChildren(acts, list, made("p", told.more || ""));
  };

  const send = async (form, answers = {}) => {
    const file = files.get(form);
    if (!file) return say(form, form.dataset.none);
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((button) => (button.disabled = true));
    part(form, "answer").replaceChildren();
    say(form, form.dataset.checking);
    try {
      const sent = { ...Object.fromEntries(new FormData(form)), ...answers, name: file.name, content: await read(file) };
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(sent),
      });
      const told = await answer.json();
      if (told.to) {
        window.location.assign(told.to);
        return;
      }
      say(form, told.say);
      show(form, told);
    } catch {
      say(form, form.dataset.failed);
    }
    buttons.forEach((button) => (button.disabled = false));
    if (document.activeElement === document.body) form.querySelector("[type=submit]").focus(); // lost meanwhile
  };

  const formOf = (event) => event.target.closest?.("form[data-upload]");

  document.addEventListener("submit", (event) => {
    if (!formOf(event)) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("click", (event) => {
    const form = formOf(event);
    if (!form) return;
    if (event.target.closest("[data-part=choose]")) choose(form);
    const template = event.target.closest("a[data-template]");
    if (template) template.href = `${template.dataset.template}?${new URLSearchParams(new FormData(form))}`;
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      const form = formOf(event);
      if (!form || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files.length) take(form, event.dataTransfer.files[0]);
    });
  }
})();
