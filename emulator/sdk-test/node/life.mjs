// The life of one secret in each of the four modes.
import assert from "node:assert/strict";
import { answer, empty, observe, plain, refused } from "./answer.mjs";
import { authenticatorOf } from "./clients.mjs";
import { advance, freeze, now } from "./emulator.mjs";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const PREFIX = "Secrets-Manager-IAM-Secret-";
const LEASE = 90 * 86400;
const { TF_VAR_access_group_id: GROUP, TF_VAR_engine_api_key: ENGINE_KEY, TF_VAR_service_id: SERVICE_ID } = process.env;

export async function live(connect) {
  await freeze();
  for (const generated of [false, true]) {
    for (const reuse of [true, false]) {
      await new Life(connect, generated, reuse).run();
    }
  }
}

class Life {
  // `generated`: its service ID, for access groups; `reuse`: of its API key, until the lease ends.
  constructor(connect, generated, reuse) {
    Object.assign(this, { connect, generated, reuse, name: `generated-${generated}-reuse-${reuse}` });
    this.reconnect();
  }

  reconnect() {
    Object.assign(this, this.connect());
    observe(this.secrets);
  }

  // A call to Secrets Manager.
  call(method, path, options) {
    return plain(this.secrets.send(method, path, options));
  }

  async run() {
    await this.begin();
    await this.create();
    const first = await this.read();
    const second = await this.readAgain(first);
    await this.list();
    await this.change();
    const keys = await this.rotate(second);
    await this.locks(keys);
    await this.end(keys);
    await this.nothingIsLeft();
  }

  // Makes a group, and configures the engine.
  async begin() {
    const group = await this.call("POST", "secret_groups", { body: { name: "team-a", description: "of team a" } });
    assert.equal(group.description, "of team a");
    this.group = group.id;
    assert.equal((await this.call("GET", "secret_groups")).total_count, 3);
    const body = { name: "engine", config_type: "iam_credentials_configuration", api_key: ENGINE_KEY };
    const made = await this.call("POST", "configurations", { body });
    assert.equal(made.secret_type, "iam_credentials");
    assert.equal(made.disabled, false);
    assert.equal(made.api_key, ENGINE_KEY);
    await refused(400, /already exists/, this.secrets.send("POST", "configurations", { body }));
    assert.equal((await this.call("GET", "configurations/engine")).api_key, ENGINE_KEY);
    assert.equal((await this.call("GET", "configurations", { qs: { search: "engine" } })).total_count, 1);
  }

  prototype() {
    return {
      secret_type: "iam_credentials",
      name: this.name,
      secret_group_id: this.group,
      description: "of a test",
      labels: ["dev", "us-south"],
      ttl: "90d",
      reuse_api_key: this.reuse,
      custom_metadata: { a: { b: [1, null] } },
      version_custom_metadata: { v: "w" },
      ...(this.generated ? { access_groups: [GROUP] } : { service_id: SERVICE_ID }),
      ...(this.reuse && { rotation: { auto_rotate: true, interval: 1, unit: "month" } }),
    };
  }

  async create() {
    const create = (body) => this.secrets.send("POST", "secrets", { body });
    await refused(400, /ttl/, create({ ...this.prototype(), ttl: "91d" }));
    await refused(400, /service_id/, create({ ...this.prototype(), access_groups: [GROUP], service_id: SERVICE_ID }));
    const made = await plain(create(this.prototype()));
    this.id = made.id;
    const { version_custom_metadata: ofVersion, ...asked } = this.prototype();
    const rotation = this.reuse ? asked.rotation : { auto_rotate: false };
    assert.deepEqual(pick(made, asked), { ...asked, ttl: String(LEASE) });
    assert.deepEqual(made.rotation, rotation);
    assert.equal(made.service_id_is_static, !this.generated);
    assert.equal(made.state_description, "active");
    assert.equal(made.versions_total, 1);
    assert.equal(made.locks_total, 0);
    assert.equal(Date.parse(made.created_at), await now());
    assert.equal("next_rotation_date" in made, this.reuse);
    assert.ok(!("api_key" in made));
    await refused(409, /already exists/, create(this.prototype()));
  }

  // Gets a key, which works; the platform's SDK sees what is behind it.
  async read() {
    const secret = await this.call("GET", `secrets/${this.id}`);
    assert.equal(Date.parse(secret.expiration_date), await now() + LEASE * 1000);
    assert.ok(await accepted(secret.api_key));
    const { identity } = this;
    const details = identity.getApiKeysDetails({ iamApiKey: secret.api_key });
    assert.equal((await answer("IamIdentity.ApiKey", details)).id, secret.api_key_id);
    const key = await answer("IamIdentity.ApiKey", identity.getApiKey({ id: secret.api_key_id }));
    const expected = { name: PREFIX + this.name, iam_id: `iam-${secret.service_id}`, account_id: ACCOUNT, locked: true };
    assert.deepEqual(pick(key, expected), expected);
    await refused(409, /locked/, identity.deleteApiKey({ id: key.id }));
    const service = await answer("IamIdentity.ServiceId", identity.getServiceId({ id: secret.service_id }));
    assert.equal(service.locked, this.generated);
    assert.equal(service.name.startsWith(PREFIX), this.generated);
    const groups = await answer("IamAccessGroups.GroupsList", this.groups.listAccessGroups({
      accountId: ACCOUNT, iamId: key.iam_id, hidePublicAccess: true,
    }));
    assert.deepEqual(groups.groups.map((group) => group.id), this.generated ? [GROUP] : []);
    if (this.generated) {
      await empty(this.groups.isMemberOfAccessGroup({ accessGroupId: GROUP, iamId: key.iam_id }));
    }
    return secret;
  }

  // Gets the same key with reuse, and otherwise another one that replaces it.
  async readAgain(first) {
    const second = await this.call("GET", `secret_groups/team-a/secret_types/iam_credentials/secrets/${this.name}`);
    assert.equal(second.api_key === first.api_key, this.reuse);
    assert.equal(second.api_key_id === first.api_key_id, this.reuse);
    assert.equal(second.service_id === first.service_id, this.reuse || !this.generated);
    assert.equal(await accepted(first.api_key), this.reuse);
    assert.ok(await accepted(second.api_key));
    return second;
  }

  async list() {
    const qs = { sort: "-created_at", search: this.name, groups: this.group, secret_types: "iam_credentials" };
    const listed = await this.call("GET", "secrets", { qs: { ...qs, match_all_labels: "us-south,dev", limit: 1 } });
    assert.deepEqual(listed.secrets.map((secret) => secret.id), [this.id]);
    assert.equal((await this.call("GET", "secrets", { qs: { ...qs, match_all_labels: "prod" } })).total_count, 0);
  }

  async change() {
    this.name += "-2";
    const path = `secrets/${this.id}/metadata`;
    const body = { name: this.name, labels: ["prod"], description: "changed", custom_metadata: { c: 1.5 } };
    for (const metadata of [await this.call("PATCH", path, { body }), await this.call("GET", path)]) {
      assert.deepEqual(pick(metadata, body), body);
    }
    await refused(400, /ttl/, this.secrets.send("PATCH", path, { body: { ttl: "59s" } }));
  }

  // Makes a new key, beside which the former one lives on. Its result are all keys so far that work.
  async rotate(before) {
    const path = `secrets/${this.id}/versions`;
    const request = this.secrets.send("POST", path, { body: { version_custom_metadata: { n: 2 } } });
    const keys = [before.api_key];
    if (this.reuse) {
      const rotated = await plain(request);
      const expected = { alias: "current", auto_rotated: false, version_custom_metadata: { n: 2 } };
      assert.deepEqual(pick(rotated, expected), expected);
      assert.notEqual(rotated.api_key, before.api_key);
      keys.push(rotated.api_key);
    } else {
      await refused(400, /Rotating IAM credentials is not supported/, request);
    }
    assert.deepEqual(await Promise.all(keys.map(accepted)), keys.map(() => true));

    const listed = await this.call("GET", path);
    assert.equal(listed.total_count, 3);
    assert.deepEqual(listed.versions.slice(0, 2).map((version) => version.alias), ["current", "previous"]);
    assert.equal(listed.versions[1].payload_available, this.reuse);
    if (this.reuse) {
      assert.equal((await this.call("GET", `${path}/previous`)).api_key, keys[0]);
      assert.equal((await this.call("GET", `${path}/current`)).api_key, keys[1]);
    }
    const body = { version_custom_metadata: { x: "y" } };
    await this.call("PATCH", `${path}/current/metadata`, { body });
    const changed = await this.call("GET", `${path}/current/metadata`);
    assert.deepEqual(changed.version_custom_metadata, { x: "y" });
    return keys;
  }

  // Locks are moved from the previous version to the current one, and keep the secret meanwhile.
  async locks(keys) {
    const secret = `secrets/${this.id}`;
    const body = { locks: [{ name: "app-1", description: "d", attributes: { cluster: "c" } }] };
    if (this.reuse) {
      const made = await this.call("POST", `${secret}/versions/previous/locks_bulk`, { body });
      assert.deepEqual(lockNames(made), { current: [], previous: ["app-1"] });
    }
    const current = `${secret}/versions/current/locks`;
    const qs = { mode: "remove_previous" };
    const moved = await this.call("POST", `${current}_bulk`, { body, qs });
    assert.deepEqual(lockNames(moved), { current: ["app-1"], previous: [] });
    const listed = await this.call("GET", `${secret}/locks`, { qs: { search: "app" } });
    assert.deepEqual(listed.locks.map((lock) => pick(lock, body.locks[0])), body.locks);
    assert.equal(listed.locks[0].secret_version_alias, "current");
    assert.deepEqual((await this.call("GET", current)).locks, listed.locks);
    assert.equal((await this.call("GET", "secrets_locks")).total_count, 1);
    await refused(412, /locked/, this.secrets.send("DELETE", secret));
    const none = { current: [], previous: [] };
    assert.deepEqual(lockNames(await this.call("DELETE", `${current}_bulk`, { qs: { name: "app-1" } })), none);
    const more = await this.call("POST", `${secret}/locks_bulk`, { body, qs });
    assert.deepEqual(lockNames(more), { current: ["app-1"], previous: [] });
    assert.deepEqual(lockNames(await this.call("DELETE", `${secret}/locks_bulk`)), none);
    assert.deepEqual(await Promise.all(keys.map(accepted)), keys.map(() => true));
  }

  // Lets the lease end, and then deletes the secret.
  async end(keys) {
    const secret = `secrets/${this.id}`;
    if (this.reuse) {
      keys = [...keys, await this.rotatedBySchedule()];
      const body = { rotation: { auto_rotate: false } };
      const changed = await this.call("PATCH", `${secret}/metadata`, { body });
      assert.deepEqual(changed.rotation, body.rotation);
      assert.ok(!("next_rotation_date" in changed));
    }
    const { api_key_id: ended } = await this.call("GET", `${secret}/metadata`);
    await this.later(LEASE + 1);
    assert.deepEqual(await Promise.all(keys.map(accepted)), keys.map(() => false));
    await refused(404, new RegExp(ended), this.identity.getApiKey({ id: ended }));
    const metadata = await this.call("GET", `${secret}/metadata`);
    assert.ok(!("api_key_id" in metadata));
    assert.equal(metadata.state_description, "active");

    // The next read begins another lease.
    const again = await this.call("GET", secret);
    assert.equal(Date.parse(again.expiration_date), await now() + LEASE * 1000);
    assert.ok(await accepted(again.api_key));
    await empty(this.secrets.send("DELETE", secret));
    assert.ok(!await accepted(again.api_key));
    await refused(404, new RegExp(this.id), this.secrets.send("GET", secret));
  }

  // Moves the clock, by which the tokens of the clients expire too.
  async later(seconds) {
    await advance(seconds);
    this.reconnect();
  }

  // Waits for the next rotation, and returns its key.
  async rotatedBySchedule() {
    const { next_rotation_date: next } = await this.call("GET", `secrets/${this.id}/metadata`);
    await this.later((Date.parse(next) - await now()) / 1000);
    const version = await this.call("GET", `secrets/${this.id}/versions/current`);
    assert.equal(version.auto_rotated, true);
    assert.equal(version.created_at, next);
    assert.ok(await accepted(version.api_key));
    return version.api_key;
  }

  async nothingIsLeft() {
    await empty(this.secrets.send("DELETE", "configurations/engine"));
    await empty(this.secrets.send("DELETE", `secret_groups/${this.group}`));
    assert.equal((await this.call("GET", "secrets")).total_count, 0);
    const ofAccount = { accountId: ACCOUNT, pagesize: 100 };
    const { serviceids } = await answer("IamIdentity.ServiceIdList", this.identity.listServiceIds(ofAccount));
    const keys = this.identity.listApiKeys({ ...ofAccount, scope: "account" });
    const { apikeys } = await answer("IamIdentity.ApiKeyList", keys);
    const left = [...serviceids, ...apikeys].filter((found) => found.name.startsWith(PREFIX));
    assert.deepEqual(left, []);
    const members = await answer("IamAccessGroups.GroupMembersList", this.groups.listAccessGroupMembers({
      accessGroupId: GROUP,
    }));
    assert.equal(members.total_count, 0);
  }
}

// Whether the token service exchanges the key.
async function accepted(apikey) {
  try {
    await authenticatorOf(apikey).authenticate({});
    return true;
  } catch (error) {
    assert.match(error.message, /API key could not be found/);
    return false;
  }
}

// The fields of an object that the other one has.
function pick(object, fields) {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, object[name]]));
}

function lockNames(locks) {
  return Object.fromEntries(locks.versions.map((version) => [version.version_alias, version.locks]));
}
