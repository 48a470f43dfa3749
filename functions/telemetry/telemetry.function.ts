import { app } from '@azure/functions';
import { queues } from '../../shared/contracts/queues.ts';
import { getApplication } from '../composition.ts';
import { takeHeartbeat } from './heartbeats.ts';

app.serviceBusQueue('relayTelemetry', {
  connection: 'LockstepBus',
  queueName: queues.relayTelemetry,
  handler: async (message, context) => {
    const { relays, now } = await getApplication();
    const { machine, relayVersion, connectors } = await takeHeartbeat(message, relays, now());
    for (const { connector, role, lastReadAt, lastError } of connectors) {
      const error = lastError?.code ?? null;
      context.info(JSON.stringify({ event: 'heartbeat', machine, relayVersion, connector, role, lastReadAt, error }));
    }
  },
});
