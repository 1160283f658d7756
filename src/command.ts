import { createLogger, errorText, NarthexError, systemClock, type Logger } from "./base/index.ts";
import { startApp, type App } from "./app.ts";
import { COMMAND_HELP, isCommand, runCommand, type CommandIo } from "./cli/index.ts";
import { ConfigError, FlagError, parseFlags, type FlagsOutcome } from "./config/index.ts";
import { STORE_TOOLS } from "./store-tools.ts";
import { NARTHEX_VERSION, PROMETHEUS_VERSION } from "./version.ts";

// The command: `narthex [server flags]` or `narthex query|tsdb|backup|restore …`.

/** Runs the command with these arguments. @returns the exit code. */
export async function runMain(argv: readonly string[]): Promise<number> {
  if (isCommand(argv[0])) {
    return runCommand(argv, terminal(), STORE_TOOLS);
  }
  let outcome: FlagsOutcome;
  try {
    outcome = parseFlags(argv);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`narthex: ${error.message}; see narthex --help\n`);
    return error.exitCode;
  }
  switch (outcome.kind) {
    case "help":
      process.stdout.write(`${outcome.text}\nClient commands:\n${COMMAND_HELP}`);
      return 0;
    case "version":
      process.stdout.write(
        `narthex, version ${NARTHEX_VERSION} (follows Prometheus ${PROMETHEUS_VERSION})\n`,
      );
      return 0;
    case "run":
      return serve(outcome);
  }
}

function terminal(): CommandIo {
  // Whoever read the output, such as `head`, had enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  return {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    now: Date.now,
    columns: process.stdout.columns ?? 100,
    colours: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    isTerminal: process.stderr.isTTY,
  };
}

async function serve({ flags, shown, warnings }: FlagsOutcome & { kind: "run" }): Promise<number> {
  const logger = createLogger({
    level: flags.logLevel,
    format: flags.logFormat,
    write: (line) => process.stderr.write(line),
    now: Date.now,
  });
  for (const warning of warnings) logger.warn(warning);
  const stopping = Promise.withResolvers<string>();
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait; what was acknowledged is in the log. REL-8.
      if (++signals > 1) process.exit(1);
      stopping.resolve(signal);
    });
  }
  let app: App | undefined;
  // Before it is up there is nothing to reload, but the signal must not end it. What went wrong is logged and shown where
  // it happened.
  process.on("SIGHUP", () => void app?.reload().catch(() => undefined));
  try {
    app = await startApp({
      flags,
      warmsUp: true,
      shownFlags: shown,
      logger,
      clock: systemClock,
      environment: process.env,
      quit: () => stopping.resolve("a request to quit"),
    });
  } catch (error) {
    return refuse(error, logger);
  }
  const reason = await stopping.promise;
  if (reason.startsWith("SIG"))
    logger.warn("Received an OS signal, exiting gracefully...", { signal: reason });
  await app.stop();
  logger.info("See you next time!");
  return 0;
}

/** One line that says why the server does not start. @returns the exit code. */
function refuse(error: unknown, logger: Logger): number {
  if (error instanceof ConfigError) {
    logger.error("Error loading config", { err: error.message.replaceAll(/\n\s*/g, "; ") });
    return error.exitCode;
  }
  if (!(error instanceof NarthexError)) throw error;
  logger.error("Fatal error", { err: errorText(error) });
  return 1;
}
