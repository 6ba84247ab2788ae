// Every page: reachable, accessible, within its width, and without values.

import assert from "node:assert/strict";
import { HOME, INSTANCE, SECRETS, api, check, read, scenario, secret, shows, url } from "./lib.mjs";

scenario("each page holds to the rules of accessibility, in light and dark", async (page) => {
  const made = await secret({ name: "app-creds", labels: ["dev"], rotation: { auto_rotate: true, interval: 1, unit: "month" }, ttl: "90d" });
  await read(made.id);
  await api("POST", "/_emulator/faults", { operation: "delete_secret", status: 500 });
  for (const path of [HOME, SECRETS, `${SECRETS}/groups`, `${SECRETS}/secrets/${made.id}`, `${HOME}/timeline`, `${HOME}/journal`, `${HOME}/controls`]) {
    await page.goto(path);
    for (const summary of await page.locator("main summary").all()) await summary.click();
    await check(page, path);
  }
});

scenario("a browser gets the console at /, and a program does not", async (page) => {
  await page.goto("/");
  await shows(page.locator("h1"), "Resource list");
  assert.equal(new URL(page.url()).pathname, HOME);
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  assert.equal(answer.status, 404);
  assert.equal((await answer.json()).errors[0].code, "secrets-manager.Error00404");
});

scenario("pages may run nothing but the console's own scripts", async (page) => {
  const response = await page.goto(HOME);
  const headers = response.headers();
  assert.match(headers["content-security-policy"], /default-src 'self'/);
  assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
  assert.doesNotMatch(headers["content-security-policy"], /unsafe/);
  assert.equal(headers["x-content-type-options"], "nosniff");
});

scenario("no key is in a page before it is asked for", async (page) => {
  const made = await secret({ name: "app-creds" });
  const { api_key } = await read(made.id);
  const state = await api("GET", "/_emulator/state");
  const keys = state.iam.api_keys.map((key) => key.apikey);
  assert.ok(keys.includes(api_key));
  for (const path of [HOME, SECRETS, `${SECRETS}/add`, `${SECRETS}/groups`, `${SECRETS}/secrets/${made.id}`, `${HOME}/timeline`, `${HOME}/journal`, `${HOME}/controls`]) {
    const response = await page.goto(path);
    const texts = [await response.text(), await page.content()];
    for (const key of keys) for (const text of texts) assert.ok(!text.includes(key), `${path} has ${key}`);
  }
  await page.goto(HOME);
  const terraform = page.locator("#exports-terraform");
  await page.getByRole("button", { name: "Show API keys" }).click();
  await shows(terraform, "bootstrap-key-");
  await page.getByRole("button", { name: "Show API keys" }).click();
  await terraform.filter({ hasNotText: "bootstrap-key-" }).waitFor();
  await page.getByRole("button", { name: "Copy Terraform" }).click();
  await shows(page.getByRole("status"), "Copied.");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^export IBMCLOUD_API_KEY='?bootstrap-key-/m);
  assert.ok(!(await page.content()).includes("bootstrap-key-"));
});

scenario("hostile names are shown as text", async (page) => {
  const hostile = `<script>globalThis.hit=1</script><img src=x onerror="globalThis.hit=1">'"`;
  const state = JSON.parse(JSON.stringify(await api("GET", "/_emulator/state")));
  const made = await secret({ name: "plain" });
  await read(made.id);
  const now = await api("GET", "/_emulator/state");
  for (const group of now.iam.access_groups) group.name = hostile;
  for (const id of now.iam.service_ids) id.name = hostile;
  for (const key of now.iam.api_keys) key.name = hostile;
  for (const account of now.iam.accounts) account.name = hostile;
  const [kept] = now.secrets_manager.secrets;
  Object.assign(kept, { name: hostile, description: hostile, labels: [hostile], custom_metadata: { [hostile]: hostile } });
  kept.versions.at(-1).locks = [{ name: "a", attributes: {}, created_by: hostile, created_at: kept.created_at, updated_at: kept.created_at }];
  now.secrets_manager.secret_groups.push({ id: "01234567-89ab-4cde-8f01-23456789abcd", instance_id: INSTANCE, name: hostile, description: hostile, created_by: hostile, created_at: kept.created_at, updated_at: kept.created_at });
  await api("PUT", "/_emulator/state", now);
  await api("GET", `/v1/apikeys?account_id=${state.iam.accounts[0].id}`);
  for (const path of [HOME, SECRETS, `${SECRETS}?q=${encodeURIComponent(hostile)}`, `${SECRETS}/add`, `${SECRETS}/groups`, `${SECRETS}/secrets/${made.id}`, `${HOME}/timeline`, `${HOME}/journal`, `${HOME}/controls`]) {
    await page.goto(path);
    assert.equal(await page.evaluate(() => globalThis.hit), undefined, path);
    assert.equal(await page.locator("img").count(), 0, path);
    assert.equal(await page.locator("main script:not([src])").count(), 0, path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 1280, `${path} is ${wide} wide`);
  }
  await page.goto(`${SECRETS}/secrets/${made.id}`);
  await shows(page.locator("h1"), hostile);
});

scenario("the journal is live, with bodies", async (page) => {
  await page.goto(`${HOME}/journal`);
  await shows(page.locator("main"), "Nobody has asked for anything yet.");
  await secret({ name: "app-creds" });
  const entry = page.locator(".journal li").first();
  await shows(entry, "create_secret");
  await entry.locator("summary").click();
  await shows(entry.locator("pre").first(), '"name": "app-creds"');
  await read((await api("GET", `/instances/${INSTANCE}/api/v2/secrets`)).secrets[0].id);
  // What was opened stays open when more comes in.
  await shows(page.locator(".journal li").first(), "get_secret");
  await shows(page.locator("details[open]"), "create_secret");
});
