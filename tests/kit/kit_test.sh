# SPDX-License-Identifier: GPL-2.0-or-later
# The kit itself: a test that fails, hangs or ends early is seen as such, and
# cleans up.
. "${srcdir:-.}/../kit/kit.sh"

kit=$top_srcdir/tests/kit/kit.sh

script ()
{
    { echo ". '$kit'"; cat; } >"$work/script.sh"
    run bash "$work/script.sh"
}

script <<'S'
check "true" true
is "equal" a a
done_testing
S
is "a good test succeeds" "$status" 0
like "and says what it did" "$(cat out)" $'ok 1 - true\nok 2 - equal\n1\\.\\.2'

script <<'S'
is "equal" a b
check_not "false" true
like "pattern" abc '^b'
done_testing
S
is "a bad test fails" "$status" 1
is "each failure counts" "$(grep -c '^not ok' out)" 3

script <<S
cleanup_add "echo one >>'$work/cleaned'"
cleanup_add "echo two >>'$work/cleaned'"
echo "\$work" >'$work/where'
exit 0
S
is "a test that ends early fails" "$status" 99
like "and says so" "$(cat out)" "Bail out!"
is "cleanup ran, the last first" "$(tr '\n' ' ' <cleaned)" "two one "
check_not "its directory is gone" test -e "$(cat where)"

rm -f cleaned
KIT_LIMIT=1 script <<S
cleanup_add "echo cleaned >'$work/cleaned'"
sleep 60
done_testing
S
check_not "a test that hangs fails" test "$status" -eq 0
check "and still cleans up" test -e cleaned

DELTAFS_MUST_RUN=1 script <<'S'
requires a-program-that-nobody-has
done_testing
S
is "a skip is a failure where all must run" "$status" 1
DELTAFS_MUST_RUN='' script <<'S'
requires a-program-that-nobody-has
done_testing
S
is "and no failure elsewhere" "$status" 0
like "but is seen" "$(cat out)" "1..0 # SKIP"

done_testing
