import type { Clock } from './options.ts';
import type { DirectoryStore } from './directory-store.ts';
import type { Domain } from './domains.ts';
import type { ExtensionRegistry } from './extensions.ts';
import type { DeltaFeed } from './delta-feed.ts';
import type { RandomStream } from './random.ts';

/** What the operations work on. */
export interface Tenant {
  readonly id: string;
  readonly displayName: string;
  readonly store: DirectoryStore;
  readonly domains: readonly Domain[];
  readonly extensions: ExtensionRegistry;
  readonly delta: DeltaFeed;
  readonly clock: Clock;
  readonly ids: RandomStream;
}
