import { app } from '@azure/functions';
import type { DurableClient, OrchestrationContext, Task } from 'durable-functions';
import * as df from 'durable-functions';
import { z } from 'zod';
import { getApplication } from '../composition.ts';
import type { ExportRequest, RunSummary } from './cycle.ts';
import type { WriteEvent } from './dependencies.ts';
import { compareStep, confirmStep, exportStep, phases, recordRun, reviewStep } from './cycle.ts';
import type { CycleInput, Steps } from './orchestration.ts';
import { freshCycle, syncCycle } from './orchestration.ts';

/** There is one cycle: Graph's write quota is the bottleneck, and one lane keeps it full. */
const instanceId = 'sync-cycle';
const wakeEvent = 'wake';

const exportRequest: z.ZodType<ExportRequest> = z.object({
  phase: z.enum(phases),
  connector: z.string(),
  after: z.string(),
  lastTry: z.boolean(),
});
const runSummary: z.ZodType<RunSummary> = z.object({
  runId: z.string(),
  startedAt: z.string(),
  counts: z.record(z.string(), z.number()),
  haltedBy: z.string().nullable(),
});

df.app.activity('reviewSync', {
  handler: async (_input: unknown, context) => {
    const answer = await reviewStep(await getApplication());
    const { pendingUsers: users, pendingGroups: groups, managers, halted, tripped } = answer;
    const code = halted?.code ?? tripped[0]?.problem.code ?? null;
    context.info(JSON.stringify({ event: 'review', users, groups, managers, tripped: tripped.length, halted: code }));
    for (const { connector, plan, problem, alert } of tripped) {
      if (alert) context.warn(JSON.stringify({ event: 'plan-tripped', connector, plan, ...problem }));
    }
    return answer;
  },
});
df.app.activity('exportSlice', {
  handler: async (request: unknown, context) => {
    const application = await getApplication();
    const events: WriteEvent[] = [];
    const trace = (event: WriteEvent): void => {
      context.info(JSON.stringify(event));
      events.push(event);
    };
    const result = await exportStep({ ...application, trace }, exportRequest.parse(request));
    const lost = await application.operations.record(events);
    if (lost !== undefined) context.warn(JSON.stringify({ event: 'telemetry-lost', reason: lost }));
    return result;
  },
});
df.app.activity('confirmWrites', {
  handler: async (_input: unknown, context) => {
    const answer = await confirmStep(await getApplication());
    const { confirmed, drifted, awaited } = answer;
    context.info(JSON.stringify({ event: 'confirm', confirmed, drifted, awaited }));
    return answer;
  },
});
df.app.activity('compareAll', { handler: async () => compareStep(await getApplication()) });
df.app.activity('recordRun', {
  handler: async (input: unknown, context) => {
    const run = runSummary.parse(input);
    context.info(JSON.stringify({ event: 'run', ...run }));
    await recordRun(await getApplication(), run);
  },
});

df.app.orchestration('syncCycle', function* (context) {
  const input = context.df.getInput<Partial<CycleInput> | undefined>();
  yield* syncCycle(stepsOf(context), { ...freshCycle, ...input });
});

function stepsOf(context: OrchestrationContext): Steps<Task> {
  const { df: durable } = context;
  return {
    review: () => durable.callActivity('reviewSync', {}),
    export: (request) => durable.callActivity('exportSlice', request),
    confirm: () => durable.callActivity('confirmWrites', {}),
    compare: () => durable.callActivity('compareAll', {}),
    record: (run) => durable.callActivity('recordRun', run),
    *wakeOr(ms) {
      const woken = durable.waitForExternalEvent(wakeEvent);
      const timer = durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + ms));
      const winner = yield durable.Task.any([woken, timer]);
      if (winner !== woken) return false;
      timer.cancel();
      return true;
    },
    again: (next) => {
      durable.continueAsNew(next);
    },
    now: () => durable.currentUtcDateTime,
    runId: durable.newGuid('run'),
  };
}

/** Runs a cycle now: a halt is tried again without waiting for its turn. */
app.http('sync', {
  route: 'sync',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: async (_request, context) => {
    await wakeCycle(df.getClient(context));
    return { status: 202 };
  },
});

/** Sees to it that a cycle looks at what was just marked: wakes the one that runs, or starts one. */
export async function wakeCycle(client: DurableClient): Promise<void> {
  if (await isRunning(client)) {
    await client.raiseEvent(instanceId, wakeEvent, {});
    return;
  }
  try {
    await client.startNew('syncCycle', { instanceId, input: freshCycle });
  } catch (error) {
    // Another trigger was quicker; then the cycle runs, which is all that is wanted.
    if (!(await isRunning(client))) throw error;
  }
}

async function isRunning(client: DurableClient): Promise<boolean> {
  try {
    const { runtimeStatus } = await client.getStatus(instanceId);
    return (
      runtimeStatus === df.OrchestrationRuntimeStatus.Running || runtimeStatus === df.OrchestrationRuntimeStatus.Pending
    );
  } catch {
    // The client throws where the instance was never there.
    return false;
  }
}

/** How old the last look at the tenant may be. */
const watchEveryMs = 5 * 60_000;

// The cycle is started by what it is for. This catches what a crash between marking and waking left behind, what is to be
// tried again, and what others do in the tenant.
app.timer('syncSafetyNet', {
  schedule: '0 * * * * *',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const { streams, pending, problems, tenantStore, mode, now } = await getApplication();
    const delta = await tenantStore.delta();
    let waiting = (await tenantStore.halt()) !== null;
    waiting ||= delta !== undefined && now().getTime() - Date.parse(delta.readAt) > watchEveryMs;
    for (const { connector } of await streams.all()) {
      // In staging everything stays pending; a change wakes the cycle by itself.
      waiting ||=
        (mode === 'live' && (await pending.count(connector, 1)) > 0) ||
        (await problems.due(connector, now())).length > 0;
    }
    if (waiting) await wakeCycle(df.getClient(context));
  },
});
