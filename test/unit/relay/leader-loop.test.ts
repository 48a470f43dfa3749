import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { newRelay, withObjects } from '../../support/relay/memory-relay.ts';
import { unpack } from '../../support/relay/model-receiver.ts';
import { guid } from '../../support/relay/scripted-directory.ts';

describe('a first start', () => {
  test('sends a bracketed full read, each message following the one before, then saves the cookie', async () => {
    const relay = withObjects('a', 'b', 'c');
    await relay.settle();
    expect(relay.subjects).toEqual(['full-read-begin', 'changes', 'full-read-end']);
    expect(relay.queue.messages.map(({ envelope }) => [envelope.position, envelope.follows])).toEqual([
      [{ epoch: 1, sequence: 1 }, null],
      [
        { epoch: 1, sequence: 2 },
        { epoch: 1, sequence: 1 },
      ],
      [
        { epoch: 1, sequence: 3 },
        { epoch: 1, sequence: 2 },
      ],
    ]);
    expect(unpack(relay.queue.messages[2]?.envelope)).toEqual({ type: 'full-read-end', generation: 1, objects: 3 });
    expect(new Set(relay.queue.messages.map(({ envelope }) => envelope.correlationId)).size).toBe(1);
    expect(relay.lease.state).toMatchObject({ epoch: 1, position: { epoch: 1, sequence: 3 }, generation: 1 });
    expect(relay.lease.state?.cookie).not.toBeNull();
    expect(relay.log.of('in-step').map(({ fields }) => fields)).toEqual([
      { connector: 'contoso.test', position: { epoch: 1, sequence: 3 }, objects: 3 },
    ]);
    expect(relay.received.titles()).toEqual(relay.expected);
  });

  test('takes an empty directory for a lack of rights, not for an empty directory', async () => {
    const relay = newRelay();
    const pause = await relay.settle();
    expect(relay.log.codes).toEqual(['LS1107']);
    expect(relay.queue.messages).toEqual([]);
    expect(pause).toBeGreaterThan(0);
    // It is repaired, and the loop comes back by itself.
    relay.directory.set(1, 'a');
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.received.titles()).toEqual(relay.expected);
  });
});

describe('a restart', () => {
  test('with an unchanged directory sends nothing, keeps the position and reports to be in step', async () => {
    const first = withObjects('a');
    await first.settle();
    await first.stop();
    const { lease, queue, directory } = first;
    const second = newRelay({ lease, queue, directory });
    await second.settle();
    expect(queue.messages).toHaveLength(3);
    expect(lease.state).toMatchObject({ epoch: 2, position: { epoch: 1, sequence: 3 } });
    expect(second.log.of('in-step')).toHaveLength(1);
  });

  test('twice without a change still leaves a position that the receiver has applied', async () => {
    const first = withObjects('a');
    await first.settle();
    await first.stop();
    const { lease, queue, directory } = first;
    const second = newRelay({ lease, queue, directory });
    await second.settle();
    await second.stop();
    const third = newRelay({ lease, queue, directory });
    await third.settle();
    directory.set(1, 'b');
    await third.after(() => {
      directory.ring();
    });
    const last = queue.messages.at(-1)?.envelope;
    expect(last?.position).toEqual({ epoch: 3, sequence: 1 });
    expect(last?.follows).toEqual({ epoch: 1, sequence: 3 });
    expect(third.received.gaps).toBe(0);
    expect(third.received.titles()).toEqual({ [guid(1)]: 'b' });
  });
});

describe('a change', () => {
  test('is sent when the doorbell rings, and the cookie is saved after it was accepted', async () => {
    const relay = withObjects('a', 'b');
    await relay.settle();
    const before = relay.lease.state?.cookie;
    relay.directory.set(1, 'x');
    relay.directory.remove(2);
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.received.titles()).toEqual({ [guid(1)]: 'x' });
    expect(relay.log.of('delta.sent')[0]?.fields).toMatchObject({ changes: 2, objects: 2 });
    expect(relay.lease.state?.cookie).not.toBe(before);
    expect(relay.lease.state?.position).toEqual({ epoch: 1, sequence: 4 });
  });

  test('is found by the safety poll when no ring came', async () => {
    const relay = withObjects('a');
    expect(await relay.settle()).toBe(30_000);
    relay.directory.set(1, 'x');
    await relay.after(() => {
      relay.clock.elapse();
    });
    expect(relay.received.titles()).toEqual({ [guid(1)]: 'x' });
  });

  test('that comes during a read leads to one more read', async () => {
    const relay = withObjects('a', 'b');
    relay.directory.onPage = (page) => {
      if (page !== 1) return;
      relay.directory.onPage = undefined;
      relay.directory.set(3, 'c');
      relay.directory.ring();
    };
    await relay.settle();
    expect(relay.received.titles()).toEqual(relay.expected);
  });

  test.each([
    [400, 400],
    [60_000, 1_000],
  ])('whose read takes %i ms is followed by %i ms in which the directory is left alone', async (reads, rests) => {
    const relay = withObjects('a');
    await relay.settle();
    relay.directory.set(1, 'x');
    relay.directory.onPage = () => {
      relay.directory.onPage = undefined;
      relay.clock.time = new Date(relay.clock.time.getTime() + reads);
      relay.directory.set(2, 'y');
      relay.directory.ring();
    };
    const resting = relay.clock.nextSleep();
    relay.directory.ring();
    expect(await resting).toBe(rests);
    expect(relay.received.titles()).toEqual({ [guid(1)]: 'x' });
    await relay.after(() => {
      relay.clock.elapse();
    });
    expect(relay.received.titles()).toEqual({ [guid(1)]: 'x', [guid(2)]: 'y' });
  });

  test('of nothing writes no checkpoint', async () => {
    const relay = withObjects('a');
    await relay.settle();
    const { saves } = relay.lease;
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.lease.saves).toBe(saves);
    expect(relay.queue.messages).toHaveLength(3);
    expect(relay.log.of('in-step')).toHaveLength(1);
  });

  test('in a directory that cannot notify is looked for ever more rarely until one comes', async () => {
    const relay = withObjects('a');
    relay.directory.notifies = false;
    await relay.settle();
    const elapse = (): void => {
      relay.clock.elapse();
    };
    relay.directory.set(1, 'b');
    expect(await relay.after(elapse)).toBe(1_000);
    expect(await relay.after(elapse)).toBe(2_000);
    expect(await relay.after(elapse)).toBe(4_000);
    relay.directory.set(1, 'c');
    expect(await relay.after(elapse)).toBe(1_000);
    for (let i = 0; i < 5; i++) await relay.after(elapse);
    expect(await relay.after(elapse)).toBe(30_000);
  });
});

describe('a failed read', () => {
  test('in the middle of a full read leaves no end marker and begins another generation', async () => {
    const relay = withObjects('a', 'b', 'c', 'd');
    relay.directory.breakAfter.push(1);
    expect(await relay.settle()).toBe(1_000);
    expect(relay.subjects).not.toContain('full-read-end');
    await relay.after(() => {
      relay.clock.elapse();
    });
    expect(relay.subjects.filter((subject) => subject === 'full-read-end')).toHaveLength(1);
    expect(unpack(relay.queue.messages.at(-1)?.envelope)).toMatchObject({ generation: 2, objects: 4 });
    expect(relay.received.titles()).toEqual(relay.expected);
    expect(relay.log.codes).toEqual(['LS1108']);
  });

  test('waits longer from time to time, at most a minute, and forgets that after a success', async () => {
    const relay = withObjects('a');
    relay.directory.breakAfter.push(0, 0, 0, 0, 0, 0, 0, 0);
    const pauses = [await relay.settle()];
    const elapse = (): void => {
      relay.clock.elapse();
    };
    for (let i = 0; i < 8; i++) pauses.push(await relay.after(elapse));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 30_000]);
    expect(relay.log.of('error').map(({ fields }) => fields['attempt'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('of a delta moves no checkpoint, and the next read sends everything', async () => {
    const relay = withObjects('a', 'b', 'c');
    await relay.settle();
    const before = relay.lease.state;
    for (const n of [1, 2, 3]) relay.directory.set(n, 'x');
    relay.directory.breakAfter.push(1);
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.lease.state).toEqual(before);
    await relay.after(() => {
      relay.clock.elapse();
    });
    expect(relay.received.titles()).toEqual(relay.expected);
    expect(relay.received.gaps).toBe(0);
  });
});

describe('a full read', () => {
  test('replaces a cookie that leads nowhere', async () => {
    const relay = withObjects('a');
    await relay.settle();
    relay.directory.forgetsCookies = true;
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.subjects.slice(3)).toEqual(['full-read-begin', 'changes', 'full-read-end']);
    expect(unpack(relay.queue.messages.at(-1)?.envelope)).toMatchObject({ generation: 2 });
  });

  test('follows a resync command, which is settled once a full read is sure to come', async () => {
    const relay = withObjects('a');
    await relay.settle();
    let settled: boolean | undefined;
    const paused = relay.clock.nextSleep();
    await relay.commands.resync('a gap').then(() => (settled = relay.lease.state?.fullReadRequired));
    expect(settled).toBe(true);
    await paused;
    expect(relay.lease.state?.fullReadRequired).toBe(false);
    expect(relay.subjects.slice(3)).toEqual(['full-read-begin', 'changes', 'full-read-end']);
    expect(relay.queue.messages[3]?.envelope.follows).toBeNull();
  });
});

describe('a full read that the source refuses, because it would drop what the last one had', () => {
  test('is asked for again and again with the last cookie, resync or not, and sends nothing', async () => {
    const relay = withObjects('a', 'b');
    await relay.settle();
    const cookie = relay.lease.state?.cookie;
    const asked: (string | undefined)[] = [];
    relay.directory.onFullRead = (last) => {
      asked.push(last);
      throw new LockstepError('LS1113', '1 object would leave the scope.');
    };
    const sent = relay.subjects.length;
    const paused = relay.clock.nextSleep();
    await relay.commands.resync('an operator asked');
    await paused;
    await relay.after(() => {
      relay.clock.elapse();
    });
    expect(asked).toEqual([cookie, cookie]);
    expect(relay.subjects).toHaveLength(sent);
    expect(relay.lease.state).toMatchObject({ cookie, generation: 1, fullReadRequired: true });
    expect(relay.log.codes).toEqual(['LS1113']);
    relay.directory.onFullRead = undefined;
    await relay.after(() => {
      relay.clock.elapse();
    });
    expect(relay.lease.state).toMatchObject({ generation: 2, fullReadRequired: false });
  });
});

describe('a failed send', () => {
  test.each(['refused', 'accepted-but-unknown'] as const)(
    'that was %s ends the epoch and loses nothing',
    async (fault) => {
      const relay = withObjects('a', 'b');
      await relay.settle();
      relay.directory.set(1, 'x');
      relay.queue.faults.push(fault);
      await relay.after(() => {
        relay.directory.ring();
      });
      expect(relay.log.codes).toEqual(['LS2001']);
      relay.directory.set(1, 'y');
      await relay.after(() => {
        relay.clock.elapse();
      });
      const last = relay.queue.messages.at(-1)?.envelope;
      expect(last?.position).toEqual({ epoch: 2, sequence: 1 });
      expect(last?.follows).toEqual({ epoch: 1, sequence: 3 });
      expect(relay.received.titles()).toEqual(relay.expected);
      // No message id was used for two contents.
      const ids = relay.queue.messages.map(({ envelope }) => JSON.stringify(envelope.position));
      expect(new Set(ids).size).toBe(ids.length);
    },
  );
});

describe('a lost lease', () => {
  test('stops the sending at once, and the next tenure begins anew', async () => {
    const relay = withObjects('a', 'b', 'c', 'd', 'e', 'f');
    let sentWhenLost = -1;
    relay.directory.onPage = (page) => {
      if (page !== 2) return;
      relay.directory.onPage = undefined;
      relay.lease.expire();
      sentWhenLost = relay.queue.messages.length;
    };
    await relay.settle();
    expect(sentWhenLost).toBe(1);
    const first = relay.queue.messages.filter(({ envelope }) => envelope.position.epoch === 1);
    expect(first).toHaveLength(sentWhenLost);
    expect(relay.log.of('lease.lost')).toHaveLength(1);
    expect(relay.received.titles()).toEqual(relay.expected);
  });

  test('fences a leader that does not know it yet: its messages are of a past epoch', async () => {
    const first = withObjects('a');
    await first.settle();
    const { lease, queue, directory } = first;
    const second = newRelay({ lease, queue, directory });
    const secondPaused = second.clock.nextSleep();
    second.start();
    lease.expire(false);
    await secondPaused;
    directory.set(1, 'new');
    await second.after(() => {
      directory.ring();
    });
    directory.set(1, 'newer');
    // The first one wakes up late, and sends what it reads; it cannot save.
    await first.after(() => {
      first.clock.elapse();
    });
    const epochs = queue.messages.map(({ envelope }) => envelope.position.epoch);
    expect(epochs.slice(-2)).toEqual([2, 1]);
    expect(first.received.dropped).toBe(1);
    await second.after(() => {
      directory.ring();
    });
    expect(second.received.titles()).toEqual({ [guid(1)]: 'newer' });
  });

  test('between send and save makes the next leader send again from the old cookie', async () => {
    const first = withObjects('a', 'b');
    await first.settle();
    const { lease, queue, directory } = first;
    directory.set(2, 'x');
    lease.saveFaults.push('refused');
    await first.after(() => {
      directory.ring();
    });
    await first.stop();
    expect(queue.messages).toHaveLength(4);
    const second = newRelay({ lease, queue, directory });
    await second.settle();
    expect(queue.messages.at(-1)?.envelope.position).toEqual({ epoch: 2, sequence: 1 });
    expect(second.received.gaps).toBe(0);
    expect(second.received.titles()).toEqual(second.expected);
  });
});

test('whatever fails and when, the receiver ends with what the directory has', async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('set' as const),
      n: fc.integer({ min: 1, max: 6 }),
      title: fc.string({ minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('remove' as const), n: fc.integer({ min: 2, max: 6 }) }),
    fc.record({
      kind: fc.constantFrom(
        'send-refused',
        'send-unknown',
        'save-refused',
        'save-unknown',
        'read-breaks',
        'forget-cookie',
        'lose-lease',
        'restart',
        'storm',
        'calm',
      ),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      let relay = withObjects('a', 'b', 'c');
      await relay.settle();
      const { lease, queue, directory } = relay;
      for (const each of steps) {
        if (each.kind === 'set' && 'title' in each) directory.set(each.n, each.title);
        else if (each.kind === 'remove' && 'n' in each) directory.remove(each.n);
        else if (each.kind === 'send-refused') queue.faults.push('refused');
        else if (each.kind === 'send-unknown') queue.faults.push('none', 'accepted-but-unknown');
        else if (each.kind === 'save-refused') lease.saveFaults.push('refused');
        else if (each.kind === 'save-unknown') lease.saveFaults.push('accepted-but-unknown');
        else if (each.kind === 'read-breaks') directory.breakAfter.push(1);
        else if (each.kind === 'forget-cookie') directory.forgetsCookies = true;
        else if (each.kind === 'calm') directory.onPage = undefined;
        else if (each.kind === 'storm')
          directory.onPage = () => {
            directory.set(7, directory.objects.get(7) === 'in' ? 'out' : 'in');
            directory.ring();
          };
        else if (each.kind === 'restart') {
          await relay.stop();
          relay = newRelay({ lease, queue, directory });
          await relay.settle();
          continue;
        }
        await relay.after(() => {
          if (each.kind !== 'lose-lease' || !lease.expire()) relay.clock.elapse();
        });
      }
      queue.faults.length = lease.saveFaults.length = directory.breakAfter.length = 0;
      directory.onPage = undefined;
      // As many as it takes until a doorbell that was taken down is up again.
      for (let i = 0; i < 60; i++)
        await relay.after(() => {
          relay.clock.elapse();
        });
      expect(relay.received.titles()).toEqual(relay.expected);
      expect(relay.received.gaps).toBe(0);
      await relay.stop();
    }),
    { numRuns: 60 },
  );
});
