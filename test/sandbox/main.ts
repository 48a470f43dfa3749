// `npm start`: Lockstep with everything around it on this machine. What it prints and how it ends: docs/Reference/sandbox.md.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProblemReport } from '../../shared/contracts/status.ts';
import { isLockstepError } from '../../shared/errors/lockstep-error.ts';
import { helpText, isOnce, readOptions } from './cli/options.ts';
import { narrator } from './cli/narrator.ts';
import { createTerminal } from './cli/terminal.ts';
import { fillWithEstate } from './estate/fill-samba.ts';
import { Sandbox, appRoot } from './supervisor/sandbox.ts';
import type { Outcome } from './supervisor/settle.ts';
import { isSettled, nothingDone, outcomeOf, settle } from './supervisor/settle.ts';

const exitCodes = { inStep: 0, notInStep: 1, badOptions: 2 } as const;
const watchMs = 500;

const terminal = createTerminal(process.stderr, () => performance.now());
const story = narrator(terminal);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    interrupted.abort();
  });
}

process.exitCode = await run();
// Nothing is left to do; a library's timer must not hold the process.
process.exit();

async function run(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), process.env, join(appRoot, 'test/fixtures/estate/contoso.ldif'));
    if (options === 'help') {
      process.stdout.write(helpText());
      return exitCodes.inStep;
    }
    const sandbox = await Sandbox.start(options, { onEvent: story.event, fillSamba: fillWithEstate });
    try {
      return options.once ? await once(sandbox) : await stayUp(sandbox);
    } finally {
      await sandbox.stop();
    }
  } catch (error) {
    if (interrupted.signal.aborted) return exitCodes.inStep;
    if (!isLockstepError(error)) throw error;
    const problem = { code: error.code, object: error.object ?? '', message: error.message, remedy: error.remedy };
    story.problem(problem);
    if (isOnce(process.argv.slice(2), process.env)) print(nothingDone(problem));
    return error.code === 'LS1001' ? exitCodes.badOptions : exitCodes.notInStep;
  }
}

function print(outcome: Outcome): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

async function once(sandbox: Sandbox): Promise<number> {
  const { signal } = interrupted;
  const settled = await settle(sandbox, {
    signal,
    onStatus: (status) => {
      story.progress(status, sandbox.usage(status));
    },
  });
  terminal.done();
  const outcome = await outcomeOf(sandbox, settled);
  story.outcome(outcome);
  try {
    await sandbox.stop();
  } finally {
    print(outcome);
  }
  return outcome.inStep ? exitCodes.inStep : exitCodes.notInStep;
}

/** Follows the estate until Ctrl-C, or until the relay or the host cannot go on. */
async function stayUp(sandbox: Sandbox): Promise<number> {
  const { signal } = interrupted;
  let told: string | undefined;
  while (!signal.aborted && sandbox.failure === undefined) {
    const status = await sandbox.status();
    if (status !== undefined) {
      const usage = sandbox.usage(status);
      // What is worth a line: a change of the position, the halt or the problems, once it is settled.
      const now = JSON.stringify([status.connectors, status.errors, status.halted?.code, usage.writes]);
      if (status.halted !== null || isSettled(sandbox, status)) {
        if (now !== told) story.outcome(await outcomeOf(sandbox, settledAs(status.halted)));
        told = now;
      } else story.progress(status, usage);
    }
    await delay(watchMs, undefined, { signal }).catch(() => undefined);
  }
  terminal.done();
  if (sandbox.failure === undefined) {
    terminal.line('Stopping.');
    return exitCodes.inStep;
  }
  story.problem(sandbox.failure);
  return exitCodes.notInStep;
}

function settledAs(halted: ProblemReport | null): Parameters<typeof outcomeOf>[1] {
  return halted === null ? { kind: 'in-step' } : { kind: 'stuck', problem: halted };
}
