# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reading files: right bytes or EIO, in the small pieces of an engine, by many
# readers, mapped; and their holes.
. "${srcdir:-.}/fuse.sh"

{
    cat <<END
pieces 5000
overlay file /text text=hello%0a
overlay file /empty text=
overlay file /large size=3145733 seed=3
overlay file /power40 size=$((1 << 40)) seed=40
overlay file /power62 size=$((1 << 62)) seed=62
overlay file /fails size=3000000 seed=9 fail=1000000
overlay file /short size=100000
short /short 60000
overlay file /unreadable size=100 missing=content
overlay file /unmeasured size=0 missing=content
overlay file /spliced size=3145733 seed=11
splice /spliced whole
overlay file /half size=3145733 seed=12
splice /half half
overlay file /broken size=3145733 seed=13
splice /broken fails
overlay file /hole size=$((1 << 40)) at=$((5 << 37)) text=in%20here
overlay file /pieces size=1000000 at=4096 text=$(printf '%012000d' 1)
overlay file /no-hole size=5 at=0 text=whole
overlay file /nothing size=$((1 << 40)) at=0 text=
overlay file /lost size=$((1 << 40)) at=$((5 << 37)) text=lost missing=content
overlay file /slow size=1 seed=1 slow=3000
END
    for size in 1 31 4095 4096 4097 131072 131073; do
        echo "overlay file /size$size size=$size seed=$size"
    done
} >script

serve
checks content.py "$mnt"

# A slow read holds up nobody else.
cat "$mnt/slow" >slow.out &
slow=$!
for i in 1 2 3 4 5 6; do
    cat "$mnt/size$((4094 + i % 3 + 1))" >>quick.out
done
check "others read while one waits" kill -0 "$slow"
wait "$slow"
is "the slow read is right" "$(cat slow.out)" 0
serve_end

done_testing
