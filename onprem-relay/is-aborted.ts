/** Asks anew: the compiler believes of a signal what it saw last, and an `await` lies in between. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
