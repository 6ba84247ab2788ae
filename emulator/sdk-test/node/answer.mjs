// Checks of what the SDKs make of responses.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MODULES } from "./clients.mjs";

const typed = [];
let untyped = 0;
let compressed = 0;

// A result; `type` is that of the SDK"s types, which `holds` compares it with.
export async function answer(type, call) {
  const { result } = await call;
  typed.push(`({ value: ${JSON.stringify(result)} }) satisfies { value: ${type} };`);
  return result;
}

// A result of Secrets Manager, for which there are no types.
export async function plain(call) {
  const { result } = await call;
  untyped += 1;
  return result;
}

export async function empty(call) {
  const { status, result } = await call;
  assert.equal(status, 204);
  assert.ok(!result, JSON.stringify(result));
  untyped += 1;
}

// How the SDK presents a refusal: status, and message.
export async function refused(status, message, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.status, status, error);
    assert.match(error.message, message);
    return true;
  });
  untyped += 1;
}

// Counts the requests that the service sends in gzip.
export function observe(service) {
  service.getHttpClient().interceptors.request.use((request) => {
    compressed += request.headers["Content-Encoding"] === "gzip";
    return request;
  });
}

// Compiles all results as literals of the SDKs' types: unknown fields, missing ones and other types are errors.
export function holds() {
  assert.ok(compressed > 0);
  const services = ["iam-access-groups/v2", "iam-identity/v1"];
  const names = ["IamAccessGroups", "IamIdentity"];
  const imports = names.map((name, i) => `import ${name} = require("@ibm-cloud/platform-services/${services[i]}");`);
  const modules = fileURLToPath(MODULES);
  const file = `${process.argv[2]}.ts`;
  writeFileSync(modules + file, [...imports, ...typed].join("\n"));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", "node"];
  execFileSync(`${modules}node_modules/.bin/tsc`, [...options, file], { cwd: modules, stdio: "inherit" });
  return `${typed.length + untyped} answers, ${typed.length} of them compiled as the SDKs' types, ${compressed} requests in gzip`;
}
