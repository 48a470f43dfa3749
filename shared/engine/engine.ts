import type { RuleSet } from '../rules/model.ts';
import type { RuleSchemas } from '../rules/schema.ts';
import type { EngineEnvironment } from './environment.ts';
import type { RuleFailure } from './failure.ts';
import { Frame } from './frame.ts';
import { holds, joinKeys, joinObjects, linkRules, type UnjoinedReason } from './join.ts';
import type { MetaverseObject } from './metaverse-object.ts';
import { evaluateOutbound, OutboundFrame, type TargetObject } from './outbound.ts';
import type { Program } from './compiled-rules.ts';
import { compileProgram } from './program.ts';
import type { ObjectReference, SpaceObject } from './space-object.ts';

/** One object of the metaverse: who it is made of, and what it is to be in the tenant. */
export interface MetaverseResult {
  readonly type: string;
  /** Joined objects of the directories; the first one created the metaverse object. */
  readonly members: readonly ObjectReference[];
  readonly sourceAnchor: string | undefined;
  /** The object of the tenant that it was evaluated with. */
  readonly counterpart: SpaceObject | undefined;
  readonly targets: readonly TargetObject[];
  /** Rules that failed, inbound and outbound. What is in `targets` is then not to be trusted. */
  readonly failures: readonly RuleFailure[];
  /** Passwords of these objects flow. */
  readonly passwordsOf: readonly ObjectReference[];
  /** Values of the metaverse, worked out when asked for. */
  readonly metaverse: MetaverseObject;
}

export interface ClusterResult {
  readonly metaverse: readonly MetaverseResult[];
  readonly unjoined: readonly { readonly object: ObjectReference; readonly reason: UnjoinedReason }[];
  /** Objects that cannot be linked as things are. What Entra holds of them must not be taken for gone. */
  readonly refused: readonly RuleFailure[];
}

/**
 * Decides by rules what the tenant should hold. Pure: the same objects, rules and environment give the same result, in
 * whatever order the objects come. Give it all objects that may join one another (those that share {@link joinKeys},
 * and whatever shares keys with those), and it gives everything that they become.
 */
export class Engine {
  readonly program: Program;

  /** @throws LockstepError LS5002, LS5003 */
  constructor(ruleSet: RuleSet, schemas: RuleSchemas) {
    this.program = compileProgram(ruleSet, schemas);
  }

  /** What the object can be found by and seeks, as `attribute=value` texts. */
  joinKeys(object: SpaceObject, environment: EngineEnvironment): readonly string[] {
    return joinKeys(new Frame(object, this.program, environment), this.program);
  }

  evaluate(objects: readonly SpaceObject[], environment: EngineEnvironment): ClusterResult {
    const { metaverse, unjoined, refused } = joinObjects(
      objects.map((object) => new Frame(object, this.program, environment)),
    );
    return { metaverse: metaverse.map((one) => this.#evaluateOne(one, environment)), unjoined, refused };
  }

  #evaluateOne(metaverse: MetaverseObject, environment: EngineEnvironment): MetaverseResult {
    const members = metaverse.members.map((frame) => frame.reference);
    const { anchor, counterpart } = joinCounterpart(metaverse, this.program, environment);
    const outbound = this.program.outbound(metaverse.type);
    const targets =
      outbound === undefined
        ? []
        : evaluateOutbound(new OutboundFrame(metaverse, outbound, counterpart, environment), outbound);
    metaverse.present();
    return {
      type: metaverse.type,
      members,
      sourceAnchor: anchor,
      counterpart,
      targets,
      failures: [...metaverse.failures(), ...targets.flatMap((target) => target.failures)],
      passwordsOf: metaverse.members
        .filter((frame) => frame.scoped?.passwordSync === true)
        .map((frame) => frame.reference),
      metaverse,
    };
  }
}

/**
 * Joins the object of the tenant, so that the rules "In from AAD" can add what only the tenant knows. As in Entra Connect
 * a link is not questioned once it is made: an anchor that changed afterwards is for the rules to refuse.
 */
export function joinCounterpart(
  metaverse: MetaverseObject,
  program: Program,
  environment: EngineEnvironment,
): { readonly anchor: string | undefined; readonly counterpart: SpaceObject | undefined } {
  const value = metaverse.value('sourceAnchor');
  const anchor = typeof value === 'string' ? value : undefined;
  const found = environment.counterpart(
    metaverse.members.map((frame) => frame.reference),
    anchor,
  );
  if (found === undefined) return { anchor, counterpart: undefined };
  const frame = new Frame(found.object, program, environment);
  const { joining, contradiction } = linkRules(frame);
  const matches =
    joining !== undefined &&
    contradiction === undefined &&
    joining.rule.targetType === metaverse.type &&
    (found.linked || joining.rule.join.some((group) => holds(frame, metaverse, group)));
  if (matches) metaverse.join(frame);
  return { anchor, counterpart: matches || found.linked ? found.object : undefined };
}
