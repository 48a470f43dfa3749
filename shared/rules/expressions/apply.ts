import { Instant, Reference, type Scalar, type Value } from '../value.ts';
import { isList } from '../values.ts';
import type { Argument, FunctionDefinition, Parameter } from './functions/definition.ts';
import { kindOf, located } from './operators.ts';
import { sizeOf, type Fail, type Run } from './run.ts';

export type EvaluateValue = (run: Run) => Value;

/** The call of a function, with everything settled that can be before there are values. */
export function callOf(
  definition: FunctionDefinition,
  args: readonly (EvaluateValue | undefined)[],
  fail: Fail,
): EvaluateValue {
  const { ofText } = definition;
  const [only] = args;
  const parameters = parametersFor(definition, args.length);
  const lifting = parameters.map((parameter) => parameter.type !== 'values');
  const general: EvaluateValue = (run) => {
    const values = new Array<Argument>(parameters.length);
    let lifts = false;
    for (let i = 0; i < parameters.length; i += 1) {
      const value = args[i]?.(run);
      values[i] = value;
      if (typeof value === 'object' && lifting[i] === true && isListArgument(value)) lifts = true;
    }
    return lifts
      ? lifted(values, lifting, run, fail, (one) => callWith(definition, parameters, one, run, fail))
      : callWith(definition, parameters, values, run, fail);
  };
  if (ofText === undefined || only === undefined) return general;
  // The commonest functions by far: one text in, one value out.
  return (run) => {
    const value = only(run);
    if (typeof value === 'string') return ofOneText(ofText, value, run, fail);
    if (value === null) return ofOneText(ofText, '', run, fail);
    return isList(value)
      ? lifted([value], lifting, run, fail, (one) => callWith(definition, parameters, one, run, fail))
      : callWith(definition, parameters, [value], run, fail);
  };
}

/** The parameter of each argument; one that is repeated as often as there are arguments for it. */
function parametersFor({ parameters, repeats }: FunctionDefinition, count: number): readonly Parameter[] {
  const last = parameters.at(-1);
  if (!repeats || last === undefined) return parameters;
  return [...parameters.slice(0, -1), ...new Array<Parameter>(Math.max(0, count - parameters.length + 1)).fill(last)];
}

function ofOneText(apply: (text: string) => Value, text: string, run: Run, fail: Fail): Value {
  run.step(text.length, fail);
  try {
    return run.made(apply(text), fail);
  } catch (error) {
    throw located(error, fail);
  }
}

/**
 * Applies a one-valued function to each value of the one argument that has several; results without value drop out.
 * Arguments that the function takes as a whole stay as they are.
 */
export function lifted(
  args: readonly Argument[],
  lifting: readonly boolean[],
  run: Run,
  fail: Fail,
  apply: (args: Argument[]) => Value,
): Value {
  let chosen = -1;
  const fixed = [...args];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i];
    if (lifting[i] !== true || !isListArgument(arg)) continue;
    const held = chosen < 0 ? undefined : args[chosen];
    if (arg.length > 1 && isListArgument(held) && held.length > 1)
      throw fail('Only one argument may have several values.');
    fixed[i] = arg[0];
    if (held === undefined || arg.length > 1) chosen = i;
  }
  const list = args[chosen];
  const results: Scalar[] = [];
  for (const one of isListArgument(list) ? list : []) {
    run.step(args.length, fail);
    const call = [...fixed];
    call[chosen] = one;
    const result = apply(call);
    if (isList(result)) for (const part of result) results.push(part);
    else if (result !== null) results.push(result);
  }
  return results.length === 0 ? null : results;
}

function isListArgument(value: Argument): value is readonly Scalar[] {
  return value !== undefined && isList(value);
}

/** `values` is used up: arguments take the form of their parameters in place. */
function callWith(
  definition: FunctionDefinition,
  parameters: readonly Parameter[],
  values: Argument[],
  run: Run,
  fail: Fail,
): Value {
  let size = 0;
  for (let i = 0; i < parameters.length; i += 1) {
    const parameter = parameters[i];
    const value = values[i];
    if (parameter === undefined || (value === undefined && parameter.optional === true)) continue;
    size += sizeOf(value);
    if (typeof value === typeNames[parameter.type]) continue;
    const argument = convert(value ?? null, parameter, fail);
    if (argument === null && nullable[parameter.type] !== true) return null;
    values[i] = argument;
  }
  run.step(size, fail);
  try {
    return run.made(definition.run(values, run), fail);
  } catch (error) {
    throw located(error, fail);
  }
}

/** Types of JavaScript that a parameter takes as they are. */
const typeNames: Readonly<Partial<Record<Parameter['type'], string>>> = {
  text: 'string',
  string: 'string',
  number: 'bigint',
  truth: 'boolean',
};

/** Parameters that take NULL as it is; for the others it makes the result NULL. */
const nullable: Readonly<Partial<Record<Parameter['type'], boolean>>> = {
  any: true,
  values: true,
  text: true,
  string: true,
};

function wrong(value: Value, parameter: Parameter, fail: Fail): Error {
  return fail(`The function takes a ${parameter.type} here, not a ${kindOf(value)}.`);
}

function convert(value: Value, parameter: Parameter, fail: Fail): Value {
  switch (parameter.type) {
    case 'any':
    case 'values':
      return value;
    case 'text':
      if (value === null || typeof value === 'string') return value ?? '';
      throw wrong(value, parameter, fail);
    case 'string':
      if (value === null || typeof value === 'string' || value instanceof Uint8Array) return value ?? '';
      throw wrong(value, parameter, fail);
    case 'number':
      if (value === null || typeof value === 'bigint') return value;
      throw wrong(value, parameter, fail);
    case 'truth':
      if (value === null || typeof value === 'boolean') return value ?? false;
      throw wrong(value, parameter, fail);
    case 'bytes':
      if (value === null || value instanceof Uint8Array) return value;
      throw wrong(value, parameter, fail);
    case 'date':
      if (value === null || value instanceof Instant) return value;
      throw wrong(value, parameter, fail);
    case 'moment':
      if (value === null || value === '') return null;
      if (typeof value === 'string' || value instanceof Instant) return value;
      throw wrong(value, parameter, fail);
    case 'reference':
      if (value === null || value instanceof Reference || typeof value === 'string') return value;
      throw wrong(value, parameter, fail);
  }
}
