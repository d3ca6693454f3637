/**
 * The names that an exported declaration makes, which the outside sees as they are written.
 */
import type { AnyNode, Pattern } from "acorn";

/** The names that a declaration makes. */
export function declaredNames(node: AnyNode): string[] {
  if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") return node.id ? [node.id.name] : [];
  if (node.type !== "VariableDeclaration") return [];
  return node.declarations.flatMap(({ id }) => patternNames(id));
}

function patternNames(node: Pattern): string[] {
  switch (node.type) {
    case "Identifier":
      return [node.name];
    case "AssignmentPattern":
      return patternNames(node.left);
    case "RestElement":
      return patternNames(node.argument);
    case "ArrayPattern":
      return node.elements.flatMap((element) => (element ? patternNames(element) : []));
    case "ObjectPattern":
      return node.properties.flatMap((property) =>
        patternNames(property.type === "RestElement" ? property : property.value),
      );
    default:
      return [];
  }
}
