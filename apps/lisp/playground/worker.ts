/**
 * The worker in which the language runs: takes requests, runs in short slices so that a pause is heard, and keeps the session in the
 * browser's storage.
 */
import type { Answer, OutputLine, Request } from "./protocol.ts";
import { Session } from "./session.ts";
import { SessionStore } from "./session-store.ts";

const SLICE_STEPS = 50_000;
const SLICE_MS = 12;
const VIEW_MS = 80;
/** Lines of the transcript that are kept with a session. */
const KEPT_LINES = 500;
/** A session with more of a history is not kept: its bytes would have to be in memory twice. */
const MOST_KEPT_BYTES = 40_000_000;

const scope = globalThis as unknown as {
  postMessage(answer: Answer, transfer: readonly []): void;
  addEventListener(kind: "message", listen: (event: { readonly data: Request }) => void): void;
};
const answer = (message: Answer): void => scope.postMessage(message, []);

let transcript: OutputLine[] = [];
let unsent: OutputLine[] = [];
const session = new Session({
  tell: (lines) => void unsent.push(...lines),
  save: (name, bytes) => answer({ kind: "saved", name, bytes }),
});
let isRunning = false;
/** A run is paused when the history is larger. */
let alarmBytes = 150_000_000;
let store: SessionStore | undefined;
/** True when what the page shows would be there after a reload, the present step aside. */
let isKept = true;

function report(): void {
  if (unsent.length > 0) {
    const last = unsent.slice(-KEPT_LINES);
    answer({ kind: "output", lines: last });
    transcript = [...transcript, ...last].slice(-KEPT_LINES);
    unsent = [];
  }
  answer({ kind: "view", view: session.view(isRunning, storageText()) });
}

function storageText(): string {
  if (store === undefined) return "not kept";
  if (session.historyBytes > MOST_KEPT_BYTES) return "too large to be kept";
  return isKept ? `kept on ${store.kind}` : `being kept on ${store.kind}`;
}

async function runOn(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  isKept = false;
  report();
  let reportedAt = performance.now();
  while (isRunning) {
    const until = performance.now() + SLICE_MS;
    let isDone = false;
    while (!isDone && performance.now() < until) isDone = session.advance(SLICE_STEPS);
    if (isDone) isRunning = false;
    else if (session.historyBytes > alarmBytes) pauseLarge();
    else if (performance.now() - reportedAt > VIEW_MS) {
      report();
      reportedAt = performance.now();
    }
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
  }
  report();
  await keep();
}

/** No browser tells a worker how much memory it has; what grows without end is in the history too. */
function pauseLarge(): void {
  isRunning = false;
  const { historyBytes } = session;
  alarmBytes = historyBytes * 1.5;
  answer({
    kind: "failed",
    message: `Paused: the history takes ${Math.round(historyBytes / 1e6)} MB. Continue goes on; a tab that needs too much memory is ended by the browser.`,
  });
}

async function keep(): Promise<void> {
  if (session.historyBytes > MOST_KEPT_BYTES) return;
  await store?.keep({ text: session.text, lines: transcript, bytes: session.save() });
  if (isRunning) return;
  isKept = true;
  report();
}

async function handle(request: Request): Promise<void> {
  switch (request.kind) {
    case "run":
    case "ask":
      session.begin(request.text, request.kind === "run" ? "editor" : "dialogue");
      await runOn();
      return;
    case "continue":
      session.goOn();
      await runOn();
      return;
    case "pause":
      isRunning = false;
      return;
    case "step":
      isRunning = false;
      session.goOn();
      session.advance(request.by);
      break;
    case "goto":
      isRunning = false;
      session.goTo(request.target);
      break;
    case "branch":
      session.branch(request.name);
      break;
    case "why":
      return answer(session.whyAlive(request.name, request.scope));
    case "save":
      return answer({ kind: "saved", name: "playground.session", bytes: session.save() });
    case "open":
      isRunning = false;
      session.open(request.bytes);
      break;
    case "clear":
      isRunning = false;
      session.clear();
      transcript = [];
      break;
  }
  if (isRunning) return;
  const isOther = ["branch", "open", "clear"].includes(request.kind);
  if (isOther) isKept = false;
  report();
  if (isOther) await keep();
}

async function start(): Promise<void> {
  try {
    store = await SessionStore.open();
  } catch (error) {
    answer({ kind: "failed", message: `This session will not be kept: ${message(error)}` });
  }
  try {
    const kept = await store?.last();
    if (kept !== undefined) {
      session.text = kept.text;
      transcript = [...kept.lines];
      session.open(kept.bytes);
    }
  } catch (error) {
    answer({ kind: "failed", message: `The last session could not be opened, this is a new one: ${message(error)}` });
  }
  answer({ kind: "opened", text: session.text, lines: transcript });
  report();
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const started = start();
scope.addEventListener("message", ({ data }) => {
  void started
    .then(() => handle(data))
    .catch((error: unknown) => {
      isRunning = false;
      answer({ kind: "failed", message: message(error) });
      report();
    });
});
