import { z } from 'zod';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import type { Installation } from './client.ts';

const answer = z.object({ version: z.literal(1), connectors: z.array(z.string()) });

/** `lockstep rebuild`: throws the state away; directories and tenant say it again. */
export async function rebuild(
  installation: Installation,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  if (!yes) {
    output.note(
      'This throws away what the installation knows of the directories and of the tenant, and reads both anew.',
    );
    output.note('The tenant is not changed: each object is found again by its anchor. Plans and budget counters stay.');
    output.note('Add --yes to do it.');
    return exitCodes.usage;
  }
  output.note('Waiting for the sync cycle to come to it.');
  const { connectors } = await installation.post('rebuild', {}, answer);
  output.write(
    json
      ? JSON.stringify({ connectors })
      : `The state is thrown away, and a full read was asked for: ${connectors.join(', ') || 'no directory was connected'}.`,
  );
  return exitCodes.fine;
}
