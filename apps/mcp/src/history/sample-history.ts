/** Where samples are kept beyond the life of a server, and what every such place can do. */

/** One sample of one process. */
export interface HistorySample {
  /** Base names of program and script. */
  readonly program: string;
  readonly pid: number;
  /** When the process was first seen, in milliseconds since the epoch: tells processes of one number apart. */
  readonly startedMs: number;
  readonly timeMs: number;
  readonly rssBytes: number;
  /** Absent where the process is seen from outside only, as the next two. */
  readonly heapUsedBytes?: number;
  readonly externalBytes?: number;
  readonly arrayBuffersBytes?: number;
}

/** What is looked for. */
export interface HistoryQuery {
  readonly program: string;
  /** Default: all processes of the program. */
  readonly pid?: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Stretches that the time is parted into; each gives one point where there are samples. */
  readonly points: number;
}

/** A stretch of time. Sizes are the lowest of it, since garbage and bursts come on top. */
export interface HistoryPoint {
  /** Of the newest sample in it. */
  readonly timeMs: number;
  readonly samples: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Absent where no sample knew it. */
  readonly heapUsedBytes?: number;
}

/** A program that was sampled. */
export interface HistoryProgram {
  readonly program: string;
  readonly samples: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Keeps samples. A place that fails loses samples, never the server: what was lost is told. */
export interface SampleHistory extends AsyncDisposable {
  /** `SQLite file …`, `PostgreSQL`. */
  readonly place: string;
  /** Takes samples, in the order of time. */
  append(samples: readonly HistorySample[]): Promise<void>;
  /** Oldest first. */
  read(query: HistoryQuery): Promise<readonly HistoryPoint[]>;
  /** The newest first, at most 50. */
  programs(): Promise<readonly HistoryProgram[]>;
  /** Forgets what is older. */
  forgetBefore(timeMs: number): Promise<void>;
}
