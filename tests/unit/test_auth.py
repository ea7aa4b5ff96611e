"""Who may do what: the table of roles, and what is kept of secrets."""

from __future__ import annotations

import pytest

from api.auth import ALLOWED, LOOKS_ONLY, Asker, Permission
from api.staff import digest
from models.ids import StaffId, new_id
from models.vocabulary import Role

P = Permission
EXPECTED = {
    Role.REPORTER: set(),
    Role.ANALYST: {P.READ, P.REVIEW, P.DECLARE, P.RESTRICTED, P.FILE},
    Role.COMMANDER: {P.READ, P.REVIEW, P.DECLARE, P.RESTRICTED, P.FILE, P.FORWARDING},
    Role.COMMUNICATIONS: {P.READ},
    Role.ADMIN: set(P),
    Role.AUDITOR: {P.READ, P.RESTRICTED, P.FORWARDING},
    Role.SERVICE: {P.READ, P.FILE},
}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_exactly_what_the_table_says(role: Role) -> None:
    asker = Asker("x", role, "key", StaffId(new_id()))
    assert {permission for permission in P if asker.may(permission)} == EXPECTED[role]
    assert set(ALLOWED) == set(Role)


def test_the_auditor_reads_everything_and_changes_nothing() -> None:
    assert {Role.AUDITOR} == LOOKS_ONLY


def test_of_a_key_only_its_digest_is_kept() -> None:
    assert digest("mk_secret") != "mk_secret"
    assert digest("mk_secret") == digest("mk_secret")
    assert digest("mk_secret") != digest("mk_Secret")
    assert len(digest("\ud800")) == 64
