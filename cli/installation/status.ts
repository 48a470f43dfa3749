import type { ProblemReport, RelayStatus, StatusReport } from '../../shared/contracts/status.ts';
import { statusReportSchema } from '../../shared/contracts/status.ts';
import { exitCodes, type ExitCode, type Output, type Style } from '../output.ts';
import type { Installation } from './client.ts';

/** `lockstep status`: what an operator wants to know first. Ends with 1 when something is not as it should be. */
export async function showStatus(
  installation: Installation,
  { objects, json }: { readonly objects: boolean; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const status = await installation.get(objects ? 'status?objects=true' : 'status', statusReportSchema);
  output.write(json ? JSON.stringify(status, null, 2) : render(status, output.style));
  return status.halted === null && status.errors.length === 0 ? exitCodes.fine : exitCodes.problems;
}

function render(
  { connectors, relays, pending, unconfirmed, halted, errors, graph, objects }: StatusReport,
  style: Style,
): string {
  return [
    ...(halted === null
      ? [style('green', pending === 0 ? 'In step.' : `${pending} objects wait for the sync cycle.`)]
      : [style('red', `${halted.code} ${halted.object}: ${halted.message}`), `  ${halted.remedy}`]),
    ...connectors.map(({ connector, position, fullReadOpen }) => {
      const at = position === null ? 'nothing read yet' : `read to ${position.epoch}:${position.sequence}`;
      return `${connector}: ${at}${fullReadOpen ? ', a full read is under way' : ''}`;
    }),
    ...relays.map((relay) => relayLine(relay, style)),
    ...(objects === undefined
      ? []
      : [`${objects.read} objects read, ${objects.inScope} in scope, ${objects.inEntra} in Entra`]),
    ...(unconfirmed > 0 ? [`${unconfirmed} objects were written, and Entra has yet to show it`] : []),
    `${graph.requests} requests to Graph, ${graph.writes} writes`,
    ...errors.flatMap((error) => problemLines(error, style)),
  ].join('\n');
}

const roles = { starting: 'starts with', standby: 'stands by for', leading: 'leads' } as const;

function relayLine({ machine, version, heardAt, connectors }: RelayStatus, style: Style): string {
  const does = connectors.map(({ connector, role, lastError }) => {
    const error = lastError === null ? '' : ` (${style('yellow', lastError.code)} at ${lastError.at})`;
    return `${roles[role]} ${connector}${error}`;
  });
  return `relay ${version} on ${machine}, heard at ${heardAt}: ${does.join(', ') || 'has no directory yet'}`;
}

/** A problem, with the other object of a conflict beside it, and when it is tried again. */
export function problemLines(
  { code, object, message, other, since, retryAt }: ProblemReport,
  style: Style,
): readonly string[] {
  const again = retryAt === null ? 'it is tried again once it changes' : `it is tried again at ${retryAt ?? ''}`;
  return [
    `${style('yellow', code)} ${object}: ${message}`,
    ...(other === undefined
      ? []
      : [
          `  against ${other.name} (${other.id}), ${other.anchor === null ? 'which has no immutable id' : `immutable id ${other.anchor}`}`,
        ]),
    ...(since === undefined ? [] : [`  since ${since}; ${again}`]),
  ];
}
