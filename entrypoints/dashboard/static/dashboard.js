// Live figures, previews, counts and small comforts. Every page works without it; nothing here writes HTML of its own.
"use strict";

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const later = (work, wait) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, wait); }; };
const reach = (value, path) => path.split(".").reduce((at, name) => (at == null ? at : at[name]), value);

// The menu is a <details>: open where there is room for it.
const menu = find("#menu");
if (menu) {
  const wide = matchMedia("(min-width: 56.01rem)");
  const fit = () => { menu.open = wide.matches; };
  wide.addEventListener("change", fit);
  fit();
}

const refused = find("#refused");
if (refused) refused.focus();

for (const form of all("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}

for (const button of all("[data-copy]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try { await navigator.clipboard.writeText(source.textContent); button.textContent += " ✓"; button.disabled = true; }
    catch { getSelection().selectAllChildren(source); }
  });
}

// Server-sent events: one stream a page; texts come as they are to be shown.
for (const place of all("[data-stream]")) {
  const stream = new EventSource(place.dataset.stream);
  const pulse = find("[data-pulse]", place);
  const tell = (late) => {
    place.classList.toggle("late", late);
    if (pulse) pulse.textContent = late ? place.dataset.late : place.dataset.now;
  };
  stream.addEventListener("open", () => tell(false));
  stream.addEventListener("error", () => { if (stream.readyState !== EventSource.CONNECTING) tell(true); });
  stream.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    for (const one of all("[data-live]")) {
      const text = reach(told, one.dataset.live);
      if (text != null && one.textContent !== text) one.textContent = text;
    }
    for (const one of all("[data-live-value]")) {
      const value = reach(told, one.dataset.liveValue);
      if (value != null) one.value = value;
    }
    const bar = find("[data-live-bar]");
    if (bar && told.total) { bar.max = told.total; bar.value = told.over; }
    if (place.dataset.reloadOnStatus && told.status && told.status !== place.dataset.reloadOnStatus) {
      stream.close();
      location.assign(location.pathname);
    }
  });
  addEventListener("pagehide", () => stream.close());
}

// A piece of a page from the server, which escapes everything in it.
async function fetchPiece(url, form) {
  const answer = await fetch(url, {
    method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Fragment": "1" },
  });
  return { ok: answer.ok, status: answer.status, html: await answer.text() };
}

function place(target, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const main = parsed.querySelector("main");
  target.replaceChildren(...(main || parsed.body).childNodes);
}

const template = find("#template-form");
if (template) {
  const target = find("#preview"), frame = find("#mail-preview"), mail = find("#mail-form");
  const show = later(async () => {
    const piece = await fetchPiece(template.dataset.preview, template);
    if (piece.ok) place(target, piece.html);
    const html = template.elements["email.html"].value;
    frame.hidden = find("#mail-title").hidden = !html;
    if (!html) return;
    mail.replaceChildren(...Array.from(new FormData(template), ([name, value]) => {
      const field = document.createElement("input");
      field.type = "hidden"; field.name = name; field.value = value;
      return field;
    }));
    mail.submit();
  }, 350);
  find("#mail-title").hidden = true;
  template.addEventListener("input", show);
  show();
}

const segment = find("#segment-form");
if (segment) {
  const operators = JSON.parse(segment.dataset.operators);
  const rows = find("#conditions"), target = find("#count");
  const count = later(async () => {
    const named = all("[name='condition.field']", segment).some((one) => one.value) || segment.elements.json;
    if (!named) return;
    const piece = await fetchPiece(segment.dataset.count, segment);
    if (piece.ok) place(target, piece.html);
  }, 400);
  const fit = (row) => {
    const field = find("[name='condition.field']", row).value, choice = find("[name='condition.operator']", row);
    const keyed = field === "tag" || field === "property" || field === "";
    find("[name='condition.key']", row).style.visibility = keyed ? "" : "hidden";
    const kept = choice.value, names = operators[field] || operators.tag;
    choice.replaceChildren(...names.map((name) => new Option(name, name, false, name === kept)));
  };
  segment.addEventListener("input", count);
  segment.addEventListener("change", (event) => {
    if (event.target.name === "condition.field") fit(event.target.closest(".condition"));
    count();
  });
  if (rows) {
    all(".condition", rows).forEach(fit);
    find("#add-condition").addEventListener("click", () => {
      rows.append(find("#empty-condition").content.cloneNode(true));
      fit(rows.lastElementChild);
      find("select", rows.lastElementChild).focus();
    });
    rows.addEventListener("click", (event) => {
      if (!event.target.closest("[data-remove-row]")) return;
      if (all(".condition", rows).length > 1) event.target.closest(".condition").remove();
      find("#add-condition").focus();
      count();
    });
  }
  count();
}
