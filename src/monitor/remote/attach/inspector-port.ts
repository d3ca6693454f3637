/**
 * Where a program's inspector listens, or would: a port that its flags name, else 9229; with port 0 any
 * socket of its own on loopback, because the kernel chose. Other ports of the program are never touched.
 */
import { keepOwn, type Listener, listNetworkListeners } from "./listeners.ts";
import type { Target } from "./target.ts";

/**
 * Sockets of the program that its inspector may listen on.
 *
 * @param except - sockets that are none, by inode. Default: none.
 */
export function findInspectors({ pid, flags }: Target, except: ReadonlySet<string> = new Set()): Listener[] {
  const isLikely = ({ host, port, inode }: Listener): boolean =>
    !except.has(inode) && (flags.ports.includes(port) || (flags.ports.includes(0) && isLoopback(host)));
  return keepOwn(pid, listNetworkListeners(pid).filter(isLikely));
}

/** The port that a signal opens; 0 for any free one. */
export function findPort({ flags }: Target): number {
  return flags.ports.at(-1) ?? 0;
}

/** True when somebody listens on the port that a signal would open. */
export function isPortTaken(target: Target): boolean {
  const wanted = findPort(target);
  return wanted !== 0 && listNetworkListeners(target.pid).some(({ port }) => port === wanted);
}

/** The listening sockets of the program's network, to tell later ones apart. */
export function listInodes({ pid }: Target): Set<string> {
  return new Set(listNetworkListeners(pid).map(({ inode }) => inode));
}

function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "::1" || host === "0:0:0:0:0:0:0:1";
}
