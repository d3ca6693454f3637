/** Reads facts about memory and decides nothing: V8, the process, its regions, the allocator, limits, pressure and the machine. */
export * from "./allocator.ts";
export * from "./limit.ts";
export * from "./machine.ts";
export * from "./pressure-stall.ts";
export * from "./process.ts";
export * from "./regions.ts";
export * from "./v8.ts";
