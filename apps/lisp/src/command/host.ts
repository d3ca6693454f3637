/**
 * What the command gives to programs: the files of the machine, the terminal's output, the input of a pipe.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Console } from "../library/ports.ts";
import type { Files } from "../lisp.ts";

/** The files of the machine. */
export const nodeFiles: Files = {
  read: (name) => readFileSync(name),
  write: (name, bytes) => writeFileSync(name, bytes),
  exists: (name) => existsSync(name),
  remove: (name) => rmSync(name),
};

/** Output to stdout; `input` is read when a program first asks. */
export function standardConsole(input: () => string | undefined): Console {
  return {
    write: (text) => void process.stdout.write(text),
    read: input,
  };
}

/** All of stdin, once. */
export function readStdin(): () => string | undefined {
  let isRead = false;
  return () => {
    if (isRead) return undefined;
    isRead = true;
    return readFileSync(0, "utf8");
  };
}
