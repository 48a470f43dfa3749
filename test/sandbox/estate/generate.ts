// Run by hand: node test/sandbox/estate/generate.ts > test/fixtures/estate/contoso.ldif
import { contosoLdif } from './contoso.ts';

process.stdout.write(contosoLdif());
