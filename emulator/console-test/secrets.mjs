// Secrets: the lease counted down, rotations, locks, the objects behind them.

import assert from "node:assert/strict";
import { HOME, INSTANCE, SECRETS, api, check, read, scenario, secret, shows, tabTo } from "./lib.mjs";

const base = `/instances/${INSTANCE}/api/v2`;
const figure = (page, name) => page.locator(".figures div").filter({ hasText: name }).locator("dd");

async function advance(page, amount, unit) {
  const other = await page.context().newPage();
  await other.goto(`${HOME}/controls`);
  await other.getByLabel("Advance by").fill(String(amount));
  await other.getByLabel("Unit").selectOption({ label: unit });
  await other.getByRole("button", { name: "Advance", exact: true }).click();
  await shows(other.getByRole("status"), "The clock was advanced.");
  await other.close();
}

scenario("a lease is counted down to its end over an advanced clock", async (page) => {
  const made = await secret({ name: "app-creds", ttl: "30m" });
  await page.goto(`${SECRETS}/secrets/${made.id}`);
  await shows(figure(page, "Lease"), "begins at the first read");
  await page.getByRole("button", { name: "Read and show" }).click();
  const { api_key } = await read(made.id);
  await shows(page.locator("#value"), api_key);
  await check(page, "a value");
  await page.getByRole("button", { name: "Hide" }).click();
  assert.ok(!(await page.content()).includes(api_key));
  await shows(figure(page, "Lease"), "30 min 0 s");
  await shows(page.locator("svg.graph"), "Secrets-Manager-IAM");
  await advance(page, 29, "minutes");
  await shows(figure(page, "Lease"), "1 min 0 s");
  await advance(page, 59, "seconds");
  await shows(figure(page, "Lease"), /^1 s$/);
  await advance(page, 1, "seconds");
  await shows(figure(page, "Lease"), "ended");
  await shows(page.locator("svg.graph"), "revoked");
  await shows(page.locator("#versions"), "ended");
});

scenario("a running clock counts down by itself", async (page) => {
  const made = await secret({ name: "app-creds", ttl: "30m" });
  await read(made.id);
  await page.goto(`${HOME}/controls`);
  await page.getByRole("button", { name: "Run with the system's time" }).click();
  await shows(page.locator("#clock-state"), "The clock is running.");
  await read(made.id);
  await page.goto(SECRETS);
  const lease = page.locator("tbody [data-until]").first();
  // Without an answer from the emulator, so that it is the page that counts.
  await page.route("**/instances/**", () => {});
  const before = await lease.textContent();
  await page.waitForFunction((text) => document.querySelector("tbody [data-until]").textContent !== text, before);
  await page.unrouteAll();
  await page.goto(`${HOME}/controls`);
  await page.getByRole("button", { name: "Freeze", exact: true }).click();
  await shows(page.locator("#clock-state"), "The clock stands still.");
});

scenario("a rotation is seen: by hand, and by the schedule", async (page) => {
  const made = await secret({ name: "app-creds", ttl: "90d", rotation: { auto_rotate: true, interval: 1, unit: "month" } });
  await read(made.id);
  await page.goto(`${SECRETS}/secrets/${made.id}`);
  await shows(figure(page, "Versions"), "2");
  await page.getByRole("button", { name: "Rotate now" }).click();
  await shows(page.getByRole("status"), "Rotated: there is a new key.");
  await shows(figure(page, "Versions"), "3");
  await advance(page, 32, "days");
  await shows(figure(page, "Versions"), "4");
  await shows(page.locator("#versions tbody tr").first(), "schedule");
  assert.equal(await page.locator("svg.timeline circle.rotated").count(), 1);
  await page.goto(`${HOME}/timeline`);
  await shows(page.locator("tbody tr"), "schedule");
});

scenario("locks are set and removed, and shown in the table and in the graph", async (page) => {
  const made = await secret({ name: "app-creds" });
  await read(made.id);
  await page.goto(`${SECRETS}/secrets/${made.id}`);
  await tabTo(page, page.getByRole("button", { name: "Lock version 2" }));
  await page.keyboard.press("Enter");
  await shows(page.getByRole("status"), "Locked.");
  await shows(figure(page, "Locks"), "1");
  await page.locator("#objects summary").click();
  await shows(page.locator("#graph-text"), "Version current, has data (");
  assert.match(await page.locator("#graph-text").textContent(), /Version current, has data \([^)]*, locked\) → API key Secrets-Manager-IAM-Secret-app-creds \([^)]*, locked\)/);
  await page.getByRole("button", { name: "Unlock console" }).click();
  await shows(figure(page, "Locks"), "0");
});

scenario("the graph has the members of access groups", async (page) => {
  const groups = ["AccessGroupId-45884031-54be-4dd7-86ff-112511e92699", "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"];
  const made = await secret({ name: "backup", reuse_api_key: false, service_id: undefined, access_groups: groups });
  await page.goto(`${SECRETS}/secrets/${made.id}`);
  await page.locator("#objects summary").click();
  await shows(page.locator("#graph-text"), "Secret backup (group default) → Access group object-storage-readers");
  await page.getByRole("button", { name: "Read and show" }).click();
  await shows(page.locator("#graph-text"), "Service ID Secrets-Manager-IAM-Secret-backup");
  const text = await page.locator("#graph-text").textContent();
  for (const id of groups) assert.match(text, new RegExp(`Service ID [^→]*, locked\\) → Access group [a-z-]+ \\(${id}\\)`));
});

scenario("groups are made, secrets are found, and deleted after a question", async (page) => {
  await page.goto(`${SECRETS}/groups`);
  await page.getByLabel("Name").fill("team-a");
  await page.getByRole("button", { name: "Create" }).click();
  await shows(page.locator("#groups"), "team-a");
  await secret({ name: "first", labels: ["dev"] });
  await secret({ name: "second" });
  await page.goto(SECRETS);
  await page.getByLabel("Search by name or label").fill("DEV");
  await page.keyboard.press("Enter");
  await shows(page.locator("caption"), "1 shown");
  await page.getByRole("link", { name: "first" }).click();
  await page.getByRole("button", { name: "Delete secret" }).click();
  await check(page, "a question");
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await api("GET", `${base}/secrets`)).total_count, 2);
  await page.getByRole("button", { name: "Delete secret" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { level: 1, name: "Secrets" }).waitFor();
  assert.equal((await api("GET", `${base}/secrets`)).total_count, 1);
});

scenario("only keys of the instance's account are offered, and a choice is kept", async (page) => {
  const state = await api("GET", "/_emulator/state");
  const [account] = state.iam.accounts;
  const other = { ...account, id: "ffffffffffffffffffffffffffffffff", name: "Other" };
  state.iam.accounts.push(other);
  const key = state.iam.api_keys.find((it) => it.name === "bootstrap");
  state.iam.api_keys.push({ ...key, id: "ApiKey-99999999-0000-4000-8000-000000000000", account_id: other.id, name: "stranger", apikey: `${key.apikey}-2` });
  await api("PUT", "/_emulator/state", state);
  const acting = page.locator("#acting-as");
  await page.goto(HOME);
  assert.match(await acting.textContent(), /stranger/);
  await page.goto(SECRETS);
  assert.doesNotMatch(await acting.textContent(), /stranger/);
  await acting.selectOption({ label: "reader" });
  await page.goto(`${SECRETS}/groups`);
  assert.equal(await acting.locator(":checked").textContent(), "reader");
});
