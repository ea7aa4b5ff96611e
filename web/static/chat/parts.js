// The pieces a talk is drawn with. Text only ever through textContent.

export function el(tag, { text, on, ...rest } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(rest)) if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  if (text !== undefined) node.textContent = text;
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener);
  node.append(...children.filter(Boolean));
  return node;
}

export function clipIcon() {
  const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.6 1.6 0 0 1-2.3-2.3l7.8-7.7");
  svg.append(path);
  return svg;
}

/** One line of the transcript; `renderMark` fills in how far it came. */
export function renderLine(line, words) {
  if (line.kind === "receipt") return renderReceipt(line, words);
  const mine = line.kind === "mine";
  return el("div", { class: `line ${line.kind}`, "data-id": line.id },
    line.author ? el("span", { class: "author", dir: "auto", text: line.author })
      : el("span", { class: "visually-hidden", text: `${mine ? words.say("you") : words.say("muster")}: ` }),
    line.text && el("p", { class: line.wordless ? "bubble visually-hidden" : "bubble", dir: "auto", text: line.text }),
    ...(line.files ?? []).map((key) => el("p", { class: "file", dir: "auto", "data-key": key })),
    line.card && renderCard(line.card, words),
    el("span", { class: "mark" }, el("time", { datetime: line.at, text: words.moment(new Date(line.at)) }), mine && el("span", { class: "sent" })));
}

/** Whether it was sent, and if not why. */
export function renderMark(node, line, words) {
  const note = node.querySelector(".sent");
  if (!note) return;
  for (const state of ["sending", "waiting", "sent", "read", "failed"]) node.classList.toggle(state, line.state === state);
  if (line.state === "failed") note.setAttribute("role", "alert");
  note.textContent = line.state === "failed" ? words.say("failed", { why: words.why(line.problem) }) : words.say(line.state);
}

/** A file under the message it goes with: how far it is, and what was seen in it. */
export function renderFile(node, file, words) {
  const note = file.state === "failed" ? words.why(file.problem)
    : file.trouble && file.kept === "refused" ? file.trouble
    : file.seen ? file.seen
    : file.state !== "done" ? progressOf(file, words)
    : file.kept === "quarantined" ? words.say("file_checking")
    : file.reading === "owed" ? words.say("file_reading") : words.size(file.size);
  if (!node.firstChild) node.append(clipIcon(), el("span", { class: "name", text: file.name }), el("span", { class: "note" }));
  node.setAttribute("aria-live", file.seen ? "polite" : "off"); // what was seen is read aloud, not how far it is
  node.classList.toggle("failed", file.state === "failed" || file.kept === "refused");
  node.classList.toggle("seen", Boolean(file.seen));
  node.querySelector(".note").textContent = note;
}

/** A file beside the composer, that can be taken back. */
export function renderChip(node, file, words, remove) {
  if (!node.firstChild) {
    node.append(
      el("span", { class: "name", text: file.name, dir: "auto" }), el("span", { class: "note" }),
      el("progress", { max: "1", value: "0", "aria-label": words.say("upload_of", { name: file.name }) }),
      el("button", { type: "button", class: "icon", "aria-label": words.say("remove", { name: file.name }), text: "×", on: { click: remove } }));
  }
  const [note, bar] = [node.querySelector(".note"), node.querySelector("progress")];
  const failed = file.state === "failed";
  node.classList.toggle("failed", failed);
  if (failed) note.setAttribute("role", "alert");
  note.textContent = failed ? words.why(file.problem) : file.seen ? file.seen : progressOf(file, words);
  bar.hidden = failed || file.state === "done";
  bar.value = file.share;
}

function progressOf(file, words) {
  const values = { size: words.size(file.size), share: words.share(file.share) };
  if (file.state === "done") return words.say("file_ready", values);
  return navigator.onLine === false ? words.say("file_waiting", values) : words.say("file_sending", values);
}

function renderCard(card, words) {
  const list = el("dl");
  for (const row of card.rows ?? []) {
    list.append(el("dt", { text: row.label }), el("dd", { dir: "auto" },
      el("span", { text: row.value ?? words.say("not_said") }), row.from && el("small", { class: "from", text: row.from })));
  }
  return el("section", { class: "summary", "aria-label": card.title }, el("h3", { text: card.title }), list);
}

function renderReceipt({ id, report, incident }, words) {
  const [before, after] = words.say("recorded").split("{reference}");
  const others = incident?.joined && incident.reporters > 1 ? ` · ${words.say("one_of", { people: incident.reporters })}` : "";
  return el("p", { class: "receipt", "data-id": id },
    el("span", { text: `✓ ${before}` }), el("strong", { text: report.reference }), after && el("span", { text: after }),
    incident && el("span", { text: ` · ${incident.title ?? incident.reference}${others}`, dir: "auto" }));
}
