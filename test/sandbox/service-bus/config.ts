import { z } from 'zod';

/** The part of Microsoft's Service Bus emulator `Config.json` that describes queues; durations are ISO 8601. */
export interface EmulatorConfig {
  readonly UserConfig: {
    readonly Namespaces: readonly {
      readonly Name: string;
      readonly Queues: readonly { readonly Name: string; readonly Properties: QueueProperties }[];
    }[];
  };
}

export interface QueueProperties {
  /** Default PT1M. */
  readonly LockDuration?: string | undefined;
  /** Default 10. */
  readonly MaxDeliveryCount?: number | undefined;
  /** Default P14D. */
  readonly DefaultMessageTimeToLive?: string | undefined;
  /** Default false. */
  readonly DeadLetteringOnMessageExpiration?: boolean | undefined;
  /** Default false. */
  readonly RequiresSession?: boolean | undefined;
  /** Default false. */
  readonly RequiresDuplicateDetection?: boolean | undefined;
  /** Default PT10M. */
  readonly DuplicateDetectionHistoryTimeWindow?: string | undefined;
}

/** A queue as the engine needs it; times in milliseconds. */
export interface QueueDefinition {
  readonly name: string;
  readonly lockMs: number;
  readonly maxDeliveryCount: number;
  readonly timeToLiveMs: number;
  readonly deadLetterExpired: boolean;
  readonly requiresSession: boolean;
  /** 0: no duplicate detection. */
  readonly duplicateWindowMs: number;
}

const duration = z
  .string()
  .regex(
    /^P(?!$)(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?$/,
    'is not an ISO 8601 duration of days, hours, minutes and seconds',
  );

const configSchema: z.ZodType<EmulatorConfig> = z.object({
  UserConfig: z.object({
    Namespaces: z.array(
      z.object({
        Name: z.string().min(1),
        Queues: z.array(
          z.object({
            Name: z.string().min(1),
            Properties: z.object({
              LockDuration: duration.optional(),
              MaxDeliveryCount: z.int().min(1).optional(),
              DefaultMessageTimeToLive: duration.optional(),
              DeadLetteringOnMessageExpiration: z.boolean().optional(),
              RequiresSession: z.boolean().optional(),
              RequiresDuplicateDetection: z.boolean().optional(),
              DuplicateDetectionHistoryTimeWindow: duration.optional(),
            }),
          }),
        ),
      }),
    ),
  }),
});

/** Validates a configuration. Throws an Error that names each field that is wrong. */
export function queuesOf(config: unknown): readonly QueueDefinition[] {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) {
    throw new Error(
      `The broker's configuration is wrong: ${parsed.error.issues.map((i) => `${i.path.join('.')} ${i.message}`).join('; ')}`,
    );
  }
  return parsed.data.UserConfig.Namespaces.flatMap((namespace) =>
    namespace.Queues.map(({ Name, Properties: p }) => ({
      name: Name,
      lockMs: milliseconds(p.LockDuration ?? 'PT1M'),
      maxDeliveryCount: p.MaxDeliveryCount ?? 10,
      timeToLiveMs: milliseconds(p.DefaultMessageTimeToLive ?? 'P14D'),
      deadLetterExpired: p.DeadLetteringOnMessageExpiration ?? false,
      requiresSession: p.RequiresSession ?? false,
      duplicateWindowMs:
        p.RequiresDuplicateDetection === true ? milliseconds(p.DuplicateDetectionHistoryTimeWindow ?? 'PT10M') : 0,
    })),
  );
}

function milliseconds(text: string): number {
  const [, days, hours, minutes, seconds] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
  return (
    (((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000
  );
}
