import type { OrchestrationRetry, SimpleAction } from './action.ts';

/**
 * The tasks that an orchestrator waits for, as a tree. It mirrors how the SDK's tasks complete, because the ids of tasks depend on
 * the order of completions: retries take ids when a failure arrives.
 */
export type TaskNode = LeafNode | CompoundNode | RetryNode | LongTimerNode;

interface NodeState {
  state: 'running' | 'completed' | 'failed';
  parent: Exclude<TaskNode, LeafNode> | undefined;
}

/** One task with an id, or a wait for an event by name. */
export interface LeafNode extends NodeState {
  readonly kind: 'leaf';
  /** Undefined until it is tracked. */
  key: string | undefined;
  readonly action: SimpleAction;
}

/** Task.all and Task.any. */
export interface CompoundNode extends NodeState {
  readonly kind: 'all' | 'any';
  readonly children: TaskNode[];
}

/** An activity or sub-orchestration with a retry policy: attempt, delay, attempt, ... */
export interface RetryNode extends NodeState {
  readonly kind: 'retry';
  readonly children: LeafNode[];
  readonly action: SimpleAction;
  readonly retry: OrchestrationRetry;
  attempt: number;
  waitingForTimer: boolean;
}

/** A timer beyond the longest that the storage allows, made of several. */
export interface LongTimerNode extends NodeState {
  readonly kind: 'long-timer';
  readonly children: LeafNode[];
  /** Milliseconds since 1970. */
  readonly fireAt: number;
}

/** What the tree asks of the replay when a completion makes a task go on. */
export interface TreeHost {
  /** A retry waits before its next attempt; `attempt` counts the failures so far from 1. */
  scheduleRetryTimer(node: RetryNode, attempt: number): void;
  scheduleRetryAttempt(node: RetryNode): void;
  /** Returns false when the time has come and no further timer is needed. */
  extendLongTimer(node: LongTimerNode): boolean;
}

/** Ends a task and lets its parents follow. */
export function settle(node: TaskNode, outcome: 'completed' | 'failed', host: TreeHost): void {
  node.state = outcome;
  if (node.parent) childSettled(node.parent, node, host);
}

function childSettled(parent: Exclude<TaskNode, LeafNode>, child: TaskNode, host: TreeHost): void {
  switch (parent.kind) {
    case 'any':
      if (parent.state === 'running') settle(parent, 'completed', host);
      break;
    case 'all':
      settleAll(parent, child, host);
      break;
    case 'retry':
      retryStepped(parent, child, host);
      break;
    case 'long-timer':
      if (!host.extendLongTimer(parent)) settle(parent, 'completed', host);
      break;
  }
}

/** Task.all fails with its first failure; later ones change nothing. */
function settleAll(parent: CompoundNode, child: TaskNode, host: TreeHost): void {
  if (parent.state !== 'running') return;
  if (child.state === 'failed') settle(parent, 'failed', host);
  else if (parent.children.every((one) => one.state === 'completed')) settle(parent, 'completed', host);
}

/** The SDK waits for the delay also after the last attempt, and only then fails. */
function retryStepped(node: RetryNode, child: TaskNode, host: TreeHost): void {
  if (node.waitingForTimer) {
    node.waitingForTimer = false;
    if (node.attempt > node.retry.maxNumberOfAttempts) settle(node, 'failed', host);
    else host.scheduleRetryAttempt(node);
  } else if (child.state === 'completed') {
    settle(node, 'completed', host);
  } else {
    node.waitingForTimer = true;
    node.attempt += 1;
    host.scheduleRetryTimer(node, node.attempt - 1);
  }
}
