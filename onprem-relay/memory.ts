// Before all other imports of the program: V8 takes these to heart for what is loaded after them.
//
// They trade some time for memory: the relay shares a machine with others and streams what it reads, so garbage is all that grows.
// Left alone, V8 takes 270 MB to read 10,000 users. There is no fixed limit, so what is really needed is had.
import { setFlagsFromString } from 'node:v8';

const flags: readonly string[] = [
  // The young generation stays at its first size; the old one is collected when it has grown by a fifth.
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=20',
  '--optimize-for-size',
  // Compilers on threads of their own, and what they inline, take more at their peaks than the directory does.
  '--no-concurrent-recompilation',
  '--no-maglev',
  '--max-inlined-bytecode-size-cumulative=100',
];
for (const flag of flags) setFlagsFromString(flag);
