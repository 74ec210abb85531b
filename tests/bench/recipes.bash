# SPDX-License-Identifier: GPL-2.0-or-later
#
# The images of the benchmarks, made once and kept in $cache: a folder for each
# recipe, made anew when the recipe has changed.  Source it after fixtures.bash.
# Each recipe works in the folder that it fills.

# scaled NUMBER: so many, or the part of them that $scale leaves
scaled ()
{
    echo $((($1 + scale - 1) / scale))
}

fill ()
{
    python3 "$bench_here/fill.py" "$@"
}

# recipe_sum NAME: changes when what the recipe would make does
recipe_sum ()
{
    {
        compgen -A function "${1%%_*}_"
        declare -f "recipe_$1" base_disk changed_disk tree_fill fill_in \
            $(compgen -A function "${1%%_*}_")
        set | grep -E '^(tree_[a-z]+|upgrade_files|clones)='
        echo "$scale"
        cat "$bench_here/fill.py"
    } | sha256sum
}

# made RECIPE: its folder is $here then
made ()
{
    local name=$1 recipe
    here=$cache/$name
    recipe=$(recipe_sum "$name")
    if test "$(cat "$here/recipe" 2>/dev/null)" = "$recipe"; then
        return
    fi
    note "making the images: $name"
    rm -rf "$here" "$here.new"
    mkdir -p "$here.new"
    cd "$here.new" || exit 99
    "recipe_$name"
    cd "$work" || exit 99
    echo "$recipe" >"$here.new/recipe"
    mv "$here.new" "$here"
}

# base_disk MIB INODES COMMAND...: base.raw, which COMMAND has filled in $mnt,
# and base.qcow2
base_disk ()
{
    local mib=$1 inodes=$2
    shift 2
    disk base.raw "${mib}M"
    on_partition base.raw 0 make_filesystem ext4 -b 4096 -N "$inodes" \
        -E lazy_itable_init=0,lazy_journal_init=0
    change base.raw raw 0 ext4 "$@"
    is_clean base.raw
    qemu-img convert -f raw -O qcow2 base.raw base.qcow2 ||
        die "cannot convert"
}

# is_clean DISK: it was unmounted
is_clean ()
{
    ! dumpe2fs -h "$1" 2>/dev/null | grep -q needs_recovery ||
        die "somebody kept $1 mounted"
}

# changed_disk NAME COMMAND...: NAME.qcow2 over base.qcow2, which COMMAND has
# changed in $mnt, and the same disk as NAME.raw
changed_disk ()
{
    local name=$1
    shift
    overlay base.qcow2 qcow2 "$name.qcow2"
    change "$name.qcow2" qcow2 0 ext4 "$@"
    qemu-img convert -f qcow2 -O raw "$name.qcow2" "$name.raw" ||
        die "cannot convert"
    is_clean "$name.raw"
}

# --- a handful of files ---

recipe_small ()
{
    small_pair overlay
    mv overlay-base.qcow2 base.qcow2
    qemu-img rebase -u -f qcow2 -F qcow2 -b base.qcow2 overlay.qcow2
    for image in base overlay; do
        qemu-img convert -f qcow2 -O raw $image.qcow2 $image.raw
    done
}

# --- bases of all sizes, 500 changes on each ---

tree_twin=20000 tree_middle=100000 tree_large=500000

# tree_recipe FILES
tree_recipe ()
{
    local files
    files=$(scaled "$1")
    base_disk $((200 + files / 170)) $((files * 11 / 10 + 2000)) \
        tree_fill "$files"
    changed_disk overlay fill_in change "$files"
}

tree_fill ()
{
    fill tree "$mnt/srv" "$1"
}

# fill_in COMMAND ARGUMENT...
fill_in ()
{
    local what=$1
    shift
    fill "$what" "$mnt/srv" "$@"
}

recipe_tree_twin ()
{
    tree_recipe $tree_twin
}

recipe_tree_middle ()
{
    tree_recipe $tree_middle
}

recipe_tree_large ()
{
    tree_recipe $tree_large
    changed_disk atimes tree_change_and_read "$(scaled $tree_large)"
}

tree_change_and_read ()
{
    fill change "$mnt/srv" "$1"
    fill atimes "$mnt/srv"
}

# --- a distribution upgrade: every file is written anew ---

upgrade_files=200000

recipe_upgrade ()
{
    local files part
    files=$(scaled $upgrade_files)
    base_disk $((400 + files / 70)) $((files * 12 / 10 + 2000)) \
        tree_fill "$files"
    for part in 8 4 2 1; do
        changed_disk "overlay-$part" fill_in upgrade $((files / part))
        test $part -eq 1 || rm "overlay-$part.raw"
    done
    rm base.raw
}

# --- copied while it was mounted: the changes are in the journal ---

recipe_journal ()
{
    local files
    files=$(scaled 20000)
    base_disk $((300 + files / 170)) $((files * 2 + 2000)) tree_fill "$files"
    overlay base.qcow2 qcow2 running.qcow2
    change running.qcow2 qcow2 0 ext4 journal_change "$files"
    rm running.qcow2
    qemu-img rebase -u -f qcow2 -F qcow2 -b base.qcow2 overlay.qcow2
}

journal_change ()
{
    fill upgrade "$mnt/srv" $(($1 / 2))
    # All of it is in the journal, little of it anywhere else.
    sync -f "$mnt"
    cp --sparse=always running.qcow2 overlay.qcow2
}

# --- large files ---

recipe_large_file ()
{
    base_disk $(($(scaled 4096) + 500)) 4000 \
        fill_blob base "$(scaled 4096)"
    changed_disk overlay fill poke "$work/mnt/base" 200
    rm base.raw overlay.raw
}

# Little more than the file, for those who read the whole disk.
recipe_large_added ()
{
    base_disk $(($(scaled 1024) + 300)) 4000 tree_fill "$(scaled 200)"
    changed_disk overlay fill_blob added "$(scaled 1024)"
}

# fill_blob NAME MIB
fill_blob ()
{
    fill blob "$mnt/$1" "$2"
}

# --- many small files, many names ---

recipe_small_files ()
{
    base_disk 400 40000 tree_fill "$(scaled 200)"
    changed_disk overlay small_files_add "$(scaled 20000)"
}

small_files_add ()
{
    fill tree "$mnt/added" "$1"
}

recipe_listing ()
{
    base_disk 800 130000 tree_fill "$(scaled 200)"
    changed_disk overlay small_files_add "$(scaled 95000)"
    rm base.raw
}

recipe_million ()
{
    base_disk 1000 1100000 tree_fill "$(scaled 200)"
    overlay base.qcow2 qcow2 empty.qcow2
    changed_disk overlay million_add "$(scaled 1000000)"
    rm base.raw overlay.raw
}

million_add ()
{
    fill empty "$mnt/added" "$1"
}

# --- many clones of one base ---

clones=64

recipe_clones ()
{
    local files i
    files=$(scaled 20000)
    base_disk $((200 + files / 170)) $((files * 11 / 10 + 2000)) \
        tree_fill "$files"
    for ((i = 1; i <= clones; ++i)); do
        overlay base.qcow2 qcow2 "$i.qcow2"
        change "$i.qcow2" qcow2 0 ext4 clones_change "$files" "$i"
    done
    rm base.raw
}

clones_change ()
{
    fill change "$mnt/srv" "$1"
    echo "$2" >"$mnt/etc-hostname"
}

# --- the Debian pair of the tests, for those who cannot read qcow2 ---

recipe_debian_raw ()
{
    local image
    for image in base overlay; do
        qemu-img convert -f qcow2 -O raw "$debian_cache/$image.qcow2" \
            $image.raw || die "cannot convert"
    done
}
