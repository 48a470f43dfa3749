import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCounters } from '../../../functions/storage/runs.ts';
import { queryProblems } from '../../support/azure/kusto.ts';

const folder = new URL('../../../infra/queries/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.kql'));
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const functionFiles = [
  'sync/sync.function.ts',
  'intake/intake.function.ts',
  'admin/plans.function.ts',
  'telemetry/telemetry.function.ts',
];
const sources = functionFiles
  .map((name) => readFileSync(new URL(`../../../functions/${name}`, import.meta.url), 'utf8'))
  .join('\n');

describe('the queries', () => {
  it.each(files)('%s is right, by syntax and by the tables that it asks', (name) => {
    expect(queryProblems(read(name))).toEqual([]);
  });

  it.each(files)('%s asks for events that the application writes', (name) => {
    for (const [, event] of read(name).matchAll(/"event":"([\w-]+)"/g)) {
      expect(sources, event).toContain(`event: '${event ?? ''}'`);
    }
  });

  it('name counters that a run has', () => {
    const named = [
      ...files
        .map(read)
        .join('\n')
        .matchAll(/\bCounts\.(\w+)|Event\.counts\.(\w+)/g),
    ].map(([, one, other]) => one ?? other ?? '');
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(runCounters).toContain(name);
  });

  it.each([
    ['AppTraces | where Messge has "x"', 'Messge'],
    ['AppTrace | count', 'AppTrace'],
    ['AppTraces | where', ''],
  ])('would not pass with a mistake: %s', (query, named) => {
    expect(queryProblems(query).join()).toContain(named);
    expect(queryProblems(query)).not.toEqual([]);
  });
});
