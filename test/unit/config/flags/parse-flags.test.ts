import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FLAG_TABLE, FlagError, parseFlags, type FlagsOutcome } from "../../../../src/config/index.ts";

type Run = Extract<FlagsOutcome, { readonly kind: "run" }>;

function run(...argv: readonly string[]): Run {
  const outcome = parseFlags(argv);
  if (outcome.kind !== "run") throw new Error(`expected a run, got ${outcome.kind}`);
  return outcome;
}

function failure(...argv: readonly string[]): readonly [exitCode: number, message: string] {
  try {
    parseFlags(argv);
  } catch (error) {
    if (error instanceof FlagError) return [error.exitCode, error.message];
    throw error;
  }
  return [0, ""];
}

describe("values", () => {
  test.each([
    ["after =", ["--query.timeout=90s"], { queryTimeoutMs: 90_000 }],
    ["after a space", ["--query.timeout", "90s"], { queryTimeoutMs: 90_000 }],
    ["of a switch that is on", ["--web.enable-lifecycle"], { webEnableLifecycle: true }],
    ["of a switch that is off", ["--no-scrape.adjust-timestamps"], { scrapeAdjustTimestamps: false }],
    [
      "of a flag that is given twice",
      ["--web.listen-address=:1", "--web.listen-address", "[::1]:2"],
      { webListenAddresses: [":1", "[::1]:2"] },
    ],
    ["written as a power of ten", ["--query.max-samples=5e7"], { querySamplesMax: 50_000_000 }],
    ["in bytes", ["--scrape.max-body-size=1MB"], { scrapeBodyMaxBytes: 2 ** 20 }],
    ["of workers that run inline", ["--query.workers=0"], { queryWorkers: 0 }],
    [
      "that is too short a pause",
      ["--config.auto-reload-interval=1ms"],
      { configAutoReloadIntervalMs: 1000 },
    ],
    ["from the old name of a flag", ["--enable-feature=auto-reload-config"], { configAutoReload: true }],
    ["of no flag at all", [], { configFile: "prometheus.yml", queryWorkers: undefined, logLevel: "info" }],
    ["without a limit", [], { storageRetentionMs: 15 * 86_400_000, storageRetentionBytes: 0 }],
    [
      "of a size limit alone",
      ["--storage.tsdb.retention.size=1GB"],
      { storageRetentionMs: 0, storageRetentionBytes: 2 ** 30 },
    ],
    [
      "of a long retention",
      ["--storage.tsdb.retention.time=1y"],
      { storageMaxBlockDurationMs: 31 * 86_400_000 },
    ],
    ["from the path of the external URL", ["--web.external-url=http://h/a/b/"], { webRoutePrefix: "/a/b" }],
    [
      "of a prefix of its own",
      ["--web.external-url=http://h/a", "--web.route-prefix=x/"],
      { webRoutePrefix: "/x" },
    ],
  ])("%s", (_name, argv, expected) => {
    expect(run(...argv).flags).toMatchObject(expected);
  });

  test("features come from several lists", () => {
    const { flags, warnings } = run(
      "--enable-feature=extra-scrape-metrics,promql-per-step-stats",
      "--enable-feature=nope",
    );
    expect([...flags.features]).toEqual(["extra-scrape-metrics", "promql-per-step-stats"]);
    expect(warnings).toEqual(["Unknown option for --enable-feature: nope"]);
  });

  test.each([
    [
      ["--enable-feature=metadata-wal-records"],
      "--enable-feature=metadata-wal-records is not active yet: stores metadata per series",
    ],
    [
      ["--storage.remote.flush-deadline=1s"],
      "--storage.remote.flush-deadline is accepted, but has no effect yet",
    ],
  ])("%j is warned about", (argv, expected) => {
    expect(run(...argv).warnings).toEqual([expected]);
  });

  test.each([
    [["--no-web.enable-otlp-receiver"]],
    [["--storage.tsdb.wal-segment-size=10MB"]],
    [["--auto-gomemlimit.ratio=0.5"]],
  ])("%j does not matter", (argv) => {
    expect(run(...argv).warnings).toEqual([]);
  });
});

describe("what is shown", () => {
  test("has every flag by name, with values spelled the short way", () => {
    const { shown } = run(
      "--query.timeout=120s",
      "--enable-feature=a",
      "--enable-feature=b",
      "--web.listen-address=:1",
    );
    expect(Object.keys(shown)).toEqual(FLAG_TABLE.map(({ name }) => name));
    expect(shown).toMatchObject({
      "query.timeout": "2m",
      "enable-feature": "a,b",
      "web.listen-address": ":1",
      "storage.tsdb.retention.time": "15d",
      "storage.tsdb.max-block-duration": "1d12h",
      "web.route-prefix": "/",
      "query.workers": "",
    });
  });

  test("every default is a value of its flag", () => {
    for (const row of FLAG_TABLE) expect(row.show(row.read([row.fallback]))).toBe(row.fallback);
  });
});

describe("refused", () => {
  test.each([
    [["--foo"], 2, "unknown long flag '--foo'"],
    [["--config.fil=x"], 2, "unknown long flag '--config.fil', did you mean --config.file?"],
    [["--no-query.timeout"], 2, "unknown long flag '--no-query.timeout', did you mean --query.timeout?"],
    [["-x"], 2, "unknown short flag '-x'"],
    [["start"], 2, "unexpected start: the server takes only flags"],
    [["--query.timeout"], 2, "expected argument for flag '--query.timeout', such as --query.timeout=2m"],
    [["--query.timeout=5x"], 2, 'invalid value "5x" for --query.timeout: unknown unit "x" in duration "5x"'],
    [["--query.timeout=1s", "--query.timeout=2s"], 2, "flag '--query.timeout' cannot be repeated"],
    [
      ["--web.enable-lifecycle=true"],
      2,
      "unexpected true: write --web.enable-lifecycle or --no-web.enable-lifecycle",
    ],
    [
      ["--log.level=loud"],
      2,
      'invalid value "loud" for --log.level: expected one of debug, info, warn, error',
    ],
    [
      ["--query.max-samples=-1"],
      2,
      'invalid value "-1" for --query.max-samples: expected a whole number of 0 or more',
    ],
    [
      ["--storage.tsdb.retention.size=-1MB"],
      2,
      'invalid value "-1MB" for --storage.tsdb.retention.size: expected a size of 0 or more',
    ],
    [
      ["--web.cors.origin=("],
      2,
      'invalid value "(" for --web.cors.origin: error parsing regexp: missing closing ): `^(?s:()$`',
    ],
    [["--web.external-url=:bad"], 2, 'invalid value ":bad" for --web.external-url: missing protocol scheme'],
    [
      ["--web.listen-address=9090"],
      2,
      'invalid value "9090" for --web.listen-address: expected host:port, such as 0.0.0.0:9090, [::1]:9090 or :9090',
    ],
    [
      ["--agent", "--query.timeout=1s"],
      3,
      'The following flag(s) can not be used in agent mode: ["--query.timeout"]',
    ],
    [
      ["--storage.agent.path=x"],
      3,
      'The following flag(s) can only be used in agent mode: ["--storage.agent.path"]',
    ],
    [["--agent"], 1, "--agent is not there yet, and starting without it could do harm; leave it out"],
    [
      ["--web.config.file=x"],
      1,
      "--web.config.file is not there yet, and starting without it could do harm; leave it out",
    ],
    [
      ["--enable-feature=otlp-deltatocumulative,otlp-native-delta-ingestion"],
      1,
      "--enable-feature: otlp-deltatocumulative and otlp-native-delta-ingestion cannot be given together",
    ],
  ])("%j", (argv, exitCode, message) => {
    expect(failure(...argv)).toEqual([exitCode, message]);
  });

  test("any other words end in a FlagError too", () => {
    const word = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        "--",
        "-",
        "--no-",
        "--agent",
        "--query.timeout",
        "--config.file=",
        "--__proto__",
        "--toString=1",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
        const [exitCode, message] = failure(...argv);
        expect(exitCode === 0).toBe(message === "");
      }),
    );
  });
});

describe("help", () => {
  test.each([["-h"], ["--help"]])("%s names the flags that most people need", (argument) => {
    const outcome = parseFlags([argument]);
    const text = outcome.kind === "help" ? outcome.text : "";
    expect(text).toContain("--storage.tsdb.path=PATH");
    expect(text).toContain("(Default: data/)");
    expect(text).not.toContain("--storage.tsdb.samples-per-chunk");
  });

  test.each([["--help-long"], ["--help-man"]])("%s names every flag", (argument) => {
    const outcome = parseFlags([argument]);
    const text = outcome.kind === "help" ? outcome.text : "";
    for (const { name } of FLAG_TABLE) expect(text).toContain(`  --${name}`);
  });

  test("no line is longer than a terminal is wide", () => {
    const outcome = parseFlags(["--help-long"]);
    const lines = outcome.kind === "help" ? outcome.text.split("\n") : [];
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(101);
    expect(lines.length).toBeGreaterThan(100);
  });

  test("the version may be asked for", () => {
    expect(parseFlags(["--version"])).toEqual({ kind: "version" });
  });
});
