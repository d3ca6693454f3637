/**
 * Reads the names in one statement, or in the head of a function, a loop or a class, as soon as the
 * parser has read it; then its syntax tree may go. What lies in inner statements was read before and is
 * not entered again.
 */
import type { AnyNode, Class, Identifier, Pattern } from "acorn";
import { functionThatThrows } from "../naming/known-code.ts";
import type { Notes } from "../naming/notes.ts";
import { declaredNames } from "./declared-names.ts";
import { isForwarding, type ReadFunction } from "./read-function.ts";
import type { ScopeStack } from "./scope-stack.ts";
import { ModuleFinder } from "../modules/module-finder.ts";
import { KEPT, WRITTEN, type BindingKind, type Written } from "./tables.ts";

/** Reads names out of syntax trees into a {@link ScopeStack}. */
export class Walker {
  readonly #scopes: ScopeStack;
  readonly #notes: Notes;
  readonly modules = new ModuleFinder();
  /** Occurrence of the last `return x` at the level of statements; the parser resets it. */
  returned: number | undefined;
  /** True when it was `return x.apply(this, arguments)`; the parser resets it, too. */
  isForwarding = false;
  /** What the open function must be called by what it throws. */
  message: string | undefined;
  /** True when the open function has read `this`, `super`, `new.target` or `arguments`; the parser resets it. */
  seesThis = false;

  constructor(scopes: ScopeStack, notes: Notes) {
    this.#scopes = scopes;
    this.#notes = notes;
  }

  /** Reads what a statement says itself; its inner statements were read before. */
  statement(node: AnyNode, isStrict: boolean): void {
    this.modules.isStrict = isStrict;
    switch (node.type) {
      case "ExpressionStatement":
        this.expression(node.expression);
        break;
      case "VariableDeclaration":
        this.variables(node);
        break;
      case "FunctionDeclaration":
        this.functionDeclaration(node, !isStrict && !node.generator && !node.async);
        break;
      case "ClassDeclaration":
        this.classDeclaration(node);
        break;
      case "ReturnStatement":
        this.returned = node.argument ? this.expression(node.argument) : undefined;
        this.isForwarding = node.argument?.type === "CallExpression" && isForwarding(node.argument);
        break;
      case "ThrowStatement":
        this.expression(node.argument);
        this.message ??= functionThatThrows(node.argument);
        break;
      case "IfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        this.expression(node.test);
        break;
      case "SwitchStatement":
        this.expression(node.discriminant);
        break;
      case "WithStatement":
        this.expression(node.object);
        break;
      case "ImportDeclaration":
        for (const specifier of node.specifiers) {
          const { local } = specifier;
          const isBare = specifier.type === "ImportSpecifier" && specifier.imported.start === local.start;
          this.#declare(local, "import", isBare ? WRITTEN.imported : WRITTEN.plain, (occurrence) => {
            this.#notes.imported(occurrence, specifier, node);
          });
        }
        break;
      case "ExportNamedDeclaration":
        this.#exportNamed(node);
        break;
      case "ExportDefaultDeclaration":
        this.#exportDefault(node.declaration, isStrict);
        break;
      default:
        break;
    }
  }

  #exportNamed(node: Extract<AnyNode, { type: "ExportNamedDeclaration" }>): void {
    if (node.declaration) {
      this.statement(node.declaration, true);
      for (const name of declaredNames(node.declaration)) this.#keep(name);
    }
    if (node.source) return;
    for (const { local, exported } of node.specifiers) {
      if (local.type !== "Identifier") continue;
      const isBare = exported.start === local.start;
      const occurrence = this.reference(local, isBare ? WRITTEN.exported : WRITTEN.plain);
      this.#notes.exportedAs(occurrence, exported);
    }
  }

  #exportDefault(node: AnyNode | { type: string; id?: null }, isStrict: boolean): void {
    const declared = node as AnyNode;
    if (declared.type === "FunctionDeclaration" || declared.type === "ClassDeclaration") {
      if (declared.id) this.statement(declared, isStrict);
    } else this.expression(declared);
  }

  /** A name that the outside sees as it is written. */
  #keep(name: string): void {
    const binding = this.#scopes.declare(this.#scopes.tables.names.idOf(name), "const");
    this.#scopes.tables.bindings.keep(binding, KEPT.visibleOutside);
  }

  /** Reads `var`, `let`, `const`, `using` with their values. */
  variables(node: Extract<AnyNode, { type: "VariableDeclaration" }>): void {
    const kind = node.kind === "var" || node.kind === "let" ? node.kind : "const";
    for (const { id, init } of node.declarations) {
      const occurrence = this.pattern(id, kind);
      if (!init) continue;
      const value = this.expression(init);
      if (occurrence !== undefined) this.#notes.assigned(occurrence, init, value, kind);
    }
  }

  /** Declares the name of a function statement. */
  functionDeclaration(node: ReadFunction, mayHoist: boolean): void {
    if (!node.id) return;
    const name = this.#scopes.tables.names.idOf(node.id.name);
    this.#scopes.declareFunction(name, mayHoist);
    this.#notes.namedFunction(this.reference(node.id), node);
  }

  /** Declares the name of a class statement. */
  classDeclaration(node: Class): void {
    if (node.id) this.#notes.namedClass(this.#declare(node.id, "class"), node);
  }

  /** Reads a class without its methods, in the scope that is open for it. */
  classBody(node: Class, isExpression: boolean): void {
    if (isExpression && node.id) this.#declare(node.id, "name of its class");
    if (node.superClass) this.expression(node.superClass);
    for (const element of node.body.body) {
      if (element.type === "StaticBlock") continue;
      if (element.computed) this.expression(element.key);
      else this.#notes.classElement(element.key, element.value ?? null);
      if (element.type === "PropertyDefinition" && element.value) this.expression(element.value);
    }
  }

  /** Reads the head of a loop within `depth` others, or the cases of a `switch`, in the scope that is open for it. */
  head(node: AnyNode, depth: number): void {
    if (node.type === "SwitchStatement") {
      for (const { test } of node.cases) if (test) this.expression(test);
      return;
    }
    if (node.type === "ForStatement") {
      if (node.init?.type === "VariableDeclaration") this.variables(node.init);
      else if (node.init) this.expression(node.init);
      if (node.test) this.expression(node.test);
      if (!node.update) return;
      const counter = this.expression(node.update.type === "UpdateExpression" ? node.update.argument : node.update);
      if (counter !== undefined && node.update.type === "UpdateExpression") this.#notes.counted(counter, depth);
      return;
    }
    if (node.type !== "ForInStatement" && node.type !== "ForOfStatement") return;
    let item: number | undefined;
    if (node.left.type === "VariableDeclaration") {
      const [declarator] = node.left.declarations;
      const kind = node.left.kind === "var" || node.left.kind === "let" ? node.left.kind : "const";
      if (declarator) item = this.pattern(declarator.id, kind);
      // `for (var a = 1 in b)` is sloppy code of the web.
      if (declarator?.init) this.expression(declarator.init);
    } else item = this.pattern(node.left, undefined);
    this.expression(node.right);
    if (item !== undefined) this.#notes.iterated(item, node);
  }

  /** Declares what a `catch` binds. */
  catchParameter(node: Pattern): void {
    const occurrence = this.pattern(node, node.type === "Identifier" ? "catch" : "let");
    if (occurrence !== undefined && node.type === "Identifier") this.#notes.caught(occurrence, node.name);
  }

  /** Declares the parameters of a function and reads an arrow's expression; returns what to keep of it. */
  functionHead(node: ReadFunction): void {
    if (node.body.type !== "BlockStatement") this.returned = this.expression(node.body);
    const occurrences = node.params.map((parameter) => this.pattern(parameter, "parameter"));
    node.digest = this.#notes.functionRead(occurrences, this.returned, this);
  }

  /** Declares the name of a function expression, in the scope that holds it alone. */
  functionName(id: Identifier): number {
    return this.#declare(id, "name of its function");
  }

  /** Reads a pattern; with `kind` it declares, without it assigns. The occurrence where it is one name. */
  pattern(node: Pattern, kind: BindingKind | undefined): number | undefined {
    switch (node.type) {
      case "Identifier":
        return kind === undefined ? this.reference(node) : this.#declare(node, kind);
      case "MemberExpression":
        this.expression(node);
        return undefined;
      case "AssignmentPattern": {
        const occurrence = this.pattern(node.left, kind);
        const value = this.expression(node.right);
        if (occurrence !== undefined) this.#notes.defaulted(occurrence, node.right, value);
        return occurrence;
      }
      case "RestElement": {
        const occurrence = this.pattern(node.argument, kind);
        if (occurrence !== undefined) this.#notes.rest(occurrence);
        return undefined;
      }
      case "ArrayPattern":
        for (const element of node.elements) if (element) this.pattern(element, kind);
        return undefined;
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.type === "RestElement") {
            this.pattern(property.argument, kind);
            continue;
          }
          if (property.computed) this.expression(property.key);
          const occurrence = property.shorthand
            ? this.#shorthand(property.value, kind)
            : this.pattern(property.value, kind);
          if (occurrence !== undefined) this.#notes.destructured(occurrence, property);
        }
        return undefined;
      default:
        return undefined;
    }
  }

  #shorthand(node: Pattern, kind: BindingKind | undefined): number | undefined {
    const target = node.type === "AssignmentPattern" ? node.left : node;
    if (node.type === "AssignmentPattern") this.expression(node.right);
    if (target.type !== "Identifier") return undefined;
    return kind === undefined
      ? this.reference(target, WRITTEN.shorthand)
      : this.#declare(target, kind, WRITTEN.shorthand);
  }

  #declare(id: Identifier, kind: BindingKind, written?: Written, note?: (occurrence: number) => void): number {
    const name = this.#scopes.tables.names.idOf(id.name);
    const binding = kind === "var" ? this.#scopes.declareVar(name) : this.#scopes.declare(name, kind);
    if (id.name === "arguments" || id.name === "eval") this.#scopes.tables.bindings.keep(binding, KEPT.special);
    const occurrence = this.reference(id, written);
    note?.(occurrence);
    return occurrence;
  }

  /** Notes one identifier. */
  reference(id: Identifier, written: Written = WRITTEN.plain): number {
    const { names, occurrences } = this.#scopes.tables;
    if (id.name === "arguments") this.seesThis = true;
    const occurrence = this.#scopes.refer(names.idOf(id.name), id.start, written);
    if (id.end - id.start !== id.name.length) occurrences.escaped.set(occurrence, id.end - id.start);
    return occurrence;
  }

  /** Reads an expression; returns the occurrence where it is one identifier. */
  expression(node: AnyNode): number | undefined {
    // Long chains lean to the left (`a + b + c …`, `a.b().c()…`): they are followed in a loop, not by recursion.
    let current: AnyNode = node;
    for (;;) {
      switch (current.type) {
        case "Identifier":
          return this.reference(current);
        case "BinaryExpression":
        case "LogicalExpression":
          this.expression(current.right);
          if (current.left.type === "PrivateIdentifier") return undefined;
          // `a || 5` is still called `a`.
          if (current === node && current.left.type === "Identifier" && /^(?:\|\||\?\?)$/.test(current.operator))
            return this.reference(current.left);
          current = current.left;
          break;
        case "MemberExpression":
          if (current.computed) this.expression(current.property);
          if (current.object.type === "Identifier") {
            this.#notes.memberRead(this.reference(current.object), current);
            return undefined;
          }
          current = current.object;
          break;
        case "CallExpression":
        case "NewExpression":
          this.#call(current);
          if (current.callee.type === "Identifier") return undefined;
          current = current.callee;
          break;
        case "ChainExpression":
          current = current.expression;
          break;
        default:
          return current === node ? this.#otherExpression(current) : void this.#otherExpression(current);
      }
      // Only the identifier itself is an identifier: not the start of a chain.
      if (current.type === "Identifier") {
        this.reference(current);
        return undefined;
      }
    }
  }

  #call(node: Extract<AnyNode, { type: "CallExpression" | "NewExpression" }>): void {
    const given = node.arguments.map((argument) => this.expression(argument));
    const callee = node.callee.type === "Identifier" ? this.reference(node.callee) : undefined;
    const isDirectEval =
      node.type === "CallExpression" &&
      !node.optional &&
      node.callee.type === "Identifier" &&
      node.callee.name === "eval";
    if (isDirectEval) this.#scopes.seeByEval();
    this.#notes.called(node, callee, given);
  }

  /** The occurrence where the value is that of one identifier. */
  #otherExpression(node: AnyNode): number | undefined {
    switch (node.type) {
      case "AssignmentExpression": {
        const value = this.expression(node.right);
        const target = node.left.type === "MemberExpression" ? undefined : this.pattern(node.left, undefined);
        if (node.left.type === "MemberExpression") this.expression(node.left);
        if (node.operator !== "=") break;
        this.#notes.assignment(node, target, value);
        return target ?? value;
      }
      case "ObjectExpression":
        this.modules.saw(node);
        for (const property of node.properties) {
          if (property.type === "SpreadElement") {
            this.expression(property.argument);
            continue;
          }
          if (property.computed) this.expression(property.key);
          if (property.shorthand) {
            if (property.value.type === "Identifier") this.reference(property.value, WRITTEN.shorthand);
          } else this.#notes.property(property, this.expression(property.value));
        }
        break;
      case "ConditionalExpression": {
        this.expression(node.test);
        // `void 0 === a ? 5 : a` is still called `a`.
        const [one, other] = [this.expression(node.consequent), this.expression(node.alternate)];
        return one === undefined || other === undefined ? (one ?? other) : undefined;
      }
      case "SequenceExpression": {
        let last: number | undefined;
        for (const part of node.expressions) last = this.expression(part);
        return last;
      }
      case "ArrayExpression":
        this.modules.saw(node);
        for (const element of node.elements) if (element) this.expression(element);
        break;
      case "TemplateLiteral":
        for (const part of node.expressions) this.expression(part);
        break;
      case "TaggedTemplateExpression":
        this.expression(node.tag);
        this.expression(node.quasi);
        break;
      case "UnaryExpression":
      case "UpdateExpression":
      case "SpreadElement":
      case "AwaitExpression":
        this.expression(node.argument);
        break;
      case "YieldExpression":
        if (node.argument) this.expression(node.argument);
        break;
      case "ImportExpression":
        this.expression(node.source);
        if (node.options) this.expression(node.options);
        break;
      case "ThisExpression":
      case "Super":
      case "MetaProperty":
        this.seesThis = true;
        break;
      default:
        // Literals, functions and classes: nothing, or read before.
        break;
    }
    return undefined;
  }
}
