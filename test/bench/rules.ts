import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { spaceObjectOf, noLinks } from '../../shared/engine/directory-object.ts';
import { engineOf } from '../../shared/engine/engine-of.ts';
import type { EngineEnvironment } from '../../shared/engine/environment.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { instantOf } from '../../shared/rules/value.ts';
import { person } from './people.ts';
import { printBenchmark, round } from './report.ts';

const directory = 'contoso.test';
const batch = 1_000;
const environment: EngineEnvironment = {
  now: () => instantOf(new Date(0)),
  random: () => 0,
  guid: () => '00000000-0000-0000-0000-000000000000',
  counterpart: () => undefined,
};

/** Evaluates people one by one by the built-in rules, beside copying the same objects through JSON. */
export function rules(people: number, say: (text: string) => void): void {
  const engine = engineOf(builtInRules(), [directory]);
  const evaluate = (objects: readonly ReturnType<typeof person>[]): number => {
    let attributes = 0;
    for (const object of objects) {
      const [result] = engine.evaluate([spaceObjectOf(directory, object, noLinks)], environment).metaverse;
      attributes += result?.targets[0]?.values.size ?? 0;
    }
    return attributes;
  };
  let copied: unknown;
  const copy = (objects: readonly unknown[]): void => {
    for (const object of objects) copied = JSON.parse(JSON.stringify(object));
  };
  const collect = runInNewContext(exposedCollector()) as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };

  const warm = Array.from({ length: 5 * batch }, (_, i) => person(i));
  evaluate(warm);
  copy(warm);
  const [start, attributes] = [heap(), evaluate([person(0)])];
  let [evaluating, copying, most] = [0, 0, 0];
  for (let from = 0; from < people; from += batch) {
    const objects = Array.from({ length: Math.min(batch, people - from) }, (_, i) => person(from + i));
    evaluating += time(() => evaluate(objects));
    copying += time(() => {
      copy(objects);
    });
    if (from % (10 * batch) === 0) {
      most = Math.max(most, heap() - start);
      say(`${from} of ${people} people`);
    }
  }
  if (copied === undefined) throw new Error('Nothing was copied.');
  printBenchmark('rules', [
    { name: 'people', value: people, unit: '', aim: null },
    { name: 'attributesInEntra', value: attributes, unit: '', aim: null },
    { name: 'peoplePerSecond', value: Math.round((1_000 * people) / evaluating), unit: '/s', aim: null },
    { name: 'timesJson', value: round(evaluating / copying), unit: '×', aim: 3 },
    { name: 'heapGrowth', value: round(most / 2 ** 20), unit: 'MiB', aim: 8 },
  ]);
}

function exposedCollector(): string {
  setFlagsFromString('--expose-gc');
  return 'gc';
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
