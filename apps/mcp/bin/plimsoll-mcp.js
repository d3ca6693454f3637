#!/usr/bin/env node
// A file that is there before anything is built, so that npm can link it. It parses on every Node.js that may meet it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) {
  await import("../dist/command/main.js");
} else {
  process.stderr.write(`plimsoll-mcp: needs Node.js 20.19, 22.12 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 70;
}
