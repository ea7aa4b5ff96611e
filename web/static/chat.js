// <muster-chat>: people's words in, plain answers out. Text only ever through textContent.
import { ChatLink } from "./chat_link.js";

const STATUS = { thinking: "Muster is writing…", waiting: "No connection. Your message is kept and will be sent.", open: "" };
const PAUSE = { sending: "", sent: "Sent", waiting: "Waiting", failed: "Not sent" };

function el(tag, { text, on, ...rest } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(rest)) if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  if (text !== undefined) node.textContent = text;
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener);
  node.append(...children.filter(Boolean));
  return node;
}

function clipIcon() {
  const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.6 1.6 0 0 1-2.3-2.3l7.8-7.7");
  svg.append(path);
  return svg;
}

const size = (bytes) => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
const stamp = () => new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");

class MusterChat extends HTMLElement {
  #link; #files = new Set();

  connectedCallback() {
    if (this.#link) return;
    this.#link = new ChatLink({
      base: this.getAttribute("base") ?? "/api/v1",
      key: "muster-chat",
      about: { locale: navigator.language?.slice(0, 16) || "en", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    });
    this.#build();
    for (const line of this.#link.lines) this.#show(line);
    this.log.setAttribute("aria-live", "polite"); // only what comes from now on is read aloud
    this.#link.addEventListener("line", ({ detail }) => this.#show(detail.line));
    this.#link.addEventListener("state", ({ detail }) => this.#mark(detail.line));
    this.#link.addEventListener("status", ({ detail }) => this.#say(detail.status));
    this.#link.addEventListener("reset", () => this.log.replaceChildren());
    this.#link.addEventListener("filed", ({ detail }) => this.dispatchEvent(new CustomEvent("muster:filed", { bubbles: true, detail })));
    this.#link.resume();
  }

  #build() {
    const open = () => this.#link.open().catch(() => this.#say("waiting"));
    this.log = el("div", { class: "log", role: "log", "aria-label": "Conversation", "aria-live": "off", tabindex: "0" });
    this.status = el("p", { class: "status", role: "status" });
    this.chips = el("ul", { class: "chips", "aria-label": "Files to send" });
    this.input = el("textarea", {
      rows: "1", name: "message", "aria-label": "Your message", placeholder: "What does not work?", dir: "auto", maxlength: "20000",
      on: {
        focus: open,
        input: () => this.#grow(),
        keydown: (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.#submit(); } },
        paste: (e) => { if (e.clipboardData.files.length) { e.preventDefault(); this.#take(e.clipboardData.files); } },
      },
    });
    const picker = el("input", { type: "file", multiple: true, hidden: true, on: { change: () => { this.#take(picker.files); picker.value = ""; } } });
    const clip = el("button", { type: "button", class: "icon", "aria-label": "Attach a file", title: "Attach a screenshot or file", on: { click: () => picker.click() } }, clipIcon());
    const form = el("form", { class: "composer", on: { submit: (e) => { e.preventDefault(); this.#submit(); } } },
      clip, picker, this.input, el("button", { class: "primary", text: "Send", "aria-label": "Send message" }));
    const again = el("button", { type: "button", class: "plain small", text: "Start over", on: { click: () => { this.#link.reset(); this.input.focus(); open(); } } });
    this.replaceChildren(
      el("header", {}, el("strong", { text: "Report a problem" }), again),
      this.log, this.status, this.chips, form,
      el("p", { class: "keys", text: "Shift+Enter: new line. Paste or drop a screenshot." }),
    );
    this.addEventListener("dragover", (e) => { e.preventDefault(); this.classList.add("dropping"); });
    this.addEventListener("dragleave", () => this.classList.remove("dropping"));
    this.addEventListener("drop", (e) => { e.preventDefault(); this.classList.remove("dropping"); this.#take(e.dataTransfer.files); });
  }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 160)}px`;
  }

  async #submit() {
    const text = this.input.value.trim();
    const files = [...this.#files].filter((one) => !one.failed);
    if (!text && !files.length) return this.input.focus();
    this.input.value = "";
    this.#grow();
    return this.#send(text, files);
  }

  // Files that wait go with whatever is said next, a pressed answer too.
  async #send(text, files, payload) {
    if (files.some((one) => !one.done)) this.status.textContent = "Finishing the upload…";
    const done = (await Promise.all(files.map((one) => one.ready))).filter(Boolean);
    for (const one of files) one.remove();
    this.#link.send(text || done.map((file) => file.name).join(", "), {
      payload, attachments: done.map((file) => file.id), files: done.map((file) => file.name),
    });
  }

  #take(list) {
    for (const given of list) {
      const file = given.name && given.name !== "image.png" ? given : new File([given], `screenshot-${stamp()}.png`, { type: given.type });
      this.#upload(file);
    }
    this.input.focus();
  }

  #upload(file) {
    const cancel = new AbortController();
    const bar = el("progress", { max: "1", value: "0", "aria-label": `Upload of ${file.name}` });
    const note = el("span", { class: "note", text: size(file.size) });
    const chip = el("li", {}, el("span", { class: "name", text: file.name, dir: "auto" }), note, bar,
      el("button", { type: "button", class: "icon", "aria-label": `Remove ${file.name}`, text: "×", on: { click: () => { cancel.abort(); one.remove(); this.input.focus(); } } }));
    const one = { done: false, failed: false, remove: () => { chip.remove(); this.#files.delete(one); } };
    one.ready = this.#link.upload(file, { progress: (share) => { bar.value = share; }, signal: cancel.signal }).then((answer) => {
      one.done = true;
      bar.remove();
      note.textContent = `${size(answer.size)}, ready`;
      return { id: answer.id, name: answer.name };
    }).catch((error) => {
      one.failed = true;
      bar.remove();
      chip.classList.add("failed");
      note.setAttribute("role", "alert");
      note.textContent = error.status === undefined && error instanceof TypeError ? "No connection. Remove it and try again." : error.message;
      return null;
    });
    this.#files.add(one);
    this.chips.append(chip);
  }

  #show(line) {
    for (const group of this.log.querySelectorAll(".answers")) group.remove();
    this.log.append(line.kind === "receipt" ? this.#receipt(line) : this.#bubble(line));
    this.log.scrollTop = this.log.scrollHeight;
  }

  #bubble(line) {
    const mine = line.kind === "mine";
    const node = el("div", { class: `line ${line.kind}`, "data-id": line.id },
      line.author ? el("span", { class: "author", dir: "auto", text: line.author }) : el("span", { class: "visually-hidden", text: mine ? "You: " : "Muster: " }),
      line.text && el("p", { class: "bubble", dir: "auto", text: line.text }));
    for (const name of line.files ?? []) node.append(el("p", { class: "file", dir: "auto" }, clipIcon(), name));
    if (line.card) node.append(this.#card(line.card));
    if (mine) { node.append(el("span", { class: "sent" })); this.#mark(line, node); }
    else if (line.buttons?.length) node.append(this.#answers(line.buttons));
    return node;
  }

  #card(card) {
    const list = el("dl");
    for (const row of card.rows ?? []) {
      list.append(el("dt", { text: row.label }), el("dd", { dir: "auto" },
        el("span", { text: row.value ?? "not said" }), row.from && el("small", { class: "from", text: row.from })));
    }
    return el("section", { class: "summary", "aria-label": card.title }, el("h3", { text: card.title }), list);
  }

  #answers(buttons) {
    const group = el("div", { class: "answers", role: "group", "aria-label": "Answers" });
    buttons.forEach(({ title, payload }, index) => group.append(el("button", {
      type: "button", class: index ? "" : "primary", text: title, dir: "auto",
      on: { click: () => { this.#send(title, [...this.#files].filter((one) => !one.failed), payload); this.input.focus(); } },
    })));
    return group;
  }

  #receipt({ report, incident }) {
    const others = incident?.joined && incident.reporters > 1 ? ` · one of ${incident.reporters} people` : "";
    return el("p", { class: "receipt" }, el("span", { text: "✓ Recorded as " }), el("strong", { text: report.reference }),
      incident && el("span", { text: ` · ${incident.title ?? incident.reference}${others}`, dir: "auto" }));
  }

  #mark(line, node = [...this.log.children].find((one) => one.dataset.id === line.id)) {
    const note = node?.querySelector(".sent");
    if (!note) return;
    node.classList.toggle("waiting", line.state === "waiting");
    node.classList.toggle("failed", line.state === "failed");
    if (line.state === "failed") note.setAttribute("role", "alert");
    note.textContent = line.state === "failed" ? `Not sent. ${line.problem}` : PAUSE[line.state] ?? "";
  }

  #say(status) {
    this.status.textContent = STATUS[status] ?? "";
    this.classList.toggle("thinking", status === "thinking");
  }
}

customElements.define("muster-chat", MusterChat);
