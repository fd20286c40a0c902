// The timeline's window: at most 300 rows are in the page. The rest is fetched when it comes into sight, and the server makes each row.
//
// A position counts the matching records from the start of the sandbox. It stays the same when old records are evicted.
import { fetchPage, onRecords, onReset, say } from "/inspector.js";

const MOST_ROWS = 300;
/** Rows that are kept ready on each side of those in sight. */
const MARGIN = 60;
/** How many evicted rows may remain as empty space before the list gets shorter. */
const MOST_EVICTED = 20000;

const timeline = document.getElementById("timeline");
const list = document.getElementById("rows");
const nothing = document.getElementById("nothing");
const follow = document.getElementById("follow");
const count = document.getElementById("count");
const filter = timeline.dataset;
const query = new URLSearchParams(
  ["order", "kind", "provider"].filter((name) => filter[name]).map((name) => [name, filter[name]]),
).toString();

/** The rows in the page, by their positions. */
const rows = new Map();
let first = Number(list.dataset.first);
let end = Number(list.dataset.end);
/** The position at the top of the list. */
let base = first;
let height = 42;
let following = true;
/** Where the list was scrolled to last, to know whether a person scrolls back. */
let top = 0;
let fetching = false;
let lastNumber = Number(list.dataset.lastNumber);
let received = 0;

timeline.classList.add("windowed");
document.getElementById("tools").hidden = false;
for (const row of [...list.children]) rows.set(Number(row.dataset.position), row);
measure();
toEnd();
addEventListener("resize", () => { measure(); draw(); });

function measure() {
  height = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || height;
  for (const [position, row] of rows) place(row, position);
  resize();
}

function place(row, position) {
  row.style.transform = `translateY(${(position - base) * height}px)`;
  row.setAttribute("aria-rowindex", position - base + 2);
}

/** Makes the list as long as all rows together. */
function resize() {
  list.style.height = `${(end - base) * height}px`;
  timeline.setAttribute("aria-rowcount", end - base + 1);
  nothing.hidden = end > base;
  timeline.hidden = !nothing.hidden;
  count.textContent = `${(end - first).toLocaleString("en")} ${end - first === 1 ? "record" : "records"}`;
}

function scrollTo(position) {
  timeline.scrollTop = position;
  top = timeline.scrollTop;
}

function toEnd() {
  if (first > base) rebase(first);
  scrollTo(timeline.scrollHeight);
}

/** Stays at the end, unless a person has scrolled back and the event of it is still to come. */
function followEnd() {
  if (!following) return;
  if (timeline.scrollTop < top - 1) setFollowing(false);
  else scrollTo(timeline.scrollHeight);
}

/** Gives the space of evicted rows back. */
function rebase(position) {
  const moved = (position - base) * height;
  base = position;
  for (const [known, row] of rows) {
    if (known < base) remove(known, row);
    else place(row, known);
  }
  resize();
  scrollTo(timeline.scrollTop - moved);
}

/** The positions in sight, with a margin. */
function wanted(margin) {
  const head = timeline.firstElementChild.offsetHeight;
  const from = base + Math.floor(timeline.scrollTop / height);
  const to = base + Math.ceil((timeline.scrollTop + timeline.clientHeight - head) / height);
  return [Math.max(first, from - margin), Math.min(end, to + margin)];
}

let drawing = false;
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    followEnd();
    fetchMissing();
  });
}

/** Fetches what is missing in sight, and then what is missing around it. */
async function fetchMissing() {
  if (fetching) return;
  const missing = missingIn(wanted(0)) ?? missingIn(wanted(MARGIN));
  if (!missing) return;
  fetching = true;
  try {
    const [from, to] = missing;
    take(await fetchRows(`from=${from}&count=${Math.min(to - from, MOST_ROWS)}`));
    draw();
  } catch {
    // The line at the top says that the sandbox does not respond. The next record or movement tries again.
  } finally {
    fetching = false;
  }
}

function missingIn([from, to]) {
  while (from < to && rows.has(from)) from += 1;
  while (to > from && rows.has(to - 1)) to -= 1;
  return from < to ? [from, to] : undefined;
}

async function fetchRows(part) {
  const page = await fetchPage(`/inspector/timeline/rows?${part}&${query}`);
  return page.getElementById("rows");
}

/** Takes fetched rows over, and removes those that are far away. */
function take(part) {
  const { first: newFirst, end: newEnd, lastNumber: last } = part.dataset;
  // The server has forgotten the positions of this filter, and counts again.
  if (Number(newEnd) < end && Number(last) >= lastNumber) return location.reload();
  first = Number(newFirst);
  end = Math.max(end, Number(newEnd));
  lastNumber = Math.max(lastNumber, Number(last));
  for (const row of [...part.children]) {
    const position = Number(row.dataset.position);
    if (rows.has(position)) continue;
    rows.set(position, row);
    place(row, position);
    mark(row);
    list.append(document.adoptNode(row));
  }
  if (first - base > MOST_EVICTED || (following && first > base)) rebase(first);
  resize();
  followEnd();
  const [from, to] = wanted(2 * MARGIN);
  for (const [position, row] of rows) {
    if (position < from || position >= to) remove(position, row);
  }
  timeline.dataset.shown = lastShown();
}

function remove(position, row) {
  if (row.contains(document.activeElement)) timeline.focus({ preventScroll: true });
  row.remove();
  rows.delete(position);
}

function lastShown() {
  let last = -1;
  for (const position of rows.keys()) last = Math.max(last, position);
  return rows.get(last)?.dataset.number ?? "";
}

// New records. The position in the list follows from their number, or with a filter from counting.
onRecords((records) => {
  for (const record of records) {
    received += 1;
    if (record.number <= lastNumber) continue;
    lastNumber = record.number;
    const matches = (!filter.kind || record.kind === filter.kind) && (!filter.order || record.reference === filter.order)
      && (!filter.provider || record.provider === filter.provider);
    if (matches) end = query ? end + 1 : record.number;
  }
  timeline.dataset.received = received;
  timeline.dataset.last = lastNumber;
  schedule();
});
onReset(() => location.reload());

let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    resize();
    draw();
  });
}

timeline.addEventListener("scroll", () => {
  const isBack = timeline.scrollTop < top - 1;
  top = timeline.scrollTop;
  if (top + timeline.clientHeight >= timeline.scrollHeight - height) setFollowing(true);
  else if (isBack) setFollowing(false);
  draw();
}, { passive: true });

function setFollowing(on) {
  following = on;
  follow.setAttribute("aria-pressed", on);
}

// Movements.
follow.addEventListener("click", () => {
  setFollowing(!following);
  if (following) toEnd();
});
document.getElementById("to-start").addEventListener("click", () => move("Home"));
document.getElementById("to-end").addEventListener("click", () => move("End"));

function move(key) {
  const page = Math.max(height, timeline.clientHeight - 2 * height);
  const by = { PageUp: -page, PageDown: page, ArrowUp: -height, ArrowDown: height }[key];
  if (key === "Home") timeline.scrollTop = (first - base) * height;
  else if (key === "End") toEnd();
  else if (by) timeline.scrollTop += by;
  else return false;
  return true;
}

timeline.addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.altKey && !event.metaKey && move(event.key)) event.preventDefault();
});

const toNumber = document.getElementById("to-number");
toNumber.addEventListener("change", async () => {
  const number = parseInt(toNumber.value, 10);
  if (number >= 1) await goTo(number).catch(() => say("The sandbox does not respond.", true));
});

/** Shows the record with this number, or the next one, in the middle. */
async function goTo(number) {
  const part = await fetchRows(`number=${number}&count=1`);
  setFollowing(false);
  take(part);
  const position = Number(part.dataset.from);
  timeline.scrollTop = (position - base) * height - (timeline.clientHeight - 2 * height) / 2;
  draw();
}

// The details of a record, in a panel beside the list.
const detail = document.getElementById("detail");
let selected;
/** Counts what was opened and closed, so that a late response does not replace a later choice. */
let turn = 0;

timeline.addEventListener("click", (event) => {
  const row = event.target.closest("[data-number]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey || String(getSelection())) return;
  event.preventDefault();
  open(row.dataset.number);
});

detail.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-record]");
  if (event.target.closest("[data-close]")) close();
  else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link.dataset.record);
  }
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !detail.hidden) close();
});

async function open(number) {
  const mine = ++turn;
  const page = await fetchPage(`/inspector/records/${number}`).catch(() => undefined);
  if (turn !== mine) return;
  const record = page?.getElementById("record");
  if (!record) return say(`Record ${number} is no longer kept, or the sandbox does not respond.`, true);
  const bar = document.createElement("div");
  bar.className = "title";
  const title = document.createElement("h2");
  title.textContent = `Record ${number}`;
  const link = document.createElement("a");
  link.href = `/inspector/records/${number}`;
  link.textContent = "Open as a page";
  const button = document.createElement("button");
  button.dataset.close = "";
  button.textContent = "Close";
  bar.append(title, link, button);
  detail.replaceChildren(bar, document.adoptNode(record));
  detail.hidden = false;
  detail.scrollTop = 0;
  detail.focus({ preventScroll: true });
  selected = number;
  for (const row of rows.values()) mark(row);
}

function close() {
  turn += 1;
  detail.hidden = true;
  detail.replaceChildren();
  const row = [...rows.values()].find((known) => known.dataset.number === selected);
  selected = undefined;
  for (const known of rows.values()) mark(known);
  (row?.querySelector("a") ?? timeline).focus({ preventScroll: true });
}

function mark(row) {
  const is = row.dataset.number === selected;
  row.classList.toggle("selected", is);
  if (is) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}
