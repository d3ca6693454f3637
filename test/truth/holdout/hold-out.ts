/**
 * Programs in the manner of real ones, with real packages, that no rule was written beside: they are run by the
 * benchmark alone, and what is said of them wrongly is published, not tuned away. The answers were settled
 * before a verdict was seen, from what V8 and glibc count in a run without Plimsoll.
 */
import type { VerdictKind } from "../../../src/diagnose/finding.ts";
import type { Truth } from "../truth.ts";

const LEAK_SECONDS = 45;
const HARMLESS_SECONDS = 40;

function leak(name: string, program: string, ...kinds: readonly VerdictKind[]): Truth {
  const seconds = LEAK_SECONDS;
  return { name, program: `holdout/${program}`, kinds, leak: true, seconds, rightWithinSeconds: seconds };
}

/** Which of the harmless kinds it is depends on when V8 collects. */
function harmless(name: string, program: string, ...alsoRight: readonly VerdictKind[]): Truth {
  const kinds: readonly VerdictKind[] = ["healthy", "plateau", "gc-slack", ...alsoRight];
  const seconds = HARMLESS_SECONDS;
  return { name, program: `holdout/${program}`, kinds, leak: false, seconds, rightWithinSeconds: seconds };
}

/** Never used while a rule is written. */
export const holdOut: readonly Truth[] = [
  leak("metric with a label per user (prom-client)", "metric-labels.mjs", "js-heap"),
  leak("listener with a context per request", "request-context.mjs", "js-heap"),
  leak("schema compiled per request (ajv)", "schema-per-request.mjs", "js-heap", "compiled-code"),
  leak("responses whose bodies are not read (fetch)", "unread-bodies.mjs", "buffers"),
  leak("subscriber that stopped reading (ws)", "slow-subscriber.mjs", "buffers"),
  leak("tensors kept for a chart (tfjs)", "tensors.mjs", "buffers"),
  leak("TLS context per name", "secure-contexts.mjs", "native"),
  leak("listeners on one signal", "abort-listeners.mjs", "js-heap"),
  leak("pictures handed over by workers", "worker-results.mjs", "buffers"),
  harmless("cache bounded by bytes", "byte-bounded-cache.mjs"),
  harmless("server with schemas (fastify)", "schema-server.mjs"),
  harmless("reports that sort many rows", "sort-batches.mjs"),
  harmless("lines of JSON, compressed", "json-lines.mjs", "allocator-retained"),
  harmless("frames to workers and back", "transferred-frames.mjs", "allocator-retained"),
  harmless("WebAssembly instances that are dropped", "wasm-instances.mjs", "wasm"),
  harmless("files cached and watched", "watched-files.mjs"),
  harmless("messages compressed and sealed", "sealed-messages.mjs", "allocator-retained"),
  harmless("WebSocket clients that come and go (ws)", "passing-sockets.mjs"),
];
