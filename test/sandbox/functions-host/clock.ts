/** Time as the host sees it, in milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Calls `fire` once at `at` (never earlier) and returns what cancels it. */
  setTimer(at: number, fire: () => void): () => void;
}

/** Node fires a timer of more than 2^31-1 ms at once, so a longer wait is made of several. */
const longestTimeout = 2 ** 31 - 1;

/** The machine's clock. Its timers keep the process alive. */
export function realClock(): Clock {
  return {
    now: () => Date.now(),
    setTimer: (at, fire) => {
      let handle: NodeJS.Timeout;
      const arm = (): void => {
        const wait = at - Date.now();
        // setTimeout may be a millisecond early by Date.now(): look again rather than fire before the time.
        handle = setTimeout(
          () => {
            if (Date.now() >= at) fire();
            else arm();
          },
          Math.min(Math.max(wait, 0), longestTimeout),
        );
      };
      arm();
      return () => {
        clearTimeout(handle);
      };
    },
  };
}

/** A clock that only moves when told to. */
export interface VirtualClock extends Clock {
  /** Moves to `at`, firing on the way every timer that is due, in order of time, each at its own time. */
  advanceTo(at: number): void;
  /** Moves on by `ms` milliseconds. */
  advance(ms: number): void;
  /** The time of the next timer, or undefined when there is none. */
  nextTimer(): number | undefined;
}

/** A clock for tests, standing at `start`. */
export function virtualClock(start: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = start;
  const timers = new Set<{ at: number; fire: () => void }>();
  const next = (): { at: number; fire: () => void } | undefined =>
    [...timers].reduce<{ at: number; fire: () => void } | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    );
  const advanceTo = (at: number): void => {
    for (let timer = next(); timer !== undefined && timer.at <= at; timer = next()) {
      timers.delete(timer);
      now = Math.max(now, timer.at);
      timer.fire();
    }
    now = Math.max(now, at);
  };
  return {
    now: () => now,
    setTimer: (at, fire) => {
      const timer = { at, fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advanceTo,
    advance: (ms) => {
      advanceTo(now + ms);
    },
    nextTimer: () => next()?.at,
  };
}
