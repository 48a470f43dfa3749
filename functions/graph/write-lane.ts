import { z } from 'zod';
import { isLockstepError, LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { WriteOutcome } from '../sync/tenant.ts';
import { failureOf } from './failures.ts';
import type { WriteRequest } from './requests.ts';
import type { Transport } from './transport.ts';
import { withoutQuery } from './transport.ts';
import { WritePace } from './write-pace.ts';

/** Graph takes at most 20 requests in one batch ("Combine multiple HTTP requests using JSON batching"). */
const batchSize = 20;

export interface LaneOptions {
  /** Waits; rejects when the signal aborts. */
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to 1, for the jitter of a back-off. */
  readonly random: () => number;
  /** Attempts at one request, the first included. Default: 6. */
  readonly maxAttempts?: number;
  /** Milliseconds that one call may spend waiting before it gives the rest back to its caller. Default: 60,000. */
  readonly maxWaitMs?: number;
  /** How fast writes may be sent. Default: as fast as the answers come. */
  readonly pace?: WritePace;
  /** Told of each retry. */
  readonly onRetry?: (requests: number, waitMs: number, reason: string) => void;
}

interface Item {
  readonly request: WriteRequest;
  readonly index: number;
  attempts: number;
}

const batchAnswer = z.object({
  responses: z.array(
    z.object({
      id: z.string(),
      status: z.int(),
      headers: z.record(z.string(), z.string()).nullish(),
      body: z.unknown().optional(),
    }),
  ),
});

/**
 * Sends writes in batches, one batch at a time: Graph's write quota, not the round trip, is the bottleneck. Each
 * sub-request is judged by itself; a throttled or interrupted one goes into a later batch, and a creation whose answer was
 * lost is given back as `unknown`, never repeated blindly.
 */
export class WriteLane {
  readonly #transport: Transport;
  readonly #options: Required<Omit<LaneOptions, 'onRetry' | 'pace'>> & Pick<LaneOptions, 'onRetry'>;
  readonly #pace: WritePace;

  constructor(transport: Transport, options: LaneOptions) {
    this.#transport = transport;
    this.#options = { maxAttempts: 6, maxWaitMs: 60_000, ...options };
    this.#pace = options.pace ?? new WritePace({ quota: Infinity, now: () => 0 });
  }

  /** Outcomes in the order of the requests. */
  async send(requests: readonly WriteRequest[]): Promise<readonly WriteOutcome[]> {
    const outcomes = new Array<WriteOutcome>(requests.length);
    let open: Item[] = requests.map((request, index) => ({ request, index, attempts: 0 }));
    let waited = 0;
    while (open.length > 0) {
      const { batch, rest } = nextBatch(open);
      const { again, waitMs, reason } = await this.#sendBatch(batch, outcomes);
      const spent = waited + waitMs > this.#options.maxWaitMs;
      const dead = again.filter((item) => spent || item.attempts >= this.#options.maxAttempts);
      for (const item of dead) outcomes[item.index] = { status: 'later', retryAfterMs: waitMs };
      const alive = again.filter((item) => !dead.includes(item));
      if (spent && waitMs > 0) {
        // The quota is the tenant's, not the request's: what was not sent yet would only wait as well.
        for (const item of rest) outcomes[item.index] = { status: 'later', retryAfterMs: waitMs };
        return outcomes;
      }
      open = [...alive, ...rest];
      if (alive.length > 0 && waitMs > 0) this.#options.onRetry?.(alive.length, waitMs, reason);
      // Also before the first attempt of what follows: Graph asked to be left alone, or is in trouble.
      if (open.length > 0 && waitMs > 0) {
        await this.#options.sleep(waitMs);
        waited += waitMs;
      }
    }
    return outcomes;
  }

  async #sendBatch(
    batch: readonly Item[],
    outcomes: WriteOutcome[],
  ): Promise<{ again: Item[]; waitMs: number; reason: string }> {
    for (const item of batch) item.attempts += 1;
    // Not counted as waiting: the quota is being used, only not faster than it is given.
    const paceMs = this.#pace.waitFor(batch.length);
    if (paceMs > 0) await this.#options.sleep(paceMs);
    this.#pace.take(batch.length);
    const attempt = Math.max(...batch.map((item) => item.attempts));
    const answer = await this.#exchange(batch);
    if (answer.kind === 'throttled') {
      this.#pace.refused();
      return { again: [...batch], waitMs: answer.waitMs ?? this.#backOff(attempt), reason: answer.reason };
    }
    if (answer.kind === 'lost') {
      return {
        again: batch.filter((item) => this.#repeatOrUnknown(item, outcomes)),
        waitMs: this.#backOff(attempt),
        reason: answer.reason,
      };
    }
    const throttled = [...answer.responses.values()].filter(({ status }) => status === 429).length;
    this.#pace.passed(batch.length - throttled);
    if (throttled > 0) this.#pace.refused();
    const usage = Math.max(0, ...[...answer.responses.values()].map(usageOf));
    if (usage > 0) this.#pace.told(usage);
    const again: Item[] = [];
    let waitMs = 0;
    let reason = '';
    for (const [position, item] of batch.entries()) {
      const response = answer.responses.get(String(position + 1));
      const verdict = judge(item.request, response);
      if (typeof verdict === 'object') {
        outcomes[item.index] = verdict;
        continue;
      }
      reason = `HTTP ${response?.status ?? 'none'}`;
      waitMs = Math.max(
        waitMs,
        retryAfterMs(response?.headers?.['Retry-After'] ?? response?.headers?.['retry-after']) ??
          this.#backOff(item.attempts),
      );
      if (verdict === 'again' || this.#repeatOrUnknown(item, outcomes)) again.push(item);
    }
    return { again, waitMs, reason };
  }

  async #exchange(batch: readonly Item[]): Promise<Exchange> {
    const requests = batch.map(({ request }, position) => ({
      id: String(position + 1),
      method: request.method,
      url: request.url,
      ...(request.body === undefined && request.headers === undefined
        ? {}
        : {
            headers: {
              ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
              ...request.headers,
            },
          }),
      ...(request.body === undefined ? {} : { body: request.body }),
    }));
    try {
      const response = await this.#transport.send('POST', '/$batch', { requests });
      if (isRefusedForNow(response.status))
        return {
          kind: 'throttled',
          waitMs: retryAfterMs(response.headers.get('Retry-After')),
          reason: `HTTP ${response.status}`,
        };
      if (response.status >= 500) return { kind: 'lost', reason: `HTTP ${response.status}` };
      const parsed = batchAnswer.safeParse(response.body);
      if (response.status !== 200 || !parsed.success) {
        const failure = failureOf(response.status, response.body);
        throw new LockstepError(
          'LS3005',
          `Microsoft Graph did not take a batch of ${batch.length} writes (HTTP ${response.status}): ${failure.message}`,
        );
      }
      return { kind: 'answered', responses: new Map(parsed.data.responses.map((r) => [r.id, r])) };
    } catch (error) {
      if (isLockstepError(error) && error.code === 'LS3001') return { kind: 'lost', reason: error.message };
      throw error;
    }
  }

  /** True when the request may simply be sent again. */
  #repeatOrUnknown(item: Item, outcomes: WriteOutcome[]): boolean {
    if (item.request.repeatable) return true;
    outcomes[item.index] = { status: 'unknown' };
    return false;
  }

  /** 0.5 s, 1 s, 2 s ... up to 30 s, each with up to a quarter more. */
  #backOff(attempt: number): number {
    return Math.round(Math.min(30_000, 500 * 2 ** (attempt - 1)) * (1 + this.#options.random() / 4));
  }
}

type BatchResponse = z.infer<typeof batchAnswer>['responses'][number];

type Exchange =
  | { readonly kind: 'answered'; readonly responses: ReadonlyMap<string, BatchResponse> }
  | { readonly kind: 'throttled'; readonly waitMs: number | undefined; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** `again`: it was certainly not carried out. `interrupted`: it may have been. */
function judge(request: WriteRequest, response: BatchResponse | undefined): WriteOutcome | 'again' | 'interrupted' {
  if (response === undefined) return 'interrupted';
  const { status, body } = response;
  if (status >= 200 && status < 300) return { status: 'done', id: idOf(body) };
  if (isRefusedForNow(status)) return 'again';
  if (status >= 500 || status === 408) return 'interrupted';
  if (status === 401) {
    throw new LockstepError(
      'LS3002',
      `Microsoft Graph refused the token for ${request.method} ${withoutQuery(request.url)}.`,
    );
  }
  return { status: 'failed', failure: failureOf(status, body) };
}

/**
 * Statuses that say nothing was done and the same request may pass later: throttled, a failed dependency of the batch,
 * locked, and Directory_ConcurrencyViolation ("repeat the request after some delay").
 */
function isRefusedForNow(status: number): boolean {
  return [409, 423, 424, 429].includes(status);
}

/** How full Graph says its bucket is; 0 where it says nothing. */
function usageOf({ headers }: BatchResponse): number {
  const entry = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'x-ms-throttle-limit-percentage');
  const usage = Number(entry?.[1]);
  return Number.isFinite(usage) ? usage : 0;
}

function idOf(body: unknown): string | undefined {
  const id = (body as { id?: unknown } | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}

/** Takes what fits: at most 20, and never two of one object. */
function nextBatch(open: readonly Item[]): { batch: Item[]; rest: Item[] } {
  const batch: Item[] = [];
  const rest: Item[] = [];
  const keys = new Set<string>();
  for (const item of open) {
    if (batch.length < batchSize && !keys.has(item.request.key)) {
      batch.push(item);
      keys.add(item.request.key);
    } else {
      rest.push(item);
      // Later writes of the same object must not overtake this one.
      keys.add(item.request.key);
    }
  }
  return { batch, rest };
}

/** `Retry-After` in seconds (RFC 9110 10.2.3). Graph sends no dates in batches. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  return header !== null && header !== undefined && /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : undefined;
}
