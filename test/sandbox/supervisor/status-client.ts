import type { StatusReport } from '../../../shared/contracts/status.ts';
import { statusReportSchema } from '../../../shared/contracts/status.ts';

const timeoutMs = 30_000;

/** The application's admin API, as an operator's tool would use it. */
export interface AdminApi {
  /** Undefined while the application does not answer: it may be starting again. */
  status(objects: boolean): Promise<StatusReport | undefined>;
  /** Runs a sync cycle now. */
  sync(): Promise<void>;
}

export function adminApi(baseUrl: string, functionKey: string): AdminApi {
  const call = async (method: string, path: string): Promise<Response | undefined> => {
    try {
      const response = await fetch(`${baseUrl}/api/${path}`, {
        method,
        headers: { 'x-functions-key': functionKey },
        signal: AbortSignal.timeout(timeoutMs),
      });
      return response.ok ? response : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    async status(objects) {
      const response = await call('GET', objects ? 'status?objects=true' : 'status');
      return response === undefined ? undefined : statusReportSchema.parse(await response.json());
    },
    async sync() {
      const response = await call('POST', 'sync');
      await response?.arrayBuffer();
    },
  };
}
