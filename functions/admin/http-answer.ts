import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import { isLockstepError, LockstepError } from '../../shared/errors/lockstep-error.ts';

type Handler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

/** Failures of a request that are the caller's to mend; any other coded failure is 503, and one without a code 500. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  LS1301: 400,
  LS3201: 404,
  LS3202: 409,
  LS3203: 409,
  LS3204: 404,
  LS3205: 409,
  LS3206: 409,
  LS5001: 400,
};

/** Answers failures that have a code with it, its message and its remedy, in the form of `ProblemReport`. */
export function answering(handler: Handler): Handler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      if (!isLockstepError(error)) throw error;
      const { code, message, remedy, object } = error;
      return { status: statusOf[code] ?? 503, jsonBody: { code, object: object ?? '', message, remedy } };
    }
  };
}

/** The body of a request. Throws LS1301 when it is not as the schema says. */
export async function bodyOf<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
  let body: unknown;
  try {
    body = await request.json();
  } catch {
    throw new LockstepError('LS1301', 'The body of the request is not JSON.');
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
  throw new LockstepError('LS1301', `The body of the request makes no sense: ${mistakes.join('; ')}.`);
}
