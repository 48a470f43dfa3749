import { setTimeout as sleep } from 'node:timers/promises';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { getApplication } from '../composition.ts';
import { wakeCycle } from '../sync/sync.function.ts';
import { answering } from './http-answer.ts';

/** How long the cycle is given to come to it. */
const patienceMs = 120_000;
const pollMs = 500;

app.http('rebuild', {
  route: 'rebuild',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: answering(async (_request, context) => {
    const { streams, tenantStore, commands } = await getApplication();
    const connectors = (await streams.all()).map(({ connector }) => connector);
    await tenantStore.askForRebuild(true);
    context.warn(JSON.stringify({ event: 'rebuild-asked', connectors }));
    await wakeCycle(df.getClient(context));
    for (let waited = 0; await tenantStore.rebuildAsked(); waited += pollMs) {
      if (waited >= patienceMs) throw new LockstepError('LS3206', 'The state has not been thrown away yet.');
      await sleep(pollMs);
    }
    // Only now: what a full read brings must not be thrown away with the rest.
    for (const connector of connectors) {
      await commands.send({ version: 1, connector, command: 'resync', reason: 'The state is built anew.' });
    }
    return { jsonBody: { version: 1, connectors } };
  }),
});
