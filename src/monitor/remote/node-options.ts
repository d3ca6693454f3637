/**
 * Our preload in a user's NODE_OPTIONS: appended, never replacing what is there, and only once. Node
 * splits the value at spaces; within double quotes a backslash takes the next character literally.
 */

/**
 * Appends `--require <file>`.
 *
 * @param nodeOptions - the value so far, `undefined` where the variable is not set.
 * @param file - absolute path of the preload.
 */
export function appendPreload(nodeOptions: string | undefined, file: string): string {
  const flag = `--require ${quoteOption(file)}`;
  if (nodeOptions === undefined || nodeOptions.trim() === "") return flag;
  return `${nodeOptions} `.includes(`${flag} `) ? nodeOptions : `${nodeOptions} ${flag}`;
}

/** Quotes one value of NODE_OPTIONS where it needs that. */
export function quoteOption(value: string): string {
  return /[\s"\\]/.test(value) ? `"${value.replace(/[\\"]/g, String.raw`\$&`)}"` : value;
}
