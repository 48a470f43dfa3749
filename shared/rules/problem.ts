import type { ErrorCode } from '../errors/catalogue.ts';

/** Steps from the top of a file or a rule to a value in it. */
export type Path = readonly (string | number)[];

/** Where something stands in a file; line and column from 1. */
export interface FilePlace {
  readonly file: string;
  /** `undefined` where the file is a program, whose values have no place. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** A mistake, or something that probably is none of the author's wishes, in rules as they are written. */
export interface RuleProblem {
  readonly severity: 'error' | 'warning';
  readonly code: Extract<ErrorCode, 'LS5001' | 'LS5002' | 'LS5003' | 'LS5004'>;
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion: string | undefined;
  readonly rule: { readonly id: string; readonly name: string } | undefined;
  /** Within the rule, or within the file where no rule is concerned. */
  readonly path: Path;
  readonly place: FilePlace | undefined;
}

/** A path as people write it: `flows[3].expression`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
