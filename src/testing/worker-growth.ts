/**
 * Which test files a worker's heap grew by. Growth lies between two floors, readings after full collections before a
 * file; where files in between have none, all of them share it, and that is said. The first files of a worker load what the
 * others use too, so that growth counts from the first floor on; after its last file there is nothing left to grow for.
 */
import type { WorkerFloor } from "./worker-floor.ts";

/** A test file and what its worker told before it. */
export interface FileFloor extends WorkerFloor {
  /** Path of the test file. */
  readonly file: string;
}

/** Growth of a worker's heap over one file, or over a few that cannot be told apart. */
export interface FileGrowth {
  /** Paths, in the order in which they ran. */
  readonly files: readonly string[];
  /** Growth of the heap after collections, in bytes; negative where it shrank. */
  readonly bytes: number;
  /** The heap after collections at the end, in bytes. */
  readonly floorBytes: number;
  /** Who held most of it then. Default: empty. */
  readonly holders: readonly string[];
}

/** Growth over each stretch of files, in the order of the workers and then of time. */
export function growthOf(floors: readonly FileFloor[]): FileGrowth[] {
  const growths: FileGrowth[] = [];
  for (const worker of new Set(floors.map((floor) => floor.worker))) {
    const files = floors.filter((floor) => floor.worker === worker).sort((one, other) => one.order - other.order);
    let lastBytes: number | undefined;
    let between: string[] = [];
    for (const { file, floorBytes, holders } of files) {
      if (floorBytes !== undefined) {
        if (lastBytes !== undefined)
          growths.push({ files: between, bytes: floorBytes - lastBytes, floorBytes, holders });
        lastBytes = floorBytes;
        between = [];
      }
      between.push(file);
    }
  }
  return growths;
}
