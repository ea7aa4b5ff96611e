// The widget's own words, sizes and times, in the reader's language. Another language: a file, and its line here.
import de from "./words/de.js";
import en from "./words/en.js";

const WORDS = { de, en };

/** The first of these languages that has words here; English else. */
export function chooseLanguage(wanted) {
  return wanted.map((tag) => (tag ?? "").toLowerCase().split("-")[0]).find((tag) => Object.hasOwn(WORDS, tag)) ?? "en";
}

export class Words {
  #words; #language;

  /** @param region a tag like de-AT where it is known: times and sizes are written as there */
  constructor(language, region = language) { [this.#words, this.#language] = [WORDS[language], region]; }

  /** A phrase with the values in. */
  say(name, values = {}) {
    return this.#words[name].replace(/\{([a-z]+)\}/g, (place, key) => values[key] ?? place);
  }

  /** Why something failed: by its code, else in the server's words. */
  why({ code, detail }) {
    const name = `why_${code}`;
    return this.say(Object.hasOwn(this.#words, name) ? name : "why_other", { detail });
  }

  size(bytes) {
    const [unit, by, digits] = bytes < 1000 ? ["byte", 1, 0] : bytes < 1e6 ? ["kilobyte", 1e3, 0] : ["megabyte", 1e6, 1];
    return new Intl.NumberFormat(this.#language, { style: "unit", unit, maximumFractionDigits: digits }).format(bytes / by);
  }

  share(part) { return new Intl.NumberFormat(this.#language, { style: "percent" }).format(part); }

  /** The time of today, with the day of an earlier one. */
  moment(at, now = new Date()) {
    const today = at.toDateString() === now.toDateString();
    return new Intl.DateTimeFormat(this.#language, { timeStyle: "short", ...(!today && { dateStyle: "medium" }) }).format(at);
  }
}
