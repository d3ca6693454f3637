/**
 * The parts of reading a heap snapshot that go through every byte and every reference, in AssemblyScript: compiled to
 * WebAssembly by the build. Plain functions over raw addresses; who calls them plans the memory.
 */
export { parseEdgesBackward, parseEdgesForward, parseNodes } from "./parse";
export { countPredecessors, fillPredecessors, findDominators, numberDepthFirst, sumRetained } from "./dominators";
export { searchBreadthFirst } from "./paths";
export { scanStrings } from "./strings";
