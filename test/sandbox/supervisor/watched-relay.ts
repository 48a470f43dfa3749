import type { StreamPosition } from '../../../shared/contracts/change-batch.ts';
import type { ProblemReport, StatusReport } from '../../../shared/contracts/status.ts';
import type { Keeper } from './keeper.ts';
import { reaches, relayProblem, startRelay, type RelayEvent, type RelayOptions } from './relay.ts';

/** A relay and what it said of itself last. */
export class WatchedRelay {
  readonly keeper: Keeper;
  /** Known once it has seen its directory. */
  #connector: string | undefined;
  #problem: ProblemReport | undefined;
  #position: StreamPosition | undefined;

  constructor(options: RelayOptions) {
    this.keeper = startRelay({
      ...options,
      onEvent: (event) => {
        this.#hear(event);
        options.onEvent(event);
      },
    });
  }

  /** What it complained of last, until it is well again. */
  get problem(): ProblemReport | undefined {
    return this.#problem;
  }

  /** Whether the application has applied all that the relay saw. */
  hasArrived({ connectors }: StatusReport): boolean {
    const wanted = this.#position;
    const own = connectors.find(({ connector }) => connector === this.#connector);
    return wanted !== undefined && own !== undefined && !own.fullReadOpen && reaches(own.position, wanted);
  }

  #hear(event: RelayEvent): void {
    if (event.event === 'relay.started' && event.connector !== undefined) this.#connector = event.connector;
    if (event.event === 'error') this.#problem = relayProblem(event);
    if (event.event === 'in-step') {
      this.#problem = undefined;
      this.#position = event.position;
    }
  }
}
