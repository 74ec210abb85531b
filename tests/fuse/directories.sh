# SPDX-License-Identifier: GPL-2.0-or-later
#
# Listings: large ones, from any position, several at once; what the kernel
# may remember it does not ask again.
. "${srcdir:-.}/fuse.sh"

count=100000
cat >script <<END
many overlay /big/f $count size=7
overlay directory /empty
overlay directory /torn missing=members
overlay file /torn/known
overlay directory /kinds/directory
overlay file /kinds/file
overlay symlink /kinds/symlink target=x
overlay block /kinds/block rdev=1:1
overlay char /kinds/char rdev=1:1
overlay fifo /kinds/fifo
overlay socket /kinds/socket
END

serve
checks directories.py "$mnt" "$count"

# What was asked once is not asked again, neither names that there are not:
# the server answers each request with one write.
answers ()
{
    sed -n 's/^syscw: //p' "/proc/$server/io"
}
look ()
{
    test ! -e "$mnt/nothing"
    find "$mnt/big" -printf '%f %s %m %T@\n' >listing
    readlink "$mnt/kinds/symlink" >/dev/null
    stat "$mnt/kinds/file" >/dev/null
}
cached ()
{
    local before
    before=$(answers)
    look
    look
    asked=$(($(answers) - before))
    test "$asked" -le 10
}
# The kernel may forget when memory is wanted elsewhere: then it asks again.
look
for _ in 1 2 3 4 5 6 7 8 9 10; do
    cached && break
done
is "lines of the listing" "$(wc -l <listing)" $((count + 1))
check "names, attributes and listings are cached ($asked asked for again)" \
    test "$asked" -le 10
serve_end

done_testing
