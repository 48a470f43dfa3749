import { toRequest } from '../../functions/graph/requests.ts';
import type { Transport } from '../../functions/graph/transport.ts';
import { WriteLane } from '../../functions/graph/write-lane.ts';
import { WritePace } from '../../functions/graph/write-pace.ts';
import type { EntraWrite } from '../../functions/sync/tenant.ts';
import { documentedThrottling, Throttle } from '../sandbox/graph/throttle.ts';
import { printBenchmark, round } from './report.ts';

const users = 100_000;
const memberships = 1_000_000;
const sliceSize = 200;
/** A batch of twenty takes so long to be answered. */
const roundTripMs = 400;
/** The documented quota: a bucket of 3,000 that fills by 20 a second. */
const bucket = 3000;
const perSecond = 20;

/** The export lane under Graph's documented quota, on a clock that only counts. */
export async function lane(): Promise<void> {
  const clock = { ms: 0, now: (): number => clock.ms };
  const throttle = new Throttle(documentedThrottling, users, clock, 'bench');
  let [sent, refused] = [0, 0];
  const transport: Transport = {
    send: (_method, _path, body) => {
      clock.ms += roundTripMs;
      const { requests } = body as { readonly requests: readonly { readonly id: string }[] };
      const responses = requests.map(({ id }) => {
        sent += 1;
        const { refusal, usage } = throttle.meter({ resourceUnits: 1, write: true });
        const told = usage < 0.8 ? {} : { headers: { 'x-ms-throttle-limit-percentage': usage.toFixed(1) } };
        if (refusal === undefined) return { id, status: 204, ...told };
        refused += 1;
        return { id, status: 429, headers: refusal.headers };
      });
      return Promise.resolve({ status: 200, headers: new Headers(), body: { responses } });
    },
  };
  const graph = new WriteLane(transport, {
    sleep: (ms) => {
      clock.ms += ms;
      return Promise.resolve();
    },
    random: () => 0.5,
    pace: new WritePace({ quota: bucket, now: clock.now }),
  });
  let done = 0;
  let slice: EntraWrite[] = [];
  const flush = async (): Promise<void> => {
    const outcomes = await graph.send(slice.map((write) => toRequest(write, 'https://graph.microsoft.com')));
    done += outcomes.filter(({ status }) => status === 'done').length;
    slice = [];
  };
  const write = async (one: EntraWrite): Promise<void> => {
    slice.push(one);
    if (slice.length === sliceSize) await flush();
  };
  for (let n = 0; n < users; n += 1) {
    await write({ kind: 'create-user', properties: { userPrincipalName: `user${n}@contoso.test` }, password: '' });
  }
  for (let n = 0; n < memberships / 20; n += 1) {
    await write({ kind: 'add-members', groupId: `group${n % 5000}`, memberIds: [] });
  }
  await flush();
  const total = users + memberships / 20;
  const least = (total - bucket) / perSecond;
  const seconds = clock.ms / 1000;
  printBenchmark('lane', [
    { name: 'writes', value: done, unit: '', aim: total },
    { name: 'simulatedMinutes', value: round(seconds / 60, 1), unit: 'min', aim: round(least / 60, 1) },
    { name: 'utilisation', value: round(least / seconds, 4), unit: '', aim: 0.95 },
    { name: 'refused', value: round(refused / sent, 4), unit: 'of the requests', aim: 0 },
  ]);
}
