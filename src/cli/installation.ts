/**
 * Tools that are not ours, such as strace and heaptrack: whether they are there, and the command that
 * installs them on this distribution (os-release(5)).
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { readSystemText, type SystemFilesOptions } from "../probe/system-files.ts";

const INSTALLERS: Readonly<Record<string, string>> = {
  debian: "apt-get install -y",
  ubuntu: "apt-get install -y",
  alpine: "apk add",
  fedora: "dnf install -y",
  rhel: "dnf install -y",
  arch: "pacman -S --noconfirm",
  suse: "zypper install -y",
};

/**
 * Finds a program on the path.
 *
 * @param path - Default: the environment's PATH.
 * @returns its file; `undefined` when it is not installed.
 */
export function findProgram(name: string, path = process.env["PATH"] ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The command that installs a package here. */
export function installCommand(name: string, options: SystemFilesOptions = {}): string {
  const text = readSystemText("etc/os-release", options) ?? "";
  const words = [...text.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)].flatMap(([, ids = ""]) => ids.split(/\s+/));
  const installer = words.map((id) => INSTALLERS[id.replace(/^opensuse.*/, "suse")]).find((known) => known);
  return `sudo ${installer ?? "apt-get install -y"} ${name}`;
}
