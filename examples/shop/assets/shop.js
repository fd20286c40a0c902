// The order's page: loads itself again when something has changed, and counts the time to pay down. It works without this script.
"use strict";

const version = document.body.dataset.version;
const isFinal = ["paid", "paid twice", "underpaid", "refunded", "reversed", "open"].includes(document.body.dataset.state);

async function look() {
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok && page.body.dataset.version !== version) return location.reload();
  } catch {
    // The shop does not respond at the moment.
  }
  setTimeout(look, 1000);
}
if (!isFinal) setTimeout(look, 700);

const countdown = document.getElementById("countdown");
if (countdown) {
  const end = performance.now() + 1000 * countdown.dataset.seconds;
  const show = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const seconds = String(left % 60).padStart(2, "0");
    countdown.textContent = left ? `${Math.floor(left / 60)}:${seconds} minutes` : "none: do not pay any more";
    if (left) setTimeout(show, 1000);
  };
  show();
}
