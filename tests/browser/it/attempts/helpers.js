// What the attempts on a hostile page use.
"use strict";

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Adds an element, and waits until it has loaded, or failed, or neither for a second.
const add = (name, properties, place = document.body) =>
  new Promise((done) => {
    const element = Object.assign(document.createElement(name), properties);
    element.addEventListener("load", () => done(element));
    element.addEventListener("error", () => done(element));
    setTimeout(() => done(element), 1000);
    place.append(element);
  });

// Everything that a page can read of a window or a document of another origin.
const read = (get) => {
  try {
    return String(get());
  } catch (error) {
    return String(error);
  }
};
const readFrame = (frame) =>
  read(() => frame.contentDocument.documentElement.outerHTML) + read(() => frame.contentWindow.document.body.innerText);

// Posts a form into a new frame.
const submit = async (url, { method = "post", enctype = "", fields = {}, frame = {}, target, referrerPolicy } = {}) => {
  const name = `frame${Math.random()}`;
  const place = target ? null : await add("iframe", { name, srcdoc: "<p>empty</p>", ...frame });
  const form = Object.assign(document.createElement("form"), { action: url, method, enctype, target: target ?? name });
  if (referrerPolicy) form.rel = "noreferrer";
  for (const [key, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: key, value }));
  }
  document.body.append(form);
  const loaded = place && new Promise((done) => place.addEventListener("load", done));
  form.submit();
  await Promise.race([loaded ?? wait(300), wait(1000)]);
  return place ? readFrame(place) : "";
};

// Runs a script in a frame with this kind of URL, and returns what it returns.
const inside = (kind, attributes, script) =>
  new Promise((done) => {
    const html =
      `<body><script>(async () => { ${script} })().catch(String)` +
      `.then((result) => parent.postMessage("result:" + result, "*"))<\/script>`;
    const frame = Object.assign(document.createElement("iframe"), attributes);
    if (kind === "srcdoc") frame.srcdoc = html;
    if (kind === "data") frame.src = "data:text/html," + encodeURIComponent(html);
    if (kind === "blob") frame.src = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    addEventListener("message", ({ data }) => String(data).startsWith("result:") && done(data));
    setTimeout(() => done("no result"), 2000);
    document.body.append(frame);
  });

// Opens a window, waits until it had time to load, and closes it.
const opened = async (url, look, features = "") => {
  const other = open(url, "_blank", features);
  if (!other) return "no window";
  for (let i = 0; i < 20; i += 1) {
    await wait(20);
    if (read(() => other.location.href) !== "about:blank") break;
  }
  await wait(100);
  const result = await look(other);
  other.close();
  return String(result);
};
