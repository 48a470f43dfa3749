import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { noLinks, spaceObjectOf } from '../../shared/engine/directory-object.ts';
import { engineOf } from '../../shared/engine/engine-of.ts';
import type { EngineEnvironment } from '../../shared/engine/environment.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { instantOf } from '../../shared/rules/value.ts';
import { person } from './people.ts';
import { percentile, printBenchmark, round } from './report.ts';

const directory = 'contoso.test';
const batch = 200;
export const environment: EngineEnvironment = {
  now: () => instantOf(new Date(0)),
  random: () => 0,
  guid: () => '00000000-0000-0000-0000-000000000000',
  counterpart: () => undefined,
};

/** Evaluates people one by one by the built-in rules, beside copying the same objects through JSON. */
export function evaluation(people: number, say: (text: string) => void): void {
  const engine = engineOf(builtInRules(), [directory]);
  const evaluate = (objects: readonly DirectoryObject[]): number => {
    let attributes = 0;
    for (const object of objects) {
      const { metaverse } = engine.evaluate([spaceObjectOf(directory, object, noLinks)], environment);
      attributes += metaverse[0]?.targets[0]?.values.size ?? 0;
    }
    return attributes;
  };
  let copied: unknown;
  const copy = (objects: readonly unknown[]): void => {
    for (const object of objects) copied = JSON.parse(JSON.stringify(object));
  };
  const stream = (count: number, each: (objects: readonly DirectoryObject[]) => void): void => {
    for (let from = 0; from < count; from += batch) each(stored(from, Math.min(batch, count - from)));
  };

  // First what the machine needs to know the code.
  stream(20_000, (objects) => {
    evaluate(objects);
    copy(objects);
  });
  const [evaluating, copying]: [number[], number[]] = [[], []];
  let done = 0;
  stream(people, (objects) => {
    evaluating.push(time(() => evaluate(objects)) / objects.length);
    copying.push(
      time(() => {
        copy(objects);
      }) / objects.length,
    );
    done += objects.length;
    if (done % 20_000 === 0) say(`${done} of ${people} people`);
  });
  const heap = heapMeter();
  const start = heap();
  let attributes = 0;
  stream(people, (objects) => {
    attributes = evaluate(objects) / objects.length;
  });
  const end = heap();
  if (copied === undefined) throw new Error('Nothing was copied.');
  // The median: on a machine that others use as well, some batches take several times as long.
  const each = percentile(evaluating, 50);
  printBenchmark('evaluation', [
    { name: 'people', value: people, unit: '', aim: null },
    { name: 'attributesInEntra', value: round(attributes), unit: '', aim: null },
    { name: 'peoplePerSecond', value: Math.round(1_000 / each), unit: '/s', aim: null },
    { name: 'timesJson', value: round(each / percentile(copying, 50)), unit: '×', aim: 3 },
    { name: 'heapGrowth', value: round(Math.max(0, end - start) / 2 ** 20), unit: 'MiB', aim: 1 },
  ]);
}

/** People as they come out of a store: texts that were read, not pieces that were just put together. */
function stored(from: number, count: number): readonly DirectoryObject[] {
  const people = Array.from({ length: count }, (_, i) => person(from + i));
  return JSON.parse(JSON.stringify(people)) as readonly DirectoryObject[];
}

/** Bytes in use once everything that nobody holds is gone. */
function heapMeter(): () => number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
