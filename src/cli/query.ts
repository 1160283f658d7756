import { parseArgs } from "node:util";
import { callApi, type Answer, type QueryJson } from "./client.ts";
import { UsageError, type CommandIo } from "./command.ts";
import { chartOutput } from "./output/chart.ts";
import { explainOutput } from "./output/explain.ts";
import { promqlOutput } from "./output/promql.ts";
import { labelSetText } from "./output/series-text.ts";
import { tableOutput, tableText } from "./output/table.ts";
import { parseDurationArgument, parseTimeArgument } from "./time-arguments.ts";

const OUTPUTS = ["promql", "table", "json", "chart"] as const;
type Output = (typeof OUTPUTS)[number];

const DEFAULT_RANGE_SECONDS = 300; // Spec CLI-82, with the step below.
const DEFAULT_STEPS = 250;

const QUERY_HELP = `Ask any Prometheus-compatible server.

Usage:
  narthex query instant SERVER EXPR [--time=T]
  narthex query range   SERVER EXPR [--start=T] [--end=T] [--step=D]
  narthex query series  SERVER --match=SELECTOR… [--start=T] [--end=T]
  narthex query labels  SERVER NAME [--match=SELECTOR…] [--start=T] [--end=T]

  SERVER   base URL, for example http://localhost:9090
  T        Unix seconds, RFC 3339, or an age such as -1h
  D        a duration such as 15s, or seconds

Options:
  -o, --output=promql|table|json|chart   how the answer is shown (default promql)
  --explain   show after the answer what each part of the query did and how long it took (Narthex only)
  --hints     tell why an answer is empty (Narthex only)

Examples:
  narthex query instant http://localhost:9090 up -o table
  narthex query range http://localhost:9090 'rate(process_cpu_seconds_total[1m])' --start=-1h -o chart
  narthex query labels http://localhost:9090 job
`;

/** `narthex query …`. @returns the exit code. @throws UsageError, ServerError, FetchError. */
export async function runQuery(argv: readonly string[], io: CommandIo): Promise<number> {
  const [kind, ...rest] = argv;
  switch (kind) {
    case "instant":
      return runInstant(rest, io);
    case "range":
      return runRange(rest, io);
    case "series":
      return runSeries(rest, io);
    case "labels":
      return runLabels(rest, io);
    case undefined:
    case "--help":
    case "-h":
    case "help":
      io.stdout(QUERY_HELP);
      return kind === undefined ? 1 : 0;
    default:
      throw new UsageError(`unknown kind of query "${kind}"; there are instant, range, series and labels`);
  }
}

async function runInstant(argv: readonly string[], io: CommandIo): Promise<number> {
  const { options, positionals } = readArguments(argv, ["server", "expression"], ["time", ...SHOWN]);
  const output = outputOf(options.output);
  const time = parseTimeArgument("time", options.time ?? String(io.now() / 1000), io.now());
  const answer = await callApi<QueryJson>(positionals[0]!, "query", [
    ["query", positionals[1]!],
    ["time", String(time)],
    ...wishes(options),
  ]);
  return show(answer, output, io);
}

async function runRange(argv: readonly string[], io: CommandIo): Promise<number> {
  const names = ["start", "end", "step", ...SHOWN] as const;
  const { options, positionals } = readArguments(argv, ["server", "expression"], names);
  const output = outputOf(options.output);
  const end = options.end === undefined ? io.now() / 1000 : parseTimeArgument("end", options.end, io.now());
  const start =
    options.start === undefined
      ? end - DEFAULT_RANGE_SECONDS
      : parseTimeArgument("start", options.start, io.now());
  if (start > end) throw new UsageError(`--start (${start}) must not be after --end (${end})`);
  const step =
    options.step === undefined
      ? Math.max(Math.floor((end - start) / DEFAULT_STEPS), 1)
      : parseDurationArgument("step", options.step);
  const answer = await callApi<QueryJson>(positionals[0]!, "query_range", [
    ["query", positionals[1]!],
    ["start", String(start)],
    ["end", String(end)],
    ["step", String(step)],
    ...wishes(options),
  ]);
  return show(answer, output, io);
}

async function runSeries(argv: readonly string[], io: CommandIo): Promise<number> {
  const { options, positionals } = readArguments(argv, ["server"], ["match", "start", "end", "output"]);
  const output = outputOf(options.output);
  if (options.match === undefined) throw new UsageError("--match is missing; give at least one selector");
  const answer = await callApi<Record<string, string>[]>(
    positionals[0]!,
    "series",
    lookUpParameters(options, io),
  );
  warn(answer, io);
  if (output === "json") io.stdout(`${JSON.stringify(answer.data)}\n`);
  else for (const metric of answer.data) io.stdout(`${labelSetText(metric)}\n`);
  return 0;
}

async function runLabels(argv: readonly string[], io: CommandIo): Promise<number> {
  const names = ["match", "start", "end", "output"] as const;
  const { options, positionals } = readArguments(argv, ["server", "label name"], names);
  const output = outputOf(options.output);
  const path = `label/${encodeURIComponent(positionals[1]!)}/values`;
  const answer = await callApi<string[]>(positionals[0]!, path, lookUpParameters(options, io));
  warn(answer, io);
  if (output === "json") io.stdout(`${JSON.stringify(answer.data)}\n`);
  else if (output === "table")
    io.stdout(
      tableText(
        [positionals[1]!],
        answer.data.map((value) => [value]),
      ),
    );
  else for (const value of answer.data) io.stdout(`${value}\n`);
  return 0;
}

type Switch = "explain" | "hints";
type OptionName = "time" | "start" | "end" | "step" | "output" | "match" | Switch;
type Options = { readonly [Name in Exclude<OptionName, "match" | Switch>]?: string } & {
  readonly match?: readonly string[];
} & { readonly [Name in Switch]?: boolean };

const SWITCHES: ReadonlySet<OptionName> = new Set(["explain", "hints"]);
const SHOWN = ["output", "explain", "hints"] as const;

function wishes(options: Options): [string, string][] {
  const asked = (["explain", "hints"] as const).filter((name) => options[name] === true);
  return asked.map((name) => [name, "true"]);
}

function readArguments(
  argv: readonly string[],
  positional: readonly string[],
  names: readonly OptionName[],
): { options: Options; positionals: readonly string[] } {
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: joinNegativeValues(argv),
      allowPositionals: true,
      options: Object.fromEntries(
        names.map((name) => [
          name,
          {
            type: SWITCHES.has(name) ? "boolean" : "string",
            multiple: name === "match",
            ...(name === "output" ? { short: "o" } : {}),
          } as const,
        ]),
      ),
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (parsed.positionals.length !== positional.length) {
    const wanted = positional.join(" and ");
    throw new UsageError(
      `expected ${wanted}, got ${parsed.positionals.length} arguments: ${parsed.positionals.join(" ")}`,
    );
  }
  return { options: parsed.values, positionals: parsed.positionals };
}

// `--start -1h` would be read as two options.
function joinNegativeValues(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    if (/^-\d/.test(word) && /^--\w+$/.test(joined.at(-1) ?? "")) joined.push(`${joined.pop()}=${word}`);
    else joined.push(word);
  }
  return joined;
}

function lookUpParameters(options: Options, io: CommandIo): [string, string][] {
  const parameters: [string, string][] = (options.match ?? []).map((selector) => ["match[]", selector]);
  for (const name of ["start", "end"] as const) {
    const text = options[name];
    if (text !== undefined) parameters.push([name, String(parseTimeArgument(name, text, io.now()))]);
  }
  return parameters;
}

function outputOf(text: string | undefined): Output {
  const found = OUTPUTS.find((output) => output === (text ?? "promql"));
  if (found === undefined)
    throw new UsageError(`--output: "${text}" is unknown; there are ${OUTPUTS.join(", ")}`);
  return found;
}

function show(answer: Answer<QueryJson>, output: Output, io: CommandIo): number {
  warn(answer, io);
  switch (output) {
    case "promql":
      io.stdout(promqlOutput(answer.data));
      break;
    case "table":
      io.stdout(tableOutput(answer.data));
      break;
    case "json":
      io.stdout(`${JSON.stringify(answer.data.result)}\n`);
      break;
    case "chart":
      io.stdout(chartOutput(answer.data, io));
      break;
  }
  if (answer.data.explain !== undefined) io.stdout(`\n${explainOutput(answer.data.explain)}`);
  return 0;
}

function warn(answer: Answer<unknown>, io: CommandIo): void {
  for (const text of answer.warnings) io.stderr(`warning: ${text}\n`);
  for (const text of answer.infos) io.stderr(`info: ${text}\n`);
}
