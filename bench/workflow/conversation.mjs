/**
 * What both sides do: sessions that talk to a model in turns, some at once. The model answers in the next turn of the event loop, so what is
 * measured is the executor. Words differ from turn to turn, as in life.
 */
export const SYSTEM = "You are a careful assistant.";
const SESSIONS_AT_ONCE = 32;

/** A question of some 120 characters. */
export function questionOf(session, turn) {
  return `Session ${session}, turn ${turn}: please continue where we stopped, and mind what was said in turn ${turn - 1}. `.padEnd(
    120,
    "?",
  );
}

/** An answer of some 400 characters. */
export function answerOf(question) {
  return `${question} The answer depends on ${question.length} things. `.padEnd(400, question.slice(0, 37));
}

/** Every session has its turn, so many times. Resolves with what it took. */
export async function converse(sessions, turns, talk) {
  const startMs = performance.now();
  for (let turn = 1; turn <= turns; turn++) {
    let next = 0;
    const work = async () => {
      while (next < sessions) {
        const session = next++;
        await talk(session, turn);
      }
    };
    await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, work));
  }
  return performance.now() - startMs;
}

/** What a case prints. */
export function report(ms, sessions, turns, messages) {
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ ms, turnsPerSecond: (sessions * turns) / (ms / 1000), peakBytes, messages }));
}
