/**
 * Real instances, really replaced: no request is lost, state goes on, what will not end is killed, what crashes comes
 * back, and nothing outlives its supervisor.
 */
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, gone, isLost, load, PROGRAMS, Supervising, until } from "./supervising.ts";

const SERVER = join(PROGRAMS, "server.mjs");
const node = process.execPath;

describe.concurrent("a replacement", () => {
  it("replaces instances under load without a failed request, and hands state over", async () => {
    await using running = new Supervising(["--restart-after", "60", "--limit", "500mb"], [node, SERVER]);
    const port = await running.port();
    const stop = load(port, 8);
    await running.event("end", 3);
    const { served, failed } = await stop();
    expect(failed).toEqual([]);
    await running.event("ready", 4);
    // The newest may still wait for the count of the one before it.
    await until(`a count of ${served}`, async () => Number((await ask(port, "/served")).body) === served || undefined);
    const end = await running.event("end", 1);
    expect(end).toMatchObject({ how: "replaced", wasKilled: false, why: "60 units are done (--restart-after)" });
    expect(existsSync(join(running.folder, String(end["report"])))).toBe(true);
  });

  it("comes before the limit is reached", async () => {
    await using running = new Supervising(["--limit", "160mb", "--no-reports"], [node, SERVER], { KIND: "leaky" });
    const replace = await running.event("replace", 1);
    expect(replace["why"]).toMatch(/resident, rising .*\/s; the limit is 160 MB/);
    expect(await running.event("end", 1)).toMatchObject({ how: "replaced" });
  });

  it("comes when a guard inside asks for it, whose own drains are waited for", async () => {
    await using running = new Supervising(["--no-reports"], [node, SERVER], { KIND: "guarded" });
    expect((await running.event("replace", 1))["why"]).toMatch(
      /^its guard asks for it: \d+ MB resident, the hard line/,
    );
    expect(await running.event("end", 1)).toMatchObject({ how: "replaced", wasKilled: false });
    expect(running.stdout).toContain("jobs are done\n");
  });

  it("waits for an answer that is under way, and asks the client to come anew", async () => {
    await using running = new Supervising(["--no-reports"], [node, SERVER]);
    const port = await running.port();
    const slow = ask(port, "/slow/1500");
    running.child.kill("SIGUSR2");
    await running.event("ready", 2);
    const { body, connection } = await slow;
    expect(Number(body)).toBe(running.pids()[0]);
    expect(connection).toBe("close");
    expect(await running.event("end", 1)).toMatchObject({ how: "replaced", wasKilled: false, why: "SIGUSR2" });
  });

  it("lets HTTP/2 finish its streams", async () => {
    await using running = new Supervising(["--no-reports"], [node, join(PROGRAMS, "http2-server.mjs")]);
    const client = connect(`http://127.0.0.1:${await running.port()}`);
    const stream = client.request({ ":path": "/" });
    let body = "";
    stream.setEncoding("utf8").on("data", (text: string) => (body += text));
    const ended = new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
    running.child.kill("SIGUSR2");
    await Promise.all([ended, running.event("end", 1)]);
    expect(body).toBe("done");
    client.close();
  });

  it("takes over only when it says that it is ready, where its predecessor did", async () => {
    await using running = new Supervising(["--no-reports"], [node, SERVER], { KIND: "late" });
    await running.event("ready", 1);
    // The first word comes after the first readiness: it counts for those that follow.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    running.child.kill("SIGUSR2");
    expect(Number((await running.event("ready", 2))["afterMs"])).toBeGreaterThanOrEqual(700);
  });

  it("reaches a server that npm has started", async () => {
    await using running = new Supervising(["--no-reports", "--instances", "2"], ["npm", "start", "--silent"], {
      SERVER,
    });
    writeFileSync(join(running.folder, "package.json"), '{ "scripts": { "start": "node $SERVER" } }');
    const port = await running.port();
    await running.event("ready", 2);
    const stop = load(port, 4);
    running.child.kill("SIGUSR2");
    await Promise.all([running.event("end", 1), running.event("end", 2)]);
    expect((await stop()).failed).toEqual([]);
  });

  it("waits no longer than it may for what hangs, and kills a program that ignores SIGTERM", async () => {
    await using hanging = new Supervising(["--no-reports", "--drain", "1s"], [node, SERVER]);
    await using deaf = new Supervising(["--no-reports", "--drain", "1s"], [node, SERVER], { KIND: "deaf" });
    const lost = isLost(await hanging.port(), "/hang");
    await deaf.port();
    for (const { child } of [hanging, deaf]) child.kill("SIGUSR2");
    expect(await hanging.event("end", 1)).toMatchObject({ how: "replaced", exit: { signal: "SIGTERM" } });
    expect(await deaf.event("end", 1)).toMatchObject({ how: "replaced", wasKilled: true });
    expect(await lost).toBe(true);
  });
});

describe.concurrent("a crash", () => {
  it("brings a new instance, and connections wait for it", async () => {
    await using running = new Supervising(["--no-reports"], [node, SERVER]);
    const port = await running.port();
    expect(await isLost(port, "/crash")).toBe(true);
    // Nobody accepts now; the kernel's queue does.
    expect(Number((await ask(port)).body)).toBe(running.pids()[1]);
    expect(await running.event("end", 1)).toMatchObject({ how: "crashed", exit: { code: 9 } });
  });

  it("that comes each time before it is ready ends with a plain word and the program's code", async () => {
    await using running = new Supervising(["--no-reports"], [node, "-e", "process.exit(3)"]);
    expect(await running.exited).toEqual({ code: 3, signal: null });
    const last = running.told.findLast(({ plimsoll }) => plimsoll === "trouble");
    expect(last?.["sentence"]).toMatch(/ended 5 times without ever being ready, last with code 3 after .* cannot help/);
  });
});

describe.concurrent("the end of the supervisor", () => {
  it("by SIGTERM drains, and passes the program's end on", async () => {
    await using running = new Supervising(["--no-reports"], [node, SERVER]);
    const slow = ask(await running.port(), "/slow/700");
    await new Promise((resolve) => setTimeout(resolve, 200));
    running.child.kill("SIGTERM");
    expect((await slow).body).toBe(String(running.pids()[0]));
    expect(await running.exited).toEqual({ code: null, signal: "SIGTERM" });
    expect(running.told.at(-1)).toMatchObject({ plimsoll: "end", how: "stopped", wasKilled: false });
  });

  it("by SIGKILL ends its instances too, also one in an endless loop", async () => {
    await using running = new Supervising(["--no-reports", "--drain", "1s", "--instances", "2"], [node, SERVER]);
    const port = await running.port();
    await running.event("ready", 2);
    const lost = isLost(port, "/block");
    await new Promise((resolve) => setTimeout(resolve, 200));
    running.child.kill("SIGKILL");
    await gone(running.pids());
    expect(await lost).toBe(true);
  });
});
