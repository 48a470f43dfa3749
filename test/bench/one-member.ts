import type { DirectoryObject } from '../../shared/directory/object.ts';
import { noLinks, spaceObjectOf } from '../../shared/engine/directory-object.ts';
import { engineOf } from '../../shared/engine/engine-of.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { environment } from './evaluate.ts';
import { person } from './people.ts';
import { percentile, printBenchmark, round } from './report.ts';

const directory = 'contoso.test';
const [small, large] = [25, 249_999];
const rounds = 2_000;

/** What a changed member costs: evaluating the member and its group again, whatever the number of the others. */
export function oneMember(): void {
  const engine = engineOf(builtInRules(), [directory]);
  const evaluate = (members: number): number => {
    const counts = new Map([['member', members]]);
    const objects = [
      spaceObjectOf(directory, group, { counts, memberOf: new Set() }),
      spaceObjectOf(directory, person(1), noLinks),
    ];
    const start = performance.now();
    let links = 0;
    for (const object of objects) {
      for (const { targets } of engine.evaluate([object], environment).metaverse) {
        for (const target of targets) links += target.links.size;
      }
    }
    if (links === 0) throw new Error('The group has no members.');
    return performance.now() - start;
  };
  const [few, many]: [number[], number[]] = [[], []];
  for (let i = 0; i < 2 * rounds; i += 1) {
    const both = [evaluate(small), evaluate(large)] as const;
    if (i < rounds) continue;
    few.push(both[0]);
    many.push(both[1]);
  }
  const microseconds = (of: readonly number[]): number => round(percentile(of, 50) * 1_000);
  printBenchmark('one-member', [
    { name: 'groupOf25', value: microseconds(few), unit: 'µs', aim: null },
    { name: 'groupOf249999', value: microseconds(many), unit: 'µs', aim: null },
    { name: 'timesSmallGroup', value: round(microseconds(many) / microseconds(few)), unit: '×', aim: 1.1 },
  ]);
}

const group: DirectoryObject = {
  objectGuid: '6f2e3c11-7d0f-4f0a-8a53-1c1d1f3a0001',
  objectClass: 'group',
  dn: 'CN=All Staff,OU=Groups,DC=contoso,DC=test',
  attributes: {
    name: ['All Staff'],
    sAMAccountName: ['All Staff'],
    displayName: ['All Staff'],
    groupType: ['-2147483640'],
    objectSid: ['S-1-5-21-3623811015-3361044348-30300820-5001'],
  },
};
