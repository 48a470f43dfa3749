/** The Service Bus queues, as both sides and the provisioning templates name them. */
export const queues = {
  /** relay -> cloud, session = connector: change batches and full-read markers. */
  directoryChanges: 'directory-changes',
  /** No messages. Session = connector: its lock is leadership, its state the checkpoint. */
  relayLeases: 'relay-leases',
  /** relay -> cloud: heartbeat, health samples. */
  relayTelemetry: 'relay-telemetry',
  /** cloud -> relay, session = connector: resync. */
  relayCommands: 'relay-commands',
  /** relay -> cloud, session = request: answers to commands. */
  relayReplies: 'relay-replies',
} as const;
