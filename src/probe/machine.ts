/**
 * The machine around a program, and what cannot be known on it: size of memory, cores, C library, container.
 * Reports repeat `unknown` word for word. Sources: proc(5), and the marks that container runtimes leave.
 */
import { arch, availableParallelism, platform, release } from "node:os";
import { type Libc, libcOf } from "./libc.ts";
import { type MeminfoReading, readMeminfo } from "./meminfo.ts";
import { parseStatus } from "./process.ts";
import { listSystemDirectory, readSystemText, type SystemFilesOptions } from "./system-files.ts";

/** Facts about the machine. */
export interface MachineReading extends MeminfoReading {
  /** As `process.platform`. */
  readonly platform: NodeJS.Platform;
  /** As `process.arch`. */
  readonly arch: string;
  /** Version of the kernel. */
  readonly release: string;
  /** `undefined` outside of Linux or when it cannot be told. */
  readonly libc: Libc | undefined;
  /** Cores that this program may use. */
  readonly cores: number;
  /** What marks this as a container, such as `kubernetes`; `undefined` when nothing does. */
  readonly container: string | undefined;
  /** What cannot be measured here, in words for the user. */
  readonly unknown: readonly string[];
}

/** Reads the facts about this machine, about 1 ms a call. */
export function readMachine(options: SystemFilesOptions = {}): MachineReading {
  return {
    platform: platform(),
    arch: arch(),
    release: release(),
    libc: libcOf(readSystemText("proc/self/maps", options)),
    ...readMeminfo(options),
    cores: availableParallelism(),
    container: readContainer(options),
    unknown: listUnknown(options),
  };
}

/** Recognises containers by the files and variables that their runtimes leave inside. */
function readContainer(options: SystemFilesOptions): string | undefined {
  const isOwnSystem = options.root === undefined;
  if (isOwnSystem && process.env["KUBERNETES_SERVICE_HOST"] !== undefined) return "kubernetes";
  if (listSystemDirectory("", options).includes(".dockerenv")) return "docker";
  if (listSystemDirectory("run", options).includes(".containerenv")) return "podman";
  const named = readSystemText("run/systemd/container", options)?.trim();
  if (named) return named;
  const cgroups = readSystemText("proc/1/cgroup", options) ?? "";
  return /\b(kubepods|docker|containerd|lxc|libpod|garden)\b/.exec(cgroups)?.[1]?.replace("kubepods", "kubernetes");
}

function listUnknown(options: SystemFilesOptions): string[] {
  const readsProc = parseStatus(readSystemText("proc/self/status", options) ?? "") !== undefined;
  if (readsProc) return [];
  const why = platform() === "linux" ? "/proc cannot be read here" : `${platform()} has no /proc`;
  return [
    `the memory of other processes: ${why}`,
    `the split of the resident set into anonymous, file and shared pages, and its regions: ${why}`,
    `limits of cgroups and ulimit, and the pressure on memory: ${why}`,
  ];
}
