/**
 * The parts of reading a heap snapshot that go through every byte and every reference, in AssemblyScript: compiled to
 * WebAssembly by the build. V8 optimizes a function from its next call on: what loops long is called for slices. Plain functions over raw addresses; who calls them plans the memory.
 */
export { parseEdgesBackward, parseEdgesForward, parseNodes } from "./parse";
export {
  beginDominators, countPredecessors, fillPredecessors, findDominators, findSemidominators, numberDepthFirst, sumPredecessors, sumRetained,
} from "./dominators";
export { searchBreadthFirst } from "./paths";
export { scanStrings } from "./strings";
