#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of samples: medians, ratios, bars, tables, data for the plot.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
requires python3 jq

# report: of "samples" and "bars", into "results"
report ()
{
    run python3 "$srcdir/report.py" samples bars results
}

# sample CASE WHAT CONTENDER QUANTITY VALUE...
sample ()
{
    local place="$1	$2	$3	$4" value
    shift 4
    for value; do printf '%s\t%s\n' "$place" "$value"; done >>samples
}

mkdir results
: >samples
sample host - - scale 1
sample tree-large - - files 500000
sample tree-large diff ours seconds 0.25 0.5 0.125 9 0.2
sample tree-large diff peer seconds 2 4
sample tree-large diff ours peak_kib 2048
sample tree-large diff broken failed 1
sample tree-large diff deltafs-diff seconds 0.25 0.75 0.5
sample upgrade-1 - - written 1000000
sample upgrade-1 read deltafs seconds 3
cat >bars <<'END'
# nothing

tree-large/diff/peer / tree-large/diff/ours >= 12 twelve times faster
tree-large/diff/peer / tree-large/diff/ours >= 12.5 faster still
tree-large/diff/ours:peak_kib <= 2048 as much memory
tree-large/diff/ours <= 0.2 less time
tree-large/diff/ours / tree-large/diff/nobody <= 1 nobody was measured
END
report
is "exit code" "$status $(cat err)" "0 "

# of FILTER: what jq has to say of the results
of ()
{
    jq -c "$1" results/results.json
}

is "an odd number of rounds" "$(of '.cases["tree-large"].diff.ours.seconds')" \
    '{"median":0.25,"minimum":0.125,"maximum":9,"rounds":5}'
is "an even one" "$(of '.cases["tree-large"].diff.peer.seconds.median')" 3
is "facts" "$(of '.facts["tree-large"]')" '{"files":"500000"}'
is "bars: the measured ones" "$(of '[.bars[].measured]')" \
    '[12,12,2048,0.25]'
is "bars: met and not" "$(of '[.bars[].met]')" '[true,false,true,false]'
check "as a text" grep -qxF '| faster still | >= 12.5 | 12 | **not met** |' \
    results/results.md
check "the sum" grep -qxF '2 met, 2 not met.' results/results.md
check "a contender" grep -qxF \
    '| diff | ours | 0.250 | 0.125 | 9 | 5 | 1 | peak 2 MiB |' \
    results/results.md
check "another one" grep -qxF '| diff | peer | 3 | 2 | 4 | 2 | 12 |  |' \
    results/results.md
check "one that failed" grep -qxF '| diff | broken | failed |  |  |  |  |  |' \
    results/results.md
is "the plot: over the base" "$(cat results/base.dat)" '"diff"
500000 0.5 0.25 0.75'
is "the plot: over what was written" "$(cat results/written.dat)" '"read all"
1e+06 3 3 3'

# Smaller cases have other bars, and leave nothing of the last run.
sed -i '/upgrade/d; s/scale\t1/scale\t20/' samples
report
is "scaled: exit code" "$status $(cat err)" "0 "
is "scaled: bars are not judged" "$(of '[.bars[].met] | unique')" '[null]'
check_not "nothing to plot" test -e results/written.dat

# The bars that there are can be read.
cp "$srcdir/bars.txt" bars
report
is "the real bars" "$status $(cat err)" "0 "
echo 'tree-large/diff/ours = 3 no sign' >bars
report
like "what is no bar" "$status $(cat err)" '^1 .*no bar: tree-large/diff/ours = 3'

if command -v gnuplot >/dev/null; then
    sed -i 's/= 3/<= 3/' bars
    sample tree-twin - - files 20000
    sample tree-twin diff deltafs-diff seconds 0.1
    report
    run env -C results gnuplot "$srcdir/plot.gnuplot"
    is "gnuplot" "$status $(cat err)" "0 "
    check "a plot" grep -q PNG results/plot.png
fi
done_testing
