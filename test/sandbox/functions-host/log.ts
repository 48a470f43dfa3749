/** Levels of the worker protocol (RpcLog.Level). */
export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

/** One line of the host's or the app's log. `at` is in milliseconds since 1970. */
export interface LogEntry {
  readonly at: number;
  readonly level: LogLevel;
  /** `Function.<name>.User` for the app's own lines, `Host.<part>` for the host's. */
  readonly category: string;
  readonly message: string;
  readonly invocationId?: string;
}

/** The end of one invocation. `durationMs` is wall time. */
export interface InvocationEvent {
  readonly functionName: string;
  readonly invocationId: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly durationMs: number;
  readonly error?: string;
}

/** Where a part of the host writes its log. */
export type Log = (level: LogLevel, category: string, message: string, invocationId?: string) => void;
