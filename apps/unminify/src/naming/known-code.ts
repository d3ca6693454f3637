/**
 * Code that half of all bundles carry along: what compilers write beside a program (Babel, TypeScript), and
 * what core-js is made of. It is told by what it says when it throws, and by a few idioms; the names
 * are those of its published sources.
 */

import type { AnyNode } from "acorn";

/** Names of functions by the text that they throw. */
const BY_MESSAGE: ReadonlyMap<string, string> = new Map([
  ["Cannot call a class as a function", "_classCallCheck"],
  ["Super expression must either be null or a function", "_inherits"],
  ["this hasn't been initialised - super() hasn't been called", "_assertThisInitialized"],
  ["Derived constructors may only return object or undefined", "_possibleConstructorReturn"],
  ["Invalid attempt to destructure non-iterable instance.", "_nonIterableRest"],
  ["Invalid attempt to spread non-iterable instance.", "_nonIterableSpread"],
  ["Invalid attempt to iterate non-iterable instance.", "_createForOfIteratorHelper"],
  ["Cannot destructure ", "_objectDestructuringEmpty"],
  ["Class extends value ", "__extends"],
  ["Generator is already executing.", "__generator"],
  ["Can't call method on ", "requireObjectCoercible"],
  [" is not an object", "anObject"],
  [" is not a function", "aCallable"],
  [" is not a constructor", "aConstructor"],
  ["Can't set ", "aPossiblePrototype"],
  ["Cannot convert a Symbol value to a string", "toString"],
  ["Incorrect invocation", "anInstance"],
  ["Can't convert object to primitive value", "ordinaryToPrimitive"],
  ["Maximum allowed index exceeded", "doesNotExceedSafeInteger"],
]);
const LONGEST_START = 60;

/** `throw new TypeError(a + " is not an object")`: the name of the function that says so. */
export function functionThatThrows(argument: AnyNode): string | undefined {
  const isMade = argument.type === "NewExpression" || argument.type === "CallExpression";
  for (const part of isMade ? partsOfText(argument.arguments[0]) : []) {
    const name = functionByMessage(part);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The literal parts of a text that is put together. */
function partsOfText(node: AnyNode | undefined): string[] {
  if (node?.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node?.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked ?? "");
  if (node?.type !== "BinaryExpression") return [];
  return [...partsOfText(node.left), ...partsOfText(node.right)];
}

function functionByMessage(text: string): string | undefined {
  const known = BY_MESSAGE.get(text);
  if (known !== undefined || text.length < LONGEST_START) return known;
  for (const [message, name] of BY_MESSAGE) if (message.endsWith(".") && text.startsWith(message)) return name;
  return undefined;
}

/** What is longer is no idiom. */
export const LONGEST_IDIOM = 110;
const IDIOMS: readonly (readonly [shape: RegExp, name: string])[] = [
  [/^function\((\w+)\)\{try\{return!!\1\(\)\}catch\(\w+\)\{return!0\}\}$/, "fails"],
  [/^function\((\w+)\)\{return"object"==(?:typeof |=?\w+\()\1\)?\?null!==\1:\w+\(\1\)/, "isObject"],
  [/^function\((\w+)\)\{return \w+\(\1\.length\)\}$/, "lengthOfArrayLike"],
  [/^function\((\w+)\)\{var (\w+)=\+\1;return \2!=\2\|\|0===\2\?0:/, "toIntegerOrInfinity"],
  [/^!\w+\(\(?function\(\)\{return 7!==?Object\.defineProperty\(\{\},1,\{get:/, "DESCRIPTORS"],
  [/^\w+\?(\w+)\.bind\(\1\):function\(\)\{return \1\.apply\(\1,arguments\)\}$/, "call"],
  [/^function\((\w+)\)\{return null==\1\}$/, "isNullOrUndefined"],
  [/^function\((\w+),(\w+)\)\{return\{enumerable:!\(1&\1\)/, "createPropertyDescriptor"],
];

/** The name of a short expression by its text. */
export function idiomThatReads(text: string): string | undefined {
  for (const [shape, name] of IDIOMS) if (shape.test(text)) return name;
  return undefined;
}

/** Keys that stand beside `target` in what core-js exports by. */
export const EXPORT_KEYS = new Set(["proto", "stat", "global", "constructor", "forced", "bind", "unsafe"]);
