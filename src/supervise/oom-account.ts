/**
 * What the kernel counts about its out-of-memory killer: by memory cgroup, and on the whole machine.
 * Read before and after an end it tells a kill by the kernel from one by somebody else. A kill is
 * counted in the victim's own cgroup, whichever limit was hit (version 1 counts there alone, version 2
 * above it as well), before the signal is sent. Source: mm/oom_kill.c, cgroup-v2.rst, cgroup-v1/memory.rst.
 */
import { posix } from "node:path";
import type { CgroupAccount, OomAccount } from "../monitor/remote/recording.ts";
import { type CgroupPath, findCgroups } from "../probe/cgroup.ts";
import { parseLimit } from "../probe/limit.ts";
import { readSystemText, type SystemFilesOptions } from "../probe/system-files.ts";

/** Programs that found cgroups by the hundred are kept to the first ones. */
const MAX_GROUPS = 64;

interface KnownGroup extends Pick<CgroupAccount, "path" | "directory" | "version"> {
  /** True when processes of the program are counted in it, and not only in those below. */
  isOwn: boolean;
  readonly holdsWatcher: boolean;
}

/** Finds the cgroups of processes while they live, and reads their counters for as long as the cgroups are there. */
export class OomAccounts {
  readonly #options: SystemFilesOptions;
  readonly #groups = new Map<string, KnownGroup>();
  readonly #seen = new Set<string>();
  readonly #ownText: string | undefined;

  /** @param known - an earlier account, whose cgroups are to be read again. Default: none. */
  constructor(options: SystemFilesOptions = {}, known?: OomAccount) {
    this.#options = options;
    this.#ownText = readSystemText("proc/self/cgroup", options);
    for (const { path, directory, version, kills, holdsWatcher = false } of known?.groups ?? []) {
      this.#groups.set(directory, { path, directory, version, isOwn: kills !== undefined, holdsWatcher });
    }
  }

  /** Adds the cgroups of a process; cheap when they are known. @returns true when one is new. */
  discover(pid: number): boolean {
    const text = readSystemText(`proc/${pid}/cgroup`, this.#options);
    if (text === undefined || this.#seen.has(text) || this.#seen.size >= MAX_GROUPS) return false;
    this.#seen.add(text);
    const before = this.#groups.size;
    for (const found of findCgroups(pid, this.#options)) this.#add(found, text === this.#ownText);
    return this.#groups.size > before;
  }

  /** Reads all counters, about 10 µs a cgroup; cgroups that are gone are left out. */
  read(nowMs: number): OomAccount {
    const machine = /^oom_kill (\d+)$/m.exec(readSystemText("proc/vmstat", this.#options) ?? "")?.[1];
    return {
      timeMs: nowMs,
      groups: [...this.#groups.values()].flatMap((group) => this.#readGroup(group) ?? []),
      ...(machine === undefined ? {} : { machineKills: Number(machine) }),
    };
  }

  #add({ version, directories }: CgroupPath, withWatcher: boolean): void {
    const top = directories.at(-1) ?? "/";
    let isOwn = true;
    for (const directory of directories) {
      // The nearest cgroup with the controller is the one that the kernel charges and counts.
      if (this.#readText(directory, version === 1 ? "memory.usage_in_bytes" : "memory.current") === undefined) continue;
      const known = this.#groups.get(directory);
      const path = `/${posix.relative(top, directory)}`;
      if (known) known.isOwn ||= isOwn;
      else if (this.#groups.size < MAX_GROUPS) {
        this.#groups.set(directory, { path, directory, version, isOwn, holdsWatcher: withWatcher && isOwn });
      }
      isOwn = false;
    }
  }

  #readGroup({ isOwn, holdsWatcher, ...group }: KnownGroup): CgroupAccount | undefined {
    const read = (name: string): string | undefined => this.#readText(group.directory, name);
    const limitBytes = parseLimit(read(group.version === 1 ? "memory.limit_in_bytes" : "memory.max"));
    const peakBytes = count(read(group.version === 1 ? "memory.max_usage_in_bytes" : "memory.peak"));
    const events = read("memory.events.local") ?? read("memory.events");
    const [hits, ooms, kills] =
      group.version === 1
        ? [count(read("memory.failcnt")), undefined, field(read("memory.oom_control"), "oom_kill")]
        : [field(events, "max"), field(events, "oom"), field(events, "oom_kill")];
    if (hits === undefined && kills === undefined) return undefined;
    return {
      ...group,
      ...(limitBytes === undefined ? {} : { limitBytes }),
      ...(peakBytes === undefined ? {} : { peakBytes }),
      ...(hits === undefined ? {} : { hits }),
      ...(ooms === undefined ? {} : { ooms }),
      ...(isOwn && kills !== undefined ? { kills } : {}),
      ...(holdsWatcher ? { holdsWatcher } : {}),
    };
  }

  #readText(directory: string, name: string): string | undefined {
    return readSystemText(posix.join(directory, name), this.#options);
  }
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function field(text: string | undefined, name: string): number | undefined {
  return count(new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "")?.[1]);
}
