import { BerWriter } from 'ldapts';
import { describe, expect, it } from 'vitest';
import {
  challengeIn,
  GssapiBindRequest,
  signInByKerberos,
  type SaslExchange,
  type SecurityContext,
} from '../../../onprem-relay/directory/ldap/sasl-bind.ts';
import { kerberosContext, type KerberosModule } from '../../../onprem-relay/kerberos/kerberos.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

/** A context that stands after so many steps; wrapped messages are in brackets. */
function context(steps: number): SecurityContext & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    get complete() {
      return told.length >= steps;
    },
    step: (challenge) => {
      told.push(challenge.toString());
      return Promise.resolve(bytes(told.length === steps && steps > 1 ? '' : `token ${told.length}`));
    },
    unwrap: (message) => Promise.resolve(Buffer.from(message.toString().slice(1, -1), 'hex')),
    wrap: (message) => Promise.resolve(bytes(`[${message.toString('hex')}]`)),
  };
}

/** A server that answers in this order; the last answer says whether it is done. */
function server(answers: readonly string[], done: boolean): { readonly heard: string[]; readonly say: SaslExchange } {
  const heard: string[] = [];
  const say: SaslExchange = (token) => {
    heard.push(token.toString());
    const last = heard.length === answers.length;
    return Promise.resolve({ done: last && done, challenge: bytes(answers[heard.length - 1] ?? '') });
  };
  return { heard, say };
}

describe('a sign-in by Kerberos', () => {
  it('goes through the context and agrees on no layer of its own', async () => {
    const [mine, theirs] = [context(2), server(['proof', '[07a00000]', ''], true)];
    expect(await signInByKerberos(mine, theirs.say)).toBe(true);
    expect(mine.told).toEqual(['', 'proof']);
    expect(theirs.heard).toEqual(['token 1', '', '[01000000]']);
  });

  it.each([
    ['takes the relay for somebody before it has proven itself', context(2), server([''], true)],
    ['insists on a layer', context(2), server(['proof', '[06a00000]'], true)],
    ['never comes to the end', context(100), server([], false)],
    ['asks for one more after all was said', context(2), server(['proof', '[01000000]', ''], false)],
  ])('fails with a server that %s', async (_, mine, theirs) => {
    expect(await signInByKerberos(mine, theirs.say)).toBe(false);
    expect(theirs.heard.length).toBeLessThan(10);
  });
});

describe('the messages of a sign-in', () => {
  const response = (build: (writer: BerWriter) => void): Buffer => {
    const writer = new BerWriter();
    writer.startSequence();
    writer.writeInt(7);
    writer.startSequence(0x61);
    writer.writeEnumeration(14);
    writer.writeString('');
    writer.writeString('');
    build(writer);
    writer.endSequence();
    writer.endSequence();
    return writer.buffer;
  };
  const binary = Buffer.from('00ff80fe', 'hex');

  it.each<[string, (writer: BerWriter) => void, Buffer]>([
    [
      'as bytes',
      (writer) => {
        writer.writeBuffer(binary, 0x87);
      },
      binary,
    ],
    [
      'behind a referral',
      (writer) => {
        writer.writeBuffer(binary, 0xa3);
        writer.writeBuffer(binary, 0x87);
      },
      binary,
    ],
    ['or is empty', () => undefined, Buffer.alloc(0)],
    [
      'or is empty before something unknown',
      (writer) => {
        writer.writeBuffer(binary, 0x8b);
      },
      Buffer.alloc(0),
    ],
  ])('have the challenge of the server %s', (_, build, expected) => {
    expect(challengeIn(response(build))).toEqual(expected);
  });

  it('carry the token as bytes under the name of the mechanism', () => {
    const message = new GssapiBindRequest(9, binary).write();
    const parts = ['301a020109', '6015020103', '0400', 'a30e', '0406475353415049', '040400ff80fe'];
    expect(message.toString('hex')).toBe(parts.join(''));
  });
});

describe('the package kerberos', () => {
  const fake = (client: object): KerberosModule =>
    ({
      GSS_MECH_OID_KRB5: 9,
      initializeClient: () => Promise.resolve({ contextComplete: false, ...client }),
    }) as unknown as KerberosModule;

  it('is asked for the service LDAP of the host, and told bytes in base64', async () => {
    const asked: unknown[] = [];
    const module = {
      ...fake({}),
      initializeClient: (...args: unknown[]) => {
        asked.push(args);
        return fake({ step: (text: string) => Promise.resolve(text === 'AP8=' ? '/wA=' : null) }).initializeClient('', {
          mechOID: 9,
        });
      },
    };
    const opened = await kerberosContext(() => module)('dc1.contoso.test');
    expect(asked).toEqual([['ldap@dc1.contoso.test', { mechOID: 9 }]]);
    expect(await opened.step(Buffer.from('00ff', 'hex'))).toEqual(Buffer.from('ff00', 'hex'));
    expect(await opened.step(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(opened.complete).toBe(false);
  });

  it.each<[string, () => unknown, string]>([
    [
      'is not there',
      () => {
        throw new Error("Cannot find module 'kerberos'\nRequire stack: …");
      },
      "cannot be used: Cannot find module 'kerberos'",
    ],
    ['is another', () => ({}), 'cannot be used'],
    [
      'finds no ticket',
      () => fake({ step: () => Promise.reject(new Error('No Kerberos credentials available')) }),
      'No sign-in to dc1 by Kerberos: No Kerberos credentials available',
    ],
  ])('ends in LS1115 where it %s', async (_, load, text) => {
    const signIn = async (): Promise<Buffer> => (await kerberosContext(load)('dc1')).step(Buffer.alloc(0));
    await expect(signIn()).rejects.toMatchObject({ code: 'LS1115', message: expect.stringContaining(text) as unknown });
  });
});
