/** One thing that was measured. `aim` is what it should at most be; `null` where there is no aim. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly aim: number | null;
}

/** Prints a benchmark: one JSON line on standard output, a table for a person on standard error. */
export function printBenchmark(benchmark: string, measurements: readonly Measurement[]): void {
  const values = Object.fromEntries(measurements.map(({ name, value }) => [name, value]));
  const ofAim = Object.fromEntries(
    measurements.flatMap(({ name, value, aim }) => (aim === null ? [] : [[name, round(ofAimOf(value, aim))]])),
  );
  process.stdout.write(`${JSON.stringify({ benchmark, ...values, ofAim })}\n`);
  const rows = [
    ['', 'measured', 'aim', 'of aim'],
    ...measurements.map(({ name, value, unit, aim }) => [
      name,
      `${value} ${unit}`.trim(),
      aim === null ? '' : `${aim} ${unit}`.trim(),
      aim === null ? '' : `${Math.round(100 * ofAimOf(value, aim))} %`,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  process.stderr.write(`\n${benchmark}\n`);
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stderr.write(`  ${cells.join('  ')}\n`);
  }
}

/** Nothing of nothing is all of it. */
function ofAimOf(value: number, aim: number): number {
  return value === aim ? 1 : value / aim;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** Nearest-rank percentile of unsorted values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
