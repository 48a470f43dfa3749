import { z } from 'zod';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

/**
 * The body of a message as its contract has it. `name` names it in an error, as "A change batch": LS2003 for a version that
 * this release does not know, LS2002 for anything malformed.
 */
export function readMessage<T>(message: unknown, schema: z.ZodType<T>, name: string): T {
  const version = z.object({ version: z.unknown() }).safeParse(message);
  if (version.success && version.data.version !== 1) {
    throw new LockstepError(
      'LS2003',
      `${name} has version ${String(version.data.version)}; this release reads version 1.`,
    );
  }
  const parsed = schema.safeParse(message);
  if (!parsed.success) throw malformed(parsed.error, name);
  return parsed.data;
}

/** Paths and reasons only: the values may be personal data, and this ends in a log. */
export function malformed(error: z.ZodError, name: string): LockstepError {
  const faults = error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || '(message)'}: ${issue.message}`);
  return new LockstepError('LS2002', `${name} does not have the form it must have: ${faults.join('; ')}.`);
}
