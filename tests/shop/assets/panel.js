// The panel without reloading: it sends the forms, and shows what is new.
//
//   <section id="x" data-live>  is fetched again every two seconds, and after each action

const REFRESH_MS = 2000;

// Fetches the page. The server has escaped every text in it, and the browser runs no script of it.
function fetchPage() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => request.status === 200 && request.response ? resolve(request.response) : reject(new Error(`status ${request.status}`));
    request.onerror = () => reject(new Error("no connection"));
    request.open("GET", "/");
    request.send();
  });
}

const live = document.getElementById("live");
const status = document.getElementById("status");

// Says what happened. A success vanishes, a problem stays until the next action.
let vanish;
function say(text, failed) {
  clearTimeout(vanish);
  if (!failed) vanish = setTimeout(() => { status.textContent = ""; }, 6000);
  status.textContent = text;
  status.classList.toggle("bad", failed);
}

// Each section as the server sent it last, because a section also changes by use.
const shown = new Map();
for (const section of document.querySelectorAll("[data-live]")) shown.set(section.id, section.outerHTML);

let timer;
let refreshing;

async function refresh() {
  clearTimeout(timer);
  refreshing ??= update().finally(() => { refreshing = undefined; });
  await refreshing;
  if (!document.hidden) timer = setTimeout(refresh, REFRESH_MS);
}

async function update() {
  try {
    const page = await fetchPage();
    for (const section of page.querySelectorAll("[data-live]")) {
      const old = document.getElementById(section.id);
      if (!old || shown.get(section.id) === section.outerHTML) continue;
      shown.set(section.id, section.outerHTML);
      replace(old, document.adoptNode(section));
    }
    live.textContent = "live";
    live.classList.remove("off");
  } catch {
    live.textContent = "the panel does not respond";
    live.classList.add("off");
  }
  live.hidden = false;
}

// Replaces a section, and keeps what a person has opened, scrolled and focused in it.
function replace(old, section) {
  for (const details of old.querySelectorAll("details[id]")) {
    const next = section.querySelector(`#${CSS.escape(details.id)}`);
    if (next) next.open = details.open;
  }
  const left = old.querySelector(".scroll")?.scrollLeft;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : undefined;
  old.replaceWith(section);
  if (left) section.querySelector(".scroll")?.scrollTo(left, 0);
  // The button that was used may be gone: then the section's first one has the focus.
  if (focused !== undefined) (document.getElementById(focused) ?? section.querySelector("button") ?? section.querySelector("a"))?.focus({ preventScroll: true });
}

// The forms that are on their way. A second click on one of them does nothing; another form waits for its turn.
const sending = new Set();
let turn = Promise.resolve();

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const button = event.submitter;
  const name = button?.getAttribute("aria-label") ?? button?.textContent ?? "";
  // A disabled button would lose the focus.
  if (sending.has(form.action)) return;
  sending.add(form.action);
  // Its section may be replaced before its turn.
  const body = new URLSearchParams(new FormData(form));
  turn = turn.then(() => send(form.action, body, name));
});

async function send(action, body, name) {
  try {
    const response = await fetch(action, { method: "POST", body, redirect: "manual" });
    // The response to a success is a redirect to this page.
    const done = response.type === "opaqueredirect";
    say(done ? `Done: ${name}` : await response.text(), !done);
  } catch {
    say("The panel does not respond.", true);
  }
  sending.delete(action);
  // A refresh that began before the action does not show it.
  await refreshing;
  await refresh();
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
