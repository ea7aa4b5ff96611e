// The chat's line to the server: sends in order until accepted, listens, and forgets nothing on reload.

const KEEP = 200; // lines of a transcript that survive a reload
const FIRST_WAIT = 500, LONGEST_WAIT = 30000;

const newId = () =>
  crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

/** Events: `line` {line}, `state` {line}, `status` {status: open|connecting|waiting|thinking}, `reset`. */
export class ChatLink extends EventTarget {
  #base; #key; #about; #opening = null; #draining = false; #stopped = true; #wake = null; #abort = null; #tries = 0;

  constructor({ base, key, about }) {
    super();
    [this.#base, this.#key, this.#about] = [base, key, about];
    this.#load();
    addEventListener("online", () => this.#nudge());
    document.addEventListener("visibilitychange", () => document.hidden || this.#nudge());
  }

  get lines() { return this.kept.lines; }
  get waiting() { return this.kept.queue.length; }

  /** Take up an earlier conversation: listen again, and send what was left waiting. */
  resume() {
    if (this.kept.id) this.#listen();
    this.#drain();
  }

  /** Open the conversation if there is none; safe to call on every focus. */
  open() {
    if (this.kept.id) return Promise.resolve();
    this.#opening ??= this.#request("POST", "/conversations", {
      body: { channel: "web", ...this.#about },
      open: true,
    }).then((answer) => {
      [this.kept.id, this.kept.token] = [answer.id, answer.token];
      this.#receive(answer);
      this.#listen();
    }).finally(() => { this.#opening = null; });
    return this.#opening;
  }

  /** Queue one message; the same client id goes with every try. */
  send(text, { payload, attachments = [], files = [] } = {}) {
    const body = { client_id: newId(), text, ...(payload && { payload }), ...(attachments.length && { attachments }) };
    const line = { kind: "mine", id: body.client_id, text, files, state: "sending" };
    for (const old of this.lines) delete old.buttons;
    this.#add(line);
    this.kept.queue.push(body);
    this.#save();
    this.#drain();
  }

  /** Upload one file. Resolves to {id, name, type, size}; rejects with an Error fit for people. */
  async upload(file, { progress, signal }) {
    await this.open();
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest(); // fetch cannot say how far an upload is
      request.open("POST", `${this.#base}/conversations/${this.kept.id}/attachments`);
      request.setRequestHeader("Authorization", `Bearer ${this.kept.token}`);
      request.responseType = "json";
      request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
      request.onload = () => request.status === 201 ? done(request.response)
        : fail(new Error(request.response?.detail ?? "This file could not be taken."));
      request.onerror = () => fail(new Error("The upload was cut off. Try again."));
      request.onabort = () => fail(new DOMException("removed", "AbortError"));
      signal.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("file", file, file.name);
      request.send(form);
    });
  }

  /** Forget this conversation here; the server keeps what was reported. */
  reset() {
    this.#stopped = true;
    this.#abort?.abort();
    sessionStorage.removeItem(this.#key);
    this.#load();
    this.dispatchEvent(new Event("reset"));
  }

  #load() {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(this.#key)); } catch { /* unreadable: start afresh */ }
    this.kept = { id: null, token: null, last: "", lines: [], queue: [], ...kept };
    this.seen = new Set(this.kept.lines.map((line) => line.id));
  }

  #save() {
    this.kept.lines.splice(0, Math.max(0, this.kept.lines.length - KEEP));
    try { sessionStorage.setItem(this.#key, JSON.stringify(this.kept)); } catch { /* full: this page still works */ }
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  #add(line) {
    if (this.seen.has(line.id)) return;
    this.seen.add(line.id);
    this.kept.lines.push(line);
    this.#save();
    this.#tell("line", { line });
  }

  #receive(answer) {
    for (const message of answer.messages ?? []) this.#hear(message);
    if (answer.report) {
      this.#add({ kind: "receipt", id: `receipt ${answer.report.reference}`, report: answer.report, incident: answer.incident });
      this.#tell("filed", { report: answer.report, incident: answer.incident });
    }
    this.#save();
  }

  #hear({ id, direction, client_id, text, buttons, card, author }) {
    const line = direction === "inbound" ? { kind: "mine", id: client_id ?? id, text, state: "sent" } : { kind: "theirs", id, text, buttons, card, author };
    if (this.seen.has(line.id)) return;
    for (const old of this.lines) delete old.buttons; // only what was asked last can be answered
    this.#add(line);
  }

  async #request(method, path, { body, open = false } = {}) {
    const response = await fetch(this.#base + path, {
      method, cache: "no-store",
      headers: { "Content-Type": "application/json", ...(!open && { Authorization: `Bearer ${this.kept.token}` }) },
      body: JSON.stringify(body),
    });
    if (response.ok) return response.json();
    const problem = await response.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail ?? "That did not work."), {
      status: response.status, after: Number(response.headers.get("Retry-After")) * 1000,
    });
  }

  async #drain() {
    if (this.#draining || !this.kept.queue.length) return;
    this.#draining = true;
    let wait = FIRST_WAIT;
    const kept = this.kept;
    while (kept === this.kept && kept.queue.length) {
      const body = kept.queue[0];
      const line = this.lines.find((one) => one.id === body.client_id) ?? {};
      try {
        this.#tell("status", { status: "thinking" });
        await this.open();
        const answer = await this.#request("POST", `/conversations/${kept.id}/messages`, { body });
        if (kept !== this.kept) break; // started over meanwhile
        this.#settle(line, "sent");
        this.#receive(answer);
        wait = FIRST_WAIT;
      } catch (error) {
        if (kept !== this.kept) break;
        if (!error.status || error.status >= 500 || [408, 409, 425, 429].includes(error.status)) {
          line.state = "waiting";
          this.#tell("state", { line });
          this.#tell("status", { status: "waiting" });
          await this.#pause(Math.max(error.after || 0, wait * (0.7 + 0.6 * Math.random())));
          wait = Math.min(wait * 2, LONGEST_WAIT);
        } else if (this.kept.id && [401, 404, 410].includes(error.status)) {
          [this.kept.id, this.kept.token, this.kept.last] = [null, null, ""]; // ended there: go on in a new one
          delete body.payload;
          delete body.attachments;
          this.#abort?.abort();
        } else {
          line.problem = error.message;
          this.#settle(line, "failed");
        }
      }
    }
    this.#draining = false;
    this.#tell("status", { status: "open" });
    if (kept !== this.kept) this.#drain();
  }

  #settle(line, state) {
    line.state = state;
    this.kept.queue.shift();
    this.#save();
    this.#tell("state", { line });
  }

  async #listen() {
    if (!this.#stopped) return;
    this.#stopped = false;
    while (!this.#stopped && this.kept.id) {
      this.#abort = new AbortController();
      try {
        const response = await fetch(`${this.#base}/conversations/${this.kept.id}/events`, {
          headers: { Authorization: `Bearer ${this.kept.token}`, ...(this.kept.last && { "Last-Event-ID": this.kept.last }) },
          signal: this.#abort.signal, cache: "no-store",
        });
        if ([401, 404, 410].includes(response.status)) break; // the next message opens a new one
        if (!response.ok) throw new Error(String(response.status));
        this.#tries = 0;
        await this.#follow(response.body.pipeThrough(new TextDecoderStream()).getReader());
      } catch { /* cut off: come back below */ }
      if (this.#stopped) break;
      const wait = Math.min(FIRST_WAIT * 2 ** this.#tries++, LONGEST_WAIT);
      await this.#pause(wait * (0.7 + 0.6 * Math.random()));
    }
    this.#stopped = true;
  }

  async #follow(reader) {
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replaceAll("\r", "").split("\n\n"); // a chunk may end within \r\n
      rest = blocks.pop();
      for (const block of blocks) this.#event(block);
    }
  }

  #event(block) {
    const fields = { id: "", event: "message", data: "" };
    for (const row of block.split("\n")) {
      const [, name, value] = /^(id|event|data): ?(.*)$/.exec(row) ?? [];
      if (name === "data") fields.data += (fields.data && "\n") + value;
      else if (name) fields[name] = value;
    }
    if (!fields.data) return;
    try {
      const message = JSON.parse(fields.data);
      if (message?.id && typeof message.text === "string") this.#hear(message);
    } catch { return; }
    if (fields.id) this.kept.last = fields.id;
    this.#save();
  }

  #pause(milliseconds) {
    return new Promise((go) => {
      const timer = setTimeout(go, milliseconds);
      const before = this.#wake;
      this.#wake = () => { clearTimeout(timer); before?.(); go(); };
    });
  }

  #nudge() {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
    this.#drain();
  }
}
