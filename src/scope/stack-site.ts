/**
 * Where something happened, kept as an error whose stack stays unformatted until somebody looks: taking it
 * costs about 2 us, formatting it four times as much, and far more under `--enable-source-maps`.
 */

// Some are the scope's own and are left out.
const FRAMES = 16;
// Frames of Plimsoll, of installed libraries and of Node itself are not where the user's own code stands.
const FOREIGN = /node:|[\\/]node_modules[\\/]/;
const UNKNOWN = "an unknown place";
const OWN = new URL(".", import.meta.url).pathname;

/** A place in the program, with the way there. */
export interface StackSite {
  /** The first frame of the program's own code, as V8 writes it: `sample (file:///srv/model.ts:12:7)`; otherwise the first of all. */
  readonly place: string;
  /** The frames, innermost first. */
  readonly frames: readonly string[];
}

/** Notes the present place. {@link readSite} makes it readable. */
export function markSite(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const mark = new Error("here");
  Error.stackTraceLimit = limit;
  return mark;
}

/** Formats what {@link markSite} noted. */
export function readSite(mark: Error): StackSite {
  const frames = framesOf(mark);
  return { place: frames.find((frame) => !FOREIGN.test(frame)) ?? frames[0] ?? UNKNOWN, frames };
}

/** The same for a place inside a constructor: who called the file in which the class stands. */
export function readCreationSite(mark: Error): StackSite {
  const frames = framesOf(mark);
  const ownFrames = frames.filter((frame) => !FOREIGN.test(frame));
  const library = fileOf(frames[0] ?? "");
  return {
    place: ownFrames.find((frame) => fileOf(frame) !== library) ?? ownFrames[0] ?? frames[0] ?? UNKNOWN,
    frames,
  };
}

function framesOf(mark: Error): string[] {
  const lines = (mark.stack ?? "").split("\n").slice(1);
  return lines.map((line) => line.trim().replace(/^at /, "")).filter((line) => !isOwn(line));
}

function fileOf(frame: string): string {
  return frame.replace(/^.*\(/, "").replace(/(:\d+){1,2}\)?$/, "");
}

/** Frames of this part, and the steps of its generators, say nothing to its user. */
function isOwn(frame: string): boolean {
  return frame.includes(OWN) || frame.endsWith(".next (<anonymous>)");
}

/** A site as indented lines for a message. */
export function formatSite(mark: Error): string {
  return readSite(mark)
    .frames.slice(0, 6)
    .map((frame) => `    at ${frame}`)
    .join("\n");
}
