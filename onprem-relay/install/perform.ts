import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { stepText, type Step } from './step.ts';

/** Does one step. @throws LockstepError LS1006 that names it. */
export async function perform(step: Step): Promise<void> {
  try {
    switch (step.kind) {
      case 'write':
        await mkdir(path.dirname(step.path), { recursive: true });
        await writeFile(step.path, step.text, { mode: step.mode });
        return;
      case 'copy':
        await mkdir(path.dirname(step.path), { recursive: true });
        // Beside it and then in its place: a program that runs cannot be written to.
        await copyFile(step.from, `${step.path}.new`);
        await chmod(`${step.path}.new`, step.mode);
        await rename(`${step.path}.new`, step.path);
        return;
      case 'remove':
        await rm(step.path, { force: true });
        return;
      case 'run':
        await promisify(execFile)(step.command, [...step.args], { windowsHide: true }).catch((error: unknown) => {
          if (!isExit(error, step.alsoFine)) throw error;
        });
        return;
    }
  } catch (error) {
    throw new LockstepError('LS1006', `This step failed: ${stepText(step)}. ${reasonOf(error)}`, {
      object: stepText(step),
      cause: error,
    });
  }
}

function isExit(error: unknown, codes: readonly number[] = []): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}

function reasonOf(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
  // Programs of Windows say on standard output why they failed.
  return stderr.trim() || stdout.trim() || String(error);
}
