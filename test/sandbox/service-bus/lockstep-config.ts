import { queues } from '../../../shared/contracts/queues.ts';
import type { EmulatorConfig, QueueProperties } from './config.ts';

const queue = (Name: string, Properties: QueueProperties): { Name: string; Properties: QueueProperties } => ({
  Name,
  Properties,
});

/** The queues that Lockstep needs, in the form of Microsoft's emulator. */
export const lockstepBusConfig: EmulatorConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'lockstep',
        Queues: [
          queue(queues.directoryChanges, {
            RequiresSession: true,
            RequiresDuplicateDetection: true,
            DuplicateDetectionHistoryTimeWindow: 'PT5M',
            MaxDeliveryCount: 10,
            LockDuration: 'PT1M',
          }),
          queue(queues.relayLeases, { RequiresSession: true, LockDuration: 'PT30S' }),
          queue(queues.relayTelemetry, {}),
          queue(queues.relayCommands, { RequiresSession: true }),
          queue(queues.relayReplies, { RequiresSession: true }),
        ],
      },
    ],
  },
};
