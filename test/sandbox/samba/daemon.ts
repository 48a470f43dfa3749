import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'ldapts';

export interface DaemonInput {
  readonly conf: string;
  readonly model: 'single' | 'prefork';
  /** File that gets the server's own output. */
  readonly logFile: string;
  readonly ldapsUrl: string;
  readonly ca: string;
}

export interface Daemon {
  readonly pid: number;
  /** Ends the server and its workers, by force when it does not end within 5 s. Calling it again does nothing more. */
  stop(): Promise<void>;
}

const pollMs = 40;
const startLimitMs = 30_000;
const stopLimitMs = 5_000;

/**
 * Starts Samba in the foreground as a child and returns when it answers over LDAPS.
 *
 * `--interactive` makes the server end as soon as its standard input does. That input is a pipe whose other end only this
 * process holds, so the server does not outlive it, however it ends. The server leads a session of its own: an interrupt
 * typed at the terminal reaches this process alone, which then stops the server in its own order.
 *
 * A fourth pipe, which nobody writes to, tells when the last worker is gone: workers outlive the server's own process by a
 * moment, and each inherits the other end. (Samba's fork helpers do not; they have nothing open and end with their worker.)
 *
 * @throws Error with the end of the server's output when it ends early or does not answer within 30 s.
 */
export async function startDaemon(input: DaemonInput): Promise<Daemon> {
  const output = await open(input.logFile, 'a', 0o600);
  const child = spawn('samba', ['--interactive', `--model=${input.model}`, `--configfile=${input.conf}`], {
    stdio: ['pipe', output.fd, output.fd, 'pipe'],
    detached: true,
  });
  const exited = first(child, 'error', 'exit');
  const gone = first(child, 'error', 'close');
  child.stdin?.on('error', () => undefined);
  const held = child.stdio[3];
  if (held instanceof Socket) held.on('error', () => undefined).resume();
  await output.close();
  const daemon: Daemon = { pid: child.pid ?? 0, stop: () => stopDaemon(child, gone) };
  if (!(await answersBeforeItEnds(input, exited))) {
    await daemon.stop();
    const tail = (await readFile(input.logFile, 'utf8')).trim().slice(-2000);
    throw new Error(`Samba did not come up on ${input.ldapsUrl}: ${tail}`);
  }
  return daemon;
}

async function answersBeforeItEnds(input: DaemonInput, ended: Promise<void>): Promise<boolean> {
  const state = { over: false };
  void ended.then(() => {
    state.over = true;
  });
  // The server has no way to say that it is ready, so it is asked until it answers.
  const deadline = performance.now() + startLimitMs;
  while (!state.over && performance.now() < deadline) {
    if (await answers(input.ldapsUrl, input.ca)) return true;
    await Promise.race([delay(pollMs), ended]);
  }
  return false;
}

/** Whether the root DSE (RFC 4512 section 5.1) can be read over LDAPS with the instance's own authority. */
async function answers(url: string, ca: string): Promise<boolean> {
  const client = new Client({ url, tlsOptions: { ca: [ca] }, connectTimeout: 2000, timeout: 5000 });
  try {
    const root = await client.search('', { scope: 'base', attributes: ['defaultNamingContext'] });
    return root.searchEntries.length === 1;
  } catch {
    return false;
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

async function stopDaemon(child: ChildProcess, gone: Promise<void>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  child.kill('SIGTERM');
  const abort = new AbortController();
  const late = delay(stopLimitMs, true, { signal: abort.signal }).catch(() => false);
  const timedOut = await Promise.race([late, gone.then(() => false)]);
  abort.abort();
  // While a process of the group lives, its number is not given to another one.
  if (timedOut) killGroup(pid);
  await gone;
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group ended in the meantime, which is all that was wanted.
  }
}

/** Resolves with the first of the events. */
function first(child: ChildProcess, ...events: readonly ('error' | 'exit' | 'close')[]): Promise<void> {
  return new Promise((resolve) => {
    for (const event of events) {
      child.once(event, () => {
        resolve();
      });
    }
  });
}
