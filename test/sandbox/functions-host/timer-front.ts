import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { RegisteredFunction } from './core-shim.ts';
import type { DurableStore } from './durable/store.ts';
import { messageOf } from './host-error.ts';
import { type Invoker, triggerOf } from './invoker.ts';
import type { Log } from './log.ts';
import { parseSchedule, type Schedule } from './ncrontab.ts';
import { invokeWithRetry } from './retry.ts';
import { requiredText, type Settings } from './settings.ts';

/** What a host remembers of a schedule, so that it notices an occurrence that it slept through. Times are ISO 8601. */
const statusSchema = z.object({ Last: z.string(), Next: z.string(), LastUpdated: z.string() });
type ScheduleStatus = z.output<typeof statusSchema>;

export interface TimerFrontOptions {
  readonly invoker: Invoker;
  readonly settings: Settings;
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TimerFront {
  start(): void;
  /** Starts no further invocation. */
  stop(): void;
  /** Runs a function now, besides its schedule; rejects when it is not a timer's. */
  run(functionName: string): Promise<void>;
}

const never = '0001-01-01T00:00:00';

/** Fires timer triggers. Schedules are in UTC; one function never runs twice at the same time. */
export function createTimerFront(options: TimerFrontOptions): TimerFront {
  const { invoker, settings, store, clock, log } = options;
  const cancels = new Map<string, () => void>();
  let stopped = false;

  const timers = new Map(
    invoker.ofType('timerTrigger').map((target) => {
      const { binding } = triggerOf(target);
      const schedule = parseSchedule(requiredText(binding, 'schedule', settings));
      const monitored = binding['useMonitor'] !== false;
      return [
        target.metadata.name,
        { target, schedule, monitored, runOnStartup: binding['runOnStartup'] === true },
      ] as const;
    }),
  );

  const keyOf = (name: string): string => `timer:${name}`;

  function remembered(name: string): ScheduleStatus | undefined {
    const text = store.value(keyOf(name));
    const parsed = text === undefined ? undefined : statusSchema.safeParse(JSON.parse(text));
    return parsed?.data;
  }

  function remember(name: string, status: ScheduleStatus): void {
    store.commit([{ op: 'put-value', key: keyOf(name), value: JSON.stringify(status) }]);
  }

  function arm(name: string, schedule: Schedule, from: number): void {
    const at = schedule.next(from);
    if (stopped || at === undefined) return;
    cancels.set(
      name,
      clock.setTimer(at, () => void fire(name, false, at)),
    );
  }

  /** One occurrence. `at` is the time for which it was scheduled. */
  async function fire(name: string, isPastDue: boolean, at: number): Promise<void> {
    const timer = timers.get(name);
    if (!timer || stopped) return;
    const next = timer.schedule.next(Math.max(at, clock.now()));
    const status: ScheduleStatus = {
      Last: new Date(at).toISOString(),
      Next: next === undefined ? never : new Date(next).toISOString(),
      LastUpdated: new Date(clock.now()).toISOString(),
    };
    await invoke(timer.target, timer.monitored ? (remembered(name) ?? status) : status, isPastDue);
    if (timer.monitored) remember(name, status);
    arm(name, timer.schedule, Math.max(at, clock.now()));
  }

  async function invoke(target: RegisteredFunction, status: ScheduleStatus, isPastDue: boolean): Promise<void> {
    const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue };
    try {
      await invokeWithRetry(target, clock, (retryContext) =>
        invoker.invoke(target.metadata.name, { json: JSON.stringify(info) }, retryContext ? { retryContext } : {}),
      );
    } catch (error) {
      log(
        'warning',
        'Host.Triggers.Timer',
        `${target.metadata.name} failed; it runs again as scheduled: ${messageOf(error)}`,
      );
    }
  }

  return {
    start() {
      for (const [name, { schedule, monitored, runOnStartup }] of timers) {
        const now = clock.now();
        const missed = monitored ? Date.parse(remembered(name)?.Next ?? '') : NaN;
        const pastDue = missed <= now;
        if (pastDue || runOnStartup) {
          void fire(name, pastDue, pastDue ? missed : now);
          continue;
        }
        if (monitored && remembered(name) === undefined) {
          const next = schedule.next(now);
          const Next = next === undefined ? never : new Date(next).toISOString();
          remember(name, { Last: never, Next, LastUpdated: new Date(now).toISOString() });
        }
        arm(name, schedule, now);
      }
    },
    stop() {
      stopped = true;
      for (const cancel of cancels.values()) cancel();
    },
    async run(functionName) {
      const timer = timers.get(functionName);
      if (!timer) throw new Error(`${functionName} is not a timer function.`);
      const now = new Date(clock.now()).toISOString();
      await invoke(timer.target, remembered(functionName) ?? { Last: never, Next: never, LastUpdated: now }, false);
    },
  };
}
