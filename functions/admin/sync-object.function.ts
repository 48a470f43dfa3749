import { setTimeout as sleep } from 'node:timers/promises';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { objectSyncRequestSchema } from '../../shared/contracts/object-sync.ts';
import { getApplication } from '../composition.ts';
import { syncObject } from '../sync/sync-object.ts';
import { wakeCycle } from '../sync/sync.function.ts';
import { answering, bodyOf } from './http-answer.ts';

app.http('syncObject', {
  route: 'objects/sync',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: answering(async (request, context) => {
    const { who } = await bodyOf(request, objectSyncRequestSchema);
    const report = await syncObject(await getApplication(), who, {
      wake: () => wakeCycle(df.getClient(context)),
      sleep: async (ms) => {
        await sleep(ms);
      },
    });
    return { jsonBody: report };
  }),
});
