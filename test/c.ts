import { compileExpression } from '../shared/rules/expressions/compile.ts';
import { builtInSchemas } from '../shared/rules/schemas/built-in.ts';
import { spaceObjectOf, noLinks } from '../shared/engine/directory-object.ts';
import { Frame } from '../shared/engine/frame.ts';
import { engineOf } from '../shared/engine/engine-of.ts';
import { builtInRules } from '../shared/rules/built-in/built-in.ts';
import { person } from './bench/people.ts';
const engine=engineOf(builtInRules(),['c']);
const env={now:()=>0 as any,random:()=>0,guid:()=>'',counterpart:()=>undefined};
const frames=Array.from({length:500},(_,i)=>new Frame(spaceObjectOf('c',person(i),noLinks),engine.program,env));
for (const t of ['IsPresent([isCriticalSystemObject])','IsPresent([sAMAccountName]) = False','[sAMAccountName] = "SUPPORT_388945a0"','Left([mailNickname], 14) = "SystemMailbox{"','Left([sAMAccountName], 4) = "CAS_" && InStr([mailNickname], "}") > 0','InStr([mailNickname], "}") > 0','IIF(IsPresent([msExchRecipientTypeDetails]), BitAnd([msExchRecipientTypeDetails], &H21C07000) > 0, False)','BitAnd([msExchRecipientTypeDetails], &H21C07000)','InStr(DNComponent(CRef([dn]), 1), "\\0ACNF:") > 0','DNComponent(CRef([dn]), 1)','CRef([dn])','Trim([cn])','[cn]','RemoveDuplicates(Trim([proxyAddresses]))','Trim([proxyAddresses])','StringFromSid([objectSid])','ConvertToBase64([objectGUID])','CStr(FormatDateTime(DateFromNum([pwdLastSet]), "yyyyMMddHHmmss.0Z"))','DateFromNum([pwdLastSet])','FormatDateTime(DateFromNum([pwdLastSet]), "yyyyMMddHHmmss.0Z")','Left(Trim([info]), 448)','Left([cn],3)','IIF(IsNullOrEmpty([description]), NULL, Left(Trim(Item([description], 1)), 448))']) {
 const c=compileExpression(t,{dialect:'connect',source:builtInSchemas.activeDirectory,target:builtInSchemas.metaverse,parameters:undefined});
 if(!c.ok) {console.log(t,c.problems);continue;}
 let best=1e9; for(let r=0;r<40;r++){const s=performance.now(); for(const f of frames) c.expression.evaluate(f); best=Math.min(best,performance.now()-s);} console.log((best*2000).toFixed(0).padStart(6),'ns',t);
}
