import { z } from 'zod';
import type { Fault, InjectedFault } from './faults.ts';
import type { Json } from './json.ts';
import type { TenantSnapshot } from './snapshot.ts';
import type { Usage } from './write-log.ts';

/** What the control face can do; the simulator itself, that is. */
export interface Controls {
  readonly usage: Readonly<Usage>;
  snapshot(): TenantSnapshot;
  inject(fault: Fault): InjectedFault;
  clearFaults(): void;
  expireDeltaTokens(): void;
  replayDelta(changes: number): void;
}

const faultSchema = z.strictObject({
  method: z.string().optional(),
  /** A regular expression. */
  url: z.string().optional(),
  nth: z.int().min(1).optional(),
  times: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  phase: z.enum(['before-commit', 'after-commit']).optional(),
  status: z.int().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  retryAfter: z.int().optional(),
  drop: z.boolean().optional(),
  delayMs: z.number().optional(),
});

function faultOf(body: string): Fault {
  const { url, ...rest } = faultSchema.parse(JSON.parse(body));
  return url === undefined ? rest : { ...rest, url: new RegExp(url) };
}

/**
 * Answers `/_sandbox/…` for other processes: GET snapshot, GET usage, POST and DELETE faults, POST expire-delta-tokens,
 * POST replay-delta `{"changes": n}`. `400` with the reason for a body that makes no sense, `404` for anything else.
 */
export function answerControl(
  controls: Controls,
  method: string,
  path: string,
  body: string,
): { status: number; body: Json } {
  const done = { status: 204, body: null };
  try {
    switch (`${method} ${path}`) {
      case 'GET snapshot':
        return { status: 200, body: JSON.parse(JSON.stringify(controls.snapshot())) as Json };
      case 'GET usage':
        return { status: 200, body: { ...controls.usage } };
      case 'POST faults':
        controls.inject(faultOf(body));
        return done;
      case 'DELETE faults':
        controls.clearFaults();
        return done;
      case 'POST expire-delta-tokens':
        controls.expireDeltaTokens();
        return done;
      case 'POST replay-delta':
        controls.replayDelta(z.object({ changes: z.int().min(0) }).parse(JSON.parse(body)).changes);
        return done;
      default:
        return { status: 404, body: { error: `The sandbox has no ${method} ${path}.` } };
    }
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : 'invalid' } };
  }
}
