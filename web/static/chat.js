// <muster-chat>: people's words in, plain answers out, in the language of `lang` or of the browser.
import { Problem } from "./chat/line.js";
import { ChatLink } from "./chat/link.js";
import { clipIcon, el, renderChip, renderFile, renderLine, renderMark } from "./chat/parts.js";
import { chooseLanguage, Words } from "./chat/words.js";

const stamp = () => new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");

/** A token, by a page's own address for it; empty where it has none now. */
async function ask(address) {
  const answer = await fetch(address, { credentials: "include", cache: "no-store" });
  return answer.ok ? (await answer.text()).trim() : "";
}

class MusterChat extends HTMLElement {
  #link; #ready = false; #eager = false; #words; #nodes = new Map(); #answers = null; #largest;

  connectedCallback() {
    if (this.#link) return;
    const given = this.getAttribute("lang");
    const wanted = [given, ...navigator.languages];
    const language = chooseLanguage(wanted);
    this.#words = new Words(language, wanted.find((tag) => tag?.toLowerCase().startsWith(language)));
    this.lang = language;
    this.#link = new ChatLink({
      base: this.getAttribute("base") ?? "/api/v1",
      key: "muster-chat-talk",
      about: {
        locale: (given ?? navigator.language ?? "en").slice(0, 16),
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      identify: () => this.#identify(),
    });
    this.#build();
    this.#link.claim().then(() => this.#begin());
  }

  /** Show what was said before, now that it is sure whose it is, and go on. */
  #begin() {
    this.#ready = true;
    this.input.value ||= this.#link.draft;
    for (const line of this.#link.transcript.lines) this.#show(line);
    for (const file of this.#link.uploads.files) this.#showFile(file);
    this.log.setAttribute("aria-live", "polite"); // only what comes from now on is read aloud
    this.#link.addEventListener("line", ({ detail }) => this.#show(detail.line));
    this.#link.addEventListener("file", ({ detail }) => this.#showFile(detail.file));
    this.#link.addEventListener("status", ({ detail }) => this.#say(detail.status));
    this.#link.addEventListener("limits", ({ detail }) => this.#limit(detail.limits));
    this.#link.addEventListener("reset", () => this.#clear());
    this.#link.addEventListener("filed", ({ detail }) => this.dispatchEvent(new CustomEvent("muster:filed", { bubbles: true, detail })));
    this.#link.resume();
    if (this.#eager) this.#submit();
    else if (this.contains(document.activeElement)) this.#open();
  }

  /** Who it is, by the page's word: a token, or where a fresh one is to be had. Never nameless where one was named. */
  async #identify() {
    const from = this.getAttribute("identity-from");
    if (!this.#isNamed) return null;
    try {
      const token = from ? await ask(from) : this.getAttribute("identity");
      if (token) return token;
    } catch { /* cut off: as good as no answer */ }
    throw new Problem("", { status: 503 }); // it may be there at the next try
  }

  #open() {
    if (this.#ready) this.#link.open().catch(() => { /* tried again when something is said */ });
  }

  #build() {
    const say = (name) => this.#words.say(name);
    this.log = el("div", { class: "log", role: "log", "aria-label": say("log"), "aria-live": "off", "aria-relevant": "additions", tabindex: "0", "data-hint": say("hint") });
    this.status = el("p", { class: "status", role: "status" });
    this.chips = el("ul", { class: "chips", "aria-label": say("files") });
    this.input = el("textarea", {
      rows: "1", name: "message", "aria-label": say("message"), placeholder: say("placeholder"), dir: "auto", maxlength: "20000",
      on: {
        focus: () => this.#open(),
        input: () => { this.#grow(); if (this.#ready) this.#link.draft = this.input.value; },
        keydown: (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.#submit(); } },
        paste: (e) => { if (e.clipboardData.files.length && !e.clipboardData.types.includes("text/plain")) { e.preventDefault(); this.#take(e.clipboardData.files); } },
      },
    });
    const picker = el("input", { type: "file", multiple: true, hidden: true, on: { change: () => { this.#take(picker.files); picker.value = ""; } } });
    this.clip = el("button", { type: "button", class: "icon", "aria-label": say("attach"), title: say("attach"), on: { click: () => picker.click() } }, clipIcon());
    const form = el("form", { class: "composer", on: { submit: (e) => { e.preventDefault(); this.#submit(); } } },
      this.clip, picker, this.input, el("button", { class: "primary", text: say("send"), "aria-label": say("send_message") }));
    const again = el("button", { type: "button", class: "plain small", text: say("again"), on: { click: () => this.#startOver() } });
    this.replaceChildren(
      el("header", {}, el("strong", { text: say("title") }), again),
      this.log, this.status, this.chips, form, el("p", { class: "keys", text: say("keys") }),
    );
    this.addEventListener("dragover", (e) => {
      if (!e.dataTransfer.types.includes("Files")) return; // words go where they are dropped
      e.preventDefault();
      this.classList.add("dropping");
    });
    this.addEventListener("dragleave", () => this.classList.remove("dropping"));
    this.addEventListener("drop", (e) => {
      this.classList.remove("dropping");
      if (e.dataTransfer.files.length) { e.preventDefault(); this.#take(e.dataTransfer.files); }
    });
  }

  /** Who is known has one conversation on all devices, and says it there; who is not begins another. */
  #startOver() {
    if (this.#isNamed) this.#send(this.#words.say("again"));
    else { this.#link.reset(); this.#open(); }
    this.input.focus();
  }

  get #isNamed() { return this.hasAttribute("identity-from") || this.hasAttribute("identity"); }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 160)}px`;
  }

  #submit() {
    if (!this.#ready) { this.#eager = true; return this.#say("waiting"); }
    const text = this.input.value.trim();
    if (!text && !this.#waitingFiles().length) return this.input.focus();
    this.input.value = this.#link.draft = "";
    this.#grow();
    return this.#send(text);
  }

  /** Files beside the composer go with whatever is said next, a pressed answer too. */
  #send(text, payload) {
    const files = this.#waitingFiles().map((file) => file.key);
    this.#link.send(text, { payload, files });
    for (const key of files) this.#showFile(this.#link.uploads.find(key));
    this.log.scrollTop = this.log.scrollHeight;
  }

  #waitingFiles() { return this.#link.uploads.files.filter((file) => file.message === null && file.state !== "failed"); }

  #take(list) {
    for (const given of list) {
      const named = given.name && given.name !== "image.png" ? given : new File([given], `screenshot-${stamp()}.png`, { type: given.type });
      this.#link.uploads.add(named, this.#largest);
    }
    this.input.focus();
  }

  #limit({ max_bytes, max_files }) {
    this.#largest = max_bytes;
    this.clip.title = this.#words.say("attach_limits", { size: this.#words.size(max_bytes), files: max_files });
  }

  /** Draw a line, or what changed in it, where it belongs. */
  #show(line) {
    const { lines } = this.#link.transcript;
    const fresh = !this.#nodes.has(line.id);
    if (fresh) {
      this.#nodes.set(line.id, renderLine(line, this.#words));
      for (const key of line.files ?? []) this.#showFile(this.#link.uploads.find(key));
    }
    const node = this.#nodes.get(line.id);
    const next = this.#nodes.get(lines[lines.indexOf(line) + 1]?.id) ?? this.#answers;
    if (fresh || node.nextElementSibling !== next) this.log.insertBefore(node, next);
    renderMark(node, line, this.#words);
    this.#offer(lines.at(-1));
    if (fresh) this.log.scrollTop = this.log.scrollHeight;
  }

  /** Only what was asked last can be answered by a press. */
  #offer({ id, buttons = [] }) {
    if (this.#answers?.dataset.of === id) return;
    this.#answers?.remove();
    this.#answers = buttons.length ? el("div", { class: "answers", role: "group", "aria-label": this.#words.say("answers"), "data-of": id },
      ...buttons.map(({ title, payload }, index) => el("button", {
        type: "button", class: index ? "" : "primary", text: title, dir: "auto",
        on: { click: () => { this.#send(title, payload); this.input.focus(); } },
      }))) : null;
    if (this.#answers) this.log.append(this.#answers);
  }

  /** Draw a file where it stands: beside the composer, or under its message. */
  #showFile(file) {
    let chip = this.chips.querySelector(`[data-key="${file.key}"]`);
    if (file.message === null) {
      const fresh = !chip;
      if (fresh) this.chips.append(chip = el("li", { "data-key": file.key }));
      renderChip(chip, file, this.#words, () => { this.#link.uploads.remove(file.key); chip.remove(); this.input.focus(); });
      if (fresh || file.state === "failed") this.log.scrollTop = this.log.scrollHeight; // the chip took room from it
    } else {
      chip?.remove();
      const place = this.#nodes.get(file.message)?.querySelector(`[data-key="${file.key}"]`);
      if (place) renderFile(place, file, this.#words);
    }
  }

  #clear() {
    this.#nodes.clear();
    this.#answers = null;
    this.log.replaceChildren();
    this.chips.replaceChildren();
  }

  #say(status) {
    this.status.textContent = status === "open" ? "" : this.#words.say(`status_${status}`);
    this.classList.toggle("thinking", status === "thinking" || status === "typing");
  }
}

customElements.define("muster-chat", MusterChat);
