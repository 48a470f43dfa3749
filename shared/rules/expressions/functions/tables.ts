import type { Dialect } from '../expression.ts';
import { certificateFunctions } from './certificates.ts';
import { dateFunctions } from './dates.ts';
import type { FunctionDefinition, FunctionTable } from './definition.ts';
import { directoryFunctions } from './directory.ts';
import { provisioningFunctions } from './provisioning.ts';
import { textFunctions } from './text.ts';
import { valueFunctions } from './values.ts';

const tables: Readonly<Record<Dialect, FunctionTable>> = {
  connect: { ...textFunctions, ...valueFunctions, ...dateFunctions, ...directoryFunctions, ...certificateFunctions },
  provisioning: provisioningFunctions,
};

/** Names of the functions that are evaluated like any other: arguments first, then the function. */
export function functionNames(dialect: Dialect): readonly string[] {
  return Object.keys(tables[dialect]);
}

export function functionOf(dialect: Dialect, name: string): FunctionDefinition | undefined {
  // A text may say toString(…), which every object has.
  return Object.hasOwn(tables[dialect], name) ? tables[dialect][name] : undefined;
}
