/**
 * Reads facts about memory and decides nothing: V8, the process and its tree, its regions, the allocator, limits,
 * pressure and the machine. What the platform cannot tell is `undefined`, or {@link Unavailable} with the reason.
 */
export { type AllocatorReading, readAllocator } from "./allocator.ts";
export { type LimitReading, parseLimit, readLimits, tightestLimit } from "./limit.ts";
export type { Libc } from "./libc.ts";
export { type MachineReading, readMachine } from "./machine.ts";
export type { MeminfoReading } from "./meminfo.ts";
export { type PressureStallReading, readPressureStall, type StallShare } from "./pressure-stall.ts";
export {
  isNodeProcess,
  listDescendants,
  nameCommand,
  type ProcessEntry,
  readProcessName,
  readResident,
  ResidentReader,
  type ResidentReading,
} from "./process.ts";
export {
  type ClassifiedRegion,
  classifyRegions,
  type MemoryRegion,
  type ReadRegionsOptions,
  readRegions,
  REGION_KINDS,
  type RegionKind,
  type RegionsReading,
  type RegionTotal,
} from "./regions.ts";
export type { ArenaCheck } from "./region-kind.ts";
export type { ProcessId, SystemFilesOptions, Unavailable } from "./system-files.ts";
export { readV8, readV8Code, readV8Spaces, type V8CodeReading, type V8Reading, type V8SpaceReading } from "./v8.ts";
