#!/usr/bin/env node
// Deployments out of the log of a home-made deployer, as facts for tminus. Each line is one:
// {"app": "payments", "version": "4.2", "to": "production", "began": "…", "ended": "…", "ok": true}
//
//   [source.exec.deployments]
//   command = ["node", "~/.config/tminus/deployments.mjs", "~/deployments.jsonl"]
import { readFileSync } from "node:fs";

const tiers = { dev: "development", test: "test", staging: "staging", production: "production" };
const lines = readFileSync(process.argv[2], "utf8").split("\n").filter((line) => line.trim());
const deployments = lines.map((line) => JSON.parse(line)).map((one) => ({
  id: `${one.app} ${one.version} to ${one.to} at ${one.began}`,
  release: `${one.app} ${one.version}`,
  environment: one.to,
  from: one.began,
  // What runs has no end yet: the log's deployer takes an hour at the most.
  until: one.ended ?? new Date(Date.parse(one.began) + 3_600_000).toISOString(),
  started: one.began,
  finished: one.ended,
  state: one.ended ? (one.ok ? "succeeded" : "failed") : "running",
}));
const environments = [...new Set(deployments.map((one) => one.environment))]
  .filter((name) => name in tiers)
  .map((name) => ({ name, tier: tiers[name] }));

console.log(JSON.stringify({ version: 1, covers: ["deployments", "environments"], deployments, environments }));
