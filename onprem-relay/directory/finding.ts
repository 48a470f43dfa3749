/** What became of one thing that was tried. */
export interface Finding {
  readonly check: string;
  /** `warning`: it works, but not as well as it could. */
  readonly outcome: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly code?: string | undefined;
  /** What to do. */
  readonly remedy?: string | undefined;
}
