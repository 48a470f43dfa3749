import type { Dialect } from '../../shared/rules/expressions/expression.ts';
import { formNames, formOf } from '../../shared/rules/expressions/forms.ts';
import type { Parameter } from '../../shared/rules/expressions/functions/definition.ts';
import { functionNames, functionOf } from '../../shared/rules/expressions/functions/tables.ts';

/** Every function of both dialects with what it takes and gives. */
export function functionsPage(): string {
  return [
    '# Functions of expressions',
    '',
    'Names are case-sensitive. `?` marks an argument that may be left out, `…` one that may be repeated. A function of one',
    'value that is given several is applied to each of them; `values` takes all of them at once. A missing text is the',
    'empty text; any other missing argument makes the result NULL. [Rules](rules.md#expressions) has the language around',
    'them. What they do is what Microsoft documents for Entra Connect and for the provisioning service.',
    '',
    'This page is generated from `shared/rules/expressions` by `npm run docs`.',
    '',
    ...section('connect', 'The dialect of Entra Connect', 'Rules have it unless they say otherwise.'),
    ...section('provisioning', 'The dialect of the provisioning service', 'For a flow with `dialect: provisioning`.'),
  ].join('\n');
}

function section(dialect: Dialect, title: string, text: string): readonly string[] {
  const rows = [
    ...functionNames(dialect).map((name): [string, string] => [name, functionRow(dialect, name)]),
    ...formNames(dialect).map((name): [string, string] => [name, formRow(dialect, name)]),
  ];
  return [
    `## ${title}`,
    '',
    text,
    '',
    '| Function | Gives |',
    '| --- | --- |',
    ...rows.sort(([a], [b]) => a.localeCompare(b, 'en')).map(([, row]) => row),
    '',
  ];
}

function functionRow(dialect: Dialect, name: string): string {
  const definition = functionOf(dialect, name);
  const parameters = definition?.parameters ?? [];
  const shown = parameters.map((parameter, i) =>
    parameterText(parameter, definition?.repeats === true && i === parameters.length - 1),
  );
  const result = definition?.result.type ?? 'what it was given';
  const several = definition?.result.multiValued === true ? ', several' : '';
  const volatile = definition?.volatile === true ? '; different each time' : '';
  return `| \`${name}(${shown.join(', ')})\` | ${result === 'dateTime' ? 'date' : result}${several}${volatile} |`;
}

function parameterText({ type, optional, words }: Parameter, repeats: boolean): string {
  const name = words === undefined ? type : words.join(' / ');
  return `${name}${optional === true ? '?' : ''}${repeats ? '…' : ''}`;
}

function formRow(dialect: Dialect, name: string): string {
  const { minimum = 0, maximum } = formOf(dialect, name) ?? {};
  const count =
    maximum === undefined ? `${minimum} or more` : minimum === maximum ? String(minimum) : `${minimum} to ${maximum}`;
  return `| \`${name}(…)\` | ${count} ${count === '1' ? 'argument' : 'arguments'}; decides itself which of them are worked out |`;
}
