// Files on their way, one after the other, in pieces: what arrived stays when the line is cut.
import { Problem } from "./line.js";
import { newId } from "./store.js";

/**
 * A file: {key, name, size, state: waiting|sending|done|failed, sent, share, upload, id, problem, message, seen}.
 * `key` is ours and names it on the server too, so that a lost answer makes no second upload. `sent` bytes are
 * there, and `share` of it (0 to 1) is on its way. `message` is the one it goes with, null beside the composer.
 */
export class Uploads {
  #store; #line; #shelf; #open; #tell; #ended; #running = false; #returning = false; #current = null; #waiting = new Map();

  constructor({ store, line, shelf, open, tell, ended }) {
    [this.#store, this.#line, this.#shelf, this.#open, this.#tell, this.#ended] = [store, line, shelf, open, tell, ended];
  }

  get files() { return this.#store.kept.files; }

  find(key) { return this.files.find((file) => file.key === key); }

  /** Take a file in; it is on its way from now on. `limit` is in bytes, if known. */
  async add(blob, limit = Infinity) {
    const file = { key: newId(), name: blob.name, size: blob.size, state: "waiting", sent: 0, share: 0, upload: null, id: null, message: null };
    this.files.push(file);
    this.#change(file);
    if (blob.size > limit) return this.#settle(file, "failed", { code: "attachment.too_large", message: "" });
    await this.#shelf.put(file.key, blob);
    return this.run();
  }

  remove(key) {
    const file = this.find(key);
    if (!file) return;
    this.files.splice(this.files.indexOf(file), 1);
    if (this.#current?.key === key) this.#current.abort.abort();
    this.#line.nudge(); // the next one need not wait for it
    this.#shelf.remove(key);
    this.#giveBack(file.upload);
    this.#settled(key);
  }

  /** Resolves once each of these is there, refused, or taken back. */
  settle(keys) {
    return Promise.all(keys.map((key) => new Promise((go) => {
      if (this.#isOpen(this.find(key))) this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), go]);
      else go();
    })));
  }

  /** The message was accepted: what it brought need not be kept here any longer. */
  async drop(keys) { for (const key of keys) await this.#shelf.remove(key); }

  /** A new conversation knows nothing of these: send them again. */
  again(keys) {
    for (const file of this.files) {
      if (keys.includes(file.key) && file.state !== "failed") Object.assign(file, { state: "waiting", upload: null, id: null, sent: 0 });
    }
    this.run();
  }

  /** Give all of them up. */
  stop() {
    this.#current?.abort.abort();
    for (const file of this.files) {
      this.#shelf.remove(file.key);
      if (file.message === null && file.upload) this.#forget(file.upload).catch(() => { /* staff see no file that was not sent */ });
    }
    for (const key of [...this.#waiting.keys()]) this.#settled(key);
  }

  /** Send what waits. Safe to call again. */
  async run() {
    this.#giveBack();
    if (this.#running) return;
    this.#running = true;
    for (let file; (file = this.files.find((one) => this.#isOpen(one)));) await this.#send(file);
    this.#running = false;
    this.#current = null;
  }

  #isOpen(file) { return file?.state === "waiting" || file?.state === "sending"; }

  async #send(file) {
    const bytes = await this.#shelf.get(file.key);
    if (!bytes) return this.#settle(file, "failed", { code: "lost", message: "" });
    const { signal } = (this.#current = { key: file.key, abort: new AbortController() }).abort;
    let unsure = file.upload !== null; // how much of it arrived
    for (let tries = 0; this.find(file.key) === file && !signal.aborted;) {
      try {
        await this.#open();
        if (file.upload === null) await this.#announce(file, bytes);
        else if (unsure) await this.#ask(file, signal);
        if (signal.aborted) break;
        unsure = false;
        const answer = await this.#piece(file, bytes, signal);
        tries = 0;
        this.#change(file, { state: "sending", sent: answer.offset });
        if (answer.file) return this.#settle(file, "done", null, answer.file);
      } catch (problem) {
        if (signal.aborted) break;
        if (problem instanceof DOMException) return this.#settle(file, "failed", { code: "lost", message: "" }); // unreadable
        if (!(problem instanceof Problem)) throw problem;
        unsure = true;
        if (problem.ended) this.#gone(file);
        else if (!problem.passes) return this.#settle(file, "failed", problem);
        else this.#change(file, { state: "waiting" });
        await this.#line.rest(tries++, problem);
      }
    }
    return undefined;
  }

  async #announce(file, bytes) {
    const { id } = this.#store.kept;
    const sha256 = await digest(bytes);
    const body = { name: file.name, size: file.size, client_id: file.key, ...(sha256 && { sha256 }) };
    try {
      const answer = await this.#line.ask("POST", `/conversations/${id}/uploads`, body);
      if (this.find(file.key) !== file) this.#giveBack(answer.id); // taken back meanwhile
      else this.#change(file, { state: "sending", upload: answer.id, sent: answer.offset, piece: answer.piece });
    } catch (problem) {
      if (problem.ended) this.#ended(id);
      throw problem;
    }
  }

  async #ask(file, signal) {
    const answer = await this.#line.fetch("HEAD", this.#address(file), { signal });
    this.#change(file, { state: "sending", sent: Number(answer.headers.get("Upload-Offset")) });
  }

  /** The next piece; an empty one where all of it is there and only the answer was lost. */
  async #piece(file, bytes, signal) {
    const first = file.sent, last = Math.min(first + file.piece, file.size);
    const piece = await bytes.slice(first, last).arrayBuffer(); // it may have changed on the disk: that is known here
    return this.#line.put(this.#address(file), piece, {
      "Content-Range": `bytes ${first}-${last - 1}/${file.size}`, "Content-Type": "application/octet-stream",
    }, { moved: (count) => { file.share = (first + count) / file.size; this.#tell("file", { file }); }, signal });
  }

  #address(file) { return this.#place(file.upload); }

  #place(upload) { return `/conversations/${this.#store.kept.id}/uploads/${upload}`; }

  #forget(upload) { return this.#line.fetch("DELETE", this.#place(upload)); }

  /** The server need not keep what was taken back; it hears of it as soon as the line is there. */
  async #giveBack(upload) {
    const { kept } = this.#store;
    if (upload) kept.back.push(upload);
    this.#store.save();
    if (this.#returning) return;
    this.#returning = true;
    for (let tries = 0; kept.back.length && kept === this.#store.kept;) {
      const problem = await this.#forget(kept.back[0]).then(() => null, (found) => found);
      if (problem?.passes) await this.#line.rest(tries++, problem);
      else {
        tries = 0;
        kept.back.shift();
        this.#store.save();
      }
    }
    this.#returning = false;
  }

  /** The server forgot it (a day passed, or the conversation ended): from its beginning. */
  #gone(file) { this.#change(file, { state: "waiting", upload: null, sent: 0 }); }

  #settle(file, state, problem, kept = {}) {
    if (this.find(file.key) !== file) return;
    const told = problem && { code: problem.code, detail: problem.message };
    this.#change(file, { state, problem: told, ...(kept.id && { id: kept.id, name: kept.name, size: kept.size }) });
    this.#settled(file.key);
  }

  #settled(key) {
    for (const go of this.#waiting.get(key) ?? []) go();
    this.#waiting.delete(key);
  }

  #change(file, changes = {}) {
    Object.assign(file, changes);
    if ("sent" in changes) file.share = file.sent / file.size;
    this.#store.save();
    this.#tell("file", { file });
  }
}

/** SHA-256 in hexadecimal, so that the server can compare; none where the page is not served safely. */
async function digest(blob) {
  if (!crypto.subtle) return null;
  const found = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(found)].map((one) => one.toString(16).padStart(2, "0")).join("");
}
