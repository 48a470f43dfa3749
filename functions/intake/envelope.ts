import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import type { ChangeBatch } from '../../shared/contracts/change-batch.ts';
import { batchContentSchema, changeBatchEnvelopeSchema } from '../../shared/contracts/change-batch.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

const unzip = promisify(gunzip);
/** A message is at most 256 KiB; a content that unpacks to more than this is not one that a relay made. */
const maxContentBytes = 64 * 1024 * 1024;

/** Reads a message of the queue `directory-changes`. LS2003 for a version that this release does not know, LS2002 for anything malformed. */
export async function openEnvelope(message: unknown): Promise<ChangeBatch> {
  const version = z.object({ version: z.unknown() }).safeParse(message);
  if (version.success && version.data.version !== 1) {
    throw new LockstepError(
      'LS2003',
      `A change batch has version ${String(version.data.version)}; this release reads version 1.`,
    );
  }
  const envelope = changeBatchEnvelopeSchema.safeParse(message);
  if (!envelope.success) throw malformed(envelope.error);
  const content = batchContentSchema.safeParse(await unpack(envelope.data.content));
  if (!content.success) throw malformed(content.error);
  return { ...envelope.data, content: content.data };
}

async function unpack(content: string): Promise<unknown> {
  try {
    const bytes = await unzip(Buffer.from(content, 'base64'), { maxOutputLength: maxContentBytes });
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new LockstepError('LS2002', 'The content of a change batch is not gzip-compressed JSON.', { cause });
  }
}

function malformed(error: z.ZodError): LockstepError {
  // Paths and reasons only: the values may be personal data, and this ends in a log.
  const faults = error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || '(message)'}: ${issue.message}`);
  return new LockstepError('LS2002', `A change batch does not have the form it must have: ${faults.join('; ')}.`);
}
