# SPDX-License-Identifier: GPL-2.0-or-later
#
# quickstart from another directory, and what it refuses, without building or
# installing anything: these are stand-ins here.
. "${srcdir:-.}/../kit/kit.sh"

mkdir -p tree bin user/delta
cp "$top_srcdir/quickstart" tree
: >tree/Makefile
: >user/my.qcow2
for tool in make dpkg-query apt-get sudo; do
    printf '#!/bin/sh\necho %s >>"%s/tools"\n' $tool "$work" >bin/$tool
done
printf '#!/bin/sh\necho installed\n' >bin/dpkg-query
printf '#!/bin/sh\necho "$PWD:" "$@"\n' >tree/run
chmod 755 bin/* tree/run

# quick FROM ARGUMENT...: $status, out, err
quick ()
{
    local from=$1
    shift
    : >tools
    run env -C "$from" PATH="$work/bin:$PATH" ../tree/quickstart "$@"
}

quick user my.qcow2 delta
is "from elsewhere: exit code" "$status" 0
is "from elsewhere: the names are the caller's" "$(grep deltafs out | head -n1)" \
    "$work/user: deltafs mount -- my.qcow2 delta"
like "from elsewhere: how to end it" "$(tail -n1 out)" \
    "$work/tree/run deltafs umount delta\$"
run env -C tree CDPATH="$work" PATH="$work/bin:$PATH" \
    bash quickstart ../user/my.qcow2 "$work/user/delta"
is "from its own directory" "$status $(grep -c "^$work/tree: deltafs mount" out)" \
    "0 1"
quick user nbd://host/export delta
is "a URI is no file" "$status" 0

# refused WHAT MESSAGE ARGUMENT...
refused ()
{
    local what=$1 message=$2
    shift 2
    quick user "$@"
    is "$what: exit code" "$status" 2
    is "$what: why" "$(head -n1 err)" "quickstart: $message"
    like "$what: usage" "$(cat err)" 'quickstart OVERLAY MOUNTPOINT'
    is "$what: nothing is built or installed" "$(cat tools)" ""
}

refused "no command" \
    "foo: neither build nor check; an overlay needs a mount point, too" foo
refused "an option" "--fast: no such option" --fast
refused "too many" "more: one argument too many" my.qcow2 delta more
refused "build with more" "my.qcow2: nothing can follow build" build my.qcow2
refused "no such image" "your.qcow2: there is no such image" your.qcow2 delta
refused "no such directory" "there: there is no such directory" my.qcow2 there
quick user --help
is "--help" "$status $(cat err) $(grep -c quickstart out)" "0  4"
done_testing
