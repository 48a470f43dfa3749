import type { Dialect } from './expression.ts';

/** A function that decides itself which of its arguments are evaluated, and when. */
export interface FormDefinition {
  readonly minimum: number;
  /** `undefined`: any number. */
  readonly maximum: number | undefined;
  /** Why a number of arguments within the bounds is wrong all the same. */
  readonly wrongCount?: (count: number) => string | undefined;
}

const connect: Readonly<Record<string, FormDefinition>> = {
  Error: { minimum: 1, maximum: 1 },
  IIF: { minimum: 3, maximum: 3 },
  ImportedValue: { minimum: 1, maximum: 1 },
  Select: { minimum: 3, maximum: 3 },
  Switch: {
    minimum: 2,
    maximum: undefined,
    wrongCount: (count) => (count % 2 === 0 ? undefined : 'Switch takes pairs of a condition and a value.'),
  },
  ValueCount: { minimum: 1, maximum: 1 },
  Where: { minimum: 3, maximum: 3 },
  With: { minimum: 3, maximum: 3 },
};

const provisioning: Readonly<Record<string, FormDefinition>> = {
  Error: { minimum: 1, maximum: 1 },
  IgnoreFlowIfNullOrEmpty: { minimum: 1, maximum: 1 },
  IIF: { minimum: 3, maximum: 3 },
  SelectUniqueValue: { minimum: 1, maximum: undefined },
  Switch: {
    minimum: 2,
    maximum: undefined,
    wrongCount: (count) =>
      count % 2 === 0 ? undefined : 'Switch takes a source, a default, and pairs of a key and a value.',
  },
};

const forms: Readonly<Record<Dialect, Readonly<Record<string, FormDefinition>>>> = { connect, provisioning };

export function formNames(dialect: Dialect): readonly string[] {
  return Object.keys(forms[dialect]);
}

export function formOf(dialect: Dialect, name: string): FormDefinition | undefined {
  return Object.hasOwn(forms[dialect], name) ? forms[dialect][name] : undefined;
}

/** Functions of the provisioning service that have no meaning between a directory and the tenant. */
const refused: Readonly<Record<string, string>> = {
  AppRoleAssignmentsComplex: 'It is about app roles, which an Active Directory does not have.',
  SingleAppRoleAssignment: 'It is about app roles, which an Active Directory does not have.',
};

/** Why a function cannot be used here; `undefined` for others. */
export function refusalOf(dialect: Dialect, name: string): string | undefined {
  return dialect === 'provisioning' && Object.hasOwn(refused, name) ? refused[name] : undefined;
}
