// Ends a program after the seconds given as its first argument, and at once when its parent is gone.
const seconds = Number(process.argv[2] ?? 30);
const parent = process.ppid;
setTimeout(() => process.exit(0), seconds * 1000);
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();
