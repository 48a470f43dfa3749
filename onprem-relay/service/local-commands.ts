import type { RelayCommand } from '../../shared/contracts/relay-command.ts';
import type { Commands } from '../stream/ports.ts';

type Handle = (command: RelayCommand) => Promise<void>;

/** Commands that come from this machine, beside those of the cloud. */
export class LocalCommands {
  readonly #handles = new Map<string, Handle>();

  /** The cloud's commands, with a way in for those of this machine while the relay leads. */
  beside(commands: Commands): Commands {
    return {
      listen: async (connector, handle, signal) => {
        this.#handles.set(connector, handle);
        try {
          await commands.listen(connector, handle, signal);
        } finally {
          this.#handles.delete(connector);
        }
      },
    };
  }

  /** Resolves when the full read is noted durably. False when this relay leads none of those that are meant. */
  async resync(connector: string | undefined, reason: string): Promise<boolean> {
    const meant = [...this.#handles].filter(([name]) => connector === undefined || name === connector);
    try {
      await Promise.all(
        meant.map(([name, handle]) => handle({ version: 1, connector: name, command: 'resync', reason })),
      );
    } catch {
      // No longer the leader.
      return false;
    }
    return meant.length > 0;
  }
}
