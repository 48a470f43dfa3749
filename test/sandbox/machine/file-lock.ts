import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs `work` while holding an exclusive lock on `file` (created when absent) against every other process of this
 * machine; waits for as long as another one holds it. The lock is flock(2), held by a helper process that lives as long
 * as its standard input is open: whoever holds it may be killed at any moment and leaves no stale lock behind.
 *
 * @throws Error when flock(1) of util-linux cannot be started, and whatever `work` throws.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  // cat answers the first line only once flock has got the lock, and ends with its input.
  const holder = spawn('flock', ['--exclusive', '--no-fork', file, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.once('close', () => {
      resolve();
    });
  });
  // Observed below; a failure in between must not count as unhandled.
  ended.catch(() => undefined);
  holder.stdin.on('error', () => undefined);
  holder.stdin.write('held\n');
  const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!held) throw new Error(`The lock ${file} could not be taken.`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
