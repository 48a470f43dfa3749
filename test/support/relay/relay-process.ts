import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeOptions } from '../../../onprem-relay/node-options.ts';

/** The program as it is built. */
export const relayBundle: string = fileURLToPath(new URL('../../../dist/onprem-relay/main.cjs', import.meta.url));

type Environment = Readonly<Record<string, string>>;

/** Only what is given: nothing of the environment in which the tests run. */
const environmentOf = (environment: Environment): Environment => ({ PATH: process.env['PATH'] ?? '', ...environment });

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the built relay to its end. */
export async function relayCommand(args: readonly string[], environment: Environment = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...nodeOptions, relayBundle, ...args], {
    env: environmentOf(environment),
    stdio: 'pipe',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The built relay as it runs for days. Whoever starts it ends it. */
export class RelayProcess {
  readonly child: ChildProcess;
  readonly #events: Record<string, unknown>[] = [];
  readonly #waiting = new Set<() => void>();

  /** `log`: a file descriptor instead of {@link event}. */
  constructor(args: readonly string[], environment: Environment = {}, log?: number) {
    const child = spawn(process.execPath, [...nodeOptions, relayBundle, ...args], {
      env: environmentOf(environment),
      stdio: ['pipe', 'pipe', log ?? 'pipe'],
    });
    this.child = child;
    const { stderr } = child;
    if (stderr !== null)
      createInterface({ input: stderr }).on('line', (line) => {
        this.#events.push(JSON.parse(line) as Record<string, unknown>);
        for (const look of this.#waiting) look();
      });
  }

  /** Resolves with the `nth` event of that name, if it was logged before or comes later. */
  async event(
    name: string,
    also: (event: Record<string, unknown>) => boolean = () => true,
    nth = 1,
  ): Promise<Record<string, unknown>> {
    const found = Promise.withResolvers<Record<string, unknown>>();
    const look = (): void => {
      const event = this.#events.filter((one) => one['event'] === name && also(one))[nth - 1];
      if (event !== undefined) found.resolve(event);
    };
    this.#waiting.add(look);
    look();
    return found.promise.finally(() => this.#waiting.delete(look));
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const [code] = (await once(this.child, 'close')) as [number | null];
    return code;
  }
}
