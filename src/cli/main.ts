#!/usr/bin/env node
/**
 * The executable. It imports nothing before it has looked at Node's version, so that an old Node
 * gets a sentence instead of a syntax error: this file must parse on Node 14.8.
 */

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;

if (supported) {
  const { main } = await import("./program.ts");
  await main(process.argv.slice(2));
} else {
  process.stderr.write(
    `plimsoll: needs Node.js 20.19, 22.12 or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      "  Nothing was started.\n" +
      "  try: npx --package=node@22 --package=plimsoll plimsoll run -- node server.js\n",
  );
  process.exitCode = 70;
}
