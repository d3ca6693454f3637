/**
 * Which TCP ports a process listens on: the kernel's table of its network, rows in state 0A, matched with
 * the sockets among its open files. The kernel lists listening sockets first, so that reading stops before
 * thousands of connections. Source: proc_net(5).
 */
import { closeSync, openSync, readSync } from "node:fs";
import { listSystemDirectory, readSystemLink } from "../../../probe/system-files.ts";

/** A listening socket. */
export interface Listener {
  /** An address at which this machine reaches it. */
  readonly host: string;
  readonly port: number;
  /** Names the socket as long as it is open. */
  readonly inode: string;
}

const PIECE_BYTES = 64 << 10;
const MAX_TABLE_BYTES = 16 << 20;
const LISTENING = "0A";

/** All listening sockets of the network that a process lives in, whoever has them. */
export function listNetworkListeners(pid: number): Listener[] {
  return ["tcp", "tcp6"].flatMap((table) => parseListeners(readListening(`/proc/${pid}/net/${table}`)));
}

/** Those of the given sockets that the process has open. */
export function keepOwn(pid: number, listeners: readonly Listener[]): Listener[] {
  if (listeners.length === 0) return [];
  const files = listSystemDirectory(`proc/${pid}/fd`).map((name) => readSystemLink(`proc/${pid}/fd/${name}`));
  const own = new Set(files);
  return listeners.filter(({ inode }) => own.has(`socket:[${inode}]`));
}

/** Reads the rows of the kernel's table that listen. */
export function parseListeners(table: string): Listener[] {
  return [...table.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) (?:\S+ +){5}(\d+)/gm)].flatMap(
    ([, address = "", port = "", state, inode = ""]) =>
      state === LISTENING ? [{ host: toHost(address), port: Number.parseInt(port, 16), inode }] : [],
  );
}

/** The table up to the first row that does not listen. */
function readListening(path: string): string {
  let file: number | undefined;
  let text = "";
  try {
    file = openSync(path, "r");
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    while (text.length < MAX_TABLE_BYTES) {
      const length = readSync(file, buffer, 0, buffer.length, null);
      if (length === 0) break;
      text += buffer.toString("latin1", 0, length);
      const last = text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
      const state = /^ *\d+: \S+ \S+ ([0-9A-F]{2}) /.exec(last)?.[1];
      if (state !== undefined && state !== LISTENING) break;
    }
  } catch {
    // No such network (IPv6 may be off), or the process has ended: what was read so far must do.
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return text;
}

/** The kernel writes addresses as 32-bit words in its own byte order. Whoever listens everywhere listens on loopback. */
function toHost(address: string): string {
  const bytes = Buffer.from(address, "hex");
  bytes.swap32();
  if (bytes.length === 4) return bytes.every((byte) => byte === 0) ? "127.0.0.1" : bytes.join(".");
  if (bytes.every((byte) => byte === 0)) return "::1";
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return words.join(":");
}
