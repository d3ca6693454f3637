/**
 * What a report may say about files and names: paths relative to the working directory where they
 * lie inside it, URLs without query, no control characters (a function's name is the program's own
 * text and may hold anything, terminal escapes included), and bounded length.
 */
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const MAX_TEXT = 600;
const MAX_PATH = 300;
const MAX_NAME = 120;

// C0, C1 and the marks that turn the direction of text around (Unicode TR 36, section 2.6).
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Replaces control and direction characters, so that text shows as itself in a terminal or a page. */
export function plain(text: string): string {
  return text.replace(UNSEEN, "\ufffd");
}

/** Turns what was recorded into what a report shows. */
export interface Cleaner {
  /** A script's path or URL. */
  path(file: string): string;
  /** A function's or a program's name. */
  name(text: string): string;
  /** A sentence; the working directory's path is dropped from it. */
  text(sentence: string): string;
}

/**
 * @param cwd - the directory that paths are made relative to.
 */
export function createCleaner(cwd: string): Cleaner {
  const prefix = cwd.endsWith(sep) ? cwd : cwd + sep;
  const isRoot = prefix === sep;
  return {
    path(file) {
      const path = withoutUrl(file);
      if (isRoot || !isAbsolute(path)) return shorten(plain(path), MAX_PATH);
      const inside = relative(cwd, path);
      const shown = inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : inside;
      return shorten(plain(shown), MAX_PATH);
    },
    name: (text) => shorten(plain(text), MAX_NAME),
    text(sentence) {
      const short = isRoot ? sentence : sentence.replaceAll(`file://${prefix}`, "").replaceAll(prefix, "");
      return shorten(plain(short), MAX_TEXT);
    },
  };
}

function withoutUrl(file: string): string {
  if (file.startsWith("data:")) return `${file.slice(0, file.search(/[;,]|$/))},…`;
  if (file.startsWith("file:")) {
    try {
      return fileURLToPath(file);
    } catch {
      return file;
    }
  }
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) return file;
  return file.slice(0, file.search(/[?#]|$/)).replace(/\/\/[^/@]*@/, "//");
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
