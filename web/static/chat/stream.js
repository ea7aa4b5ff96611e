// What the server tells by itself: one stream of events, taken up where it was cut.

const CROWDED = 60000; // so many tabs have this conversation open that ours gave way
const SILENCE = 45000; // the server gives a sign of life every 15 seconds

export class Stream {
  #line; #store; #hear; #ended; #abort = null; #gaveWay = false;

  /** @param hear called with (kind, data) for every event; @param ended where the conversation is gone */
  constructor(line, store, hear, ended) { [this.#line, this.#store, this.#hear, this.#ended] = [line, store, hear, ended]; }

  /** Follow the conversation until it ends, or `stop`. Safe to call again. */
  async start() {
    const { id } = this.#store.kept;
    if (!id || this.#abort) return;
    const mine = this.#abort = new AbortController();
    for (let tries = 0; !mine.signal.aborted; tries++) {
      try {
        await this.#follow(id, mine.signal, () => { tries = 0; });
      } catch (problem) {
        if (problem.ended && !mine.signal.aborted) { this.stop(); this.#ended(id); return; }
      }
      if (!mine.signal.aborted) await this.#line.rest(tries, { after: this.#gaveWay ? CROWDED : 0 });
      this.#gaveWay = false;
    }
  }

  stop() {
    this.#abort?.abort();
    this.#abort = null;
  }

  async #follow(id, signal, open) {
    const silent = new AbortController();
    const stop = () => silent.abort();
    signal.addEventListener("abort", stop);
    let timer;
    const wait = () => { clearTimeout(timer); timer = setTimeout(stop, SILENCE); };
    try {
      const { last } = this.#store.kept;
      const response = await this.#line.fetch("GET", `/conversations/${id}/events?files=true`, {
        headers: last ? { "Last-Event-ID": String(last) } : {}, signal: silent.signal,
      });
      open();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = "";;) {
        wait();
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        const blocks = (rest + value).replaceAll("\r", "").split("\n\n"); // a piece may end within \r\n
        rest = blocks.pop();
        for (const block of blocks) this.#event(block);
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  #event(block) {
    const fields = { id: "", event: "message", data: "" };
    for (const row of block.split("\n")) {
      const [, name, value] = /^(id|event|data): ?(.*)$/.exec(row) ?? [];
      if (name === "data") fields.data += (fields.data && "\n") + value;
      else if (name) fields[name] = value;
    }
    if (!fields.data) return; // a sign of life
    if (fields.event === "elsewhere") { this.#gaveWay = true; return; }
    this.#hear(fields.event, JSON.parse(fields.data));
    if (fields.id) this.#store.kept.last = Math.max(this.#store.kept.last, Number(fields.id));
    this.#store.save();
  }
}
