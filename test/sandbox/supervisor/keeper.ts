import type { Child, Exit } from './child-process.ts';

export interface KeeperOptions {
  readonly name: string;
  readonly start: () => Child;
  /** Whether starting again is of no use after this end. */
  readonly isFinal: (exit: Exit) => boolean;
  /** Called for every end that was not asked for; `restarts` tells whether another start follows. */
  readonly onEnd: (exit: Exit, restarts: boolean) => void;
}

export interface Keeper {
  readonly child: Child;
  stop(): Promise<void>;
}

/** A process that lives shorter than this at every start does not get better by more of them. */
const shortLifeMs = 5_000;
const shortLives = 5;
const pauseMs = 300;

/** Keeps a process running: starts it again when it ends unasked, unless that is of no use. */
export function keepRunning(options: KeeperOptions): Keeper {
  let stopping = false;
  let shortInARow = 0;
  let timer: NodeJS.Timeout | undefined;
  let child: Child;

  function launch(): void {
    const born = performance.now();
    const current = options.start();
    child = current;
    void current.exited.then((exit) => {
      if (stopping) return;
      shortInARow = performance.now() - born < shortLifeMs ? shortInARow + 1 : 0;
      const restarts = !options.isFinal(exit) && shortInARow < shortLives;
      options.onEnd(exit, restarts);
      if (restarts) timer = setTimeout(launch, pauseMs);
    });
  }

  launch();
  return {
    get child() {
      return child;
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await child.stop();
    },
  };
}
