import { z } from 'zod';
import type { FailureKind, WriteFailure } from '../sync/tenant.ts';

const detail = z.object({ code: z.string().nullish(), message: z.string().nullish(), target: z.string().nullish() });
const errorBody = z.object({
  error: z.object({ code: z.string().nullish(), message: z.string().nullish(), details: z.array(detail).nullish() }),
});

/**
 * Reduces Graph's error to a decision. Entra puts nearly everything under Request_BadRequest, so the details' codes come
 * first and the text last (Graph "Error responses"; texts as observed).
 */
export function failureOf(status: number, body: unknown): WriteFailure {
  const parsed = errorBody.safeParse(body);
  const { code, message, details } = parsed.success
    ? parsed.data.error
    : { code: undefined, message: undefined, details: undefined };
  const conflict = details?.find((d) => d.code === 'ObjectConflict' || d.code === 'ConflictingObjects');
  const text = message ?? '';
  const named = conflict?.target ?? /for property (\w+)/.exec(text)?.[1] ?? /property '(\w+)'/i.exec(text)?.[1];
  return {
    kind: kindOf(status, code ?? '', text, conflict !== undefined),
    property: named,
    message: `${code ?? `HTTP ${status}`}: ${text}`,
  };
}

function kindOf(status: number, code: string, text: string, hasConflict: boolean): FailureKind {
  if (status === 404) return 'missing';
  if (code === 'Directory_QuotaExceeded') return 'quota';
  if (status === 403) return 'denied';
  if (
    hasConflict ||
    code === 'Request_MultipleObjectsWithSameKeyValue' ||
    /another object with the same value|conflicting object/i.test(text)
  )
    return 'conflict';
  if (/references already exist/i.test(text)) return 'already-member';
  if (/extension properties are not available/i.test(text)) return 'extension-unknown';
  if (/on-premises mastered|external service/i.test(text)) return 'mastered-elsewhere';
  return 'invalid';
}
