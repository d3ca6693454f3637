// One peer on one file, in a process of its own: prints its time and its peak resident set.
const { readFileSync } = require("node:fs");
const { performance } = require("node:perf_hooks");

const [peer, file] = process.argv.slice(2);
const from = (name) => require(require.resolve(name, { paths: [`${__dirname}/peers`] }));

const PEERS = {
  bare: () => undefined,
  // The tree that most tools begin with.
  acorn: (text) => from("acorn").parse(text, { ecmaVersion: "latest" }),
  // What humanify 2 does before its first question: parse, find the scopes, hold the path of every binding.
  babel: (text) => {
    const tree = from("@babel/parser").parse(text, { sourceType: "unambiguous" });
    const traverse = from("@babel/traverse").default;
    const paths = [];
    traverse(tree, { BindingIdentifier: (path) => void paths.push(path) });
    return { tree, paths, count: paths.length };
  },
  // The plan for large files: parse all of it, print each statement of the top level as a part of its own.
  split: (text) => {
    const { program } = from("@babel/parser").parse(text, { sourceType: "unambiguous" });
    const generate = from("@babel/generator").default;
    const lengths = program.body.map((statement) => generate(statement, { compact: true }).code.length);
    const share = Math.max(...lengths) / lengths.reduce((sum, length) => sum + length, 0);
    return { program, count: lengths.length, largestPercent: Number((share * 100).toPrecision(3)) };
  },
};

const work = PEERS[peer];
const text = peer === "bare" ? "" : readFileSync(file, "utf8");
if (peer === "acorn") from("acorn");
const start = performance.now();
globalThis.kept = work(text);
const ms = performance.now() - start;
const { count, largestPercent } = globalThis.kept ?? {};
console.log(JSON.stringify({ ms, peakBytes: process.resourceUsage().maxRSS * 1024, count, largestPercent }));
