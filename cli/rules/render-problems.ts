import { pathText, type RuleProblem } from '../../shared/rules/problem.ts';
import type { Output } from '../output.ts';

/** Problems as a person reads them: where, what, and what was probably meant. */
export function renderProblems(problems: readonly RuleProblem[], { style }: Pick<Output, 'style'>): string {
  return problems.map((problem) => renderProblem(problem, style)).join('\n');
}

function renderProblem(problem: RuleProblem, style: Output['style']): string {
  const { severity, code, message, suggestion, rule, path, place } = problem;
  const at = place === undefined ? 'built-in rules' : placeText(place);
  const label = style(severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`);
  const within = [rule === undefined ? undefined : `"${rule.name}"`, pathText(path)].filter(
    (part) => part !== undefined && part !== '',
  );
  return [
    `${style('bold', at)}  ${label}  ${message}`,
    ...(within.length === 0 ? [] : [style('dim', `    in ${within.join(', ')}`)]),
    ...(suggestion === undefined ? [] : [`    ${style('cyan', suggestion)}`]),
  ].join('\n');
}

function placeText({ file, line, column }: NonNullable<RuleProblem['place']>): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`;
}

/** `2 errors, 1 warning`. */
export function countText(problems: readonly RuleProblem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const part = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return [part(errors, 'error'), ...(warnings > 0 ? [part(warnings, 'warning')] : [])].join(', ');
}
