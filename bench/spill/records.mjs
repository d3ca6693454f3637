// Records, keys and figures that every case of the bench of spilling stores shares.
import { readFileSync } from "node:fs";

/** Bytes of a record. */
export const RECORD_BYTES = 100;

/** The key of a number: every 32-bit number once, in an order that is no order. */
export function keyOf(serial) {
  return Math.imul(serial, 2_654_435_761) >>> 0;
}

/** Fills a record: its key, then what differs from one to the next. */
export function fillRecord(record, serial) {
  record.writeUInt32LE(keyOf(serial), 0);
  record.writeUInt32LE(serial, 4);
  record.fill(serial & 255, 8);
}

/** The key in a record. */
export function readKey(record) {
  return (record[0] | (record[1] << 8) | (record[2] << 16) | (record[3] << 24)) >>> 0;
}

/** Seconds since a reading of `performance.now()`. */
export function secondsSince(beganMs) {
  return (performance.now() - beganMs) / 1000;
}

/** The process's highest resident set, of its own address space alone. */
export function peakRssBytes() {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

/** Prints what a case found. */
export function report(figures) {
  console.log(JSON.stringify({ ...figures, peakRssBytes: peakRssBytes() }));
}
