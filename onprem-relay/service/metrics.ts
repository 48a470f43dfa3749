import type { ConnectorReport, RelayReport } from './monitor.ts';

interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: (connector: ConnectorReport) => readonly (readonly [labels: string, value: number])[];
}

const single = (value: (connector: ConnectorReport) => number): Metric['samples'] => {
  return (connector) => [[labelOf('connector', connector.connector), value(connector)]];
};

const metrics: readonly Metric[] = [
  {
    name: 'lockstep_relay_leading',
    type: 'gauge',
    help: '1 while this relay leads the connector.',
    samples: single(({ role }) => (role === 'leading' ? 1 : 0)),
  },
  {
    name: 'lockstep_relay_last_read_timestamp_seconds',
    type: 'gauge',
    help: 'When the directory was last read to the end.',
    samples: single(({ lastReadAt }) => (lastReadAt === null ? 0 : Date.parse(lastReadAt) / 1_000)),
  },
  {
    name: 'lockstep_relay_changes_sent_total',
    type: 'counter',
    help: 'Changes that Service Bus accepted.',
    samples: single(({ changesSent }) => changesSent),
  },
  {
    name: 'lockstep_relay_full_reads_total',
    type: 'counter',
    help: 'Reads of the whole directory.',
    samples: single(({ fullReads }) => fullReads),
  },
  {
    name: 'lockstep_relay_errors_total',
    type: 'counter',
    help: 'Errors by their code.',
    samples: ({ connector, errors }) =>
      Object.entries(errors).map(([code, count]) => [
        `${labelOf('connector', connector)},${labelOf('code', code)}`,
        count,
      ]),
  },
];

/** The report in Prometheus' text format, version 0.0.4. */
export function metricsText({ healthy, connectors }: RelayReport, residentBytes: number): string {
  const lines = metrics.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...connectors.flatMap(samples).map(([labels, value]) => `${name}{${labels}} ${value}`),
  ]);
  return [
    '# HELP lockstep_relay_healthy 1 while every connector does what it should.',
    '# TYPE lockstep_relay_healthy gauge',
    `lockstep_relay_healthy ${healthy ? 1 : 0}`,
    ...lines,
    '# HELP process_resident_memory_bytes Resident memory size in bytes.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${residentBytes}`,
    '',
  ].join('\n');
}

function labelOf(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
