# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every operation and every end of the loop under valgrind (or what it was
# built with): no error and no leak.
. "${srcdir:-.}/fuse.sh"
requires valgrind

cat >script <<'END'
base file /gone text=gone
copy
remove overlay /gone
many overlay /many/f 300 size=5000
overlay file /file text=content xattr=user.a:1
overlay symlink /symlink target=file
overlay file /fails size=10000 fail=5000
END

serve_with=(valgrind -q --error-exitcode=99 --leak-check=full
    --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite
    --track-fds=no --child-silent-after-fork=yes)
if grep -q __asan_init "$serve_memory"; then
    serve_with=()
fi
use ()
{
    find "$mnt" -ls
    cat "$mnt/many"/*
    cat "$mnt/fails"
    "$python" -c 'import os, sys
for name in os.listxattr (sys.argv[1]):
    os.getxattr (sys.argv[1], name)' "$mnt/file"
    df "$mnt"
    test ! -e "$mnt/nothing"
    touch "$mnt/new"
} >/dev/null 2>&1
serve
use &
user=$!
use
wait "$user"
ok "everything was used"
serve_end
is "valgrind has nothing to say" "$(grep == "$work/serve.err")" ''

serve
use
umount "$mnt" 2>/dev/null || fusermount3 -u "$mnt"
serve_wait
is "unmounted from outside: exit code" "$status" 0
is "and nothing to say" "$(grep == "$work/serve.err")" ''

rmdir "$mnt"
serve_start
serve_wait
is "no mount point: exit code" "$status" 2
is "and nothing to say of that" "$(grep == "$work/serve.err")" ''
mkdir "$mnt"

done_testing
