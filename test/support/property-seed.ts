import fc from 'fast-check';

/**
 * One seed for all property tests, so that a run says the same as the run before it. `LOCKSTEP_TEST_SEED=random` (or a
 * number) looks elsewhere; a counterexample that is found so becomes a test of its own.
 */
const wanted = process.env['LOCKSTEP_TEST_SEED'];
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted ?? 20_261_127) });
