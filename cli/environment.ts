import type { EngineEnvironment } from '../shared/engine/environment.ts';
import { instantOf } from '../shared/rules/value.ts';

/** The moment of cases: rules that ask for the time have to be testable. */
const moment = '2026-01-01T00:00:00Z';

/** Nothing around the rules moves: for cases. */
export const fixedEnvironment: EngineEnvironment = {
  now: () => instantOf(new Date(moment)),
  random: () => 0.5,
  guid: () => '00000000-0000-4000-8000-000000000000',
  counterpart: () => undefined,
};

/** This very moment, and no tenant. */
export function presentEnvironment(): EngineEnvironment {
  const now = instantOf(new Date());
  return {
    now: () => now,
    random: () => Math.random(),
    guid: () => crypto.randomUUID(),
    counterpart: () => undefined,
  };
}
