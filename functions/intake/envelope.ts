import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ChangeBatch } from '../../shared/contracts/change-batch.ts';
import { batchContentSchema, changeBatchEnvelopeSchema } from '../../shared/contracts/change-batch.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { malformed, readMessage } from '../bus/read-message.ts';

const unzip = promisify(gunzip);
/** A message is at most 256 KiB; a content that unpacks to more than this is not one that a relay made. */
const maxContentBytes = 64 * 1024 * 1024;

const name = 'A change batch';

/** Reads a message of the queue `directory-changes`. LS2003 for a version that this release does not know, LS2002 for anything malformed. */
export async function openEnvelope(message: unknown): Promise<ChangeBatch> {
  const envelope = readMessage(message, changeBatchEnvelopeSchema, name);
  const content = batchContentSchema.safeParse(await unpack(envelope.content));
  if (!content.success) throw malformed(content.error, name);
  return { ...envelope, content: content.data };
}

async function unpack(content: string): Promise<unknown> {
  try {
    const bytes = await unzip(Buffer.from(content, 'base64'), { maxOutputLength: maxContentBytes });
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new LockstepError('LS2002', 'The content of a change batch is not gzip-compressed JSON.', { cause });
  }
}
