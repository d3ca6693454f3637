/**
 * Reads C++ symbol names of two sorts: tables of virtual functions (`_ZTVN4node4http9ParserE` is `node::http::Parser`)
 * and plain functions, without their parameters. Template arguments become `<…>`. What it does not understand
 * stays as it is. Source: Itanium C++ ABI, section 5.1 (mangling).
 */

/** A symbol's name for people. */
export interface ReadableSymbol {
  readonly kind: "class" | "function" | "data";
  readonly name: string;
}

const STANDARD: Readonly<Record<string, string>> = {
  t: "std",
  a: "std::allocator",
  b: "std::basic_string",
  s: "std::string",
  i: "std::istream",
  o: "std::ostream",
  d: "std::iostream",
};

/** Reads a symbol; a name that is not C++ is given back as it is. */
export function readSymbol(symbol: string, kind: "function" | "data"): ReadableSymbol {
  if (symbol.startsWith("_ZTV")) return { kind: "class", name: readName(symbol, 4) ?? symbol };
  if (symbol.startsWith("_Z") && !/^_Z[TG]/.test(symbol)) return { kind, name: readName(symbol, 2) ?? symbol };
  return { kind, name: symbol };
}

/** Reads the name of a type as `std::type_info` keeps it, such as `N4node6BufferE`. */
export function readTypeName(mangled: string): string | undefined {
  return readName(mangled, mangled.startsWith("*") ? 1 : 0);
}

function readName(text: string, from: number): string | undefined {
  const isNested = text[from] === "N";
  const parts: string[] = [];
  const qualifiers = /^N[rVKRO]*/.exec(text.slice(from, from + 8))?.[0] ?? ""; // of a method's object
  let at = from + qualifiers.length;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === "E" && isNested) break;
    if (char === "L") {
      at += 1; // local to its file
    } else if (char >= "0" && char <= "9") {
      const [digits = ""] = /^\d+/.exec(text.slice(at)) ?? [];
      const end = at + digits.length + Number(digits);
      if (end > text.length) return undefined;
      const part = text.slice(at + digits.length, end);
      parts.push(part.startsWith("_GLOBAL__N_") ? "(anonymous)" : part);
      at = end;
    } else if (char === "S" && (text[at + 1] ?? "") in STANDARD) {
      parts.push(STANDARD[text[at + 1] ?? ""] ?? "");
      at += 2;
    } else if (char === "I") {
      const end = skipArguments(text, at);
      if (end === undefined || parts.length === 0) return undefined;
      parts.push(`${parts.pop()}<…>`);
      at = end;
    } else if ((char === "C" || char === "D") && /[0-5]/.test(text[at + 1] ?? "")) {
      const name = parts.at(-1)?.replace("<…>", "");
      parts.push(`${char === "D" ? "~" : ""}${name}`);
      at += 2;
    } else {
      if (isNested) return undefined;
      break; // the parameters begin
    }
    if (!isNested && parts.length > 0 && parts.at(-1) !== "std" && text[at] !== "I") break;
  }
  return parts.length === 0 ? undefined : parts.join("::");
}

/** Where the template arguments that begin at `from` end. */
function skipArguments(text: string, from: number): number | undefined {
  const open: string[] = [];
  for (let at = from; at < text.length;) {
    const rest = text.slice(at, at + 12);
    const [digits] = /^\d+/.exec(rest) ?? [];
    const [whole] = /^(S[a-z]|[ST][0-9A-Z]*_|A\d+_|D[a-z])/.exec(rest) ?? [];
    let isTypeOver = false;
    if (whole !== undefined) {
      at += whole.length; // a substitution, a parameter, an array's size, or a builtin type of two letters
    } else if (digits !== undefined) {
      at += digits.length + Number(digits);
      isTypeOver = true;
    } else {
      const [letter = ""] = rest;
      if ("INLJFX".includes(letter)) open.push(letter);
      at += 1;
      if (letter === "E") isTypeOver = open.pop() !== "L";
      if (open.length === 0) return at;
      isTypeOver ||= open.at(-1) === "L" && /[a-z]/.test(letter);
    }
    // A constant is a type and then a number, which would pass for the length of a name.
    if (isTypeOver && open.at(-1) === "L") at += /^n?\d*/.exec(text.slice(at, at + 24))?.[0].length ?? 0;
  }
  return undefined;
}
