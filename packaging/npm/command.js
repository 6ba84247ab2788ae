#!/usr/bin/env node
// The command `ibm-sm-emulator`: runs the program, and ends as it ends.

import { spawn } from "node:child_process";
import { binary } from "./index.js";

const child = spawn(binary(), process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exitCode = code;
  }
});
