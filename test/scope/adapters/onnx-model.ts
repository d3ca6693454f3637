/**
 * A model in the ONNX format, written byte by byte: `y = x + x` for two numbers. The field numbers are those of the
 * format's protocol buffer definition (onnx.proto).
 */
const text = (value: string): number[] => [...Buffer.from(value)];
/** A field with a length: text, or a message. All are shorter than 128 bytes, so that the length is one byte. */
const field = (number: number, bytes: readonly number[]): number[] => [(number << 3) | 2, bytes.length, ...bytes];
const integer = (number: number, value: number): number[] => [number << 3, value];

const FLOAT32 = 1;
const type = field(1, [...integer(1, FLOAT32), ...field(2, field(1, integer(1, 2)))]);
const value = (name: string): number[] => [...field(1, text(name)), ...field(2, type)];
const node = [...field(1, text("x")), ...field(1, text("x")), ...field(2, text("y")), ...field(4, text("Add"))];
const graph = [...field(1, node), ...field(2, text("doubling")), ...field(11, value("x")), ...field(12, value("y"))];

/** Gives twice its input. */
export const doublingModel: Uint8Array = new Uint8Array([
  ...integer(1, 8),
  ...field(7, graph),
  ...field(8, [...field(1, []), ...integer(2, 13)]),
]);
