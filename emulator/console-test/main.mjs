// Runs the console in a real browser: `node main.mjs EMULATOR CHROMIUM`.

import { after, before } from "node:test";
import { start, stop } from "./lib.mjs";

const [binary, chromium] = process.argv.slice(2);
before(() => start(binary, chromium));
after(stop);

await import("./pages.mjs");
await import("./wizard.mjs");
await import("./secrets.mjs");
await import("./controls.mjs");
await import("./pictures.mjs");
