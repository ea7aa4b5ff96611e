// The console's keys, local times and live state. Everything works without it, only less quickly.
const typing = (node) => node.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("[data-row]")];
const local = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });

function prepare(root) {
  for (const box of root.querySelectorAll("[data-keys]")) [box.checked, box.closest("label").hidden] = [!keysOff(), false];
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent.trim();
    time.textContent = local.format(new Date(time.dateTime));
  }
}

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  next?.querySelector("td.title a, input[type=checkbox]")?.focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest("[data-row]")?.querySelector("input[type=checkbox]")?.click(),
  r: () => (document.querySelector("#refresh") ?? { click: () => location.reload() }).click(),
  m: () => document.querySelector("#merge")?.click(),
  s: () => document.querySelector("#split")?.click(),
  u: () => document.querySelector("#undo")?.click(),
  "/": () => document.querySelector("#words")?.focus(),
};

// Who speaks to the computer, or types with a tremor, turns single keys off (WCAG 2.1.4).
const keysOff = () => localStorage.getItem("muster-keys") === "off";
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-keys]")) localStorage.setItem("muster-keys", target.checked ? "on" : "off");
});

document.addEventListener("keydown", (event) => {
  if (keysOff() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = keys[event.key.toLowerCase()];
  if (!key) return;
  event.preventDefault();
  key();
});

function tell(state, text) {
  const live = document.querySelector("#live");
  live.hidden = false;
  live.className = `row ${state}`;
  live.querySelector("[data-live]").textContent = text;
}

// Who writes to a person is seen writing: one sign in three seconds holds on their side until the next.
let signed = 0;
document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-typing]");
  if (!form || Date.now() - signed < 3000) return;
  signed = Date.now();
  fetch(form.dataset.typing, { method: "POST", headers: { "X-CSRF-Token": form.elements.csrf.value } }).catch(() => { /* the next one tells it */ });
});

// What a person wrote counts as read once it is fetched: not while nobody can see this page.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("#end")) event.preventDefault();
});

// What was ticked while a search or a refresh was on its way stays ticked.
const ticks = () => [...document.querySelectorAll("input[name=pick]")];
const reference = (tick) => tick.value.split("@")[0];
let ticked = new Set();
document.addEventListener("htmx:beforeSwap", () => { ticked = new Set(ticks().filter((one) => one.checked).map(reference)); });
document.addEventListener("htmx:afterSwap", () => { for (const one of ticks()) one.checked ||= ticked.has(reference(one)); });

document.addEventListener("htmx:sseOpen", () => tell("live", "Live"));
document.addEventListener("htmx:sseError", () => tell("stale", "Reconnecting…"));
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
document.addEventListener("htmx:oobAfterSwap", (event) => prepare(event.detail.target ?? document));
prepare(document);
