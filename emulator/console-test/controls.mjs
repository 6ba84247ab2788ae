// Clock, faults, switches, and the state as a whole.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { HOME, INSTANCE, SECRETS, api, scenario, secret, shows } from "./lib.mjs";

scenario("the clock is frozen at a time, and refuses nonsense", async (page) => {
  await page.goto(`${HOME}/controls`);
  await page.getByLabel("Freeze at").fill("2027-03-01T00:00:00Z");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await shows(page.locator("#clock"), "2027-03-01 00:00:00 UTC");
  assert.equal((await api("GET", "/_emulator/clock")).now, "2027-03-01T00:00:00Z");
});

scenario(
  "a time that is none is refused with the emulator's words",
  async (page) => {
    await page.goto(`${HOME}/controls`);
    await page.getByLabel("Freeze at").fill("tomorrow");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await shows(page.getByRole("alert"), /could|pars|tomorrow/i);
  },
  { refused: /\/clock$/ },
);

scenario(
  "a fault that is added by the form hits a call, and is counted",
  async (page) => {
    const made = await secret({ name: "app-creds" });
    await page.goto(`${HOME}/controls`);
    await page.getByLabel("Operation").selectOption("get_secret");
    await page.getByLabel("Status", { exact: true }).fill("503");
    await page.getByLabel("At most so many times").fill("1");
    await page.getByRole("button", { name: "Add fault" }).click();
    await shows(page.locator("#faults"), '{"operation":"get_secret","status":503,"times":1}');
    const other = await page.context().newPage();
    await other.goto(`${SECRETS}/secrets/${made.id}`);
    await other.getByRole("button", { name: "Read and show" }).click();
    await shows(other.getByRole("status"), "Injected fault: status 503.");
    await other.getByRole("button", { name: "Read and show" }).click();
    await other.getByRole("button", { name: "Hide" }).waitFor();
    await page.locator("#faults tbody tr td:nth-child(3)").filter({ hasText: "1" }).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();
    await shows(page.locator("#faults"), "No fault is set");
    assert.deepEqual((await api("GET", "/_emulator/faults")).faults, []);
    await other.goto(`${HOME}/journal`);
    await shows(other.locator(".journal li").filter({ hasText: "503" }), "fault");
  },
  { refused: /\/api\/v2\/secrets\// },
);

scenario(
  "a fault without an effect is refused",
  async (page) => {
    await page.goto(`${HOME}/controls`);
    await page.getByLabel("Only the n-th").fill("2");
    await page.getByRole("button", { name: "Add fault" }).click();
    await shows(page.getByRole("alert"), "A fault needs an effect");
  },
  { refused: /\/faults$/ },
);

scenario(
  "a dropped connection is told",
  async (page) => {
    await secret({ name: "app-creds" });
    await api("POST", "/_emulator/faults", { operation: "create_secret_group", reset: "before_commit" });
    await page.goto(`${SECRETS}/groups`);
    await page.getByLabel("Name").fill("team-a");
    await page.getByRole("button", { name: "Create" }).click();
    await shows(page.getByRole("alert"), "There was no answer: the connection was dropped.");
  },
  { refused: /\/secret_groups$/ },
);

scenario("switches are set", async (page) => {
  await page.goto(`${HOME}/controls`);
  await page.getByLabel("How a time to live is returned").selectOption("as_given");
  await page.getByLabel("Seconds until new keys and policies are effective").fill("7");
  await page.getByRole("button", { name: "Set switches" }).click();
  await shows(page.getByRole("status"), "The switches are set.");
  const switches = await api("GET", "/_emulator/switches");
  assert.equal(switches.ttl_echo, "as_given");
  assert.equal(switches.iam_propagation_seconds, 7);
  await page.reload();
  assert.equal(await page.getByLabel("How a time to live is returned").inputValue(), "as_given");
});

scenario("a snapshot is saved and restored, and a reset leaves nothing", async (page) => {
  await secret({ name: "app-creds" });
  await page.goto(`${HOME}/controls`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save a snapshot" }).click()]);
  const file = await download.path();
  assert.equal(JSON.parse(readFileSync(file, "utf8")).secrets_manager.secrets[0].name, "app-creds");
  await page.getByRole("button", { name: "Reset", exact: true }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await shows(page.getByRole("status"), "Everything is as at the start.");
  const count = async () => (await api("GET", `/instances/${INSTANCE}/api/v2/secrets`)).total_count;
  assert.equal(await count(), 0);
  await page.getByLabel("Snapshot", { exact: true }).setInputFiles(file);
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await shows(page.getByRole("status"), "The snapshot is restored.");
  assert.equal(await count(), 1);
});
