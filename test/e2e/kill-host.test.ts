import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../sandbox/graph/random.ts';
import type { GraphSimulator, ObservedWrite } from '../sandbox/graph/simulator.ts';
import type { Sandbox, SandboxEvent } from '../sandbox/supervisor/sandbox.ts';
import { comparable, expectInStep, startTestSandbox, temporaryFolder } from '../support/sandbox.ts';
import { smallEstate } from '../support/small-estate.ts';

const seed = 20_261;
const estate = smallEstate();
let folder: string;
let file: string;
let undisturbed: unknown;
let writes: number;

/** Counts what was really created, at the only place that knows. */
function countCreations(simulator: GraphSimulator): () => number {
  let created = 0;
  simulator.onWrite(({ method, url, phase, status }) => {
    const creates = method === 'POST' ? /^\/(users|groups)$/.test(url) : url.startsWith('/groups(uniqueName=');
    if (phase === 'after-commit' && creates && status === 201) created += 1;
  });
  return () => created;
}

function simulatorOf(sandbox: Sandbox): GraphSimulator {
  if (sandbox.simulator === undefined) throw new Error('The sandbox has no simulator.');
  return sandbox.simulator;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ls-kill-'));
  file = join(folder, 'small.ldif');
  writeFileSync(file, estate.ldif);
  const sandbox = await startTestSandbox({ directory: { kind: 'ldif', file }, data: join(folder, 'undisturbed') });
  const created = countCreations(simulatorOf(sandbox));
  try {
    await expectInStep(sandbox);
    undisturbed = comparable(simulatorOf(sandbox).snapshot());
    writes = simulatorOf(sandbox).usage.writes;
    expect(created()).toBe(estate.users + estate.groups);
  } finally {
    await sandbox.stop();
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A moment of the first sync: before or after a write, or at an event on the way to the first write. */
type Moment =
  | { readonly share: number; readonly phase: ObservedWrite['phase'] }
  | { readonly event: 'full-read.begin' | 'full-read.end' };

const random = randomStream(seed);
const moments: readonly Moment[] = [
  { event: 'full-read.begin' },
  { event: 'full-read.end' },
  ...Array.from({ length: 20 }, (_, n) => ({
    share: (n + random.fraction()) / 20,
    phase: random.fraction() < 0.5 ? ('before-commit' as const) : ('after-commit' as const),
  })),
];

describe(`The Functions host killed at a moment of the first sync (seed ${seed})`, () => {
  it.each(moments)(
    'starts again and ends in the same tenant, with nothing created twice: $share $phase $event',
    async (moment) => {
      let kill: (() => void) | undefined;
      let killed = false;
      const killOnce = (): void => {
        if (killed || kill === undefined) return;
        killed = true;
        kill();
      };
      const onEvent = (event: SandboxEvent): void => {
        if ('event' in moment && event.kind === 'relay' && event.event.event === moment.event) killOnce();
      };
      const sandbox = await startTestSandbox({ directory: { kind: 'ldif', file }, data: temporaryFolder(), onEvent });
      try {
        kill = () => {
          sandbox.killHost();
        };
        const simulator = simulatorOf(sandbox);
        const created = countCreations(simulator);
        if ('share' in moment) {
          const ordinal = 1 + Math.floor(moment.share * writes);
          simulator.onWrite((write) => {
            if (write.ordinal === ordinal && write.phase === moment.phase) killOnce();
          });
        }
        await expectInStep(sandbox);
        expect(killed).toBe(true);
        expect(comparable(simulator.snapshot())).toEqual(undisturbed);
        expect(created()).toBe(estate.users + estate.groups);
      } finally {
        await sandbox.stop();
      }
    },
  );
});
