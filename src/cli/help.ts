/** The help texts. They go to stdout when asked for, to stderr when a command was missing. */

/** For a bare `plimsoll`: six lines. */
export const BRIEF_HELP = `plimsoll shows how much memory a Node.js program uses, of which kind, what grows and why.
  plimsoll run -- node server.js    start a program and watch it: verdict and report at its end
  plimsoll watch 4711               the same for a process that runs already; without a number: which
  plimsoll explain                  the newest verdict again, in full
  plimsoll supervise -- node server.js   keep it running: replaced before it reaches the limit
  plimsoll --help                   every option`;

/** For `plimsoll --help`. */
export const HELP = `plimsoll run [options] -- COMMAND…
    Starts COMMAND unchanged, shows its memory live, and says at its end what grew and why.
  --limit SIZE          the line to report against: 512mb, 1.5GiB, 80% (of the real limit), bytes
  --report-dir DIR      where the report goes. Default: .plimsoll/<time>-<pid>
  --report-json FILE    a further copy of report.json
  --fail-on leak,limit  exit 65 when a leak was found, or the limit was reached, and COMMAND ended with 0
  --experiments         try what a collection, the end of a turn and malloc_trim bring; each at most 200 ms
  --no-heap-snapshot    take none near the limit; by default one, where it is predicted to fit
  --max-pause TIME      how long a heap snapshot may stop the program, as predicted. Default: 5s
  --snapshots           three heap snapshots once a heap leaks: names who holds what grows; each stops it
  --native              record native allocations with heaptrack, and name those that were not freed
  --quiet               only the verdict, in one line, at the end
  --json                events as JSON lines on stderr instead of words

plimsoll watch [PID] [options as run, but --native]
    Watches a process that runs already, from outside; it goes on unharmed. Without PID: which there are.
  --for TIME            end after 60s, 5m, 2h. Default: at Ctrl-C, or with the process
  --attach              reach in through Node's inspector (SIGUSR1): kinds of memory, allocating functions
  --native-heap         walk glibc's heap at both ends, from outside: what grew, in which sizes, whose it is
  --reclaim             with --attach: give back at the end what the allocator keeps, and say how much
  --syscalls TIME       count mmap, munmap, mprotect, brk and futex with strace, at most 30s
  --on-limit term|kill|COMMAND   once two readings reach --limit: a signal, or a command with $PLIMSOLL_PID

plimsoll explain [REPORT.json | DIR] [--json]
    The newest verdict below .plimsoll again, in full; also after plimsoll itself was killed.

plimsoll heap FILE | heap diff A B [C] | heap node FILE @ID   [--json] [--max-memory SIZE]
    What a heap snapshot holds and who keeps it; what grew between two or three; one object.
plimsoll heap capture PID [-o FILE] [--compact] [--max-pause TIME]
    A heap snapshot of a running process, if it is predicted to fit into memory and pause.

plimsoll supervise [options] -- COMMAND…
    Replaces COMMAND before it reaches the limit: the new one takes its sockets, the old one drains.
  --limit SIZE          of each instance, or a share of the real limit for all. Default: 80%
  --drain TIME          how long it may drain and end before it is killed. Default: 10s
  --instances N         so many at once. Default: 1
  --restart-after N     also after so many requests, or at an age such as 2h
  --no-reports          leave no report of each instance; --report-dir, --quiet and --json as run

plimsoll limits [SIZE] [--json] [--write docker|kubernetes|systemd|node]
    Which memory limit applies here (or would at SIZE), and the flags to set.

plimsoll --version

stdout belongs to COMMAND; plimsoll speaks on stderr. Exit: COMMAND's own code or signal, else
65 found by --fail-on, 64 wrong usage, 126 or 127 not executable or not found, 70 own failure.`;
