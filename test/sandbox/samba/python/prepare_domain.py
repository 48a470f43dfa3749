"""Prepares a freshly provisioned domain, locally in its database while no server runs.

Usage: prepare_domain.py SMB_CONF, with one JSON object on standard input (passwords never go on a command line):
{"adminPassword": "...", "account": "...", "accountPassword": "..."}

Gives Administrator its password, and makes the account that a sync service binds with. The account gets what an
administrator of a real domain gives it and nothing else: the control access right "Replicating Directory Changes"
(DS-Replication-Get-Changes, MS-ADTS 5.1.3.2.1) on the domain, which DirSync without the object security flag asks for
(MS-ADTS 3.1.1.3.4.1.3), and List Contents and Read Property on the Deleted Objects container, without which Samba
shows it no deletions. Foreign security principals, which authenticated users may not read, are shown to it. It does not get Get-Changes-All, the one that reaches password hashes.
"""

import json
import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

GET_CHANGES = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
# The schemaIDGUID of the class (MS-ADSC 2.55).
FOREIGN_SECURITY_PRINCIPAL = "89e31c12-8530-11d0-afda-00c04fd930c9"
# NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD (MS-ADTS 2.2.16): a provisioned domain is kept and copied for longer than the
# 42 days that a password lives by default.
LASTING_ACCOUNT = str(0x200 | 0x10000)


def open_database(conf):
    lp = LoadParm()
    lp.load(conf)
    return SamDB(url=lp.private_path("sam.ldb"), lp=lp, session_info=system_session(lp))


def keep_password_forever(db, account):
    message = ldb.Message(account_dn(db, account))
    message["uac"] = ldb.MessageElement(LASTING_ACCOUNT, ldb.FLAG_MOD_REPLACE, "userAccountControl")
    db.modify(message)


def find_account(db, account, attribute):
    expression = "(sAMAccountName=%s)" % ldb.binary_encode(account)
    return db.search(db.domain_dn(), ldb.SCOPE_SUBTREE, expression, [attribute])[0]


def account_dn(db, account):
    return find_account(db, account, "cn").dn


def grant(db, target, ace):
    """Appends one access control entry, given in SDDL, to the discretionary list of an object."""
    # sd_flags 4 is DACL_SECURITY_INFORMATION: read and write that part of the descriptor alone.
    controls = ["show_deleted:1", "sd_flags:1:4"]
    entry = db.search(target, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=controls)[0]
    descriptor = ndr_unpack(security.descriptor, entry["nTSecurityDescriptor"][0])
    domain_sid = security.dom_sid(db.get_domain_sid())
    for parsed in security.descriptor.from_sddl("D:" + ace, domain_sid).dacl.aces:
        descriptor.dacl_add(parsed)
    message = ldb.Message(ldb.Dn(db, target))
    message["sd"] = ldb.MessageElement(ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    db.modify(message, controls=controls)


def main():
    order = json.load(sys.stdin)
    db = open_database(sys.argv[1])
    db.setpassword("(sAMAccountName=Administrator)", order["adminPassword"])
    keep_password_forever(db, "Administrator")
    account = order["account"]
    db.newuser(account, order["accountPassword"], description="Reads the directory for Lockstep")
    keep_password_forever(db, account)
    sid = ndr_unpack(security.dom_sid, find_account(db, account, "objectSid")["objectSid"][0])
    grant(db, db.domain_dn(), "(OA;;CR;%s;;%s)" % (GET_CHANGES, sid))
    grant(db, "CN=Deleted Objects,%s" % db.domain_dn(), "(A;CI;RPLC;;;%s)" % sid)
    # For what is there already and for what will come: Samba passes nothing on to children that exist.
    principals = "CN=ForeignSecurityPrincipals,%s" % db.domain_dn()
    grant(db, principals, "(OA;CIIO;RP;;%s;%s)" % (FOREIGN_SECURITY_PRINCIPAL, sid))
    for found in db.search(principals, ldb.SCOPE_ONELEVEL, attrs=["distinguishedName"]):
        grant(db, str(found.dn), "(A;;RP;;;%s)" % sid)


if __name__ == "__main__":
    main()
