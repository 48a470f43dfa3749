/** What Node is to be started with where the relay is a script of it: the size of the young generation cannot be set later. */
export const nodeOptions: readonly string[] = ['--max-semi-space-size=1'];
