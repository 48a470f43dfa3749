import { afterEach } from 'vitest';
import { runLeaderLoop } from '../../../onprem-relay/stream/leader-loop.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryCommands, MemoryLease, MemoryLog, MemoryQueue } from './memory-bus.ts';
import { ModelReceiver } from './model-receiver.ts';
import { guid, ScriptedDirectory } from './scripted-directory.ts';

/** One relay with everything around it in memory. Several of them may share lease, queue and directory. */
export class MemoryRelay {
  readonly clock: ManualClock = new ManualClock();
  readonly log: MemoryLog = new MemoryLog();
  readonly commands: MemoryCommands = new MemoryCommands();
  readonly #stop = new AbortController();
  readonly lease: MemoryLease;
  readonly queue: MemoryQueue;
  readonly directory: ScriptedDirectory;
  #running: Promise<void> | undefined;

  constructor(shared: { lease?: MemoryLease; queue?: MemoryQueue; directory?: ScriptedDirectory } = {}) {
    this.lease = shared.lease ?? new MemoryLease();
    this.queue = shared.queue ?? new MemoryQueue();
    this.directory = shared.directory ?? new ScriptedDirectory();
  }

  start(): void {
    const { lease: leases, queue: sender, directory: source, clock, log, commands } = this;
    const domain = { namingContext: 'DC=contoso,DC=test', fqdn: 'contoso.test' };
    const options = { connector: 'contoso.test', domain, source, leases, sender, commands, clock, log };
    this.#running = runLeaderLoop(options, this.#stop.signal);
  }

  /** Starts and waits for the first pause. */
  async settle(): Promise<number> {
    const paused = this.clock.nextSleep();
    this.start();
    return paused;
  }

  /** Does something and waits until the loop pauses again; gives the length of that pause. */
  async after(action: () => void): Promise<number> {
    const paused = this.clock.nextSleep();
    action();
    return paused;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get received(): ModelReceiver {
    const receiver = new ModelReceiver();
    for (const { envelope } of this.queue.messages) receiver.receive(envelope);
    return receiver;
  }

  get expected(): Record<string, string> {
    return Object.fromEntries([...this.directory.objects].map(([n, title]) => [guid(n), title]));
  }

  get subjects(): string[] {
    return this.queue.messages.map(({ subject }) => subject);
  }
}

const relays: MemoryRelay[] = [];
/** A relay that is stopped when the test is over. */
export const newRelay = (shared?: ConstructorParameters<typeof MemoryRelay>[0]): MemoryRelay => {
  const relay = new MemoryRelay(shared);
  relays.push(relay);
  return relay;
};
/** One whose directory has an object for each title. */
export const withObjects = (...titles: string[]): MemoryRelay => {
  const relay = newRelay();
  titles.forEach((title, i) => {
    relay.directory.set(i + 1, title);
  });
  return relay;
};

afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
});
