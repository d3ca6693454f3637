/**
 * The command: a session and a continuation that are gone on with in a new process, and a saved file that is damaged.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const BIN = join(import.meta.dirname, "../../bin/lisp.js");
const folder = mkdtempSync(join(tmpdir(), "lisp-restart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lisp(
  args: readonly string[],
  input = "",
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return { status, out: stdout, err: stderr };
}

describe("a session of the command", () => {
  it("is saved by one process and gone on with by another, its past included", () => {
    writeFileSync(
      join(folder, "program.scm"),
      "(define (make) (let ((n 0)) (lambda () (set! n (+ n 1)) n)))\n(define tick (make))\n(tick)\n(define list-of (list 1 2))\n",
    );
    expect(lisp(["--save", "one.session", "program.scm"])).toEqual({ status: 0, out: "", err: "" });
    const second = lisp(
      ["--resume", "one.session", "--save", "two.session"],
      '(tick)\n(set-car! list-of \'changed)\nlist-of\n(back)\nlist-of\n(goto "main")\n(break-at 100)\n(define (loop n) (loop (+ n 1)))\n(loop 0)\n',
    );
    expect(second.out).toContain("2\n(changed 2)\n");
    expect(second.err).toContain("step 100 of 100 in main");
    const third = lisp(["--resume", "two.session"], "(history)\n(tick)\n(branches)\n");
    expect(third.out).toContain("(loop 0)");
    expect(third.out).toContain("3\n");
    expect(third.err).toContain("branches is not defined");
  });

  it("is refused when it is damaged or missing, and so is a continuation", () => {
    writeFileSync(join(folder, "small.scm"), '(call/cc (lambda (k) (save-continuation k "k.bin")))\n');
    expect(lisp(["--save", "small.session", "small.scm"]).status).toBe(0);
    for (const name of ["small.session", "k.bin"]) {
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(join(folder, name), bytes);
    }
    expect(lisp(["--resume", "small.session"])).toEqual({
      status: 1,
      out: "",
      err: "error: the saved session is damaged: its checksum is wrong; use another copy\n",
    });
    expect(lisp(["--resume", "missing"]).err).toMatch(/^error: ENOENT/);
    const { out, err } = lisp([], '(load-continuation "k.bin")\n(+ 1 2)\n');
    expect(err).toContain("the saved continuation is damaged");
    expect(err).toContain("at input 1:1:1");
    expect(out).toBe("3\n");
  });
});
