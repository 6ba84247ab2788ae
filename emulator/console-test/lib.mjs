// An emulator, a browser, and what every page is held to.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

// Installed by run.sh below target/, like all else that is built.
const require = createRequire(new URL("../../target/console-test/", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const NOW = "2026-01-10T09:00:00Z";
export const INSTANCE = "11111111-2222-4333-8444-555555555555";
export const HOME = "/_emulator/console";
export const SECRETS = `${HOME}/instances/${INSTANCE}`;
export const KEY = "bootstrap-key-0123456789abcdefghijklmnopqrst";

let process_;
let browser;
export let url;

/** Starts both. */
export async function start(binary, executablePath) {
  process_ = spawn(binary, ["--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  url = await new Promise((resolve, reject) => {
    let text = "";
    process_.once("exit", (code) => reject(new Error(`the emulator ended with ${code}: ${text}`)));
    process_.stdout.on("data", (data) => {
      text += data;
      if (/^ready$/m.test(text)) resolve(/http:\/\/127\.0\.0\.1:\d+/.exec(text)[0]);
    });
  });
  browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** Ends both. */
export async function stop() {
  await browser?.close();
  process_?.removeAllListeners("exit");
  process_?.kill();
}

/** A request to the control API, or with a token to one of IBM's. */
export async function api(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (!path.startsWith("/_emulator")) {
    const form = new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey: KEY });
    const granted = await (await fetch(`${url}/identity/token`, { method: "POST", body: form })).json();
    headers.Authorization = `Bearer ${granted.access_token}`;
  }
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(url + path, { method, headers, body: text });
  const answer = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${answer}`);
  return answer ? JSON.parse(answer) : null;
}

/** A secret with the engine configured. */
export async function secret(fields) {
  const base = `/instances/${INSTANCE}/api/v2`;
  const configured = await api("GET", `${base}/configurations`);
  if (!configured.configurations.length) await engine();
  return api("POST", `${base}/secrets`, {
    secret_type: "iam_credentials",
    ttl: "30m",
    reuse_api_key: true,
    service_id: "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97",
    ...fields,
  });
}

export function read(id) {
  return api("GET", `/instances/${INSTANCE}/api/v2/secrets/${id}`);
}

export function engine() {
  return api("POST", `/instances/${INSTANCE}/api/v2/configurations`, {
    config_type: "iam_credentials_configuration",
    name: "iam-engine",
    api_key: "engine-key-0123456789abcdefghijklmnopqrstuvw",
  });
}


/**
 * A test in a new browser context, over a new state at a frozen clock. It fails if a page reports an
 * error or a request fails, unless `refused` says that a refusal is what is tested.
 */
export function scenario(name, run, { refused } = {}) {
  test(name, async () => {
    await api("POST", "/_emulator/reset");
    await api("PUT", "/_emulator/clock", { mode: "frozen", now: NOW });
    const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 800 }, baseURL: url });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const errors = [];
    page.on("pageerror", (error) => errors.push(`exception: ${error.message}`));
    page.on("console", (message) => {
      const isExpected = refused?.test(message.location().url) && message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isExpected) errors.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText;
      // What a page still fetches when it is left is given up.
      if (reason !== "net::ERR_ABORTED" && !refused?.test(request.url())) errors.push(`request: ${request.url()} ${reason}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) errors.push(`leaves the machine: ${request.url()}`);
    });
    try {
      await run(page);
    } catch (error) {
      error.message += `\nat ${page.url()}\n${errors.join("\n")}`;
      throw error;
    } finally {
      await context.close();
    }
    assert.deepEqual(errors, []);
  });
}

/** Holds a screen to the rules of axe, in light and dark, and to its width. */
export async function check(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const told = found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(told, [], `${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${name} is ${wide} wide at ${width}`);
  }
}

/** Moves the focus with the Tab key, forwards. */
export async function tabTo(page, locator) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${locator}`);
}

/** Waits until an element has a text. */
export async function shows(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor();
}
