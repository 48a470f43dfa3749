import type { RuleSet } from '../model.ts';
import type { RuleProblem } from '../problem.ts';
import { builtInSchemas } from '../schemas/built-in.ts';
import { validateRules } from '../validation/validate.ts';
import { combine } from './combine.ts';
import type { ParsedFile } from './parse-file.ts';

/** A rule set with everything that is wrong with it; it may be used when there is no error among the problems. */
export interface LoadedRules {
  readonly ruleSet: RuleSet;
  readonly problems: readonly RuleProblem[];
}

/** Combines and validates files of rules; every problem says where it stands, if the file has places. */
export function loadFiles(files: readonly ParsedFile[]): LoadedRules {
  const combined = combine(files);
  const found = validateRules(combined.ruleSet, builtInSchemas).flatMap((problem): RuleProblem[] => {
    const place = problem.rule && combined.place(problem.rule.id, problem.path);
    // Rules of which parts are missing seem to contradict others.
    if (problem.code === 'LS5004' && files.some(({ salvaged }) => salvaged.has(problem.rule?.id ?? ''))) return [];
    // What is odd about a built-in rule is not for the author of other rules to hear.
    return place === undefined && problem.severity === 'warning' ? [] : [{ ...problem, place }];
  });
  return { ruleSet: combined.ruleSet, problems: [...combined.problems, ...found] };
}

export function hasErrors(problems: readonly RuleProblem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
