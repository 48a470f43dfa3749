import { gzipSync } from 'node:zlib';
import type { ChangeBatch, ChangeBatchEnvelope } from '../../shared/contracts/change-batch.ts';

/**
 * The most bytes of a message body: the Standard tier of Service Bus takes messages of 256 KB with their headers, and the
 * client frames the body once more.
 */
export const largestBody = 200_000;

/** Gzip-compressed JSON in base64, as it travels in an envelope. */
export function packContent(content: ChangeBatch['content']): string {
  return gzipSync(JSON.stringify(content)).toString('base64');
}

/** True when an envelope with this packed content fits a message; 1,000 bytes are kept for the envelope's own fields. */
export function fits(packed: string): boolean {
  return packed.length + 1_000 <= largestBody;
}

export function envelopeOf(batch: Omit<ChangeBatch, 'content'>, packed: string): ChangeBatchEnvelope {
  return { ...batch, content: packed };
}
