/** A text that is no expression. */
export class SyntaxProblem extends Error {
  /** UTF-16 code units from the beginning. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'SyntaxProblem';
    this.at = at;
  }
}
