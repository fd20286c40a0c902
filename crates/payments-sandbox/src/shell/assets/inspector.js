// What every page of the inspector does: it shows what is new, sends actions to the control API, and copies texts.
//
//   <section id="x" data-live>            is fetched again when something happened
//   <button data-post="/path" data-body="{}">, <button data-delete="/path">
//                                         sends the request, and shows its result
//   <form data-post="/path">              sends its fields as JSON; data-type="number" makes a number of a field, and
//                                         data-type="list" a list of its lines; an empty field is left out
//   <button data-copy="x">                copies the text of the element with this id
//
// A page's own module can listen to all records: `onRecords((records) => ...)`. `onReset` is called when records are missing.

const REFRESH_MS = 250;
const recordListeners = [];
const resetListeners = [];

export function onRecords(listener) { recordListeners.push(listener); }
export function onReset(listener) { resetListeners.push(listener); }

// Fetches a page of this origin. The server has escaped every text in it, and the browser runs no script of it.
export function fetchPage(url) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => request.status === 200 && request.response ? resolve(request.response) : reject(new Error(`status ${request.status}`));
    request.onerror = () => reject(new Error("no connection"));
    request.open("GET", url);
    request.send();
  });
}

// Says what happened. A success vanishes, a problem stays until the next action.
const status = document.getElementById("status");
let vanish;
export function say(text, failed = false) {
  clearTimeout(vanish);
  status.className = failed ? "bad" : "";
  status.textContent = text;
  if (!failed) vanish = setTimeout(() => { status.textContent = ""; }, 6000);
}

// A page with much more than its live sections names a smaller one that has them too.
const from = document.querySelector("[data-live-from]")?.dataset.liveFrom ?? location.href;

// Each live section as the server sent it last, because a section also changes by use.
const shown = new Map();
for (const section of document.querySelectorAll("[data-live]")) shown.set(section.id, section.outerHTML);

let refreshing = false;
let again = false;
let timer;

export function refreshSoon() {
  if (shown.size && !timer) timer = setTimeout(refresh, REFRESH_MS);
}

async function refresh() {
  timer = undefined;
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    const page = await fetchPage(from);
    for (const section of page.querySelectorAll("[data-live]")) {
      const old = document.getElementById(section.id);
      if (!old || shown.get(section.id) === section.outerHTML) continue;
      shown.set(section.id, section.outerHTML);
      replace(old, document.adoptNode(section));
    }
  } catch {
    // The stream says that the sandbox has gone.
  } finally {
    refreshing = false;
    if (again) { again = false; refreshSoon(); }
  }
}

// Replaces a section, and keeps what a person has opened, typed and focused in it.
function replace(old, section) {
  for (const details of old.querySelectorAll("details[id]")) {
    const next = section.querySelector(`#${CSS.escape(details.id)}`);
    if (next) next.open = details.open;
  }
  for (const field of old.querySelectorAll("input[id], select[id], textarea[id]")) {
    const next = section.querySelector(`#${CSS.escape(field.id)}`);
    if (next && next.value !== field.value) next.value = field.value;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(section);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// The stream of records. A hidden page has none, because a browser opens six connections to a host and no more.
let position = document.body.dataset.position;
let source;
let batch = [];
const live = document.getElementById("live");

function show(text, off) {
  live.hidden = false;
  live.textContent = text;
  live.classList.toggle("off", off);
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(`/events?last_event_id=${encodeURIComponent(position)}`);
  source.onopen = () => show("live", false);
  source.onerror = () => show("the sandbox does not respond", true);
  source.addEventListener("record", (event) => {
    position = event.lastEventId;
    if (!batch.length) queueMicrotask(deliver);
    batch.push(event.data);
  });
  source.addEventListener("reset", (event) => {
    position = event.lastEventId || position;
    for (const listener of resetListeners) listener(JSON.parse(event.data));
    refreshSoon();
  });
}

function deliver() {
  const records = batch;
  batch = [];
  if (recordListeners.length) {
    const parsed = records.map((record) => JSON.parse(record));
    for (const listener of recordListeners) listener(parsed);
  }
  refreshSoon();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source?.close();
    source = undefined;
  } else {
    connect();
    refreshSoon();
  }
});
connect();

// Actions.
async function send(method, path, body) {
  try {
    const response = await fetch(path, { method, headers: { "content-type": "application/json" }, body });
    const result = await response.json().catch(() => ({}));
    say(response.ok ? `Sent: ${method} ${path}` : result.error ?? `Status ${response.status}`, !response.ok);
    refreshSoon();
    return response.ok;
  } catch {
    say("The sandbox does not respond.", true);
    return false;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { post, body, delete: path, copy: from } = button.dataset;
  if (post) await send("POST", post, body ?? "{}");
  else if (path) await send("DELETE", path);
  else if (from) await copy(document.getElementById(from));
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  const fields = {};
  for (const field of form.elements) {
    if (!field.name || field.value === "") continue;
    const { type } = field.dataset;
    if (type === "number") fields[field.name] = Number(field.value);
    else if (type === "list") fields[field.name] = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    else fields[field.name] = field.value;
  }
  if (!await send("POST", form.dataset.post, JSON.stringify(fields)) || "keep" in form.dataset) return;
  // The section may have been replaced meanwhile.
  const current = form.isConnected ? form : document.querySelector(`form[data-post="${CSS.escape(form.dataset.post)}"]`);
  current?.reset();
});

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    say("Copied.");
  } catch {
    // Without a secure context there is no clipboard. The text is selected instead.
    getSelection().selectAllChildren(element);
    say("Selected: press Ctrl-C or ⌘-C to copy.");
  }
}
