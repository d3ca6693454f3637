/**
 * A chain on disk. Its draws are appended to one file; its state, with how many of them count, replaces the other file in
 * one step (written beside it, synchronised, renamed). A process that is killed at any moment leaves a state and the draws
 * that belong to it. What was written after that state is written again.
 */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { BayesError } from "../errors.ts";
import type { ChainCheckpoint } from "../sampler/chain.ts";
import type { ChainDraws } from "../sampler/chain-draws.ts";

interface State {
  readonly schema: "bayes.chain/1";
  /** Of the fit: states of another one are not mixed in. */
  readonly fit: string;
  readonly kept: number;
  readonly counters: Float64Array;
  readonly extent: Float64Array;
  readonly checkpoint: ChainCheckpoint;
}

const HASH_BYTES = 32;
/** Draws are copied in pieces of about this many bytes. */
const PIECE_BYTES = 1 << 18;

const hashOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** The two files of a chain. */
export class ChainFile {
  readonly #statePath: string;
  readonly #drawsPath: string;
  readonly #fit: string;
  /** Draws that are on disk for certain. */
  #saved = 0;

  /**
   * @param index - of the chain, from 0.
   * @param fit - identifies the fit.
   */
  constructor(directory: string, index: number, fit: string) {
    this.#statePath = join(directory, `chain-${index + 1}.state`);
    this.#drawsPath = join(directory, `chain-${index + 1}.draws`);
    this.#fit = fit;
  }

  /** Draws that were kept and saved; 0 where there is nothing of this fit. */
  get savedDraws(): number {
    const state = this.#readState();
    return state?.fit === this.#fit ? state.kept : 0;
  }

  /** Removes both files. */
  remove(): void {
    rmSync(this.#statePath, { force: true });
    rmSync(this.#drawsPath, { force: true });
  }

  /**
   * Reads what was saved into `draws`.
   *
   * @returns where the chain was; `undefined` where nothing was saved.
   * @throws BayesError `ERR_BAYES_CHECKPOINT` where files are damaged.
   */
  load(draws: ChainDraws): ChainCheckpoint | undefined {
    const state = this.#readState();
    if (!state || state.fit !== this.#fit) return undefined;
    if (state.kept > 0) this.#read(draws, state.kept);
    draws.counters.set(state.counters);
    draws.extent.set(state.extent);
    this.#saved = state.kept;
    return state.checkpoint;
  }

  /** Saves a chain as it is. */
  save(draws: ChainDraws, checkpoint: ChainCheckpoint): void {
    const { kept } = draws;
    if (kept > this.#saved) this.#append(draws, kept);
    const state: State = {
      schema: "bayes.chain/1",
      fit: this.#fit,
      kept,
      counters: Float64Array.from(draws.counters),
      extent: Float64Array.from(draws.extent),
      checkpoint,
    };
    const bytes = serialize(state);
    const part = `${this.#statePath}.part`;
    const file = openSync(part, "w", 0o600);
    try {
      writeSync(file, Buffer.concat([hashOf(bytes), bytes]));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, this.#statePath);
  }

  #read(draws: ChainDraws, kept: number): void {
    const rowBytes = 8 * draws.rowLength;
    const rowsAPiece = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
    const file = openSync(this.#drawsPath, "r");
    try {
      for (let from = 0; from < kept; from += rowsAPiece) {
        const rows = new Float64Array(Math.min(rowsAPiece, kept - from) * draws.rowLength);
        const read = readSync(file, rows, 0, rows.byteLength, from * rowBytes);
        if (read !== rows.byteLength) throw this.#damaged(this.#drawsPath, "it is shorter than its state says");
        draws.writeRows(from, rows);
      }
    } finally {
      closeSync(file);
    }
  }

  #append(draws: ChainDraws, kept: number): void {
    const rowBytes = 8 * draws.rowLength;
    const rowsAPiece = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
    const file = openSync(this.#drawsPath, this.#saved > 0 ? "r+" : "w", 0o600);
    try {
      for (let from = this.#saved; from < kept; from += rowsAPiece) {
        const rows = draws.readRows(from, Math.min(kept, from + rowsAPiece));
        for (let written = 0; written < rows.byteLength;)
          written += writeSync(file, rows, written, rows.byteLength - written, from * rowBytes + written);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#saved = kept;
  }

  #readState(): State | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#statePath);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    const content = bytes.subarray(HASH_BYTES);
    if (!hashOf(content).equals(bytes.subarray(0, HASH_BYTES)))
      throw this.#damaged(this.#statePath, "its content is not what was written");
    return deserialize(content) as State;
  }

  #damaged(path: string, why: string): BayesError {
    return new BayesError("ERR_BAYES_CHECKPOINT", `${path} is damaged: ${why}; begin anew in another folder`, { path });
  }
}
