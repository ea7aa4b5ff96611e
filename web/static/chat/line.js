// The line to the server: requests that end, problems that say whether they pass, and patience.

const FIRST_WAIT = 500, LONGEST_WAIT = 15000; // milliseconds between tries
const PATIENCE = 45000; // for an answer, or for a piece to move on
const PASSING = new Set([408, 425, 429, "conversation.busy", "upload.gap"]);

/** A try that failed. Without a status the line was cut; `after`: milliseconds the server asks to wait. */
export class Problem extends Error {
  constructor(detail, { status = 0, code = "", after = 0, data = {} } = {}) {
    super(detail);
    Object.assign(this, { status, code, after, data });
  }

  /** Whether the same try may succeed later. */
  get passes() {
    return !this.status || this.status >= 500 || PASSING.has(this.status) || PASSING.has(this.code);
  }

  /** Whether the conversation is not there any more, or not for us. */
  get ended() { return [401, 404, 410].includes(this.status); }
}

export class Line {
  #base; #token; #naps = new Set(); #asked = new Set();

  /** @param token called for each request; null before there is one */
  constructor(base, token) {
    [this.#base, this.#token] = [base, token];
    addEventListener("online", () => this.nudge());
    document.addEventListener("visibilitychange", () => document.hidden || this.nudge());
  }

  get isOff() { return navigator.onLine === false; }

  /** Resolves to what `take` makes of a good Response, in the time there is; else throws a Problem. */
  async fetch(method, path, { body, headers, signal, take = (response) => response } = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    signal?.addEventListener("abort", () => stop.abort());
    try {
      const response = await fetch(this.#base + path, {
        method, body, headers: { ...this.#authorization(), ...headers }, cache: "no-store", signal: stop.signal,
      });
      if (!response.ok) throw problemOf(response.status, (name) => response.headers.get(name), await response.text());
      const found = await take(response);
      this.nudge();
      return found;
    } catch (error) {
      throw error instanceof Problem ? error : new Problem(error.message);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The same with JSON both ways. */
  ask(method, path, body, { signal } = {}) {
    const headers = { "Content-Type": "application/json" };
    return this.fetch(method, path, { body: JSON.stringify(body), headers, signal, take: (response) => response.json() });
  }

  /** PUT bytes; `moved` hears how many are on their way. Fetch cannot say that. */
  put(path, bytes, headers, { moved, signal }) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      let timer;
      const wait = () => { clearTimeout(timer); timer = setTimeout(() => request.abort(), PATIENCE); };
      request.open("PUT", this.#base + path);
      for (const [name, value] of Object.entries({ ...this.#authorization(), ...headers })) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => { wait(); moved(loaded); };
      request.onload = () => {
        const answer = parsed(request.responseText);
        if (request.status !== 200 || !answer) return fail(problemOf(request.status, (name) => request.getResponseHeader(name), request.responseText));
        this.nudge();
        return done(answer);
      };
      request.onerror = request.onabort = () => fail(new Problem("cut off"));
      request.onloadend = () => clearTimeout(timer);
      signal.addEventListener("abort", () => request.abort());
      wait();
      request.send(bytes);
    });
  }

  /** Wait before the next try: as long as the server asked, then until the line seems to be back. */
  async rest(tries, { after = 0 } = {}) {
    const wait = Math.min(FIRST_WAIT * 2 ** tries, LONGEST_WAIT) * (0.7 + 0.6 * Math.random());
    await nap(after, this.#asked);
    await nap(wait - after, this.#naps);
  }

  /** Something got through, or the browser says so: whoever rests may try now, but not sooner than asked. */
  nudge() { for (const end of [...this.#naps]) end(); }

  /** What was tried is given up: nobody need rest for it. */
  release() { for (const end of [...this.#asked, ...this.#naps]) end(); }

  #authorization() {
    const token = this.#token();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }
}

/** Wait, `among` those who can be woken. */
function nap(milliseconds, among) {
  return new Promise((go) => {
    const end = () => { clearTimeout(timer); among.delete(end); go(); };
    const timer = setTimeout(end, Math.max(0, milliseconds));
    among.add(end);
  });
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; } // not from us: a proxy's page
}

function problemOf(status, header, text) {
  const data = parsed(text) ?? {};
  return new Problem(data.detail ?? "", { status, code: data.code, after: (Number(header("Retry-After")) || 0) * 1000, data });
}
