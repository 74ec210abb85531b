# SPDX-License-Identifier: GPL-2.0-or-later
#
# Symlinks that stay inside (symlinks_inside): a tree of an attacker's links,
# walked by the kernel.  DELTAFS_SEED repeats what is random.
. "${srcdir:-.}/fuse.sh"
requires realpath find

seed=${DELTAFS_SEED:-$((RANDOM * 32768 + RANDOM))}
note "DELTAFS_SEED=$seed"
{
    cat <<END
base file /etc/removed text=removed
base symlink /etc/removed-link target=/etc/removed
base symlink /etc/removed-out target=../../../../../../../../../../etc/passwd
base symlink /etc/changed target=/etc/removed
copy
remove overlay /etc/removed
remove overlay /etc/removed-link
remove overlay /etc/removed-out
overlay symlink /etc/changed target=/etc/hosts
overlay file /etc/passwd text=guest
overlay file /a/b/c/file text=deep
overlay file /.deleted/own text=own
overlay symlink /own target=/.deleted/own
overlay symlink /absolute target=/etc/passwd
overlay symlink /a/b/absolute target=/etc/passwd
overlay symlink /a/b/kept target=../../etc/passwd
overlay symlink /a/b/up target=../../../../../../../../../../../../../etc/passwd
overlay symlink /root target=/
overlay symlink /a/b/c/root target=../../..
overlay symlink /through target=root/../../../../../../../../etc/passwd
overlay symlink /a/through target=b/c/root/../../../../../../etc/passwd
overlay symlink /proc target=/proc/self/root/etc/passwd
overlay symlink /self target=self
overlay symlink /loop-1 target=loop-2/../../../../../../etc
overlay symlink /loop-2 target=loop-1/../../../../../../etc
overlay symlink /chain-0 target=/
END
    # Longer than the kernel follows; programs may.
    for i in {1..60}; do
        echo "overlay symlink /chain-$i target=chain-$((i - 1))"
    done
    echo "overlay symlink /chain-out target=chain-60/../../../../../../../etc"
    awk -v seed="$seed" '
      function pick(n) { return int (rand () * n) }
      function directory(   path, i) {
        path = ""
        for (i = pick(4); i > 0; --i) path = path "/d" pick(3)
        return path
      }
      BEGIN {
        srand (seed)
        n = split (".. .. .. d0 d1 d2 l0 l1 l2 l3 l4 l5 . none file etc", words)
        for (i = 0; i < 400; ++i) {
          side = pick(4) ? "overlay" : "base"
          path = directory()
          if (side "file" path in seen) continue
          seen[side "file" path] = 1
          print side " file " path "/file text=x"
        }
        for (i = 0; i < 1000; ++i) {
          side = pick(4) ? "overlay" : "base"
          path = directory() "/l" pick(6)
          if (side path in seen) continue
          seen[side path] = 1
          target = pick(4) ? "" : "/"
          for (k = 1 + pick(7); k > 0; --k)
            target = target words[1 + pick(n)] "/"
          sub ("/$", "", target)
          print side " symlink " path " target=" (target == "" ? "." : target)
        }
      }'
} >script

serve -o base,inside
checks links.py "$mnt" 300
is "absolute" "$(cat "$mnt/absolute" "$mnt/a/b/absolute")" guestguest
is "left alone" "$(readlink "$mnt/a/b/kept")" ../../etc/passwd
is "too many .." "$(cat "$mnt/a/b/up")" guest
is "through a link" "$(cat "$mnt/through" "$mnt/a/through")" guestguest
is "the guest's own /.deleted" "$(cat "$mnt/own")" own
is "deleted links lead to what is deleted" \
    "$(cat "$mnt/.deleted/etc/removed-link")" removed
is "deleted links stay among what is deleted" \
    "$(readlink "$mnt/.deleted/etc/removed-out")" passwd
is "links in .base" "$(readlink "$mnt/.base/etc/changed")" removed
is "nothing of the host's is seen by who follows all links" \
    "$(find -L "$mnt" -printf '%D\n' 2>/dev/null | sort -u)" \
    "$(stat -c %d "$mnt")"
# realpath follows more links than the kernel does.
is "nor by who follows long chains" \
    "$(realpath "$mnt/chain-60" "$mnt/chain-out")" "$mnt
$mnt/etc"
if test "$(id -u)" -eq 0; then
    mkdir elsewhere
    cleanup_add 'umount -l "$work/elsewhere"'
    mount --bind "$mnt" elsewhere
    is "it may be mounted anywhere" "$(cat elsewhere/a/b/absolute)" guest
    umount elsewhere
fi
serve_end

serve -o base
is "as the guest has them" "$(readlink "$mnt/a/b/absolute")" /etc/passwd
serve_end
done_testing
