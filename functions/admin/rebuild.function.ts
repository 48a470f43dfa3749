import { setTimeout as sleep } from 'node:timers/promises';
import { app, output } from '@azure/functions';
import * as df from 'durable-functions';
import { queues } from '../../shared/contracts/queues.ts';
import type { RelayCommand } from '../../shared/contracts/relay-command.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { getApplication } from '../composition.ts';
import { wakeCycle } from '../sync/sync.function.ts';
import { answering } from './http-answer.ts';

/** How long the cycle is given to come to it. */
const patienceMs = 120_000;
const pollMs = 500;

const commands = output.serviceBusQueue({ queueName: queues.relayCommands, connection: 'LockstepBus' });

app.http('rebuild', {
  route: 'rebuild',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  extraOutputs: [commands],
  handler: answering(async (_request, context) => {
    const { streams, tenantStore } = await getApplication();
    const connectors = (await streams.all()).map(({ connector }) => connector);
    await tenantStore.askForRebuild(true);
    context.warn(JSON.stringify({ event: 'rebuild-asked', connectors }));
    await wakeCycle(df.getClient(context));
    for (let waited = 0; await tenantStore.rebuildAsked(); waited += pollMs) {
      if (waited >= patienceMs) throw new LockstepError('LS3206', 'The state has not been thrown away yet.');
      await sleep(pollMs);
    }
    // Only now: what a full read brings must not be thrown away with the rest.
    const asked = connectors.map((connector): RelayCommand => {
      return { version: 1, connector, command: 'resync', reason: 'The state is built anew.' };
    });
    context.extraOutputs.set(
      commands,
      asked.map((command) => ({ body: command, sessionId: command.connector, contentType: 'application/json' })),
    );
    return { jsonBody: { version: 1, connectors } };
  }),
});
