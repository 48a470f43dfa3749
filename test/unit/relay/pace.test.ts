import { describe, expect, test } from 'vitest';
import { withObjects, type MemoryRelay } from '../../support/relay/memory-relay.ts';

describe('changes that come faster than reads', () => {
  /** Somebody changes something, and it rings, during every read that finds a change. */
  const stormOver = (relay: MemoryRelay): void => {
    let count = 0;
    relay.directory.onPage = () => {
      relay.directory.set(1, `in the storm ${count++}`);
      relay.directory.ring();
    };
  };
  const elapse = (relay: MemoryRelay): Promise<number> =>
    relay.after(() => {
      relay.clock.elapse();
    });
  const elapseUntilListened = async (relay: MemoryRelay): Promise<number[]> => {
    const pauses = [];
    while (!relay.directory.isListenedTo) pauses.push(await elapse(relay));
    return pauses;
  };
  /** Paused with the doorbell down, in the middle of the storm. */
  const inTheStorm = async (): Promise<MemoryRelay> => {
    const relay = withObjects('a');
    await relay.settle();
    stormOver(relay);
    relay.directory.set(1, 'b');
    const pause = await relay.after(() => {
      relay.directory.ring();
    });
    expect(pause).toBe(10);
    expect(relay.directory.isListenedTo).toBe(false);
    return relay;
  };

  test('take the doorbell down, and reads follow one another', async () => {
    const relay = await inTheStorm();
    expect(relay.log.of('doorbell.down')).toHaveLength(1);
    for (let i = 0; i < 200; i++) {
      const { reads } = relay.directory;
      expect(await elapse(relay)).toBe(10);
      expect(relay.directory.reads).toBe(reads + 1);
    }
    expect(relay.directory.listened).toBe(1);
    expect(relay.log.of('doorbell.up')).toEqual([]);
  });

  test('take the doorbell down in the middle of a read', async () => {
    const relay = withObjects('a');
    await relay.settle();
    relay.directory.onPage = () => {
      relay.directory.onPage = undefined;
      for (let i = 0; i < 5; i++) relay.directory.ring();
      expect(relay.log.of('doorbell.down')).toHaveLength(1);
    };
    relay.directory.set(1, 'b');
    const pause = await relay.after(() => {
      relay.directory.ring();
    });
    expect(pause).toBe(10);
    expect(relay.directory.isListenedTo).toBe(false);
  });

  test('are over after half a second of rest, in ever fewer reads: the doorbell is up again, and what came meanwhile is read', async () => {
    const relay = await inTheStorm();
    relay.directory.onPage = undefined;
    const pauses = await elapseUntilListened(relay);
    expect(pauses.filter((ms) => ms < 30_000)).toEqual([10, 10, 20, 40, 80, 160, 320]);
    expect(relay.directory.listened).toBe(2);
    expect(relay.log.of('doorbell.up')).toHaveLength(1);
    expect(relay.received.titles()).toEqual(relay.expected);
    relay.directory.set(2, 'after the storm');
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.received.titles()).toEqual(relay.expected);
  });

  test('count by the time that was slept: a clock that jumps makes no difference', async () => {
    const relay = await inTheStorm();
    relay.directory.onPage = () => {
      relay.clock.time = new Date(relay.clock.time.getTime() - 366 * 86_400_000);
      relay.directory.onPage = undefined;
    };
    expect((await elapseUntilListened(relay)).length).toBeLessThanOrEqual(10);
  });

  test('leave the doorbell up that costs nothing', async () => {
    const relay = withObjects('a');
    relay.directory.doorbellCosts = false;
    await relay.settle();
    let left = 20;
    relay.directory.onPage = () => {
      if (left-- === 0) return;
      relay.directory.set(1, `${left}`);
      relay.directory.ring();
    };
    relay.directory.set(1, 'b');
    await relay.after(() => {
      relay.directory.ring();
    });
    expect(relay.directory.listened).toBe(1);
    expect(relay.received.titles()).toEqual(relay.expected);
  });

  test('give way to the pause after a failed read', async () => {
    const relay = await inTheStorm();
    relay.directory.breakAfter.push(0, 0);
    expect(await elapse(relay)).toBe(1_000);
    expect(await elapse(relay)).toBe(2_000);
    expect(await elapse(relay)).toBe(10);
  });

  test('do not keep the relay from stopping', async () => {
    const relay = await inTheStorm();
    await relay.stop();
    expect(relay.directory.isListenedTo).toBe(false);
  });
});
