/**
 * The page: passes what is clicked to the worker, and shows what it answers.
 */
import { Editor } from "./editor.ts";
import { EXAMPLE } from "./example.ts";
import { make, memoryLine, showFrames, Transcript, VariableTable } from "./panels.ts";
import type { Answer, Request, SessionView } from "./protocol.ts";

function find<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${id}`);
}

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const send = (request: Request): void => worker.postMessage(request, []);
const button = (id: string, work: () => void): HTMLButtonElement => {
  const element = find(id, HTMLButtonElement);
  element.addEventListener("click", work);
  return element;
};

const editor = new Editor(find("text", HTMLTextAreaElement), find("backdrop", HTMLPreElement));
const transcript = new Transcript(find("lines", HTMLElement));
const variables = new VariableTable(find("variables", HTMLElement), ({ name, scope }) =>
  send({ kind: "why", name, scope }),
);
const slider = find("slider", HTMLInputElement);
const number = find("number", HTMLInputElement);
const branches = find("branches", HTMLSelectElement);
const status = find("status", HTMLElement);
const file = find("file", HTMLInputElement);
let view: SessionView | undefined;
let isSliding = false;
let wished: number | undefined;

const run = (): void => {
  say("");
  send({ kind: "run", text: editor.text });
};
button("run", run);
const goOn = button("continue", () => send({ kind: view?.isRunning ? "pause" : "continue" }));
const back = button("back", () => send({ kind: "goto", target: (view?.step ?? 0) - 1 }));
const step = button("step", () => send({ kind: "step", by: 1 }));
button("branch", () => send({ kind: "branch", name: `branch-${(view?.branches.length ?? 0) + 1}` }));
button("save", () => send({ kind: "save" }));
button("open", () => file.click());
button("clear", () => {
  transcript.clear();
  send({ kind: "clear" });
});

find("text", HTMLTextAreaElement).addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
slider.addEventListener("input", () => slideTo(Number(slider.value)));
number.addEventListener("change", () => {
  const target = Number(number.value.replaceAll(/[,\s]/g, ""));
  if (Number.isInteger(target)) send({ kind: "goto", target });
});
branches.addEventListener("change", () => send({ kind: "goto", target: branches.value }));
file.addEventListener("change", () => {
  const [chosen] = file.files ?? [];
  if (chosen === undefined) return;
  file.value = "";
  void chosen.arrayBuffer().then((bytes) => send({ kind: "open", bytes: new Uint8Array(bytes) }));
});
find("ask", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const question = find("question", HTMLInputElement);
  if (question.value.trim() === "") return;
  send({ kind: "ask", text: question.value });
  question.value = "";
});

/** Goes to a step; while that is under way, only the newest wish counts. */
function slideTo(target: number): void {
  if (isSliding) wished = target;
  else {
    isSliding = true;
    send({ kind: "goto", target });
  }
}

function say(text: string, isError = false): void {
  status.textContent = text;
  status.classList.toggle("error", isError);
}

function show(next: SessionView): void {
  view = next;
  isSliding = false;
  if (wished !== undefined) slideTo(wished);
  wished = undefined;
  const { isRunning, isUnfinished, firstStep, headStep, memory } = next;
  const isPast = next.step < headStep;
  goOn.textContent = isRunning ? "Pause" : "Continue";
  goOn.disabled = !isRunning && !isUnfinished;
  step.disabled = isRunning || !isUnfinished;
  back.disabled = isRunning || next.step <= firstStep;
  slider.min = String(firstStep);
  slider.max = String(headStep);
  if (document.activeElement !== slider || isRunning) slider.value = String(next.step);
  if (document.activeElement !== number) number.value = next.step.toLocaleString("en");
  find("head", HTMLElement).textContent = `of ${headStep.toLocaleString("en")}${isPast ? ", in the past" : ""}`;
  const options = next.branches.map((name) => {
    const option = document.createElement("option");
    option.textContent = name;
    option.selected = name === next.branch;
    return option;
  });
  branches.replaceChildren(...options);
  editor.mark(next.span);
  find("doing", HTMLElement).replaceChildren(
    next.doing === "" ? make("span", "none", isRunning ? "Running." : "Nothing is under way.") : next.doing,
  );
  variables.show(next.variables);
  showFrames(find("frames", HTMLElement), next.frames, memory.depth);
  transcript.at(next);
  find("memory", HTMLElement).textContent = memoryLine(next);
}

function download(name: string, bytes: Uint8Array): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes.slice()], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
  if (data.kind === "view") show(data.view);
  else if (data.kind === "output") transcript.add(data.lines);
  else if (data.kind === "why") variables.answer(data.paths);
  else if (data.kind === "saved") download(data.name, data.bytes);
  else if (data.kind === "failed") say(data.message, true);
  else {
    editor.text = data.text === "" ? EXAMPLE : data.text;
    transcript.add(data.lines);
  }
});
worker.addEventListener("error", ({ message }) => say(`the worker failed: ${message}`, true));
