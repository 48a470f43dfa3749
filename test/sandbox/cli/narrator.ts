import type { GraphUsage, ProblemReport, StatusReport } from '../../../shared/contracts/status.ts';
import type { RelayEvent } from '../supervisor/relay.ts';
import type { SandboxEvent } from '../supervisor/sandbox.ts';
import type { Outcome } from '../supervisor/settle.ts';
import type { Terminal } from './terminal.ts';

/** Tells a person what happens. */
export interface Narrator {
  readonly event: (event: SandboxEvent) => void;
  progress(status: StatusReport, usage: GraphUsage): void;
  outcome(outcome: Outcome): void;
  problem(problem: ProblemReport): void;
}

/** More of the same is in the status. */
const shownErrors = 10;
const labelWidth = 12;

export function narrator(terminal: Terminal): Narrator {
  let read = 0;
  /** What was told last: the result repeats it. */
  let lastProblem = '';
  const problem = ({ code, object, message, remedy }: ProblemReport): void => {
    const text = `${code}${object === '' ? '' : ` ${object}`}: ${message}`;
    if (text === lastProblem) return;
    lastProblem = text;
    terminal.line(text);
    terminal.line(`${' '.repeat(code.length)} ${remedy}`);
  };
  return {
    problem,
    event(event) {
      switch (event.kind) {
        case 'step':
          terminal.line(event.text);
          return;
        case 'place':
          terminal.line(`${event.what.padEnd(labelWidth)} ${event.where}`);
          return;
        case 'trouble':
          terminal.line(`! ${event.text}`);
          return;
        case 'relay': {
          read = Math.max(read, event.event.objects ?? 0);
          if (event.event.event === 'error') {
            const { code = 'fault', object = 'the relay', message = '', remedy = '' } = event.event;
            problem({ code, object, message, remedy });
            return;
          }
          const text = tell(event.event);
          if (text === undefined) return;
          lastProblem = '';
          terminal.line(text);
        }
      }
    },
    progress(status, usage) {
      const waiting = status.pending >= 1000 ? '1000 or more' : String(status.pending);
      terminal.progress(`read ${read}, waiting ${waiting}, Graph requests ${usage.requests}, writes ${usage.writes}`);
    },
    outcome({ inStep, objects, graph, errors, seconds }) {
      for (const each of errors.slice(0, shownErrors)) problem(each);
      if (errors.length > shownErrors)
        terminal.line(`… and ${errors.length - shownErrors} more; the status has them all.`);
      const counts = `${objects.inEntra} of ${objects.inScope} objects in scope are in Entra (${objects.read} read)`;
      const work = `${graph.requests} requests to Graph, ${graph.writes} writes, ${seconds} s`;
      terminal.line(`${inStep ? 'In step' : 'Not in step'}: ${counts}; ${work}.`);
    },
  };
}

/** The relay's events that say something of the directory. */
function tell({ event, objects, changes }: RelayEvent): string | undefined {
  switch (event) {
    case 'full-read.begin':
      return 'The relay reads the whole directory.';
    case 'full-read.progress':
      return `The relay has read ${objects ?? 0} objects.`;
    case 'full-read.end':
      return `The relay has read all ${objects ?? 0} objects.`;
    case 'delta.sent':
      return `The directory changed: ${changes ?? 0} changes to ${objects ?? 0} objects.`;
    default:
      return undefined;
  }
}
