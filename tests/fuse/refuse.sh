# SPDX-License-Identifier: GPL-2.0-or-later
#
# Nothing can be changed.
. "${srcdir:-.}/fuse.sh"

cat >script <<'END'
base file /gone text=gone
copy
remove overlay /gone
overlay file /file text=content
overlay file /other text=other
overlay symlink /symlink target=file
overlay directory /directory
END

serve
checks refuse.py "$mnt" kernel
run rm -rf "$mnt/file"
is "rm -rf fails" "$status" 1
like "and says why" "$(cat "$work/err")" 'Read-only file system'
serve_end

# Root can take the kernel's guard away, but not ours.
if test "$(id -u)" -eq 0; then
    serve
    mount -i -o remount,rw "$mnt"
    checks refuse.py "$mnt" server
    serve_end
fi

done_testing
