import type { DoorbellListener } from '../../../onprem-relay/directory/directory-source.ts';
import type { LockstepError } from '../../../shared/errors/lockstep-error.ts';

/** Listens to a doorbell: counts its rings and problems, and lets a test wait for the next of either. */
export class Rings implements DoorbellListener {
  count = 0;
  #ringing = Promise.withResolvers<undefined>();
  #failing = Promise.withResolvers<LockstepError>();

  readonly ring = (): void => {
    this.count += 1;
    this.#ringing.resolve(undefined);
  };

  readonly problem = (error: LockstepError): void => {
    this.#failing.resolve(error);
  };

  /** Resolves with the first ring that nobody has waited for yet; rings that came before it count as one. */
  async next(): Promise<void> {
    await this.#ringing.promise;
    this.#ringing = Promise.withResolvers<undefined>();
  }

  /** Resolves with the first problem that nobody has waited for yet. */
  async nextProblem(): Promise<LockstepError> {
    const error = await this.#failing.promise;
    this.#failing = Promise.withResolvers<LockstepError>();
    return error;
  }
}
