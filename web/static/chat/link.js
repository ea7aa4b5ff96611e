// One talk with the server: what is said goes out in order, what is told comes in, nothing is lost or doubled.
import { Line, Problem } from "./line.js";
import { Queue } from "./queue.js";
import { newId, Shelf, Store } from "./store.js";
import { Stream } from "./stream.js";
import { Transcript } from "./transcript.js";
import { Uploads } from "./uploads.js";

const TYPING_FOR = 6000; // a sign of writing holds so long, in milliseconds
const LOOKED_AFTER = 700; // a line counts as seen after so long before somebody's eyes

/**
 * Events: `line` {line} new, moved or changed; `file` {file}; `status` {status: open|waiting|held|thinking|typing};
 * `limits` {limits}; `filed` {report, incident}; `reset`.
 */
export class ChatLink extends EventTarget {
  #about; #identify; #store; #line; #stream; #queue; #opening = null; #looking = null; #typing = null;
  #thinking = false; #waiting = null; #staffSaw = 0;

  /** @param identify resolves to who it is, in a token that the server believes, or to nothing */
  constructor({ base, key, about, identify }) {
    super();
    [this.#about, this.#identify] = [about, identify];
    this.#store = new Store(key);
    this.#line = new Line(base, () => this.#store.kept.token);
    const parts = {
      store: this.#store, line: this.#line, shelf: new Shelf(),
      open: () => this.open(), ended: (id) => this.#ended(id), tell: (kind, detail) => this.#hearPart(kind, detail),
    };
    this.transcript = parts.transcript = new Transcript(this.#store, (line) => this.#tell("line", { line }));
    this.uploads = parts.uploads = new Uploads(parts);
    this.#queue = new Queue({ ...parts, accepted: (message, answer) => this.#accepted(message, answer) });
    this.#stream = new Stream(this.#line, this.#store, (kind, data) => this.#hear(kind, data), parts.ended);
    for (const change of ["online", "offline"]) addEventListener(change, () => this.#turn());
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** What stands in the composer, not said yet. */
  get draft() { return this.#store.draft; }
  set draft(text) { this.#store.draft = text; }

  /** Take up an earlier conversation: listen again, and send what was left waiting. */
  resume() {
    if (this.#store.kept.id) this.#follow();
    this.uploads.run();
    this.#queue.run();
    this.#report();
  }

  /** Resolves once it is sure that what this tab keeps is theirs who is there; else it is forgotten. */
  async claim() {
    for (let tries = 0; ; tries++) {
      try {
        this.#store.claim(subject(await this.#identify()));
        return;
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        await this.#line.rest(tries, problem);
      }
    }
  }

  /** Open the conversation if there is none; safe to call on every focus. */
  open() {
    if (this.#store.kept.id) return Promise.resolve();
    if (!this.#opening) {
      const mine = this.#begin(this.#store.kept).finally(() => { if (this.#opening === mine) this.#opening = null; });
      this.#opening = mine;
    }
    return this.#opening;
  }

  async #begin(kept) {
    const identity = await this.#identify();
    const answer = await this.#line.ask("POST", "/conversations", { channel: "web", ...this.#about, ...(identity && { identity }) });
    if (kept !== this.#store.kept) return; // started over meanwhile
    [kept.id, kept.token] = [answer.id, answer.token];
    for (const message of answer.messages) this.#hear("message", message);
    this.#store.save();
    this.#follow();
  }

  /** Say something; it stands in the transcript at once, and goes when it can. */
  send(text, { payload, files = [] } = {}) {
    const client_id = newId();
    const names = files.map((key) => this.uploads.find(key).name).join(", ");
    const said = text || names;
    for (const key of files) this.uploads.find(key).message = client_id;
    this.transcript.add({
      kind: "mine", id: client_id, number: null, text: said, wordless: !text, files, at: new Date().toISOString(),
      state: this.#line.isOff ? "waiting" : "sending",
    });
    this.#queue.add({ client_id, text: said, files, wordless: !text, ...(payload && { payload }) });
  }

  /** Forget this conversation here; the server keeps what was reported. */
  reset() {
    this.#stream.stop();
    this.uploads.stop();
    this.#store.forget();
    this.#opening = null;
    this.#queue.stop();
    this.#line.release();
    [this.#staffSaw, this.#waiting] = [0, null];
    this.#tell("reset");
    this.#report();
  }

  #follow() {
    this.#stream.start();
    this.#line.ask("GET", `/conversations/${this.#store.kept.id}/attachments`).then(
      ({ limits }) => this.#tell("limits", { limits }), () => { /* the server says it again when a file is too large */ },
    );
  }

  #accepted({ client_id }, { number, messages, report, incident }) {
    const { kept } = this.#store;
    this.transcript.accept(client_id, kept.base + number);
    for (const message of messages) this.#hear("message", message);
    if (report) {
      const after = kept.base + (messages.at(-1)?.number ?? number);
      this.transcript.add({ kind: "receipt", id: `receipt ${report.reference}`, number: after + 0.5, report, incident });
      this.#tell("filed", { report, incident });
    }
    this.#read();
  }

  #hear(kind, data) {
    if (kind === "message") this.#take(data);
    if (kind === "file") this.#see(data);
    if (kind === "presence") {
      this.#staffSaw = data.staff_saw;
      this.#type(data.staff_typing_until !== null);
      this.#read();
    }
  }

  #take({ id, number, direction, client_id, text, buttons, card, author, at }) {
    const place = this.#store.kept.base + number;
    if (direction === "inbound") {
      const fresh = this.transcript.add({ kind: "mine", id: client_id ?? id, number: place, text, files: [], at, state: "sent" });
      if (!fresh) this.transcript.accept(client_id ?? id, place);
    } else {
      this.#type(false);
      this.transcript.add({ kind: "theirs", id, number: place, text, buttons, card, author, at });
    }
    this.#read();
    this.#look();
  }

  #see({ id, state, reading, seen, trouble }) {
    const file = this.uploads.files.find((one) => one.id === id);
    if (!file) return;
    Object.assign(file, { kept: state, reading, seen, trouble });
    this.#store.save();
    this.#tell("file", { file });
  }

  /** What was answered has been read, and what staff had before their eyes. */
  #read() {
    const theirs = this.transcript.lines.filter((line) => line.kind === "theirs").map((line) => line.number);
    this.transcript.markRead(Math.max(this.#store.kept.base + this.#staffSaw, ...theirs));
  }

  /** Tell how far the person has seen, if the page is before their eyes. */
  #look() {
    clearTimeout(this.#looking);
    if (document.hidden) return;
    this.#looking = setTimeout(() => {
      const { kept } = this.#store;
      const newest = Math.floor(this.transcript.newest) - kept.base;
      if (document.hidden || !kept.id || newest <= kept.seen) return;
      this.#line.fetch("PUT", `/conversations/${kept.id}/seen`, {
        body: JSON.stringify({ number: newest }), headers: { "Content-Type": "application/json" },
      }).then(() => { kept.seen = newest; this.#store.save(); }, () => { /* with the next line that comes */ });
    }, LOOKED_AFTER);
  }

  #type(on) {
    clearTimeout(this.#typing);
    this.#typing = on ? setTimeout(() => this.#type(false), TYPING_FOR) : null;
    this.#report();
  }

  #hearPart(kind, detail) {
    if (kind === "thinking") this.#thinking = detail;
    if (kind === "waiting") [this.#waiting, this.#thinking] = [detail, false];
    if (kind !== "file") return this.#report();
    this.#tell("file", detail);
    if (detail.file.message && detail.file.state === "waiting") this.#queue.waiting();
    if (detail.file.message && detail.file.state === "sending" && this.#waiting) this.#queue.moving();
    return undefined;
  }

  /** The conversation is gone there: what waits, and what is said from now on, goes to a new one. */
  #ended(id) {
    const { kept } = this.#store;
    if (kept.id !== id) return;
    Object.assign(kept, { id: null, token: null, last: 0, seen: 0, base: Math.ceil(this.transcript.newest) });
    this.#staffSaw = 0;
    for (const message of kept.queue) { delete message.payload; delete message.attachments; }
    this.#store.save();
    this.#stream.stop();
    const free = this.uploads.files.filter((file) => file.message === null).map((file) => file.key);
    this.uploads.again([...free, ...kept.queue.flatMap((message) => message.files)]);
  }

  /** The browser went off the line, or came back. */
  #turn() {
    if (this.#line.isOff) this.#queue.waiting();
    this.#report();
    for (const file of this.uploads.files) if (file.state !== "done") this.#tell("file", { file });
  }

  #report() {
    const writes = this.#thinking ? "thinking" : this.#typing ? "typing" : "open";
    this.#tell("status", { status: this.#line.isOff ? "waiting" : this.#waiting ?? writes });
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

/** Whom a token names; the server alone says whether it is believed. */
function subject(token) {
  if (!token) return null;
  try {
    return String(JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub);
  } catch {
    return "";
  }
}
