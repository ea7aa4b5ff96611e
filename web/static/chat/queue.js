// Messages that were said and not accepted yet: sent one after the other, each until it is accepted.
import { Problem } from "./line.js";

/** A message: {client_id, text, payload?, files: keys, wordless, attachments?: ids once its files are there}. */
export class Queue {
  #store; #line; #uploads; #transcript; #open; #accepted; #ended; #tell; #running = false; #abort = null;

  constructor({ store, line, uploads, transcript, open, accepted, ended, tell }) {
    [this.#store, this.#line, this.#uploads, this.#transcript] = [store, line, uploads, transcript];
    [this.#open, this.#accepted, this.#ended, this.#tell] = [open, accepted, ended, tell];
  }

  get messages() { return this.#store.kept.queue; }

  add(message) {
    this.messages.push(message);
    this.#store.save();
    this.run();
  }

  /** Give up what is under way: the queue was emptied. */
  stop() { this.#abort?.abort(); }

  /** Send what waits, in order. Safe to call again. */
  async run() {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let tries = 0, message; (message = this.messages[0]);) tries = await this.#try(message, tries);
    } finally {
      this.#running = false;
      this.#tell("thinking", false);
    }
  }

  /** One try of a message; the number of tries that failed since one went through. */
  async #try(message, tries) {
    try {
      return await this.#send(message) ? 0 : tries;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (this.messages[0] !== message) return tries; // started over meanwhile
      const { id } = this.#store.kept;
      if (problem.ended && id) this.#ended(id);
      else if (problem.passes) this.waiting(problem);
      else { this.#fail(message, problem); return tries; }
      await this.#line.rest(tries, problem);
      return tries + 1;
    }
  }

  async #send(message) {
    if (this.#line.isOff) this.waiting();
    await this.#uploads.settle(message.files);
    if (this.messages[0] !== message) return false;
    if (!message.attachments && !this.#attach(message)) return this.#fail(message, new Problem("", { code: "no_file" }));
    this.#tell("thinking", !this.#line.isOff);
    await this.#open();
    const { client_id, text, payload, attachments } = message;
    this.#abort = new AbortController();
    const answer = await this.#line.ask("POST", `/conversations/${this.#store.kept.id}/messages`, {
      client_id, text, ...(payload && { payload }), ...(attachments.length && { attachments }),
    }, { signal: this.#abort.signal });
    if (this.messages[0] !== message) return false;
    this.#accepted(message, answer);
    this.#leave(message);
    return true;
  }

  /** Its files' ids, once and for all: sent again, it must be the same message. */
  #attach(message) {
    const files = message.files.map((key) => this.#uploads.find(key)).filter((file) => file?.state === "done");
    if (message.wordless && !files.length) return false;
    message.attachments = files.map((file) => file.id);
    this.#store.save();
    return true;
  }

  #fail(message, problem) {
    this.#leave(message);
    this.#transcript.fail(message.client_id, { code: problem.code, detail: problem.message });
  }

  #leave(message) {
    this.messages.shift();
    this.#store.save();
    this.#uploads.drop(message.files);
    this.moving();
  }

  /** Nothing gets through now: say so on all of them. With a status the server is there, and asks to wait. */
  waiting({ status = 0 } = {}) {
    if (!this.messages.length) return;
    for (const { client_id } of this.messages) this.#transcript.mark(client_id, "waiting");
    this.#tell("waiting", status ? "held" : "waiting");
  }

  /** Something got through. */
  moving() {
    for (const { client_id } of this.messages) this.#transcript.mark(client_id, "sending");
    this.#tell("waiting", null);
  }
}
