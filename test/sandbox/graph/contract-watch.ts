import type { GraphService } from './graph-service.ts';
import { contractViolations } from './request-contract.ts';

/**
 * Holds every request that the application sends against what Graph documents; what is wrong with them gathers in the answer.
 * Requests of people who try the simulated tenant are theirs: only the application names its own (`client-request-id`).
 */
export function watchContract(service: Pick<GraphService, 'onRequest'>): ReadonlySet<string> {
  const violations = new Set<string>();
  service.onRequest((request) => {
    if (request.headers['client-request-id'] === undefined) return;
    for (const violation of contractViolations(request)) violations.add(violation);
  });
  return violations;
}
