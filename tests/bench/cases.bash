# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is measured in each case.  Source it after recipes.bash and
# contenders.bash.

# having PROGRAM CONTENDER: the contender, where the program is installed
having ()
{
    ! command -v "$1" >/dev/null || echo "$2"
}

# Do appliances start here, and how?  Peers do not find out that KVM is there
# but cannot run a guest.  The appliance is built now if it never was.
appliance=
try_appliance ()
{
    test -z "$appliance" || return 0
    appliance=KVM
    if ! deltafs doctor --json | grep -qF '"name":"kvm","state":"ok"'; then
        appliance=emulation
        export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
    fi
    if ! command -v guestfish >/dev/null || ! guestfish -a /dev/null run; then
        appliance=none
        note "no appliance starts here: there are no such peers"
    fi
}

# appliance PROGRAM CONTENDER: the contender, where its appliance starts
appliance ()
{
    test "$appliance" = none || having "$1" "$2"
}

# pair NAME [OVERLAY]: the case NAME is about the disks in $here
pair ()
{
    case=$1
    base=$here/base.qcow2
    base_raw=$here/base.raw
    overlay=$here/${2:-overlay}.qcow2
    overlay_raw=$here/${2:-overlay}.raw
    note "$case"
    warm "$base" "$overlay"
    fact written "$(($(stat -c '%b * %B' "$overlay")))"
}

# fact_files: how many entries the base has
fact_files ()
{
    fact files "$(dumpe2fs -h "$base_raw" 2>/dev/null |
        awk -F: '/^Inode count/ { all = $2 } /^Free inodes/ { free = $2 }
            END { print all - free }')"
}

case_small ()
{
    made small
    pair small
    warm "$base_raw" "$overlay_raw"
    fact_files
    race diff "$rounds" deltafs-diff walk
    appearance "$rounds" deltafs loop
}

case_debian ()
{
    try_appliance
    # The tests may have made it already.
    if test -z "${DELTAFS_CACHE:-}" && ! test -e "$debian_cache/complete"; then
        debian_cache=$cache/debian
    fi
    debian_pair
    here=$debian_cache
    pair debian
    # The raw disks are for the peers.
    made debian_raw
    base_raw=$here/base.raw
    overlay_raw=$here/overlay.raw
    warm "$base_raw" "$overlay_raw"
    fact_files
    race diff "$rounds" deltafs-diff walk
    race diff "$peer_rounds" $(appliance guestfish deltafs-guestfs) \
        $(appliance virt-diff virt-diff)
    race diff 1 $(appliance guestfish checksums)
    appearance "$rounds" deltafs loop convert-loop
    appearance "$peer_rounds" $(appliance guestmount guestmount)
    scanner
}

# A mounted delta, and a plain copy of it, under the scanner.
scanner ()
{
    having clamscan clamscan | grep -q . || return 0
    mkdir -p signatures copy
    printf '%064d:4242:Test.Nothing\n' 0 >signatures/own.hsb
    open_deltafs || die "cannot mount"
    cp -a "$view/." copy
    fact scanned "$(find copy -type f | wc -l)"
    close_deltafs
    view clamscan "$rounds" scan deltafs copy
    rm -rf copy
}

open_copy ()
{
    mount --bind copy "$view"
}

close_copy ()
{
    umount "$view"
}

scan ()
{
    clamscan -r -i --no-summary -d signatures "$view"
}

# The sizes take turns, too: what is compared is one with another.
case_tree ()
{
    local round size
    for size in twin middle large; do made "tree_$size"; done
    for ((round = 1; round <= rounds; ++round)); do
        for size in twin middle large; do
            here=$cache/tree_$size
            pair "tree-$size"
            all_diffs
        done
        pair tree-large-atimes atimes
        all_diffs
    done
}

all_diffs ()
{
    warm "$base_raw" "$overlay_raw"
    fact_files
    race diff 1 deltafs-diff walk
}

case_upgrade ()
{
    local round part
    tree=srv
    made upgrade
    for ((round = 1; round <= rounds; ++round)); do
        for part in 8 4 2 1; do
            pair "upgrade-$part" "overlay-$part"
            race diff 1 deltafs-diff
            appearance 1 deltafs
            view read 1 read_files deltafs
        done
        warm "$overlay_raw"
        view read 1 read_files loop
    done
}

case_journal ()
{
    try_appliance
    made journal
    pair journal
    race diff "$rounds" deltafs-diff
    appearance "$rounds" deltafs
    appearance 1 $(appliance guestmount guestmount)
}

case_large-file ()
{
    try_appliance
    made large_file
    pair large-file-changed
    race diff "$rounds" deltafs-diff
    appearance "$rounds" deltafs
    tree=base
    view read "$peer_rounds" read_file deltafs
    made large_added
    pair large-file-added
    warm "$overlay_raw"
    fact bytes "$(scaled 1024)M"
    race diff "$rounds" deltafs-diff
    tree=added
    view read "$rounds" read_file deltafs loop
    race read "$rounds" $(having nbdcopy nbdcopy) qemu-img-convert
    view read "$peer_rounds" read_file $(appliance guestmount guestmount)
}

case_small-files ()
{
    try_appliance
    made small_files
    pair small-files
    warm "$overlay_raw"
    tree=added
    race diff "$rounds" deltafs-diff
    appearance "$rounds" deltafs loop
    view read "$rounds" read_files deltafs loop
    view read "$peer_rounds" read_files $(appliance guestmount guestmount)
}

case_listing ()
{
    made listing
    pair listing
    warm "$overlay_raw"
    tree=added
    appearance "$rounds" deltafs loop
    view list-first "$rounds" list deltafs loop
    view list-warm "$rounds" list listed-deltafs listed-loop
}

# A second time.
open_listed-deltafs ()
{
    open_deltafs && list >listed
    sample list-warm listed-deltafs lines "$(wc -l <listed)"
}

close_listed-deltafs ()
{
    close_deltafs
}

open_listed-loop ()
{
    open_loop && list >listed
    sample list-warm listed-loop lines "$(wc -l <listed)"
}

close_listed-loop ()
{
    close_loop
}

case_million ()
{
    local empty full entries
    made million
    # What a mount takes that shows nothing of this base.
    pair million empty
    open_deltafs || die "cannot mount"
    empty=$(all_of smaps_rollup Private_Dirty $(ours deltafs))
    close_deltafs
    pair million
    race diff 1 deltafs-diff
    appearance "$rounds" deltafs
    open_deltafs || die "cannot mount"
    full=$(all_of smaps_rollup Private_Dirty $(ours deltafs))
    tree=added
    timed list-first deltafs list
    entries=$(wc -l <out)
    timed list-warm deltafs list
    # Its names have 17 bytes, with a NUL.
    sample memory deltafs bytes_an_entry \
        $(((full - empty) * 1024 / entries - 17))
    close_deltafs
}

case_clones ()
{
    made clones
    pair clones 1
    warm "$here"/*.qcow2
    for ((i = 1; i <= clones; ++i)); do mkdir -p "clones/$i"; done
    open_deltafs && close_deltafs || die "cannot mount"
    race mount "$rounds" one in-turn at-once
}

# clone NUMBER: mounts it
clone ()
{
    env DELTAFS_TEST_MARK="$work" deltafs mount -q --engine direct \
        "$here/$1.qcow2" "$work/clones/$1"
}

run_one ()
{
    clone 1
}

after_one ()
{
    deltafs umount "$work/clones/1"
}

run_in-turn ()
{
    local i
    for ((i = 1; i <= clones; ++i)); do clone "$i" || return; done
}

after_in-turn ()
{
    deltafs umount "$work"/clones/*
}

run_at-once ()
{
    local i code=0
    local -a jobs=()
    for ((i = 1; i <= clones; ++i)); do clone "$i" & jobs+=($!); done
    for i in "${jobs[@]}"; do wait "$i" || code=1; done
    return $code
}

look_at-once ()
{
    local pss
    pss=$(all_of smaps_rollup Pss $(ours deltafs) $(ours qemu-storage-daemon))
    sample memory each pss_kib $((pss / clones))
    memory mount
}

after_at-once ()
{
    after_in-turn
}
