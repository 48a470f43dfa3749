import { onTestFinished } from 'vitest';
import { RelayProcess } from './relay-process.ts';

/** The built relay, killed when the test is over. */
export function relayProcess(...options: ConstructorParameters<typeof RelayProcess>): RelayProcess {
  const relay = new RelayProcess(...options);
  onTestFinished(() => {
    relay.child.kill('SIGKILL');
  });
  return relay;
}
