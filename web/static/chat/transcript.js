// The lines of a talk in the order the server has them; what it has not accepted yet comes last.

/**
 * A line: {kind: mine|theirs|receipt, id, number, text, at, ...}. `number` is null while it waits. Mine have
 * `state` (sending|waiting|sent|read|failed), `files` (keys), and are `wordless` where the text is only their names;
 * theirs may have `buttons`, `card`, and an `author` where a person wrote it.
 */
export class Transcript {
  #store; #tell;

  /** @param tell called with (line) whenever one is new, moved or changed */
  constructor(store, tell) { [this.#store, this.#tell] = [store, tell]; }

  get lines() { return this.#store.kept.lines; }

  find(id) { return this.lines.find((line) => line.id === id); }

  /** Add a line where it belongs, unless it is here already. */
  add(line) {
    if (this.find(line.id)) return false;
    this.#insert(line);
    return true;
  }

  /** The server has it, under this number. */
  accept(id, number) {
    this.#settle(id, number);
    this.mark(id, "sent");
  }

  /** The server does not want it. It stays where it is now, and what comes later comes after it. */
  fail(id, problem) {
    const line = this.#settle(id, this.newest);
    if (line) line.problem = problem;
    this.mark(id, "failed");
  }

  mark(id, state) {
    const line = this.find(id);
    if (!line || line.state === state || (line.state === "read" && state === "sent")) return;
    line.state = state;
    this.#changed(line);
  }

  /** Whoever has answered, or looked, has read what came before. */
  markRead(number) {
    for (const line of this.lines) if (line.state === "sent" && line.number <= number) this.mark(line.id, "read");
  }

  /** The number of the last line that the server has. */
  get newest() { return Math.max(0, ...this.lines.map((line) => line.number ?? 0)); }

  #settle(id, number) {
    const line = this.find(id);
    if (line?.number === null) {
      this.lines.splice(this.lines.indexOf(line), 1);
      this.#insert(Object.assign(line, { number }));
    }
    return line;
  }

  #insert(line) {
    const place = (one) => one.number ?? Infinity;
    const after = this.lines.findIndex((one) => place(one) > place(line));
    this.lines.splice(after < 0 ? this.lines.length : after, 0, line);
    this.#changed(line);
  }

  #changed(line) {
    this.#store.save();
    this.#tell(line);
  }
}
