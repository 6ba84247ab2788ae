// The pictures in the README: made at a frozen clock and with fixed ids, so that they change only
// when the console does.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HOME, SECRETS, api, read, scenario, secret } from "./lib.mjs";

const FOLDER = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const LARGEST = 150_000;
const GROUPS = ["AccessGroupId-45884031-54be-4dd7-86ff-112511e92699", "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"];
const DAY = 86_400;

const advance = (seconds) => api("POST", "/_emulator/clock/advance", { seconds });

/** Some weeks in the life of three secrets, with ids that are the same each time. */
async function life() {
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  const known = new Set(JSON.stringify(await api("GET", "/_emulator/state")).match(uuid));
  const payments = await secret({ name: "payments-api", description: "Writes receipts to object storage", labels: ["prod", "payments"], ttl: "90d", rotation: { auto_rotate: true, interval: 1, unit: "month" } });
  await read(payments.id);
  const web = await secret({ name: "web-frontend", labels: ["prod"], ttl: "45d" });
  await advance(12 * DAY);
  await read(web.id);
  await advance(20 * DAY);
  const backup = await secret({ name: "nightly-backup", ttl: "20d", reuse_api_key: false, service_id: undefined, access_groups: GROUPS });
  await read(backup.id);
  await advance(5 * DAY + 3600);
  let made = 0;
  const ids = new Map();
  const fixed = (id) => {
    if (known.has(id)) return id;
    if (!ids.has(id)) ids.set(id, `5ec2e700-0000-4000-8000-${String((made += 1)).padStart(12, "0")}`);
    return ids.get(id);
  };
  const state = await api("GET", "/_emulator/state");
  // Rows come in the order of their random ids.
  const order = (row) => [row.created_at, row.name, row.access_group_id].join();
  for (const table of [...Object.values(state.iam), ...Object.values(state.secrets_manager)]) {
    table.sort((a, b) => order(a).localeCompare(order(b)));
  }
  await api("PUT", "/_emulator/state", JSON.parse(JSON.stringify(state).replace(uuid, fixed)));
  return { payments: fixed(payments.id) };
}

async function picture(page, name, height) {
  mkdirSync(FOLDER, { recursive: true });
  await page.setViewportSize({ width: 1280, height });
  const path = `${FOLDER}${name}.png`;
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  assert.ok(statSync(path).size < LARGEST, `${name} is large`);
}

scenario("pictures for the README", async (page) => {
  const { payments } = await life();
  await page.goto(SECRETS);
  await picture(page, "secrets", 560);
  await page.goto(`${SECRETS}/secrets/${payments}`);
  await picture(page, "secret", 1060);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`${HOME}/timeline`);
  await picture(page, "timeline", 560);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(`${SECRETS}/add`);
  await page.getByRole("radio").check();
  await page.locator("#next").click();
  await page.locator("#name").fill("reports");
  await page.locator("#next").click();
  await page.locator("#ttl").fill("60");
  await page.locator("#ttl-unit").selectOption("d");
  await page.locator("#reuse_api_key").check();
  await page.locator("#auto_rotate").check();
  await page.locator("#rotation").fill("3");
  await page.locator("#next").click();
  await page.locator("#refusal").filter({ hasText: "interval" }).waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await picture(page, "wizard", 1060);
});
