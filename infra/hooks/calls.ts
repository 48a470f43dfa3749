import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a hook may do outside: calls to Azure Resource Manager and Microsoft Graph, and values of the azd environment. */
export interface Calls {
  /** Throws {@link HookError} unless it succeeds; `undefined` for 404. */
  get(url: string): Promise<unknown>;
  send(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<unknown>;
  /** Sets a value of the azd environment. */
  remember(name: string, value: string): Promise<void>;
  wait(ms: number): Promise<void>;
}

/** A failure that a person can mend: what happened, and what to do. Running the hook again goes on from there. */
export class HookError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

type Run = (command: string, args: readonly string[]) => Promise<string>;

const run: Run = async (command, args) => {
  // On Windows az and azd are batch files.
  const { stdout } = await promisify(execFile)(command, [...args], {
    shell: process.platform === 'win32',
    maxBuffer: 2 ** 26,
  });
  return stdout;
};

/** Calls through the Azure CLI, as whoever is signed in there. */
export function cliCalls(execute: Run = run): Calls {
  const rest = async (args: readonly string[], what: string): Promise<unknown> => {
    try {
      const text = await execute('az', ['rest', '--only-show-errors', ...args]);
      return text.trim() === '' ? undefined : (JSON.parse(text) as unknown);
    } catch (error) {
      throw explained(error, what);
    }
  };
  return {
    async get(url) {
      try {
        return await rest(['--method', 'GET', '--url', url], `GET ${url}`);
      } catch (error) {
        if (
          error instanceof HookError &&
          /\b(404|ResourceNotFound|Request_ResourceNotFound|NotFound)\b/.test(error.message)
        )
          return undefined;
        throw error;
      }
    },
    send(method, url, body, headers = {}) {
      const head = { 'Content-Type': 'application/json', ...headers };
      return rest(
        [
          ...['--method', method, '--url', url, '--headers', JSON.stringify(head)],
          ...(body === undefined ? [] : ['--body', JSON.stringify(body)]),
        ],
        `${method} ${url}`,
      );
    },
    async remember(name, value) {
      await execute('azd', ['env', 'set', name, value]);
    },
    wait: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms);
      }),
  };
}

function explained(error: unknown, what: string): HookError {
  const { stderr, code, message } = error as { stderr?: string; code?: unknown; message: string };
  const text = (stderr ?? message).trim();
  if (code === 'ENOENT') {
    return new HookError('The Azure CLI is not there.', 'Install it, sign in with "az login", and run this again.');
  }
  if (/az login|AADSTS|expired/i.test(text)) {
    return new HookError(
      `${what}: not signed in. ${text}`,
      'Sign in with "az login" to the tenant of the subscription, and run this again.',
    );
  }
  if (/Authorization_RequestDenied|AuthorizationFailed|Forbidden|\b403\b/i.test(text)) {
    return new HookError(
      `${what}: not allowed. ${text}`,
      'Who runs this needs Owner of the subscription or the resource group, and in Entra the role Privileged Role Administrator (for permissions in Graph) and Application Administrator (for the registration of the relay). Let somebody with these run "npm run hook -- <name of the hook>"; it goes on from here.',
    );
  }
  return new HookError(
    `${what}: ${text}`,
    'Look at the message, mend the cause, and run this again: what is done is not done twice.',
  );
}

/** Prints each call that would change something, and reads as nothing is there. */
export function dryCalls(print: (text: string) => void): Calls {
  return {
    get(url) {
      print(`GET ${url}`);
      return Promise.resolve(undefined);
    },
    send(method, url, body) {
      print(`${method} ${url}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`);
      return Promise.resolve(undefined);
    },
    remember(name, value) {
      print(`azd env set ${name} ${value}`);
      return Promise.resolve();
    },
    wait(ms) {
      print(`wait ${Math.round(ms / 1000)} s`);
      return Promise.resolve();
    },
  };
}
