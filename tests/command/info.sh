#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What deltafs info prints, of a survey that is made up.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires jq

command_run info good
is "exit code" "$status" 0
is "stderr" "$(cat "$work/err")" ""
cat >"$work/wanted" <<'END'
Images, the top one first:
  layer   qcow2  4096 bytes (4.0 KiB)         good
  base    vmdk   size not known               base\n\377
                 with the data file data

Disk:          4096 bytes (4.0 KiB), partition table dos
Base's disk:   1047000 bytes (1022.5 KiB), no partition table
Written:       4096 bytes (4.0 KiB)

sda1: ext4, 3584 bytes (3.5 KiB) at 512
  label:    a"b\033[31m\376
  journal:  clean
  base:     does not have it
  written:  3584 bytes (3.5 KiB)
  engine:   memory: a test

Written to sda1:
  file data, added                     3072  (3.0 KiB)
  not accounted                         512  made up

Written outside of all partitions:
  gaps                                  512

All that was written: 4096 bytes (4.0 KiB)
END
same_files "for people" "$work/out" "$work/wanted"

command_run info --json good
is "--json: exit code" "$status" 0
is "--json: one line" "$(wc -l <"$work/out")" 1
check "--json: valid" jq -e . "$work/out"
is "--json: the chain" "$(jq -c .chain "$work/out")" \
    '[{"file":"good","format":"qcow2","role":"layer","size":4096},{"file":"base\n�","file_base64":"YmFzZQr/","format":"vmdk","role":"base","data_file":"data","size":null}]'
is "--json: the disks" "$(jq -c '[.disk,.base_disk]' "$work/out")" \
    '[{"size":4096,"table":"dos"},{"size":1047000}]'
is "--json: the partition" "$(jq -c '.partitions[0]' "$work/out")" \
    '{"device":"sda1","partition":1,"overlay":{"use":"filesystem","type":"ext4","label":"a\"b\u001b[31m�","label_base64":"YSJiG1szMW3+","offset":512,"size":3584,"journal":"clean"},"engine":"memory","reason":"a test","written":3584,"account":{"file_data_added":3072,"not_accounted":512},"not_accounted":"made up"}'
is "--json: the account" "$(jq -c '[.written,.outside,.account]' \
    "$work/out")" \
    '[4096,{"gaps":512},{"file_data_added":3072,"gaps":512,"not_accounted":512}]'

# Nothing in common: there is no account.
command_run info empty
is "no common chain: exit code" "$status" 0
like "no common chain: said" "$(cat "$work/out")" \
    'Written: +not known, the images have no common chain'
unlike "no common chain: no account" "$(cat "$work/out")" 'Written to'
command_run info --json empty
is "no common chain: JSON" \
    "$(jq -c '[.written,has("account"),(.partitions[0]|has("account"))]' \
        "$work/out")" '[null,false,false]'

command_run info unreadable
is "incomplete: exit code" "$status" 3
command_run info missing
is "cannot be opened: exit code" "$status" 2
is "cannot be opened: stdout" "$(cat "$work/out")" ""
command_run info broken
is "nothing can be done: exit code" "$status" 2
is "nothing can be done: message" "$(cat "$work/err")" \
    "deltafs: cannot survey the disks: broken: Input/output error"

marked "$deltafs" info good >/dev/full 2>"$work/err"
is "full disk: exit code" "$?" 2
is "full disk: message" "$(cat "$work/err")" \
    "deltafs: cannot write: standard output: No space left on device"

check_nothing_left
done_testing
