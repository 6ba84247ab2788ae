// Leads through the screens of the wizard. What may be entered is the service's to say: each screen
// is rehearsed against it before the next one.

import { call, keyValue, say } from "./console.js";

const form = document.getElementById("wizard");
const refusal = document.getElementById("refusal");
const back = document.getElementById("back");
const next = document.getElementById("next");
const screens = [...form.querySelectorAll("[data-screen]")];
let position = 0;

const at = (id) => document.getElementById(id);
const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value;
const lines = (text) => text.split(/\s+/).filter(Boolean);

class Mistake extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

function metadata(name) {
  const text = at(name).value.trim();
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mistake(name, `The metadata is not JSON: ${error.message}`);
  }
}

/** What the service is sent for all screens up to this one. */
function body(screen) {
  const reached = screens.findIndex((it) => it.dataset.screen === screen);
  const sent = { secret_type: chosen("secret_type") };
  if (!sent.secret_type) throw new Mistake("secret_type", "Select a secret type.");
  if (reached >= 1) {
    sent.name = at("name").value;
    if (at("description").value) sent.description = at("description").value;
    sent.secret_group_id = at("secret_group_id").value;
    const labels = at("labels").value.split(",").map((label) => label.trim()).filter(Boolean);
    if (labels.length) sent.labels = labels;
    for (const name of ["custom_metadata", "version_custom_metadata"]) {
      const value = metadata(name);
      if (value !== undefined) sent[name] = value;
    }
  }
  if (reached >= 2) {
    sent.ttl = `${at("ttl").value}${at("ttl-unit").value}`;
    sent.reuse_api_key = at("reuse_api_key").checked;
    if (at("auto_rotate").checked) {
      sent.rotation = { auto_rotate: true, interval: Number(at("rotation").value), unit: at("rotation-unit").value };
    }
  }
  if (reached >= 3) {
    const isSpecific = chosen("account") === "specific";
    if (isSpecific) sent.account_id = at("account_id").value.trim();
    if (chosen("scope") === "service_id") {
      sent.service_id = isSpecific ? at("service_id_text").value.trim() : at("service_id").value;
    } else if (isSpecific) {
      sent.access_groups = lines(at("access_groups_text").value);
    } else {
      sent.access_groups = [...form.querySelectorAll('[name="access_groups"]:checked')].map((it) => it.value);
    }
  }
  return sent;
}

function show(index) {
  position = index;
  screens.forEach((screen, number) => (screen.hidden = number !== index));
  const id = screens[index].dataset.screen;
  for (const item of document.querySelectorAll(".progress li")) {
    if (item.dataset.for === id) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  back.hidden = index === 0;
  next.textContent = id === "review" ? "Add" : "Next";
  document.title = document.title.replace(/^[^–]*/, `${screens[index].querySelector("h2").textContent} `);
}

/** Where a refusal is about: the input of that field on the screen that is shown. */
function inputOf(field) {
  const name = field?.split(/[.[]/)[0];
  const all = [...screens[position].querySelectorAll(`[name="${name}"]`)];
  return all.find((input) => !input.closest("[hidden]"));
}

function complain(error) {
  refusal.textContent = error.message;
  const input = inputOf(error.field);
  if (input) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  } else {
    refusal.focus();
  }
}

function forget() {
  refusal.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

const instance = form.dataset.home;

async function rehearse(screen) {
  const sent = body(screen);
  const answer = await call("POST", `${instance}/rehearse`, { screen, body: sent });
  if (answer.refusal) throw new Mistake(answer.refusal.field, answer.refusal.message);
  return { sent, answer };
}

function summarize({ sent, answer }) {
  const told = {
    "Secret type": "IAM credentials",
    Name: sent.name,
    Description: sent.description ?? "none",
    "Secret group": at("secret_group_id").selectedOptions[0].textContent,
    Labels: (sent.labels ?? []).join(", ") || "none",
    Metadata: sent.custom_metadata ? JSON.stringify(sent.custom_metadata) : "none",
    "Metadata of the version": sent.version_custom_metadata ? JSON.stringify(sent.version_custom_metadata) : "none",
    "Lease duration": `${at("ttl").value} ${at("ttl-unit").selectedOptions[0].textContent}`,
    "Reuse IAM credentials": sent.reuse_api_key ? "On" : "Off",
    "Automatic rotation": sent.rotation ? `every ${sent.rotation.interval} ${at("rotation-unit").selectedOptions[0].textContent}` : "Off",
    "Source account": sent.account_id ?? "current account",
    Access: sent.service_id ? `service ID ${sent.service_id}` : `access groups ${sent.access_groups.join(", ")}`,
  };
  at("summary").replaceChildren(
    ...Object.entries(told).flatMap(([name, value]) => {
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      text.textContent = value;
      return [term, text];
    }),
  );
  at("review-hcl").textContent = answer.hcl;
  at("review-curl").textContent = answer.curl;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  forget();
  next.disabled = true;
  try {
    const screen = screens[position].dataset.screen;
    if (screen === "review") {
      const made = await call("POST", `${form.dataset.api}/secrets`, body("access"));
      location.assign(`${instance}/secrets/${made.id}`);
      return;
    }
    const rehearsed = await rehearse(screen);
    if (screen === "access") summarize(rehearsed);
    show(position + 1);
    screens[position].querySelector("h2").focus();
  } catch (error) {
    complain(error);
  } finally {
    next.disabled = false;
  }
});

back.addEventListener("click", () => {
  forget();
  show(position - 1);
  screens[position].querySelector("h2").focus();
});

for (const input of form.querySelectorAll("[data-into]")) {
  input.addEventListener("change", async () => {
    if (input.files[0]) at(input.dataset.into).value = await input.files[0].text();
  });
}

function arrange() {
  const reuse = at("reuse_api_key").checked;
  at("auto_rotate").disabled = !reuse;
  if (!reuse) at("auto_rotate").checked = false;
  at("interval").hidden = !at("auto_rotate").checked;
  const account = chosen("account");
  const scope = chosen("scope");
  at("specific-account").hidden = account !== "specific";
  for (const part of form.querySelectorAll("[data-scope]")) {
    const [wantedScope, wantedAccount] = part.dataset.scope.split(" ");
    part.hidden = wantedScope !== scope || (wantedAccount !== undefined && wantedAccount !== account);
  }
}
form.addEventListener("change", arrange);

at("create-group").addEventListener("click", async () => {
  forget();
  try {
    const wanted = { name: at("group-name").value };
    if (at("group-description").value) wanted.description = at("group-description").value;
    const group = await call("POST", `${form.dataset.api}/secret_groups`, wanted);
    at("secret_group_id").add(new Option(group.name, group.id, true, true));
    at("new-group").open = false;
    at("secret_group_id").focus();
    say(`The group ${group.name} exists and is selected.`);
  } catch (error) {
    refusal.textContent = error.message;
    at("group-name").focus();
  }
});

at("configure")?.addEventListener("click", async () => {
  forget();
  try {
    await call("POST", `${form.dataset.api}/configurations`, {
      config_type: "iam_credentials_configuration",
      name: "iam-engine",
      api_key: await keyValue(at("engine-key").value),
    });
    at("engine").remove();
    say("The engine is configured.");
    next.focus();
  } catch (error) {
    complain(error);
  }
});

arrange();
show(0);
