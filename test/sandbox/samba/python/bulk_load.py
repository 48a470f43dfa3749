"""Applies LDIF (RFC 2849) straight to the database of an instance, in one transaction; its server may be running.

Usage: bulk_load.py SMB_CONF, the LDIF on standard input in UTF-8. Records without a changetype are additions; add,
modify and delete are applied as they stand. Nothing is applied when one record is refused.

A record may carry "ntHash: <32 hexadecimal digits>", the MD4 hash of a password: it is stored as it is and spares the
16 ms of key derivation that a clear password costs. Simple binds and NTLM work with it, Kerberos does not.
"""

import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

# Without the two, the index that a transaction keeps in memory makes the cost of a load quadratic.
DATABASE_OPTIONS = ["batch_mode:1", "transaction_index_cache_size:200000"]
# DSDB_CONTROL_PASSWORD_HASH_VALUES_OID: unicodePwd holds the hash itself.
HASH_VALUES = "local_oid:1.3.6.1.4.1.7165.4.3.9:0"


def without_version(text):
    """Drops the version line of RFC 2849, which the parser of ldb does not know, leaving comments in place."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith("version:"):
            return "".join(lines[:number] + lines[number + 1 :])
        if line.strip() and not line.startswith(("#", " ")):
            break
    return text


def add(db, message):
    if "ntHash" not in message:
        db.add(message)
        return
    digest = bytes.fromhex(str(message["ntHash"]))
    message.remove("ntHash")
    message["unicodePwd"] = ldb.MessageElement(digest, ldb.FLAG_MOD_ADD, "unicodePwd")
    db.add(message, controls=[HASH_VALUES])


def apply(db, changetype, message):
    if changetype in (ldb.CHANGETYPE_NONE, ldb.CHANGETYPE_ADD):
        add(db, message)
    elif changetype == ldb.CHANGETYPE_MODIFY:
        db.modify(message)
    elif changetype == ldb.CHANGETYPE_DELETE:
        db.delete(message.dn)
    else:
        raise ValueError("renaming records (moddn, modrdn) are not supported")


def main():
    text = without_version(sys.stdin.buffer.read().decode("utf-8"))
    lp = LoadParm()
    lp.load(sys.argv[1])
    db = SamDB(
        url=lp.private_path("sam.ldb"), lp=lp, session_info=system_session(lp), options=DATABASE_OPTIONS
    )
    count = 0
    db.transaction_start()
    try:
        for changetype, message in db.parse_ldif(text):
            try:
                apply(db, changetype, message)
            except Exception as error:
                sys.exit("record %d, %s: %s" % (count + 1, message.dn, error))
            count += 1
    except BaseException:
        db.transaction_cancel()
        raise
    db.transaction_commit()
    print(count)


if __name__ == "__main__":
    main()
