// What this browser keeps: the talk in sessionStorage, files on their way in IndexedDB, for a day.

const FILES = "muster-chat-files";
const DAY = 24 * 60 * 60 * 1000;

/** The talk of one tab. `kept` is the only state of the chat that outlives a page. */
export class Store {
  #key;

  constructor(key) {
    this.#key = key;
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(key)); } catch { /* unreadable: start afresh */ }
    this.kept = { ...fresh(), ...kept };
    if (!this.kept.whole) Object.assign(this.kept, { last: 0, whole: true }); // the stream brings back what had no room
  }

  save() {
    if (this.#write()) return;
    const { kept } = this;
    const old = kept.lines.filter((line) => line.number !== null).slice(0, kept.lines.length / 2);
    kept.lines = kept.lines.filter((line) => !old.includes(line));
    kept.whole = false;
    this.#write();
  }

  /** Apart from the rest: it changes with every key. */
  get draft() {
    try { return sessionStorage.getItem(`${this.#key}-draft`) ?? ""; } catch { return ""; }
  }

  set draft(text) {
    try { sessionStorage.setItem(`${this.#key}-draft`, text); } catch { /* no room: it stands in the composer */ }
  }

  forget() {
    this.kept = { ...fresh(), person: this.kept.person };
    this.#write();
  }

  /** What another person left in this tab is not for this one to see. */
  claim(person) {
    if (this.kept.person === person) return;
    this.kept = { ...fresh(), person };
    this.draft = "";
    this.#write();
  }

  #write() {
    try { sessionStorage.setItem(this.#key, JSON.stringify(this.kept)); } catch { return false; }
    return true;
  }
}

/**
 * person: whose talk it is, null where nobody is named. id, token: the conversation's, null before it is opened. last: number of the newest message heard.
 * base: added to its numbers where it is not the first in this tab. seen: number told as seen.
 * lines: the transcript. queue: messages not accepted yet. files: by whom they go, and how far.
 * back: uploads taken back that the server has not heard of. whole: false where lines were dropped for want of room.
 */
function fresh() {
  return { person: null, id: null, token: null, last: 0, base: 0, seen: 0, lines: [], queue: [], files: [], back: [], whole: true };
}

/** Contents of files until they are accepted. Without IndexedDB they live as long as the page. */
export class Shelf {
  #held = new Map();
  #opened = null;

  constructor() { this.#sweep().catch(() => {}); }

  async put(key, blob) {
    this.#held.set(key, blob);
    await this.#ask("readwrite", (files) => files.put({ key, blob, at: Date.now() })).catch(() => {});
  }

  async get(key) {
    if (this.#held.has(key)) return this.#held.get(key);
    const found = await this.#ask("readonly", (files) => files.get(key)).catch(() => null);
    if (found) this.#held.set(key, found.blob);
    return found?.blob ?? null;
  }

  async remove(key) {
    this.#held.delete(key);
    await this.#ask("readwrite", (files) => files.delete(key)).catch(() => {});
  }

  /** What tabs that were closed left behind. */
  async #sweep() {
    const all = await this.#ask("readonly", (files) => files.getAll());
    for (const { key, at } of all) if (at < Date.now() - DAY) await this.remove(key);
  }

  async #ask(mode, what) {
    this.#opened ??= promised(Object.assign(indexedDB.open(FILES, 1), {
      onupgradeneeded: ({ target }) => target.result.createObjectStore("files", { keyPath: "key" }),
    }));
    const database = await this.#opened;
    return promised(what(database.transaction("files", mode).objectStore("files")));
  }
}

function promised(request) {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

export function newId() {
  const bytes = () => [...crypto.getRandomValues(new Uint8Array(16))];
  return crypto.randomUUID?.() ?? bytes().map((one) => one.toString(16).padStart(2, "0")).join("");
}
