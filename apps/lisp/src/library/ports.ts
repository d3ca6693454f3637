/**
 * Ports: text and bytes, from and to strings, files and the console. A file is read whole when it is opened and written whole when its
 * port is closed or flushed, so that a port is plain data.
 */
import { type Labelling, writeWhole } from "../data/printer.ts";
import { failure, wrongType } from "../data/errors.ts";
import { Char, EOF, Text, type Value } from "../data/values.ts";
import { DEFAULT_TEXT_LENGTH, type Limits } from "../machine/limits.ts";
import type { WriteBarrier } from "../machine/registers.ts";
import { Reader } from "../reader/reader.ts";
import type { FileAccess } from "./files.ts";
import { type PrimitiveTable, toBytes, toChar, toIndex, toLength, toRange, toText } from "./table.ts";

/** Where a program's own input comes from and its output goes. */
export interface Console {
  /** Takes output. */
  write(text: string): void;
  /** Gives more input, or `undefined` at its end. Default: there is none. */
  read?(): string | undefined;
}

/** A port to read from: the content, and how much of it has been read. */
export class InputPort {
  /** Text, or bytes for a binary port: an object of its own that never changes, so that a history writes it once. */
  content: Text | Uint8Array;
  /** How many code units or bytes have been read. */
  at = 0;
  /** False once it is closed. */
  isOpen = true;
  /** Gives more text. */
  readonly more: (() => string | undefined) | undefined;
  constructor(content: string | Uint8Array, more?: () => string | undefined) {
    this.content = typeof content === "string" ? new Text(content) : content;
    this.more = more;
  }
}

/** A port to write to. */
export class OutputPort {
  /** True for bytes, false for text. */
  readonly isBinary: boolean;
  /** What was written, unless it goes to the console. */
  text = "";
  /** The bytes that were written. */
  bytes: number[] = [];
  /** False once it is closed. */
  isOpen = true;
  /** The file that it writes; empty for none. */
  readonly file: string;
  /** Takes the text at once. */
  readonly sink: ((text: string) => void) | undefined;
  constructor(isBinary: boolean, file = "", sink?: (text: string) => void) {
    this.isBinary = isBinary;
    this.file = file;
    this.sink = sink;
  }
}

function toInput(value: Value, isBinary: boolean): InputPort {
  if (!(value instanceof InputPort)) throw wrongType("an input port", value);
  if (!value.isOpen) throw failure("file", "the port is closed:", value);
  if (value.content instanceof Text === isBinary) throw wrongType(isBinary ? "a binary port" : "a textual port", value);
  return value;
}

function toOutput(value: Value, isBinary: boolean): OutputPort {
  if (!(value instanceof OutputPort)) throw wrongType("an output port", value);
  if (!value.isOpen) throw failure("file", "the port is closed:", value);
  if (value.isBinary !== isBinary) throw wrongType(isBinary ? "a binary port" : "a textual port", value);
  return value;
}

/** Adds ports. The optional port arguments are filled in by the prelude with the current ports. */
export function addPorts(
  table: PrimitiveTable,
  barrier: WriteBarrier,
  access: FileAccess,
  { maxTextLength = DEFAULT_TEXT_LENGTH }: Limits,
): void {
  addInput(table, barrier);
  addOutput(table, barrier, maxTextLength);
  addFiles(table, barrier, access);
  table.add("input-port?", (value) => value instanceof InputPort, 1);
  table.add("output-port?", (value) => value instanceof OutputPort, 1);
  table.add("port?", (value) => value instanceof InputPort || value instanceof OutputPort, 1);
  const isBinary = (value: Value): boolean =>
    value instanceof InputPort ? !(value.content instanceof Text) : value instanceof OutputPort && value.isBinary;
  table.add("binary-port?", isBinary, 1);
  table.add(
    "textual-port?",
    (value) => (value instanceof InputPort || value instanceof OutputPort) && !isBinary(value),
    1,
  );
  table.add(
    "input-port-open?",
    (value) => {
      if (value instanceof InputPort) return value.isOpen;
      throw wrongType("an input port", value);
    },
    1,
  );
  table.add(
    "output-port-open?",
    (value) => {
      if (value instanceof OutputPort) return value.isOpen;
      throw wrongType("an output port", value);
    },
    1,
  );
  table.add("eof-object", () => EOF, 0);
  table.add("eof-object?", (value) => value === EOF, 1);
}

function addInput(table: PrimitiveTable, barrier: WriteBarrier): void {
  const rest = (port: InputPort): string => {
    let text = port.content instanceof Text ? port.content.text : "";
    if (port.at >= text.length && port.more !== undefined) {
      barrier.willChange(port);
      text = port.more() ?? "";
      port.content = new Text(text);
      port.at = 0;
    }
    return text;
  };
  const advance = (port: InputPort, by: number): void => {
    barrier.willChange(port);
    port.at += by;
  };
  table.add("open-input-string", (text) => new InputPort(toText(text).text), 1);
  table.add("open-input-bytevector", (bytes) => new InputPort(toBytes(bytes).slice()), 1);
  table.add(
    "%peek-char",
    (value) => {
      const port = toInput(value, false);
      const code = rest(port).codePointAt(port.at);
      return code === undefined ? EOF : new Char(code);
    },
    1,
  );
  table.add(
    "%read-char",
    (value) => {
      const port = toInput(value, false);
      const code = rest(port).codePointAt(port.at);
      if (code === undefined) return EOF;
      advance(port, code > 0xffff ? 2 : 1);
      return new Char(code);
    },
    1,
  );
  table.add(
    "%read-line",
    (value) => {
      const port = toInput(value, false);
      const text = rest(port);
      if (port.at >= text.length) return EOF;
      const end = text.indexOf("\n", port.at);
      const line = text.slice(port.at, end < 0 ? text.length : end);
      advance(port, line.length + (end < 0 ? 0 : 1));
      return new Text(line.replace(/\r$/, ""));
    },
    1,
  );
  table.add(
    "%read-string",
    (value, count) => {
      const port = toInput(value, false);
      const wanted = toLength(count);
      const part = Array.from(rest(port).slice(port.at, port.at + 2 * wanted))
        .slice(0, wanted)
        .join("");
      advance(port, part.length);
      return part === "" && wanted > 0 ? EOF : new Text(part);
    },
    2,
  );
  table.add(
    "%read",
    (value) => {
      const port = toInput(value, false);
      const reader = new Reader(rest(port), "port", port.at);
      const datum = reader.read();
      advance(port, reader.offset - port.at);
      return datum;
    },
    1,
  );
  table.add("%char-ready?", (value) => toInput(value, false).isOpen, 1);
  table.add("%u8-ready?", (value) => toInput(value, true).isOpen, 1);
  for (const name of ["%peek-u8", "%read-u8"]) {
    table.add(
      name,
      (value) => {
        const port = toInput(value, true);
        const byte = toBytes(port.content)[port.at];
        if (byte !== undefined && name === "%read-u8") advance(port, 1);
        return byte ?? EOF;
      },
      1,
    );
  }
  table.add(
    "%read-bytevector",
    (value, count) => {
      const port = toInput(value, true);
      const wanted = toLength(count);
      const part = toBytes(port.content).slice(port.at, port.at + wanted);
      advance(port, part.length);
      return part.length === 0 && wanted > 0 ? EOF : part;
    },
    2,
  );
}

function addOutput(table: PrimitiveTable, barrier: WriteBarrier, maxTextLength: number): void {
  const put = (value: Value, text: string): undefined => {
    const port = toOutput(value, false);
    if (port.sink !== undefined) port.sink(text);
    else {
      barrier.willChange(port);
      port.text += text;
    }
    return undefined;
  };
  const putBytes = (value: Value, bytes: Iterable<number>): undefined => {
    const port = toOutput(value, true);
    barrier.willChange(port.bytes);
    for (const byte of bytes) port.bytes.push(byte);
    return undefined;
  };
  table.add("open-output-string", () => new OutputPort(false), 0);
  table.add("open-output-bytevector", () => new OutputPort(true), 0);
  table.add("get-output-string", (port) => new Text(toOutput(port, false).text), 1);
  table.add("get-output-bytevector", (port) => Uint8Array.from(toOutput(port, true).bytes), 1);
  const addWriter = (name: string, isDisplay: boolean, labelling: Labelling): void =>
    table.add(name, (value, port) => put(port, writeWhole(value, maxTextLength, isDisplay, labelling)), 2);
  addWriter("%write", false, "cycles");
  addWriter("%write-shared", false, "shared");
  addWriter("%write-simple", false, "none");
  addWriter("%display", true, "cycles");
  table.add("%write-char", (value, port) => put(port, String.fromCodePoint(toChar(value).code)), 2);
  table.add(
    "%write-string",
    (value, port, start, end) => {
      const characters = Array.from(toText(value).text);
      return put(port, characters.slice(...toRange(start, end, characters.length)).join(""));
    },
    2,
    4,
  );
  table.add("%newline", (port) => put(port, "\n"), 1);
  table.add("%write-u8", (value, port) => putBytes(port, [toIndex(value, 255)]), 2);
  table.add(
    "%write-bytevector",
    (value, port, start, end) => {
      const bytes = toBytes(value);
      return putBytes(port, bytes.slice(...toRange(start, end, bytes.length)));
    },
    2,
    4,
  );
}

function addFiles(table: PrimitiveTable, barrier: WriteBarrier, access: FileAccess): void {
  const flush = (port: OutputPort): void => {
    if (port.file === "") return;
    const bytes = port.isBinary ? Uint8Array.from(port.bytes) : new TextEncoder().encode(port.text);
    access(new Text(port.file), (host, name) => {
      host.write(name, bytes);
      return undefined;
    });
  };
  const bytesOf = (name: Value): Uint8Array => access(name, (host, file) => host.read(file));
  table.add("open-input-file", (name) => new InputPort(new TextDecoder().decode(bytesOf(name))), 1);
  table.add("open-binary-input-file", (name) => new InputPort(bytesOf(name)), 1);
  for (const [name, isBinary] of [
    ["open-output-file", false],
    ["open-binary-output-file", true],
  ] as const) {
    table.add(
      name,
      (file) => {
        const port = new OutputPort(isBinary, toText(file).text);
        flush(port);
        return port;
      },
      1,
    );
  }
  table.add("file-exists?", (name) => access(name, (host, file) => host.exists(file)), 1);
  table.add(
    "delete-file",
    (name) =>
      access(name, (host, file) => {
        host.remove(file);
        return undefined;
      }),
    1,
  );
  table.add(
    "%flush",
    (port) => {
      if (port instanceof OutputPort) flush(port);
      return undefined;
    },
    1,
  );
  const close = (port: Value): undefined => {
    if (!(port instanceof InputPort || port instanceof OutputPort)) throw wrongType("a port", port);
    if (port instanceof OutputPort && port.isOpen) flush(port);
    barrier.willChange(port);
    port.isOpen = false;
    return undefined;
  };
  table.add("close-port", close, 1);
  table.add(
    "close-input-port",
    (port) => {
      if (port instanceof InputPort) return close(port);
      throw wrongType("an input port", port);
    },
    1,
  );
  table.add(
    "close-output-port",
    (port) => {
      if (port instanceof OutputPort) return close(port);
      throw wrongType("an output port", port);
    },
    1,
  );
}
