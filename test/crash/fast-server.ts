// A server whose clock runs fast, so that what it does once a minute can be seen in seconds. Arguments: how many times
// as fast, the moment from which on (ms since 1970), then the server's flags.
import { createLogger, systemClock, type Clock } from "../../src/base/index.ts";
import { startApp } from "../../src/app.ts";
import { parseFlags } from "../../src/config/index.ts";
import { fastTime } from "./fast-time.ts";

const [speedText, originText, ...argv] = process.argv.slice(2);
const speed = Number(speedText);
const now = fastTime(speed, Number(originText));

const clock: Clock = {
  now,
  monotonic: () => systemClock.monotonic() * speed,
  after: (delayMs, run) => systemClock.after(delayMs / speed, run),
};

const outcome = parseFlags(argv);
if (outcome.kind !== "run") throw new Error("the flags of a server are needed");
const stopped = Promise.withResolvers<void>();
process.on("SIGTERM", () => stopped.resolve());
const app = await startApp({
  flags: outcome.flags,
  shownFlags: outcome.shown,
  logger: createLogger({
    level: "info",
    format: "logfmt",
    write: (line) => process.stderr.write(line),
    now: Date.now,
  }),
  clock,
  environment: process.env,
  quit: () => stopped.resolve(),
});
await stopped.promise;
await app.stop();
