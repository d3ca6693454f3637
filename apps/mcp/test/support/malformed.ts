/**
 * Messages that no client should send, as many as are wanted, always the same ones: broken JSON, wrong types, unknown methods and tools, arguments
 * of every shape. Each is one line.
 */

/** Mulberry32 (T. Ettinger, public domain): small, and the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TOOLS = [
  ...[
    "list_processes",
    "memory_summary",
    "trend",
    "growth_between",
    "diagnose_growth",
    "allocation_hot_spots",
    "limits",
  ],
  ...[
    "capture_heap",
    "open_snapshot",
    "heap_suspects",
    "retaining_path",
    "compare_heaps",
    "native_heap",
    "force_gc",
    "more",
  ],
  ...["", "__proto__", "no_such_tool", "x".repeat(300)],
];
const KEYS = [
  "watch",
  "pid",
  "snapshot",
  "object",
  "cursor",
  "file",
  "from",
  "to",
  "waitSeconds",
  "__proto__",
  "constructor",
];
const METHODS = [
  "tools/call",
  "tools/list",
  "ping",
  "initialize",
  "resources/read",
  "no/method",
  "",
  "notifications/cancelled",
];

/** Lines of malformed messages. */
export function* malformedLines(count: number, seed = 1): Generator<string> {
  const random = randomNumbers(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const value = (depth = 0): unknown => {
    const kind = Math.floor(random() * (depth > 3 ? 7 : 9));
    if (kind === 0) return null;
    if (kind === 1) return random() < 0.5;
    if (kind === 2) return (random() - 0.5) * 10 ** Math.floor(random() * 20);
    if (kind === 3) return `w${Math.floor(random() * 4)}`;
    if (kind === 4) return "\u0000\uD800\u2028é".repeat(Math.floor(random() * 20));
    if (kind === 5) return "/etc/passwd";
    if (kind === 6) return "a".repeat(Math.floor(random() * 5000));
    if (kind === 7) return Array.from({ length: Math.floor(random() * 5) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: Math.floor(random() * 4) }, () => [pick(KEYS) ?? "", value(depth + 1)]),
    );
  };
  for (let nth = 0; nth < count; nth += 1) {
    const id = random() < 0.9 ? nth + 1000 : value();
    const call = { jsonrpc: "2.0", id, method: "tools/call", params: { name: pick(TOOLS), arguments: value() } };
    const whole = JSON.stringify(
      random() < 0.6 ? call : { jsonrpc: pick(["2.0", "1.0", 2]), id, method: pick(METHODS), params: value() },
    );
    const way = random();
    if (way < 0.7) yield whole;
    else if (way < 0.8) yield whole.slice(0, Math.floor(random() * whole.length));
    else if (way < 0.9) yield JSON.stringify(value());
    else yield Array.from({ length: 40 }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join("");
  }
}
