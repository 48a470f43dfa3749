import type { z } from 'zod';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

/** The admin API of an installation. Every method throws LS1302 when it cannot be reached or does not let one in. */
export interface Installation {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
}

/** How long an answer may take: a preview evaluates the whole directory. */
const timeoutMs = 230_000;

/**
 * The installation that LOCKSTEP_URL and LOCKSTEP_KEY name. The key is no argument of a command: those stand in histories and
 * process lists. Throws LS1302 when they are not set or not usable.
 */
export function installationOf(variables: Readonly<Record<string, string | undefined>>): Installation {
  const { LOCKSTEP_URL: url = '', LOCKSTEP_KEY: key = '' } = variables;
  if (url === '' || key === '') throw new LockstepError('LS1302', 'LOCKSTEP_URL and LOCKSTEP_KEY must both be set.');
  const root = URL.canParse(url) ? new URL(url) : undefined;
  const loopback = root !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(root.hostname);
  if (root === undefined || (root.protocol !== 'https:' && !(root.protocol === 'http:' && loopback))) {
    throw new LockstepError('LS1302', 'LOCKSTEP_URL must be an https address.', { object: url });
  }
  const ask = async <T>(method: string, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> => {
    const response = await fetch(new URL(`/api/${path}`, root), {
      method,
      headers: { 'x-functions-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    }).catch((cause: unknown) => {
      throw new LockstepError('LS1302', `${root.origin} does not answer.`, { cause, retryable: true });
    });
    const text = await response.text();
    if (!response.ok) throw refusal(response.status, text, root.origin);
    const parsed = schema.safeParse(text === '' ? undefined : parse(text));
    if (parsed.success) return parsed.data;
    throw new LockstepError('LS1302', `${root.origin} answered something that this version does not understand.`);
  };
  return {
    get: (path, schema) => ask('GET', path, undefined, schema),
    post: (path, body, schema) => ask('POST', path, body, schema),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A failure with a code is passed on as the API says it. */
function refusal(status: number, text: string, origin: string): Error {
  const body = parse(text) as { code?: unknown; message?: unknown; remedy?: unknown; object?: unknown } | undefined;
  if (typeof body?.code === 'string' && typeof body.message === 'string') {
    return new ApiRefusal(body.code, body.message, textOf(body.remedy), textOf(body.object));
  }
  const why = status === 401 || status === 403 ? 'refuses the key' : `answered HTTP ${status}`;
  return new LockstepError('LS1302', `${origin} ${why}.`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What the API refused, in its own words: it may know codes that this version does not. */
export class ApiRefusal extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly object: string;

  constructor(code: string, message: string, remedy: string, object: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.object = object;
  }
}
