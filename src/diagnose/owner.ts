/**
 * What the program's own ledger adds to a leak: who owns what grows. That values become more while memory does
 * proves no cause: bytes that their library tells, or a profile that names the same code, do. Without either it is
 * said as a perhaps, and beside a profile that names other code as a second cause.
 */
import { formatBytes } from "../base/bytes.ts";
import type { CodeLocation } from "../base/wire.ts";
import type { Finding, Growth, VerdictKind } from "./finding.ts";
import { type OwnedGrowth, rateOf } from "./owned.ts";
import { functionInWords, seconds } from "./wording.ts";

/** So much of the growth must be known to be theirs. */
const EXPLAINED_SHARE = 0.3;
const MOST = 0.5;
/** Kinds that values can hold; what a turn keeps, and code, have other causes. */
const HELD: readonly VerdictKind[] = ["js-heap", "workers", "buffers", "external", "wasm", "native", "mappings"];
/** The bytes that a library tells lie outside of these. */
const ON_HEAP: readonly VerdictKind[] = ["js-heap", "workers"];

/** Adds to a leak what the ledger says of it; the same finding where it says nothing. */
export function explainByOwner(finding: Finding, owned: OwnedGrowth | undefined): Finding {
  const [top] = finding.growth;
  if (!finding.leak || !owned || !top || !HELD.includes(top.kind)) return finding;
  const rate = finding.growth.reduce((sum, one) => sum + (one.kind === top.kind ? one.bytesPerSecond : 0), 0);
  const share = ON_HEAP.includes(top.kind) ? undefined : shareOf(owned, rate);
  // What they hold is known, and it is not this.
  if (share !== undefined && share < EXPLAINED_SHARE) return finding;
  const isSame = isSamePlace(owned.place?.where, top);
  const isProven = share !== undefined || isSame;
  const evidence = [...finding.evidence, evidenceOf(owned, rate, share, isSame, top)];
  if (!isProven && top.where) return { ...finding, evidence };
  return {
    ...finding,
    evidence,
    next: isProven ? [releaseThem(owned), ...finding.next] : [...finding.next, releaseThem(owned)],
    growth: finding.growth.map((one) => (one.kind === top.kind ? withOwner(one, owned, isProven) : one)),
  };
}

function withOwner(growth: Growth, owned: OwnedGrowth, isProven: boolean): Growth {
  const where = owned.place?.where;
  const many = `${whole(owned.channel.lastBytes)} living ${owned.name} values`;
  return {
    ...growth,
    holder: isProven ? `${many}, not released` : `perhaps ${many}: they rise with it`,
    ...(growth.where || !where ? {} : { where: { file: where.file, line: where.line, function: where.function } }),
  };
}

function evidenceOf(owned: OwnedGrowth, rate: number, share: number | undefined, isSame: boolean, top: Growth): string {
  const { name, channel, place, placeShare, timeMs } = owned;
  const perSecond = rateOf(channel);
  const from = place?.where
    ? `, ${placeShare >= MOST ? "most" : "the largest part"} of them made in ${functionInWords(place.where)}, the oldest ${seconds((timeMs - place.sinceMs) / 1000)} ago`
    : "";
  const counted = `the program's own ledger counts ${whole(channel.lastBytes)} living ${name} values, ${perSecond.toFixed(perSecond < 10 ? 1 : 0)} more each second${from}`;
  if (share !== undefined)
    return `${counted}: their bytes make up ${Math.round(100 * Math.min(1, share))}% of the growth`;
  const each = `${formatBytes(rate / perSecond)} of the growth for each of them`;
  if (isSame) return `${counted}: the profile names the same code, ${each}`;
  return top.where
    ? `${counted}: a second cause, or what holds these objects`
    : `${counted}: ${each}, if they hold it; their bytes are not known, so that is likely, not shown`;
}

function releaseThem({ name, place }: OwnedGrowth): string {
  const made = place?.where ? `what ${functionInWords(place.where)} makes` : `the ${name} values`;
  return `Release ${made}: inside a \`scope()\` of plimsoll/scope that ends, or by disposing of each when it is done with.`;
}

function shareOf({ bytesPerSecond }: OwnedGrowth, rate: number): number | undefined {
  return bytesPerSecond === undefined || rate <= 0 ? undefined : bytesPerSecond / rate;
}

/** A stack names a method with its class, a profile without. */
function isSamePlace(made: CodeLocation | undefined, { where, callers = [] }: Growth): boolean {
  if (!made || !where) return false;
  const bare = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
  return [where, ...callers.slice(0, 2)].some(
    (one) => one.file === made.file && bare(one.function) === bare(made.function),
  );
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
