/** One thing that installing does to the machine. */
export type Step =
  | { readonly kind: 'write'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'copy'; readonly from: string; readonly path: string; readonly mode: number }
  | {
      readonly kind: 'run';
      readonly command: string;
      readonly args: readonly string[];
      /** Exit codes beside 0 that say that there was nothing to do. */
      readonly alsoFine?: readonly number[];
    }
  | { readonly kind: 'remove'; readonly path: string };

/** How this program is started: `node` and the bundle, or the executable alone. */
export interface Program {
  readonly executable: string;
  /** `undefined`: the executable is the relay. */
  readonly script?: string | undefined;
}

/** What a service manager has to do for the relay. */
export interface ServicePlan {
  /** Everything that is there when it is done. */
  readonly install: readonly Step[];
  /** Leaves the settings and the secrets. */
  readonly uninstall: readonly Step[];
}

export function stepText(step: Step): string {
  switch (step.kind) {
    case 'write':
      return `write ${step.path} (mode ${step.mode.toString(8)})`;
    case 'copy':
      return `copy ${step.from} to ${step.path}`;
    case 'remove':
      return `remove ${step.path}`;
    case 'run':
      return `run ${[step.command, ...step.args].map(word).join(' ')}`;
  }
}

function word(part: string): string {
  return /^[\w./:=@\\-]+$/.test(part) ? part : JSON.stringify(part);
}
