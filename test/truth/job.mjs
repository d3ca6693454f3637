// No leak: a job that gathers what it needs for half a minute, and lets go of it when it is done.
const seconds = Number(process.argv[2] ?? 30);
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();

function parseFile(n) {
  return { n, nodes: Array.from({ length: 40 }, (_, i) => ({ i, n })) };
}

async function compile() {
  const files = [];
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    for (let i = 0; i < 100; i += 1) files.push(parseFile(files.length));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return files.length;
}

process.exitCode = (await compile()) > 0 ? 0 : 1;
