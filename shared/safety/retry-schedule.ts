const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** After the first failure; then once a day. */
const firstMs = [6 * hourMs, 12 * hourMs, 24 * hourMs] as const;
/** An object that could not be written for so long is tried again only when it changes. */
const lastMs = 28 * dayMs;

/**
 * When an object whose write Entra refused is tried again: 6, 12 and 24 hours after the first failure, then daily to the 28th
 * day, as Entra's own provisioning service does ("Application provisioning in quarantine status"). A change of the object
 * leads to an attempt at once. `undefined` when the time is over. Milliseconds since the epoch.
 */
export function nextAttempt(firstFailure: number, now: number): number | undefined {
  const age = now - firstFailure;
  const first = firstMs.find((ms) => ms > age);
  const next = first ?? (Math.floor(age / dayMs) + 1) * dayMs;
  return next > lastMs ? undefined : firstFailure + next;
}
