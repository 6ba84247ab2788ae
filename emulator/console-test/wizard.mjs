// The wizard: the 19 steps of IBM's page, with its choices and its refusals.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { INSTANCE, KEY, SECRETS, api, check, engine, scenario, secret, shows, tabTo } from "./lib.mjs";

const GROUPS = ["AccessGroupId-45884031-54be-4dd7-86ff-112511e92699", "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"];
const SERVICE_ID = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97";

const next = (page) => page.locator("#next").click();
const refusal = (page, text) => shows(page.locator("#refusal"), text);
const screen = (page, title) => page.getByRole("heading", { level: 2, name: title }).waitFor();

async function open(page) {
  await engine();
  await page.goto(`${SECRETS}/add`);
  await page.getByLabel("IAM credentials", { exact: false }).first().check();
  await next(page);
  await screen(page, "Describe the secret");
}

async function toLease(page, name) {
  await open(page);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await next(page);
  await screen(page, "Set the lease");
}

async function toAccess(page, name) {
  await toLease(page, name);
  await next(page);
  await screen(page, "Assign access");
}

async function made(name) {
  const { secrets } = await api("GET", `/instances/${INSTANCE}/api/v2/secrets`);
  return secrets.find((it) => it.name === name);
}

scenario("the 19 steps by keyboard alone, for an existing service ID", async (page) => {
  const key = (name) => page.keyboard.press(name);
  const type = (text) => page.keyboard.type(text);
  await page.goto("/");
  // 1 and 2: the resource list, and the instance.
  await tabTo(page, page.locator(`#instances a[href="${SECRETS}"]`));
  await key("Enter");
  // 3
  await tabTo(page, page.getByRole("link", { name: "Add" }));
  await key("Enter");
  await screen(page, "Select a secret type");
  // Before you begin: the engine.
  await tabTo(page, page.getByRole("radio"));
  await key("Space");
  await tabTo(page, page.locator("#configure"));
  await key("Enter");
  await shows(page.getByRole("status"), "The engine is configured.");
  // 4 and 5
  await tabTo(page, page.locator("#next"));
  await key("Enter");
  await screen(page, "Describe the secret");
  // 6
  await tabTo(page, page.locator("#name"));
  await type("app-creds");
  await key("Tab");
  await type("For the app");
  // 7: a new group
  await tabTo(page, page.locator("#new-group summary"));
  await key("Enter");
  await tabTo(page, page.locator("#group-name"));
  await type("team-a");
  await tabTo(page, page.locator("#create-group"));
  await key("Enter");
  await shows(page.getByRole("status"), "The group team-a exists and is selected.");
  // 8
  await tabTo(page, page.locator("#labels"));
  await type("dev, us-south");
  // 9
  await tabTo(page, page.locator("#custom_metadata"));
  await type('{"owner": "team-a"}');
  await tabTo(page, page.locator("#version_custom_metadata"));
  await type('{"ticket": "1"}');
  // 10
  await tabTo(page, page.locator("#next"));
  await key("Enter");
  await screen(page, "Set the lease");
  // 11
  await tabTo(page, page.locator("#ttl"));
  await key("Control+A");
  await type("90");
  await key("Tab");
  await type("days");
  // 12 and 13
  await tabTo(page, page.locator("#reuse_api_key"));
  await key("Space");
  await tabTo(page, page.locator("#auto_rotate"));
  await key("Space");
  await tabTo(page, page.locator("#rotation"));
  await key("Control+A");
  await type("2");
  // 14
  await tabTo(page, page.locator("#next"));
  await key("Enter");
  await screen(page, "Assign access");
  // 15 and 16
  await tabTo(page, page.locator("#service_id"));
  await type("application");
  assert.equal(await page.locator("#service_id").inputValue(), SERVICE_ID);
  // 17
  await tabTo(page, page.locator("#next"));
  await key("Enter");
  await screen(page, "Review");
  // 18
  await shows(page.locator("#summary"), "every 2 months");
  await shows(page.locator("#review-hcl"), 'resource "ibm_sm_iam_credentials_secret" "app_creds"');
  await shows(page.locator("#review-hcl"), 'ttl = "90d"');
  await shows(page.locator("#review-curl"), '"reuse_api_key": true');
  await tabTo(page, page.getByRole("button", { name: "Copy Terraform" }));
  await key("Enter");
  await shows(page.getByRole("status"), "Copied.");
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /service_id += "ServiceId-f4b2/);
  // 19
  await tabTo(page, page.locator("#next"));
  assert.equal(await page.locator("#next").textContent(), "Add");
  await key("Enter");
  await page.getByRole("heading", { level: 1, name: "app-creds" }).waitFor();
  const created = await made("app-creds");
  assert.equal(created.description, "For the app");
  assert.deepEqual(created.labels, ["dev", "us-south"]);
  assert.deepEqual(created.custom_metadata, { owner: "team-a" });
  assert.equal(created.ttl, "7776000");
  assert.equal(created.reuse_api_key, true);
  assert.deepEqual(created.rotation, { auto_rotate: true, interval: 2, unit: "month" });
  assert.equal(created.service_id, SERVICE_ID);
  const { secret_groups } = await api("GET", `/instances/${INSTANCE}/api/v2/secret_groups`);
  assert.equal(secret_groups.find((it) => it.id === created.secret_group_id).name, "team-a");
  const { requests } = await api("GET", "/_emulator/journal?operation=create_secret");
  assert.equal(requests.length, 1);
  assert.deepEqual(requests[0].request_body.version_custom_metadata, { ticket: "1" });
});

scenario("access groups, in a specific account, with metadata from a file", async (page) => {
  await open(page);
  await page.getByLabel("Name", { exact: true }).fill("backup");
  const file = { name: "metadata.json", mimeType: "application/json", buffer: Buffer.from('{"from": "a file"}') };
  await page.locator("#custom_metadata-file").setInputFiles(file);
  await page.waitForFunction(() => document.getElementById("custom_metadata").value !== "");
  await next(page);
  await screen(page, "Set the lease");
  await next(page);
  await screen(page, "Assign access");
  await page.getByLabel("Access groups, for a new service ID").check();
  await page.getByLabel("object-storage-readers").check();
  await page.getByLabel("A specific account").check();
  await page.getByLabel("Account ID").fill("0123456789abcdef0123456789abcdef");
  await page.getByLabel("IDs of the access groups").fill(GROUPS.join("\n"));
  await next(page);
  await screen(page, "Review");
  await shows(page.locator("#review-hcl"), GROUPS[1]);
  await page.locator("#back").click();
  await screen(page, "Assign access");
  await next(page);
  await next(page);
  await page.getByRole("heading", { level: 1, name: "backup" }).waitFor();
  const created = await made("backup");
  assert.deepEqual(created.access_groups, GROUPS);
  assert.deepEqual(created.custom_metadata, { from: "a file" });
  assert.equal(created.reuse_api_key, false);
  await shows(page.locator("#lease"), "begins at the first read");
});

scenario("a service ID of another account, whose key is made there", async (page) => {
  const account = "fedcba9876543210fedcba9876543210";
  const serviceId = "ServiceId-eeeeeeee-ffff-4000-8111-222222222222";
  await toAccess(page, "elsewhere");
  await page.getByLabel("A specific account").check();
  await page.getByLabel("Account ID").fill(account);
  await page.getByLabel("ID of the service ID").fill(serviceId);
  await next(page);
  await screen(page, "Review");
  await shows(page.locator("#review-hcl"), account);
  await next(page);
  await page.getByRole("heading", { level: 1, name: "elsewhere" }).waitFor();
  const created = await made("elsewhere");
  assert.deepEqual([created.account_id, created.service_id], [account, serviceId]);
  await page.getByRole("button", { name: "Read and show" }).click();
  await page.getByRole("button", { name: "Hide" }).waitFor();
  const { iam } = await api("GET", "/_emulator/state");
  const { api_key_id } = await made("elsewhere");
  assert.equal(iam.api_keys.find((it) => it.id === api_key_id).account_id, account);
});

scenario("access groups of the current account", async (page) => {
  await toAccess(page, "reports");
  await page.getByLabel("Access groups, for a new service ID").check();
  await page.getByLabel("log-writers").check();
  await next(page);
  await next(page);
  await page.getByRole("heading", { level: 1, name: "reports" }).waitFor();
  assert.deepEqual((await made("reports")).access_groups, [GROUPS[1]]);
});

scenario("the copied commands make the same secret, whatever its texts are", async (page) => {
  await open(page);
  const description = `it's "quoted", \${x}, $(false) and <b>bold</b>`;
  await page.getByLabel("Name", { exact: true }).fill("by-curl");
  await page.getByLabel("Description (optional)").fill(description);
  await next(page);
  await next(page);
  await screen(page, "Assign access");
  await page.locator("#service_id").selectOption(SERVICE_ID);
  await next(page);
  await screen(page, "Review");
  await page.getByRole("button", { name: "Copy curl" }).click();
  await shows(page.getByRole("status"), "Copied.");
  const commands = await page.evaluate(() => navigator.clipboard.readText());
  execFileSync("sh", ["-c", commands], { env: { ...process.env, IBMCLOUD_API_KEY: KEY, no_proxy: "127.0.0.1" }, stdio: "pipe" });
  const created = await made("by-curl");
  assert.equal(created.description, description);
  assert.equal(created.ttl, "43200");
  assert.equal(created.service_id, SERVICE_ID);
});

scenario("type: refused without a choice, without an engine and without a role", async (page) => {
  await page.goto(`${SECRETS}/add`);
  await next(page);
  await refusal(page, "Select a secret type.");
  await page.getByRole("radio").check();
  await next(page);
  await refusal(page, /engine/i);
  await engine();
  await page.locator("#acting-as").selectOption({ label: "reader" });
  await next(page);
  await refusal(page, /role|permission|not authorized|forbidden/i);
  await page.locator("#acting-as").selectOption({ label: "writer" });
  await next(page);
  await screen(page, "Describe the secret");
});

scenario("details: the service's refusals, at their fields", async (page) => {
  await secret({ name: "taken" });
  await page.goto(`${SECRETS}/add`);
  await page.getByRole("radio").check();
  await next(page);
  await screen(page, "Describe the secret");
  await next(page);
  await refusal(page, "'name'");
  assert.equal(await page.locator("#name").getAttribute("aria-invalid"), "true");
  assert.ok(await page.locator("#name").evaluate((input) => input === document.activeElement));
  await page.locator("#name").fill("taken");
  await next(page);
  await refusal(page, "already exists");
  await page.locator("#name").fill("free");
  await page.locator("#labels").fill("x");
  await next(page);
  await refusal(page, "labels");
  await page.locator("#labels").fill("");
  await page.locator("#custom_metadata").fill("{not json");
  await next(page);
  await refusal(page, "The metadata is not JSON");
  await page.locator("#custom_metadata").fill("[1]");
  await next(page);
  await refusal(page, "custom_metadata");
  assert.equal(await page.locator("#custom_metadata").getAttribute("aria-invalid"), "true");
  await check(page, "a refusal");
});

scenario("lease: its bounds, and rotation only with reuse and within the lease", async (page) => {
  await toLease(page, "app-creds");
  await page.locator("#ttl-unit").selectOption("m");
  for (const [value, unit] of [["0", "m"], ["91", "d"], ["", "h"], ["1.5", "h"]]) {
    await page.locator("#ttl").fill(value);
    await page.locator("#ttl-unit").selectOption(unit);
    await next(page);
    await refusal(page, "must be 60 to 7776000 seconds");
    await page.locator("#ttl").fill("1");
  }
  assert.ok(await page.locator("#auto_rotate").isDisabled());
  await page.locator("#reuse_api_key").check();
  await page.locator("#auto_rotate").check();
  await page.locator("#rotation").fill("0");
  await next(page);
  await refusal(page, "must be a whole number from 1");
  await page.locator("#rotation").fill("2");
  await next(page);
  await refusal(page, "the interval must not exceed the ttl");
  await page.locator("#reuse_api_key").uncheck();
  assert.ok(!(await page.locator("#auto_rotate").isChecked()));
  await next(page);
  await screen(page, "Assign access");
});

scenario("access: nothing selected, an unknown service ID, too many groups, a wrong account", async (page) => {
  await toAccess(page, "app-creds");
  await next(page);
  await refusal(page, "service_id");
  await page.getByLabel("A specific account").check();
  await page.getByLabel("Account ID").fill("not an account");
  await page.getByLabel("ID of the service ID").fill(SERVICE_ID);
  await next(page);
  await refusal(page, "account_id");
  await page.getByLabel("Current account").check();
  await page.getByLabel("Access groups, for a new service ID").check();
  await next(page);
  await refusal(page, "access_groups");
  await page.getByLabel("A specific account").check();
  await page.getByLabel("Account ID").fill("0123456789abcdef0123456789abcdef");
  const many = Array.from({ length: 11 }, (_, index) => `AccessGroupId-45884031-54be-4dd7-86ff-1125112e92${index + 10}`);
  await page.getByLabel("IDs of the access groups").fill(many.join("\n"));
  await next(page);
  await refusal(page, "access_groups");
  await page.getByLabel("An existing service ID").check();
  await page.getByLabel("ID of the service ID").fill("ServiceId-c0c7cfa4-b24e-4917-ad74-000000000000");
  await next(page);
  await refusal(page, "ServiceId-c0c7cfa4-b24e-4917-ad74-000000000000");
});

scenario(
  "review: what the service refuses at the end is shown, and can be mended",
  async (page) => {
    await toAccess(page, "app-creds");
    await page.locator("#service_id").selectOption(SERVICE_ID);
    await next(page);
    await screen(page, "Review");
    // Somebody else takes the name meanwhile.
    await secret({ name: "app-creds" });
    await next(page);
    await refusal(page, "already exists");
    for (let back = 0; back < 3; back += 1) await page.locator("#back").click();
    await page.locator("#name").fill("other-creds");
    for (let forth = 0; forth < 3; forth += 1) {
      await next(page);
      await page.locator(`.progress li:nth-child(${forth + 3})[aria-current]`).waitFor();
    }
    await next(page);
    await page.getByRole("heading", { level: 1, name: "other-creds" }).waitFor();
  },
  { refused: /\/api\/v2\/secrets$/ },
);

scenario(
  "a group that the service refuses",
  async (page) => {
    await open(page);
    await page.locator("#new-group summary").click();
    await page.locator("#create-group").click();
    await refusal(page, "name");
    await api("POST", `/instances/${INSTANCE}/api/v2/secret_groups`, { name: "team-a" });
    await page.locator("#group-name").fill("team-a");
    await page.locator("#create-group").click();
    await refusal(page, "already exists");
  },
  { refused: /\/secret_groups$/ },
);

scenario("each screen of the wizard holds to the rules of accessibility", async (page) => {
  await page.goto(`${SECRETS}/add`);
  await check(page, "type, without an engine");
  await toAccessChecked(page);
});

async function toAccessChecked(page) {
  await open(page);
  await page.locator("#new-group summary").click();
  await check(page, "details");
  await page.locator("#name").fill("app-creds");
  await next(page);
  await screen(page, "Set the lease");
  await page.locator("#reuse_api_key").check();
  await page.locator("#auto_rotate").check();
  await check(page, "lease");
  await page.locator("#auto_rotate").uncheck();
  await next(page);
  await screen(page, "Assign access");
  await page.getByLabel("Access groups, for a new service ID").check();
  await check(page, "access");
  await page.getByLabel("log-writers").check();
  await next(page);
  await screen(page, "Review");
  await check(page, "review");
}
