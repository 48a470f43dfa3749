import type { InvocationContext } from '@azure/functions';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { queues } from '../../shared/contracts/queues.ts';
import { getApplication } from '../composition.ts';
import { wakeCycle } from '../sync/sync.function.ts';
import { openEnvelope } from './envelope.ts';
import { takeBatch } from './intake.ts';

// A message that cannot be read throws, is delivered again, and ends in the dead-letter queue with its reason. The stream
// then has a gap, which the next batch reports.
app.serviceBusQueue('directoryChanges', {
  connection: 'LockstepBus',
  queueName: queues.directoryChanges,
  isSessionsEnabled: true,
  extraInputs: [df.input.durableClient()],
  handler: async (message: unknown, context: InvocationContext) => {
    const batch = await openEnvelope(message);
    const result = await takeBatch(batch, await getApplication());
    const { epoch, sequence } = batch.position;
    context.info(
      JSON.stringify({
        event: 'batch',
        connector: batch.connector,
        epoch,
        sequence,
        correlationId: batch.correlationId,
        readAt: batch.readAt,
        verdict: result.verdict,
        pending: result.pending,
      }),
    );
    if (result.problem !== undefined) context.warn(JSON.stringify({ event: 'stream-broken', ...result.problem }));
    const endsFullRead = batch.content.type === 'full-read-end' && result.verdict === 'apply';
    if (result.pending > 0 || endsFullRead) await wakeCycle(df.getClient(context));
  },
});
