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
    return paths;
  },
};

const work = PEERS[peer];
const text = peer === "bare" ? "" : readFileSync(file, "utf8");
if (peer === "acorn") from("acorn");
const start = performance.now();
globalThis.kept = work(text);
const ms = performance.now() - start;
console.log(JSON.stringify({ ms, peakBytes: process.resourceUsage().maxRSS * 1024 }));
