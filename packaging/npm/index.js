// Runs the emulator of IBM Cloud Secrets Manager and IAM that this package carries.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The emulator's program for this machine. */
export function binary() {
  const platform = `${process.platform}-${process.arch}`;
  const name = process.platform === "win32" ? "ibm-sm-emulator.exe" : "ibm-sm-emulator";
  const path = fileURLToPath(new URL(`binaries/${platform}/${name}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`this package carries no emulator for ${platform}`);
  return path;
}

/** Starts an emulator of its own on a free port. */
export async function start(...args) {
  const child = spawn(binary(), ["--listen", "127.0.0.1:0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  // Also if the caller does not stop it: nothing outlives the process that started it.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    kill();
    await ended;
  };

  const environment = {};
  let ready = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const exported = /^export (\w+)='?([^']*)'?$/.exec(line);
    if (exported) environment[exported[1]] = exported[2];
    ready = line === "ready";
    if (ready) break;
  }
  if (!ready) {
    await stop();
    throw new Error("the emulator ended before it was ready; it says why on standard error");
  }
  return {
    url: environment.EMULATOR_URL,
    apiKey: environment.IBMCLOUD_API_KEY,
    instanceId: environment.SECRETS_MANAGER_INSTANCE_ID,
    environment,
    stop,
  };
}
