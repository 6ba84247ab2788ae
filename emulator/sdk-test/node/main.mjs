// IBM's Node SDKs against the emulator: the life of IAM credentials in all four modes.
import { holds } from "./answer.mjs";
import { byProxy, fromEnvironment } from "./clients.mjs";
import { live } from "./life.mjs";

const clients = { "by-proxy": byProxy, "from-environment": fromEnvironment };
await live(clients[process.argv[2]]);
console.log(holds());
