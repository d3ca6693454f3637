/**
 * Ready settings for a memory limit, to paste as they are: Docker Compose, Kubernetes, systemd,
 * package.json. Comments inside say why, where the format has comments.
 */
import { existsSync, readFileSync } from "node:fs";
import { adviseLimit, type LimitAdvice } from "../monitor/limit-advice.ts";

/** Where settings can be written for. */
export const SETTINGS_TARGETS = ["docker", "kubernetes", "systemd", "node"] as const;
/** One of them. */
export type SettingsTarget = (typeof SETTINGS_TARGETS)[number];

/**
 * Writes settings.
 *
 * @param target - for what.
 * @param limitBytes - what the whole process may use.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when that is too little for Node.js.
 */
export function writeSettings(target: SettingsTarget, limitBytes: number): string {
  const advice = adviseLimit(limitBytes);
  switch (target) {
    case "docker":
      return docker(advice);
    case "kubernetes":
      return kubernetes(advice);
    case "systemd":
      return systemd(advice);
    case "node":
      return node(advice);
  }
}

function docker({ limitMb, flags, why }: LimitAdvice): string {
  return `# ${why}
# Without Compose: docker run --memory=${limitMb}m --memory-swap=${limitMb}m --env NODE_OPTIONS="${flags.join(" ")}" IMAGE
services:
  app:
    # Memory and swap together: equal to mem_limit means no swap, which garbage collection would thrash.
    mem_limit: ${limitMb}m
    memswap_limit: ${limitMb}m
    environment:
      NODE_OPTIONS: "${flags.join(" ")}"
`;
}

function kubernetes({ limitMb, flags, why }: LimitAdvice): string {
  return `# Part of a container's spec.
# ${why}
resources:
  requests:
    # As the limit: what a pod uses above its request is what the node evicts it for.
    memory: ${limitMb}Mi
  limits:
    memory: ${limitMb}Mi
env:
  - name: NODE_OPTIONS
    value: "${flags.join(" ")}"
`;
}

function systemd({ limitMb, heapMb, nodeMb, flags, why }: LimitAdvice): string {
  // Half way between a full heap and the limit: above it the kernel takes pages back before it kills.
  const highMb = Math.round((limitMb + heapMb + nodeMb) / 2);
  return `# Drop-in: systemctl edit NAME.service
# ${why}
[Service]
# Above ${highMb} MB the kernel slows the service and takes memory back, at ${limitMb} MB it kills it.
MemoryHigh=${highMb}M
MemoryMax=${limitMb}M
MemorySwapMax=0
Environment="NODE_OPTIONS=${flags.join(" ")}"
`;
}

function node(advice: LimitAdvice): string {
  const { flags, oldSpaceMb } = advice;
  const script = mainScript();
  const command = (...options: readonly (string | number)[]): string => ["node", ...options, script].join(" ");
  const scripts = {
    start: command(...flags),
    "start:debug": command("--inspect", "--expose-gc", "--heapsnapshot-signal=SIGUSR2", ...flags),
    // Less garbage in flight and smaller code, paid for with time.
    "start:low-memory": command(
      `--max-old-space-size=${Math.ceil(oldSpaceMb / 2)}`,
      "--max-semi-space-size=1",
      "--optimize-for-size",
    ),
  };
  return `${JSON.stringify({ scripts }, null, 2)}\n`;
}

/** What this folder's package.json starts. Default: server.js. */
function mainScript(): string {
  if (!existsSync("package.json")) return "server.js";
  try {
    const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
      main?: string;
      scripts?: { start?: string };
    };
    const started = /^node(?:\s+-\S+)*\s+([^\s-]\S*)$/.exec(manifest.scripts?.start ?? "")?.[1];
    return started ?? manifest.main ?? "server.js";
  } catch {
    return "server.js";
  }
}
