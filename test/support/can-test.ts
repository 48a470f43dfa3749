/**
 * `ready`: `true`, or one line that tells a person what is missing. Where it is, the tests are to be skipped, which is said in so
 * many words; with CI=true it is a failure, lest nobody notices that they never run.
 */
export function canTest(what: string, ready: true | string): boolean {
  if (ready === true) return true;
  if (process.env['CI'] === 'true') throw new Error(`${what} cannot be tested. ${ready}`);
  console.warn(`Skipped: ${what}. ${ready}`);
  return false;
}
