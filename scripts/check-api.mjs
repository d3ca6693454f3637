// Every name that a published entry point exports, with all its members, must be documented, and
// its types exported too: api-extractor over each entry in one process. It reports missing comments
// only while it writes an API report, so it writes one, into a folder that is thrown away.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, ExtractorMessageCategory } from "@microsoft/api-extractor";

const ROOT = join(import.meta.dirname, "..");

/** Several entries share types: each problem is told once. */
const problems = new Set();

/** About release stages, which this project does not have. */
const IGNORED = "ae-missing-release-tag";

const scratch = mkdtempSync(join(tmpdir(), "plimsoll-api-"));

/** Checks one entry point; adds what is wrong to `problems`. */
function check(entry) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(ROOT, "api-extractor.json"),
    packageJsonFullPath: join(ROOT, "package.json"),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: entry,
      compiler: { tsconfigFilePath: join(ROOT, "tsconfig.json") },
      apiReport: { enabled: true, reportFileName: "entry", reportFolder: scratch, reportTempFolder: scratch },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } } },
    },
  });
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      if (message.messageId === IGNORED || message.category === ExtractorMessageCategory.Console) return;
      const where = message.sourceFilePath ? `${message.sourceFilePath}:${message.sourceFileLine}: ` : "";
      problems.add(`${where}${message.text} (${message.messageId})`);
    },
  });
}

const { exports: entries } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
for (const target of Object.values(entries)) {
  if (!target.endsWith(".js")) continue;
  const types = join(ROOT, target.replace(/\.js$/, ".d.ts"));
  if (existsSync(types)) {
    check(types);
  } else {
    problems.add(`${types} is missing: run npm run build`);
  }
}
rmSync(scratch, { recursive: true });
for (const problem of problems) console.error(problem);
process.exitCode = problems.size === 0 ? 0 : 1;
