import type { Dialect } from '../expression.ts';
import { certificateFunctions } from './certificates.ts';
import { dateFunctions } from './dates.ts';
import type { FunctionTable } from './definition.ts';
import { directoryFunctions } from './directory.ts';
import { provisioningFunctions } from './provisioning.ts';
import { textFunctions } from './text.ts';
import { valueFunctions } from './values.ts';

const tables: Readonly<Record<Dialect, FunctionTable>> = {
  connect: { ...textFunctions, ...valueFunctions, ...dateFunctions, ...directoryFunctions, ...certificateFunctions },
  provisioning: provisioningFunctions,
};

/** Functions that every dialect evaluates like any other: arguments first, then the function. */
export function functionsOf(dialect: Dialect): FunctionTable {
  return tables[dialect];
}
