import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchStream, SendFailure } from '../../../onprem-relay/stream/batch-stream.ts';
import { Batcher, halve, type BatchLimits } from '../../../onprem-relay/stream/batching.ts';
import { fits, largestBody } from '../../../onprem-relay/stream/envelope.ts';
import type { DirectoryChange, LinkChange } from '../../../shared/directory/change.ts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';
import { ManualClock } from '../../support/relay/manual-clock.ts';
import { MemoryQueue } from '../../support/relay/memory-bus.ts';
import { ModelReceiver, unpack } from '../../support/relay/model-receiver.ts';
import { guid } from '../../support/relay/scripted-directory.ts';

const guids = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => guid(from + i));
const user = (n: number, title = 'x'): DirectoryChange => ({
  kind: 'present',
  objectGuid: guid(n),
  whole: false,
  attributes: { title: [title] },
  links: [],
});
const group = (n: number, whole: boolean, ...links: LinkChange[]): DirectoryChange => ({
  kind: 'present',
  objectGuid: guid(n),
  objectClass: 'group',
  whole,
  attributes: { name: ['g'] },
  links,
});
const member = (added: string[], removed: string[] = []): LinkChange => ({ attribute: 'member', added, removed });

function batchesOf(changes: readonly DirectoryChange[], limits: BatchLimits): DirectoryChange[][] {
  let tokens = 0;
  const batcher = new Batcher(() => `token ${(tokens += 1)}`, limits);
  const full = changes.flatMap((change) => batcher.add([change]));
  return [...full, batcher.rest()].filter((batch) => batch.length > 0);
}

const linksIn = (batch: readonly DirectoryChange[]): number =>
  batch
    .flatMap((c) => (c.kind === 'present' ? c.links : []))
    .reduce((n, l) => n + l.added.length + l.removed.length, 0);

describe('a batch', () => {
  it('is full at its number of changes, keeps their order, and leaves the rest for later', () => {
    const batches = batchesOf(
      [1, 2, 3, 4, 5].map((n) => user(n)),
      { changes: 2, links: 10 },
    );
    expect(batches.map((batch) => batch.map(({ objectGuid }) => objectGuid))).toEqual([
      guids(2),
      guids(2, 3),
      guids(1, 5),
    ]);
  });

  it('is empty when nothing came', () => {
    const batcher = new Batcher(() => 't');
    expect([batcher.add([]), batcher.rest(), batcher.rest()]).toEqual([[], [], []]);
  });

  it('is closed before a change whose links would not fit any more', () => {
    const batches = batchesOf([group(1, false, member(guids(3))), group(2, false, member(guids(3)))], {
      changes: 9,
      links: 5,
    });
    expect(batches.map(linksIn)).toEqual([3, 3]);
  });

  it('carries a long list of changes in parts, the attributes with the first only', () => {
    const batches = batchesOf([group(1, false, member(guids(5), guids(2, 20)))], { changes: 9, links: 3 });
    const parts = batches.flat().map((c) => (c.kind === 'present' ? [c.attributes, c.links] : []));
    expect(parts).toEqual([
      [{ name: ['g'] }, [member(guids(3))]],
      [{}, [member(guids(2, 4))]],
      [{}, [member([], guids(2, 20))]],
    ]);
  });

  it('carries a whole list as one set under one token, of which only the last part says so', () => {
    const batches = batchesOf([group(1, true, member(guids(7))), group(2, true, member(guids(2)))], {
      changes: 9,
      links: 3,
    });
    const links = batches.flat().flatMap((c) => (c.kind === 'present' ? c.links : []));
    expect(links.map(({ replace }) => replace)).toEqual([
      { token: 'token 1', last: false },
      { token: 'token 1', last: false },
      { token: 'token 1', last: true },
      { token: 'token 2', last: true },
    ]);
    expect(batches.flat().map((c) => c.kind === 'present' && c.whole)).toEqual([true, false, false, true]);
  });

  it('says of a whole group without members that it has none, and nothing of the kind of a user', () => {
    const [[first, second] = []] = batchesOf(
      [group(1, true), { ...user(2), objectClass: 'user', whole: true } as DirectoryChange],
      { changes: 9, links: 3 },
    );
    expect(first).toMatchObject({ links: [{ added: [], removed: [], replace: { last: true } }] });
    expect(second).toMatchObject({ links: [] });
  });

  it('is cut in two halves in order, and not when it is one change', () => {
    const changes = [1, 2, 3, 4, 5].map((n) => user(n));
    expect(halve(changes)?.flat()).toEqual(changes);
    expect(halve(changes)?.every((half) => half.length < changes.length)).toBe(true);
    expect(halve(changes.slice(0, 1))).toBeUndefined();
    expect(halve([])).toBeUndefined();
  });

  it('never breaks its limits, and all of them together say what was put in, in order', () => {
    const links = fc.record({
      added: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }),
      removed: fc.uniqueArray(fc.integer({ min: 31, max: 60 }), { maxLength: 12 }),
    });
    const change = fc.oneof(
      fc
        .record({ n: fc.integer({ min: 1, max: 4 }), title: fc.constantFrom('x', 'y') })
        .map(({ n, title }) => user(n, title)),
      fc.integer({ min: 1, max: 4 }).map((n): DirectoryChange => ({ kind: 'deleted', objectGuid: guid(n) })),
      fc
        .record({ n: fc.integer({ min: 1, max: 4 }), links })
        .map(({ n, links: { added, removed } }) => group(n, false, member(added.map(guid), removed.map(guid)))),
      fc
        .record({ n: fc.integer({ min: 1, max: 4 }), links })
        .map(({ n, links: { added } }) => group(n, true, ...(added.length > 0 ? [member(added.map(guid))] : []))),
    );
    const limits = fc.record({ changes: fc.integer({ min: 1, max: 5 }), links: fc.integer({ min: 1, max: 7 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), limits, (changes, limit) => {
        const batches = batchesOf(changes, limit);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(limit.changes);
          expect(linksIn(batch)).toBeLessThanOrEqual(limit.links);
        }
        // The same without limits is the plain meaning of the changes.
        const [limited, plain] = [new ModelReceiver(), new ModelReceiver()];
        for (const each of batches.flat()) limited.applyChange(each);
        for (const each of batchesOf(changes, { changes: 1e6, links: 1e6 }).flat()) plain.applyChange(each);
        const state = ({ objects }: ModelReceiver): unknown =>
          [...objects]
            .map(([id, { attributes, links: held }]) => [id, [...attributes], [...(held.get('member') ?? [])].sort()])
            .sort();
        expect(state(limited)).toEqual(state(plain));
        const order = (list: readonly DirectoryChange[]): string[] =>
          list.map((c) => c.objectGuid).filter((id, i, all) => id !== all[i - 1]);
        expect(order(batches.flat())).toEqual(order(changes));
      }),
    );
  });
});

describe('a stream of batches', () => {
  const read = { correlationId: 'c', generation: 1 };
  function stream(signal: AbortSignal = new AbortController().signal): { queue: MemoryQueue; stream: BatchStream } {
    const queue = new MemoryQueue();
    const options = {
      connector: 'contoso.test',
      epoch: 4,
      covered: { epoch: 2, sequence: 9 },
      sender: queue,
      clock: new ManualClock(),
      signal,
    };
    return { queue, stream: new BatchStream(options) };
  }
  /** Bytes that gzip cannot make smaller, the same in every run. */
  const bytesOf = (seed: number, outputLength: number): Buffer =>
    createHash('shake256', { outputLength }).update(String(seed)).digest();
  const noise = (seed: number, length: number): string => bytesOf(seed, length).toString('base64');

  it('cuts what does not fit a message until it does, in order, and loses nothing', async () => {
    const { queue, stream: sending } = stream();
    const changes = Array.from({ length: 40 }, (_, i) => user(i + 1, noise(i, 20_000)));
    await sending.sendChanges(changes, read);
    const sent = queue.messages.map(({ envelope }) => unpack(envelope));
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.flatMap((content) => (content.type === 'changes' ? content.changes : []))).toEqual(changes);
    for (const { envelope } of queue.messages)
      expect(Buffer.byteLength(JSON.stringify(envelope))).toBeLessThanOrEqual(largestBody);
    expect(queue.messages.map(({ envelope }) => envelope.position.sequence)).toEqual(sent.map((_, i) => i + 1));
    expect(queue.messages[0]?.envelope.follows).toEqual({ epoch: 2, sequence: 9 });
  });

  it('takes the full number of links in a message, random as they are', async () => {
    const { queue, stream: sending } = stream();
    const members = Array.from({ length: 4_000 }, (_, i) => guidFromBytes(bytesOf(i, 16)));
    const batcher = sending.newBatcher();
    await sending.sendChanges([...batcher.add([group(1, true, member(members))]).flat(), ...batcher.rest()], read);
    expect(queue.messages).toHaveLength(1);
  });

  it('refuses a single change that fits no message, by the name of its object, and sends nothing of it', async () => {
    const { queue, stream: sending } = stream();
    await expect(sending.sendChanges([user(7, noise(7, 200_000))], read)).rejects.toMatchObject({
      code: 'LS1106',
      object: guid(7),
    });
    expect(queue.messages).toEqual([]);
  });

  it('sends nothing for nothing, and nothing at all once it was stopped', async () => {
    const stop = new AbortController();
    const { queue, stream: sending } = stream(stop.signal);
    await sending.sendChanges([], read);
    stop.abort(new Error('lost'));
    await expect(sending.sendChanges([user(1)], read)).rejects.toThrow('lost');
    expect(queue.messages).toEqual([]);
    expect(sending.position).toEqual({ epoch: 2, sequence: 9 });
  });

  it('does not move its position over a message of which nobody knows', async () => {
    const { queue, stream: sending } = stream();
    queue.faults.push('accepted-but-unknown');
    await expect(sending.sendChanges([user(1)], read)).rejects.toBeInstanceOf(SendFailure);
    expect(sending.position).toEqual({ epoch: 2, sequence: 9 });
  });

  it('gives no link set the token of another, and measures a message with its envelope', () => {
    const { stream: sending } = stream();
    const tokens = [1, 2, 3].flatMap(() => {
      const batcher = sending.newBatcher();
      batcher.add([group(1, true), group(2, true)]);
      return batcher.rest().flatMap((c) => (c.kind === 'present' ? c.links.map(({ replace }) => replace?.token) : []));
    });
    expect(new Set(tokens).size).toBe(6);
    expect([fits('x'.repeat(largestBody - 1_000)), fits('x'.repeat(largestBody - 999))]).toEqual([true, false]);
  });
});
