// The demo's button: starts the replay and says how far it is, without leaving the page.
const form = document.querySelector("[data-replay]");
const said = document.querySelector("[data-said]");
const progress = document.querySelector("[data-progress]");
const bar = progress.querySelector("progress");
const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

async function ask(method) {
  const response = await fetch(form.action, { method, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok && response.status !== 409) throw new Error(answer.detail);
  return answer;
}

async function follow() {
  for (;;) {
    const state = await ask("GET");
    const running = state.state === "running";
    if (state.state === "idle") return;
    progress.hidden = false;
    bar.value = state.total ? state.sent / state.total : 0;
    said.textContent = running
      ? `${state.sent} of ${state.total} reports sent. Open the console to see them form incidents.`
      : state.state === "done" ? `All ${state.sent} reports were sent.` : `It stopped after ${state.sent} reports. Try again.`;
    form.querySelector("button").disabled = running;
    if (!running) return;
    await pause(700);
  }
}

const show = () => follow().catch((error) => { said.textContent = error.message || "The server does not answer."; });

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.textContent = "Starting…";
  try { await ask("POST"); } catch (error) { said.textContent = error.message; return; }
  show();
});
show();
