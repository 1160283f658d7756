import { expect, test } from "vitest";
import { loadConfig, type ScrapeConfig } from "../../../../src/config/index.ts";
import { createRig, type Answered } from "../rig.ts";

const CONFIG = `
scrape_configs:
- job_name: web
  basic_auth: {username: u, password: very-secret}
  relabel_configs:
  - {source_labels: [__address__, port], separator: ":", target_label: instance}
  - {action: drop, source_labels: [role], regex: "test|<lab>"}
  - {action: hashmod, source_labels: [instance], modulus: 8, target_label: shard}
- job_name: plain
`;

function configs(): readonly ScrapeConfig[] {
  const files = { read: () => "", match: () => [] };
  return loadConfig({ path: "p.yml", text: CONFIG, files, environment: {} }).config.scrapeConfigs;
}

async function ask(path: string): Promise<Answered & { readonly data: unknown; readonly error: unknown }> {
  const { get, answers } = await createRig();
  answers.scrapeConfigs = configs();
  const answered = await get(path);
  const { data, error } = JSON.parse(answered.text) as { data?: unknown; error?: unknown };
  return { ...answered, data, error };
}

function steps(labels: object, pool = "web"): Promise<{ data: unknown; text: string }> {
  const query = new URLSearchParams({ scrapePool: pool, labels: JSON.stringify(labels) });
  return ask(`/targets/relabel_steps?${query.toString()}`);
}

test("pools are listed by name", async () => {
  expect((await ask("/scrape_pools")).data).toEqual({ scrapePools: ["api", "web"] });
});

test("the configuration of a pool is shown with its defaults and without its secrets", async () => {
  const { yaml } = (await ask("/scrape_pools/config?scrapePool=web")).data as { yaml: string };
  expect(yaml).toMatch(/^job_name: web\nhonor_timestamps: true\n/);
  expect(yaml).toContain("  password: <secret>\n");
  expect(yaml).not.toContain("very-secret");
});

const RULES = [
  {
    source_labels: ["__address__", "port"],
    separator: ":",
    regex: "(.*)",
    target_label: "instance",
    replacement: "$1",
    action: "replace",
  },
  { source_labels: ["role"], separator: ";", regex: "test|<lab>", replacement: "$1", action: "drop" },
  {
    source_labels: ["instance"],
    separator: ";",
    regex: "(.*)",
    modulus: 8,
    target_label: "shard",
    replacement: "$1",
    action: "hashmod",
  },
];

test("each step shows its rule and what it makes of the labels", async () => {
  const labels = { __address__: "h", port: "80", empty: "" };
  const first = { __address__: "h", instance: "h:80", port: "80" };
  expect((await steps(labels)).data).toEqual({
    steps: [
      { rule: RULES[0], output: first, keep: true },
      { rule: RULES[1], output: first, keep: true },
      { rule: RULES[2], output: { ...first, shard: expect.stringMatching(/^[0-7]$/) }, keep: true },
    ],
  });
});

test("after a drop nothing is left", async () => {
  const { data } = await steps({ __address__: "h", role: "test" });
  expect((data as { steps: object[] }).steps).toEqual([
    { rule: RULES[0], output: { __address__: "h", instance: "h:", role: "test" }, keep: true },
    { rule: RULES[1], output: {}, keep: false },
    { rule: RULES[2], output: {}, keep: false },
  ]);
});

test("a pool without rules has no steps", async () => {
  expect((await steps({ a: "b" }, "plain")).data).toEqual({ steps: [] });
});

test.each([
  ["/scrape_pools/config", "no scrapePool parameter provided"],
  ["/scrape_pools/config?scrapePool=x", 'error retrieving scrape config: scrape pool "x" not found'],
  ["/targets/relabel_steps", "no scrapePool parameter provided"],
  ["/targets/relabel_steps?scrapePool=web", "no labels parameter provided"],
  [
    "/targets/relabel_steps?scrapePool=x&labels={}",
    'error retrieving scrape config: scrape pool "x" not found',
  ],
  ["/targets/relabel_steps?scrapePool=web&labels={", expect.stringMatching(/^error parsing labels: /)],
  [
    '/targets/relabel_steps?scrapePool=web&labels={"a":1}',
    "error parsing labels: expected a JSON object with texts as values",
  ],
  [
    '/targets/relabel_steps?scrapePool=web&labels=["a"]',
    "error parsing labels: expected a JSON object with texts as values",
  ],
])("%s is refused", async (path, error) => {
  const answered = await ask(path);
  expect([answered.status, answered.error]).toEqual([400, error]);
});
