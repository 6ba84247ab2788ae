// Run by packaging/test.sh in a folder of its own, in which the package is installed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { start } from "ibm-sm-emulator";

const token = ({ url, apiKey }) =>
  fetch(`${url}/identity/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey: apiKey }),
  });

test("an emulator gives a token for its key, and an instance to use it on", async () => {
  const emulator = await start();
  try {
    const { access_token } = await (await token(emulator)).json();
    const groups = await fetch(`${emulator.url}/instances/${emulator.instanceId}/api/v2/secret_groups`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    assert.equal(groups.status, 200);
    assert.equal(
      emulator.environment.IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT,
      `${emulator.url}/instances/{instance_id}`,
    );
  } finally {
    await emulator.stop();
  }
});

test("two emulators know nothing of each other", async () => {
  const [one, other] = await Promise.all([start(), start()]);
  try {
    assert.notEqual(one.url, other.url);
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
});

test("nothing listens any more once stop has returned", async () => {
  const emulator = await start();
  await emulator.stop();
  await assert.rejects(token(emulator), TypeError);
});

test("arguments are those of the command, and what it refuses is an error", async () => {
  await assert.rejects(start("--seed", "absent.toml"), /ended before it was ready/);
});

const signals = { skip: process.platform === "win32" && "Windows has no signals" };

test("the command serves, and ends by the signal that it gets", signals, async () => {
  const child = spawn("node_modules/.bin/ibm-sm-emulator", ["--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    if (chunk.endsWith("ready\n")) break;
  }
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [null, "SIGTERM"]);
});
