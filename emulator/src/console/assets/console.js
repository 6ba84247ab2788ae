// What all pages share: the client for the APIs, forms, live parts, countdowns, copies.

const status = document.getElementById("status");
const console_ = "/_emulator/console";

/** Tells something to those who see and to those who listen. */
export function say(text) {
  status.textContent = text;
}

/** A refusal of a service, with its message. */
export class Refusal extends Error {}

async function answer(response) {
  const text = await response.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    throw new Refusal(`The answer (${response.status}) is not JSON.`);
  }
  if (response.ok) return body;
  const messages = (body?.errors ?? []).map((error) => error.message);
  const message = body?.errorMessage ?? messages.join(" ");
  throw new Refusal(message || `The answer has the status ${response.status}.`);
}

async function sent(method, path, body, headers) {
  try {
    return await fetch(path, { method, headers, body });
  } catch {
    throw new Refusal("There was no answer: the connection was dropped.");
  }
}

let token = null;

/** A token for the key that is selected, from the token service like any client's. */
async function bearer() {
  const id = document.getElementById("acting-as")?.value;
  if (!id) throw new Refusal("There is no API key to act with.");
  if (token?.id === id) return token.value;
  const { apikey } = await answer(await sent("GET", `${console_}/api_keys/${encodeURIComponent(id)}`));
  const form = new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey });
  const granted = await answer(await sent("POST", "/identity/token", form));
  token = { id, value: granted.access_token };
  return token.value;
}

/** Calls the control API, or one of IBM's APIs with a token. */
export async function call(method, path, body) {
  const isControl = path.startsWith("/_emulator") && !path.endsWith("/rehearse");
  const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const attempt = async () => {
    const headers = text === undefined ? {} : { "Content-Type": "application/json" };
    if (!isControl) headers.Authorization = `Bearer ${await bearer()}`;
    return sent(method, path, text, headers);
  };
  let response = await attempt();
  if (response.status === 401 && !isControl) {
    // The clock may have been advanced beyond the end of the token.
    token = null;
    response = await attempt();
  }
  return answer(response);
}

/** The value of an API key, for a body that must have it. */
export async function keyValue(id) {
  return (await call("GET", `${console_}/api_keys/${encodeURIComponent(id)}`)).apikey;
}

// Which identity acts in an account is remembered while the tab is open.
const acting = document.getElementById("acting-as");
if (acting) {
  const name = `acting-as ${acting.dataset.account}`;
  const kept = sessionStorage.getItem(name);
  if ([...acting.options].some((option) => option.value === kept)) acting.value = kept;
  acting.addEventListener("change", () => {
    sessionStorage.setItem(name, acting.value);
    say(`Acting as ${acting.selectedOptions[0].textContent}.`);
  });
}

/** Asks before something that cannot be undone. */
function confirmed(text) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** The fields of a form as JSON: what is empty is left out. */
async function bodyOf(form) {
  const body = form.dataset.body ? JSON.parse(form.dataset.body) : {};
  let isEmpty = !form.dataset.body;
  for (const input of form.elements) {
    if (input.dataset.type === "file") return input.files[0].text();
    if (!input.name || input.value === "") continue;
    isEmpty = false;
    if (input.dataset.type === "number") {
      const factor = input.dataset.factor ? Number(document.getElementById(input.dataset.factor).value) : 1;
      body[input.name] = Number(input.value) * factor;
    } else {
      body[input.name] = input.value;
    }
  }
  return isEmpty ? undefined : body;
}

function complain(form, text) {
  let place = form.querySelector(":scope > .refusal");
  if (!place) {
    place = document.createElement("p");
    place.className = "refusal";
    place.setAttribute("role", "alert");
    form.append(place);
  }
  place.textContent = text;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.send) return;
  event.preventDefault();
  form.querySelector(":scope > .refusal")?.remove();
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm))) return;
  const space = form.dataset.send.indexOf(" ");
  const [method, path] = [form.dataset.send.slice(0, space), form.dataset.send.slice(space + 1)];
  form.setAttribute("aria-busy", "true");
  try {
    let body = await bodyOf(form);
    if (method === "POST" && body === undefined && !path.startsWith("/_emulator")) body = {};
    await call(method, path, body);
    if (form.dataset.then) {
      location.assign(form.dataset.then);
      return;
    }
    if (form.id !== "switches") form.reset();
    await refresh();
    say(form.dataset.done ?? "Done.");
  } catch (error) {
    complain(form, error.message);
  } finally {
    form.removeAttribute("aria-busy");
  }
});

// Live parts: the same page is fetched again, and what differs is replaced.

function comparable(element) {
  const copy = element.cloneNode(true);
  for (const time of copy.querySelectorAll("[data-until], [data-clock]")) time.textContent = "";
  for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
  return copy.innerHTML.replace(/data-clock="\d+" (data-mode="system") datetime="[^"]*"/g, "$1");
}

const served = new Map();
for (const part of document.querySelectorAll("[data-live]")) served.set(part.id, comparable(part));

const focusable = "a, button, input, select, textarea, summary, [tabindex]";

/** What was opened stays open, and what had the focus keeps it: by its id, or by its place. */
function replace(part, fresh) {
  const name = (details, index) => details.id || index;
  const isOpen = new Set([...part.querySelectorAll("details")].flatMap((it, index) => (it.open ? [name(it, index)] : [])));
  const active = document.activeElement;
  const place = [...part.querySelectorAll(focusable)].indexOf(active);
  part.innerHTML = fresh.innerHTML;
  for (const [index, it] of part.querySelectorAll("details").entries()) it.open = isOpen.has(name(it, index));
  if (place >= 0) {
    const again = (active.id && document.getElementById(active.id)) || part.querySelectorAll(focusable)[place];
    (again ?? document.getElementById("content")).focus({ preventScroll: true });
  }
}

let isRefreshing = null;

async function update() {
  let response;
  try {
    response = await fetch(location.href, { headers: { Accept: "text/html" } });
  } catch {
    return;
  }
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    const text = comparable(fresh);
    if (served.get(part.id) !== text) {
      served.set(part.id, text);
      replace(part, fresh);
    }
  }
  const clock = page.querySelector("#clock [data-clock]");
  if (clock) setClock(clock);
  tick();
}

/** Fetches the live parts now; several calls at once are one. */
export async function refresh() {
  await isRefreshing;
  isRefreshing = update();
  await isRefreshing;
  isRefreshing = null;
}

// The emulator's clock, and what is counted down by it.

const clock = { at: 0, seen: 0, isFrozen: true };

function setClock(element) {
  clock.at = Number(element.dataset.clock);
  clock.seen = performance.now();
  clock.isFrozen = element.dataset.mode === "frozen";
}

function now() {
  return clock.isFrozen ? clock.at : clock.at + Math.floor((performance.now() - clock.seen) / 1000);
}

function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const at = now();
  for (const element of document.querySelectorAll("[data-clock]")) {
    write(element, new Date(at * 1000).toISOString().replace("T", " ").replace(/\..*/, " UTC"));
  }
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Number(element.dataset.until) - at;
    write(element, left > 0 ? duration(left) : "ended");
  }
}

const first = document.querySelector("#clock [data-clock]");
if (first) {
  setClock(first);
  setInterval(tick, 1000);
  setInterval(() => {
    if (!document.hidden && !isRefreshing) refresh();
  }, 1500);
}

// Copies, and values that are shown when asked for.

async function exportsOf(id) {
  return (await call("GET", `${console_}/exports`)).exports[id];
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  try {
    if (button.dataset.copy) {
      const id = button.dataset.copy;
      const text = id.startsWith("exports-") ? await exportsOf(id) : document.getElementById(id).textContent;
      await navigator.clipboard.writeText(text);
      say("Copied.");
    } else if (button.id === "show-keys") {
      await showKeys(button);
    } else if (button.dataset.read) {
      await showValue(button);
    }
  } catch (error) {
    say(error.message);
  }
});

async function showKeys(button) {
  const isShown = button.getAttribute("aria-pressed") === "true";
  if (isShown) {
    for (const [id, text] of hidden) document.getElementById(id).textContent = text;
  } else {
    const { exports } = await call("GET", `${console_}/exports`);
    for (const [id, text] of Object.entries(exports)) {
      const place = document.getElementById(id);
      hidden.set(id, place.textContent);
      place.textContent = text;
    }
  }
  button.setAttribute("aria-pressed", String(!isShown));
}

const hidden = new Map();

async function showValue(button) {
  const place = document.getElementById(button.getAttribute("aria-controls"));
  const isShown = button.getAttribute("aria-expanded") === "true";
  if (!isShown) {
    const secret = await call("GET", button.dataset.read);
    place.textContent = secret[button.dataset.field] ?? "There is none.";
    await refresh();
  } else {
    place.textContent = "";
  }
  place.hidden = isShown;
  button.setAttribute("aria-expanded", String(!isShown));
  button.textContent = isShown ? "Read and show" : "Hide";
}
