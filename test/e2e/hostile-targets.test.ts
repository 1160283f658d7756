import { createServer, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { eventually, NARTHEX, startServer, type ServerProcess } from "../support/server-process.ts";

// One server scrapes one good target and many that do their worst. Spec REL-11 to REL-14.

type Attack = (response: ServerResponse) => void;

const TEXT = { "content-type": "text/plain; version=0.0.4" };
const PROTOBUF = { "content-type": "application/vnd.google.protobuf" };
const MIB = 1024 * 1024;

function send(body: string | Uint8Array, headers: Readonly<Record<string, string>> = TEXT): Attack {
  return (response) => response.writeHead(200, headers).end(body);
}

/** Writes the piece again and again, as fast as it is read or once in `pauseMs`. */
function sendForEver(first: string, piece: Uint8Array, pauseMs = 0): Attack {
  return (response) => {
    response.writeHead(200, TEXT);
    response.write(first);
    const more = (): void => {
      if (response.destroyed) return;
      if (pauseMs > 0) {
        response.write(piece);
        setTimeout(more, pauseMs);
      } else if (response.write(piece)) setImmediate(more);
      else response.once("drain", more);
    };
    more();
  };
}

const LONG = "x".repeat(20 * MIB);
const MANY_LABELS = Array.from({ length: 300_000 }, (_, i) => `label_${i}="v"`).join();

const ATTACKS: Readonly<Record<string, readonly [Attack, RegExp]>> = {
  "hangs before the headers": [() => {}, /context deadline exceeded/],
  "hangs after the headers": [
    (response) => {
      response.writeHead(200, TEXT);
      response.flushHeaders();
    },
    /context deadline exceeded/,
  ],
  "drips a byte at a time": [sendForEver("a 1\n", Buffer.from("#"), 50), /context deadline exceeded/],
  "sends a body without end": [sendForEver("", Buffer.alloc(MIB, "a 1\n")), /body size limit exceeded/],
  "sends a line without end": [sendForEver('a{x="', Buffer.alloc(MIB, "x")), /body size limit exceeded/],
  "sends a bomb": [
    send(gzipSync(Buffer.alloc(200 * MIB)), { ...TEXT, "content-encoding": "gzip" }),
    /body size limit exceeded|expands|ratio/,
  ],
  "ends its connection in the middle": [
    (response) => {
      response.writeHead(200, { ...TEXT, "content-length": "100" });
      response.write("a 1\n", () => response.destroy());
    },
    /EOF|connection reset/,
  ],
  "redirects without end": [
    (response) => response.writeHead(302, { location: "/redirects%20without%20end" }).end(),
    /stopped after 10 redirects/,
  ],
  "sends a label value of 20 MiB": [
    send(`ok 1\na{x="${LONG}"} 1\n`),
    /name and labels of a sample take \d+ bytes, limit: 1048576/,
  ],
  "sends a metric name of 20 MiB": [
    send(`${LONG} 1\n`),
    /name and labels of a sample take \d+ bytes, limit: 1048576/,
  ],
  "sends a help text of 20 MiB": [
    send(`# HELP a ${LONG}\na 1\n`),
    /a comment line takes \d+ bytes, limit: 1048576/,
  ],
  "sends 300,000 labels": [
    send(`a{${MANY_LABELS}} 1\n`),
    /name and labels of a sample take \d+ bytes, limit: 1048576/,
  ],
  "sends invalid UTF-8": [
    send(Buffer.concat([Buffer.from('a{x="'), Buffer.from([0xff, 0xfe]), Buffer.from('"} 1\n')])),
    /^invalid UTF-8 label value: "\\"\\xff\\xfe\\""$/,
  ],
  "sends OpenMetrics without end marker": [
    send("a 1\n", { "content-type": "application/openmetrics-text" }),
    /^data does not end with # EOF$/,
  ],
  "sends protobuf that claims to be 4 GiB": [
    send(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]), PROTOBUF),
    /^insufficient length of buffer, expected at least \d+ bytes, got 8 bytes$/,
  ],
  "sends protobuf of rubbish": [send(Buffer.alloc(4096, 0xa5), PROTOBUF), /proto: |insufficient length/],
};

interface TargetAnswer {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
}

const targets = createServer((request, response) => {
  const name = decodeURIComponent(request.url!.slice(1));
  const attack = ATTACKS[name]?.[0] ?? send("good 1\n");
  attack(response);
});
let server: ServerProcess;

beforeAll(async () => {
  await new Promise<void>((resolve) => targets.listen(0, "127.0.0.1", resolve));
  const names = ["good", ...Object.keys(ATTACKS)];
  const address = `127.0.0.1:${portOf(targets)}`;
  const jobs = names.map((name) => {
    const time = name === "good" ? "1s" : "5s";
    return `- {job_name: "${name}", scrape_interval: ${time}, scrape_timeout: ${time}, metrics_path: "/${name}", body_size_limit: 32MB, static_configs: [{targets: ["${address}"]}]}`;
  });
  const config = `scrape_configs:\n${jobs.join("\n")}\n`;
  server = await startServer({ command: NARTHEX, config });
});

afterAll(async () => {
  await server.remove();
  targets.closeAllConnections();
  targets.close();
});

async function read<Data>(path: string): Promise<Data> {
  const answer = (await (await fetch(`${server.base}${path}`)).json()) as { readonly data: Data };
  return answer.data;
}

test.each(Object.entries(ATTACKS))(
  "a target that %s is down, with a clear error",
  async (name, [, message]) => {
    const target = await eventually(`the target that ${name} to be down`, async () => {
      const data = await read<{ activeTargets: readonly TargetAnswer[] }>("/api/v1/targets?state=active");
      return data.activeTargets.find(({ labels, health }) => labels["job"] === name && health === "down");
    });
    expect(target.lastError).toMatch(message);
    expect(target.lastError.length).toBeLessThan(2000);
  },
);

test("the good target meanwhile loses no sample", async () => {
  const query = encodeURIComponent('count_over_time(good[1h]) and on() (sum(up{job="good"}) == 1)');
  const data = await eventually("good scrapes", async () => {
    const found = await read<{ result: readonly { value: readonly [number, string] }[] }>(
      `/api/v1/query?query=${query}`,
    );
    return Number(found.result[0]?.value[1] ?? 0) >= 8 ? found : undefined;
  });
  expect(data.result).toHaveLength(1);
  const failures = encodeURIComponent(
    'count_over_time(up{job="good"}[1h]) - sum_over_time(up{job="good"}[1h])',
  );
  const { result } = await read<{ result: readonly { value: readonly [number, string] }[] }>(
    `/api/v1/query?query=${failures}`,
  );
  expect(result[0]!.value[1]).toBe("0");
});
