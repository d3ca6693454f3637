/**
 * What a supervisor and the preload in its instances say to each other, over the channel that Node opens
 * for a child process. Node delivers what begins with `NODE_` apart from the program's own messages, which
 * are therefore never disturbed. Listening sockets travel beside a message, or are inherited at the start.
 */

/** Begins every message. */
export const SUPERVISION_MARK = "NODE_PLIMSOLL";
/** Variable of the environment that tells the preload what it inherits; taken away before the program sees it. */
export const SUPERVISED_VARIABLE = "PLIMSOLL_SUPERVISED";
/** Name of the global symbol under which the preload leaves its {@link SupervisionLink} on `process`. */
export const LINK_SYMBOL = "plimsoll.supervised";

/** A listening socket that an instance inherits. */
export interface InheritedSocket {
  /** As the program asks for it: `host:port`. */
  readonly key: string;
  /** File descriptor in the instance. */
  readonly fd: number;
}

/** What the preload is told by {@link SUPERVISED_VARIABLE}. */
export interface SupervisedStart {
  /** Number of the instance, from 1. */
  readonly instance: number;
  /** Process id of the supervisor. */
  readonly supervisorPid: number;
  /** Sockets that another instance has opened. */
  readonly sockets: readonly InheritedSocket[];
  /** Folder for state that is handed over. */
  readonly folder: string;
  /** Tell when so many requests or units were done. Absent: never. */
  readonly unitLimit?: number;
  /** How long draining may take when the supervisor is gone. */
  readonly drainMs: number;
}

/** State in a file, for the next instance. */
export interface HandedState {
  /** As both sides call it. */
  readonly name: string;
  /** Absolute path; read once, then removed. */
  readonly file: string;
}

/** From an instance to its supervisor. */
export type InstanceMessage =
  /** The preload is on board. */
  | { readonly type: "hello"; readonly pid: number }
  /** A server listens; the socket comes with the message unless it was inherited. */
  | { readonly type: "listening"; readonly key: string; readonly isInherited: boolean }
  /** The program has closed a server by itself. */
  | { readonly type: "closed"; readonly key: string }
  /** The program says itself that it is ready. */
  | { readonly type: "ready" }
  /** So many requests or units are done as were asked for. */
  | { readonly type: "units"; readonly count: number }
  /** Asks to be replaced. */
  | { readonly type: "replace"; readonly why: string }
  /** Nothing is in flight any more; what was handed over. */
  | { readonly type: "drained"; readonly states: readonly HandedState[]; readonly failures: readonly string[] };

/** From the supervisor to an instance. */
export type SupervisorMessage =
  /** Take no new connections, finish what is in flight. */
  | { readonly type: "drain"; readonly deadlineMs: number }
  /** Memory is short: do not wait for idle connections any longer than needed. */
  | { readonly type: "hasten" }
  /** What the instance before has handed over. */
  | { readonly type: "states"; readonly states: readonly HandedState[] };

/** One message on the channel. */
export interface SupervisionEnvelope {
  /** {@link SUPERVISION_MARK}. */
  readonly cmd: string;
  /** What is said. */
  readonly plimsoll: InstanceMessage | SupervisorMessage;
}

/** What the preload offers to the library inside the program. */
export interface SupervisionLink {
  /** Number of the instance, from 1. */
  readonly instance: number;
  /** Folder for state that is handed over. */
  readonly folder: string;
  /** Tells the supervisor. */
  tell(message: InstanceMessage): void;
  /** Counts work that is no HTTP request. */
  countUnit(): void;
  /** Called when draining begins; what it returns is waited for. */
  readonly drains: Set<(deadlineMs: number) => unknown>;
  /** Called once nothing is in flight; each gives state to hand over. */
  readonly givers: Set<() => Promise<HandedState | undefined>>;
  /** What was handed to this instance and not yet taken. */
  readonly states: HandedState[];
  /** Called when state arrives. */
  readonly takers: Set<() => void>;
}
