import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../../../functions/graph/requests.ts';
import type { GraphResponse, Transport } from '../../../functions/graph/transport.ts';
import type { LaneOptions } from '../../../functions/graph/write-lane.ts';
import { retryAfterMs, WriteLane } from '../../../functions/graph/write-lane.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';

interface SubRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SubResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What happens to a batch: an answer for each of its requests (`undefined`: none), or something else altogether. */
type BatchHandler = (
  requests: readonly SubRequest[],
  batch: number,
) => readonly (SubResponse | undefined)[] | GraphResponse;

/** A lane over a tenant that is a function, with a clock that only counts. */
class Lane {
  readonly batches: (readonly SubRequest[])[] = [];
  readonly waits: number[] = [];
  readonly retries: [number, number, string][] = [];
  readonly #lane: WriteLane;

  constructor(handle: BatchHandler, options: Partial<LaneOptions> = {}) {
    const transport: Transport = {
      send: (method, path, body) => {
        expect([method, path]).toEqual(['POST', '/$batch']);
        const { requests } = body as { requests: readonly SubRequest[] };
        this.batches.push(requests);
        return Promise.resolve().then(() => {
          const answer = handle(requests, this.batches.length);
          return Array.isArray(answer)
            ? answered(requests, answer as (SubResponse | undefined)[])
            : (answer as GraphResponse);
        });
      },
    };
    this.#lane = new WriteLane(transport, {
      sleep: (ms) => {
        this.waits.push(ms);
        return Promise.resolve();
      },
      random: () => 0,
      onRetry: (...retry) => this.retries.push(retry),
      ...options,
    });
  }

  send(...requests: readonly WriteRequest[]): ReturnType<WriteLane['send']> {
    return this.#lane.send(requests);
  }

  get urls(): string[][] {
    return this.batches.map((batch) => batch.map(({ url }) => url));
  }
}

/** Answers of a batch come in any order; here it is the reverse. */
const answered = (requests: readonly SubRequest[], answers: readonly (SubResponse | undefined)[]): GraphResponse => ({
  status: 200,
  headers: new Headers(),
  body: {
    responses: requests.flatMap(({ id }, i) => (answers[i] === undefined ? [] : [{ id, ...answers[i] }])).reverse(),
  },
});
const whole = (status: number, headers: Record<string, string> = {}, body: unknown = {}): GraphResponse => ({
  status,
  headers: new Headers(headers),
  body,
});

const update = (n: number, key = `u${n}`): WriteRequest => ({
  method: 'PATCH',
  url: `/users/${n}`,
  body: { n },
  key,
  repeatable: true,
});
const create = (n: number): WriteRequest => ({
  method: 'POST',
  url: `/users?${n}`,
  body: { n },
  key: `new:${n}`,
  repeatable: false,
});
const done: SubResponse = { status: 204 };
const throttled = (seconds?: number): SubResponse => ({
  status: 429,
  ...(seconds === undefined ? {} : { headers: { 'Retry-After': String(seconds) } }),
  body: { error: { code: 'TooManyRequests', message: '' } },
});
const allDone: BatchHandler = (requests) => requests.map(() => done);
const isDone = { status: 'done', id: undefined };
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('the write lane', () => {
  it('sends nothing for nothing', async () => {
    const lane = new Lane(allDone);
    expect(await lane.send()).toEqual([]);
    expect(lane.batches).toEqual([]);
  });

  it('fills batches of twenty and gives outcomes in the order of the requests', async () => {
    const lane = new Lane((requests) => requests.map(({ url }) => ({ status: 201, body: { id: `id of ${url}` } })));
    const outcomes = await lane.send(...numbers(41).map((n) => update(n)));
    expect(lane.batches.map((batch) => batch.length)).toEqual([20, 20, 1]);
    expect(lane.batches.every((batch) => new Set(batch.map(({ id }) => id)).size === batch.length)).toBe(true);
    expect(outcomes).toEqual(numbers(41).map((n) => ({ status: 'done', id: `id of /users/${n}` })));
    expect(lane.waits).toEqual([]);
  });

  it('writes a request of a batch with a content type exactly when it has a body', async () => {
    const lane = new Lane(allDone);
    await lane.send(
      update(1),
      { method: 'DELETE', url: '/users/2', key: 'b', repeatable: true },
      { ...update(3), headers: { Prefer: 'create-if-missing' } },
    );
    expect(lane.batches[0]).toEqual([
      { id: '1', method: 'PATCH', url: '/users/1', headers: { 'Content-Type': 'application/json' }, body: { n: 1 } },
      { id: '2', method: 'DELETE', url: '/users/2' },
      {
        id: '3',
        method: 'PATCH',
        url: '/users/3',
        headers: { 'Content-Type': 'application/json', Prefer: 'create-if-missing' },
        body: { n: 3 },
      },
    ]);
  });

  it('never puts two writes of one object into a batch, and fills the batch with others', async () => {
    const lane = new Lane(allDone);
    await lane.send(update(1, 'a'), update(2, 'a'), update(3, 'b'), update(4, 'a'), update(5, 'b'));
    expect(lane.urls).toEqual([['/users/1', '/users/3'], ['/users/2', '/users/5'], ['/users/4']]);
  });

  it('does not let a later write of an object overtake one that is throttled', async () => {
    const lane = new Lane((requests, batch) =>
      requests.map(({ url }) => (batch <= 2 && url === '/users/1' ? throttled(1) : done)),
    );
    await lane.send(update(1, 'a'), update(2, 'a'), update(3, 'b'));
    expect(lane.urls).toEqual([['/users/1', '/users/3'], ['/users/1'], ['/users/1'], ['/users/2']]);
  });

  it('judges each request by itself', async () => {
    const conflict = {
      error: {
        code: 'Request_BadRequest',
        message: 'Another object with the same value for property mailNickname already exists.',
      },
    };
    const lane = new Lane(() => [
      { status: 201, body: { id: 'new' } },
      { status: 400, body: conflict },
      { status: 404, body: { error: { code: 'Request_ResourceNotFound', message: 'gone' } } },
      { status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'no' } } },
      done,
    ]);
    const outcomes = await lane.send(create(1), update(2), update(3), update(4), update(5));
    expect(outcomes).toMatchObject([
      { status: 'done', id: 'new' },
      { status: 'failed', failure: { kind: 'conflict', property: 'mailNickname' } },
      { status: 'failed', failure: { kind: 'missing' } },
      { status: 'failed', failure: { kind: 'denied' } },
      { status: 'done' },
    ]);
    expect(lane.batches).toHaveLength(1);
  });
});

describe('a write that is throttled', () => {
  it('goes again, alone, after the time that Graph asks for: the longest of the batch', async () => {
    const lane = new Lane((requests, batch) =>
      batch === 1 ? [done, throttled(7), throttled(3)] : requests.map(() => done),
    );
    expect(await lane.send(update(1), create(2), update(3))).toEqual([isDone, isDone, isDone]);
    expect(lane.urls).toEqual([
      ['/users/1', '/users?2', '/users/3'],
      ['/users?2', '/users/3'],
    ]);
    expect(lane.waits).toEqual([7_000]);
    expect(lane.retries).toEqual([[2, 7_000, 'HTTP 429']]);
  });

  it('goes again as a whole batch, creations too, when the batch was throttled', async () => {
    const lane = new Lane((requests, batch) =>
      batch === 1 ? whole(429, { 'Retry-After': '12' }) : requests.map(() => done),
    );
    expect(await lane.send(create(1), update(2))).toEqual([isDone, isDone]);
    expect(lane.urls[1]).toEqual(lane.urls[0]);
    expect(lane.waits).toEqual([12_000]);
  });

  it('waits longer each time when Graph names no time, and gives up after six attempts', async () => {
    const lane = new Lane((requests) => requests.map(() => throttled()));
    expect(await lane.send(create(1))).toEqual([{ status: 'later', retryAfterMs: 16_000 }]);
    expect(lane.waits).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    expect(lane.batches).toHaveLength(6);
  });

  it('waits up to a quarter more by chance, so that several lanes do not come back together', async () => {
    const lane = new Lane((requests, batch) => requests.map(() => (batch === 1 ? throttled() : done)), {
      random: () => 1,
    });
    await lane.send(update(1));
    expect(lane.waits).toEqual([625]);
  });

  it('gives everything back that is not sent when the wait would be too long, without waiting', async () => {
    const lane = new Lane((requests) => requests.map((_, i) => (i === 0 ? throttled(90) : done)));
    const outcomes = await lane.send(...numbers(25).map((n) => update(n)));
    const later = { status: 'later', retryAfterMs: 90_000 };
    expect(outcomes).toEqual([later, ...numbers(19).map(() => isDone), ...numbers(5).map(() => later)]);
    expect(lane.waits).toEqual([]);
    expect(lane.batches).toHaveLength(1);
  });

  it('spends its patience over the whole call, not each time anew', async () => {
    const lane = new Lane((requests) => requests.map(() => throttled(25)));
    expect(await lane.send(update(1))).toEqual([{ status: 'later', retryAfterMs: 25_000 }]);
    expect(lane.waits).toEqual([25_000, 25_000]);
  });

  it('keeps what comes after it waiting as well, also when it is given up itself', async () => {
    const lane = new Lane(
      (requests, batch) => (batch === 1 ? whole(429, { 'Retry-After': '10' }) : requests.map(() => done)),
      { maxAttempts: 1 },
    );
    const outcomes = await lane.send(...numbers(21).map((n) => update(n)));
    expect(outcomes.map(({ status }) => status)).toEqual([...numbers(20).map(() => 'later'), 'done']);
    expect(lane.waits).toEqual([10_000]);
  });

  it.each([409, 423, 424])('is one with status %i, too: nothing was done', async (status) => {
    const lane = new Lane((requests, batch) => requests.map(() => (batch === 1 ? { status } : done)));
    expect(await lane.send(create(1))).toEqual([isDone]);
    expect(lane.batches).toHaveLength(2);
  });
});

describe('a write whose answer is lost', () => {
  it.each<[string, BatchHandler]>([
    ['as a sub-request that failed inside', (requests) => requests.map(() => ({ status: 503 }))],
    ['as a sub-request that took too long', (requests) => requests.map(() => ({ status: 408 }))],
    ['as a sub-request without an answer', (requests) => requests.map(() => undefined)],
    ['with its whole batch', () => whole(504)],
    [
      'with the connection',
      () => {
        throw new LockstepError('LS3001', 'Nobody answered.', { retryable: true });
      },
    ],
  ])('%s, goes again when that does no harm, and is unknown when it was a creation', async (_what, lose) => {
    const lane = new Lane((requests, batch) => (batch === 1 ? lose(requests, batch) : requests.map(() => done)));
    expect(await lane.send(create(1), update(2))).toEqual([{ status: 'unknown' }, isDone]);
    expect(lane.urls).toEqual([['/users?1', '/users/2'], ['/users/2']]);
    expect(lane.waits).toEqual([500]);
  });

  it('slows down those that follow, even if nothing of its batch goes again', async () => {
    const lane = new Lane((requests, batch) => (batch === 1 ? whole(503) : requests.map(() => done)));
    await lane.send(...numbers(21).map((n) => create(n)));
    expect(lane.waits).toEqual([500]);
    expect(lane.retries).toEqual([]);
  });

  it('is given up after the last attempt', async () => {
    const lane = new Lane((requests) => requests.map(() => ({ status: 500 })), { maxAttempts: 3 });
    expect(await lane.send(update(1))).toEqual([{ status: 'later', retryAfterMs: 2_000 }]);
    expect(lane.batches).toHaveLength(3);
  });
});

describe('a failure of the whole cycle', () => {
  it.each<[string, BatchHandler, string]>([
    [
      'a token refused for one request',
      (requests) => requests.map((_, i) => (i === 1 ? { status: 401 } : done)),
      'LS3002',
    ],
    [
      'a batch that Graph does not take',
      () => whole(400, {}, { error: { code: 'BadRequest', message: 'too many' } }),
      'LS3005',
    ],
    ['an answer that is not one of a batch', () => whole(200, {}, { value: [] }), 'LS3005'],
    ['an answer without a body', () => ({ status: 200, headers: new Headers(), body: undefined }), 'LS3005'],
  ])('is %s', async (_what, handle, code) => {
    await expect(new Lane(handle).send(update(1), update(2))).rejects.toMatchObject({ code });
  });

  it('is a token that cannot be had: it is not taken for a lost answer', async () => {
    const noToken = new LockstepError('LS3004', 'No token.', { retryable: true });
    const lane = new Lane(() => {
      throw noToken;
    });
    await expect(lane.send(create(1))).rejects.toBe(noToken);
    expect(lane.batches).toHaveLength(1);
  });

  it('ends a wait at once when it is cancelled', async () => {
    const cancelled = new Error('cancelled');
    const lane = new Lane((requests) => requests.map(() => throttled(1)), { sleep: () => Promise.reject(cancelled) });
    await expect(lane.send(update(1), update(2))).rejects.toBe(cancelled);
    expect(lane.batches).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  it.each<[string | null | undefined, number | undefined]>([
    ['5', 5_000],
    ['0', 0],
    ['0.5', 500],
    ['', undefined],
    [' ', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['Infinity', undefined],
    ['Wed, 21 Oct 2015 07:28:00 GMT', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of %j is %j milliseconds', (header, ms) => {
    expect(retryAfterMs(header)).toBe(ms);
  });
});

describe('whatever Graph answers', () => {
  const answer = fc.constantFrom<SubResponse | undefined>(
    done,
    done,
    throttled(1),
    { status: 503 },
    { status: 400, body: {} },
    undefined,
  );
  const request = fc.record({ object: fc.integer({ min: 0, max: 5 }), repeatable: fc.boolean() });

  it('every write gets one outcome, no creation is repeated after it may have happened, and objects keep their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 45 }), fc.infiniteStream(answer), async (list, answers) => {
        const fates = new Map<string, (SubResponse | undefined)[]>();
        const order: string[] = [];
        const lane = new Lane((requests) => {
          expect(requests.length).toBeLessThanOrEqual(20);
          return requests.map(({ url }) => {
            const fate = answers.next().value as SubResponse | undefined;
            fates.set(url, [...(fates.get(url) ?? []), fate]);
            order.push(url);
            return fate;
          });
        });
        const requests = list.map(({ object, repeatable }, i): WriteRequest => ({
          method: 'PATCH',
          url: `/${object}/${i}`,
          key: String(object),
          repeatable,
        }));
        const outcomes = await lane.send(...requests);
        expect(outcomes).toHaveLength(requests.length);
        for (const [i, { url, repeatable }] of requests.entries()) {
          const tries = fates.get(url) ?? [];
          const mayHaveHappened = tries.findIndex((fate) => fate === undefined || fate.status === 503);
          if (!repeatable && mayHaveHappened >= 0) {
            expect(mayHaveHappened).toBe(tries.length - 1);
            expect(outcomes[i]?.status).toBe('unknown');
          }
          if (tries.at(-1) === done) expect(outcomes[i]?.status).toBe('done');
          expect(tries.length).toBeLessThanOrEqual(6);
        }
        for (const object of new Set(list.map((item) => item.object))) {
          const firsts = [...new Set(order)].filter((url) => url.startsWith(`/${object}/`));
          expect(firsts).toEqual(firsts.toSorted((a, b) => Number(a.split('/')[2]) - Number(b.split('/')[2])));
        }
      }),
    );
  });
});
