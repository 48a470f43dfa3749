import { parseArgs } from 'node:util';
import { startGraphSimulator, type GraphSimulatorOptions } from './simulator.ts';

/**
 * Runs the simulator in a process of its own and prints `{"serviceRoot": …}` once it listens.
 *
 * `--port N --store FILE --seed N --throttling off` as in the options; `--die-at N` kills the process with SIGKILL at the
 * Nth write, `--die-phase before-commit|after-commit` says when (default after-commit).
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    store: { type: 'string' },
    seed: { type: 'string', default: '1' },
    throttling: { type: 'string' },
    'die-at': { type: 'string' },
    'die-phase': { type: 'string', default: 'after-commit' },
  },
});

const options: GraphSimulatorOptions = {
  port: Number(values.port),
  seed: Number(values.seed),
  ...(values.store === undefined ? {} : { store: values.store }),
  ...(values.throttling === 'off' ? { throttling: 'off' } : {}),
};
const simulator = await startGraphSimulator(options);
const dieAt = Number(values['die-at'] ?? '0');
if (dieAt > 0)
  simulator.onWrite(({ ordinal, phase }) => {
    if (ordinal === dieAt && phase === values['die-phase']) process.kill(process.pid, 'SIGKILL');
  });
process.stdout.write(`${JSON.stringify({ serviceRoot: simulator.serviceRoot })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void simulator.stop();
  });
