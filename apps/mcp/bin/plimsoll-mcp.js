#!/usr/bin/env node
// A file that is there before anything is built, so that npm can link it. It parses on every Node.js that may meet it.
import { setFlagsFromString } from "node:v8";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) {
  // The server is to stay small beside what it measures. Young objects in 2 MB instead of 16, and SQLite's WebAssembly
  // compiled once and not optimised: 79 MB at the start instead of 136 (Node 20).
  for (const flag of ["--max-semi-space-size=2", "--optimize-for-size", "--liftoff-only"]) setFlagsFromString(flag);
  await import("../dist/command/main.js");
} else {
  process.stderr.write(`plimsoll-mcp: needs Node.js 20.19, 22.12 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 70;
}
