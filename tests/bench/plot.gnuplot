# SPDX-License-Identifier: GPL-2.0-or-later
# Time over the size of the base, and over what was written: base.dat and
# written.dat of the current folder, those that are there, into plot.png.
has(name) = int(system("test -s '".name."' && echo 1 || echo 0"))

set terminal pngcairo size 1200,520 font "sans,11"
set output "plot.png"
set multiplot layout 1,2
set logscale xy
set grid
set key top left
set ylabel "seconds"
set format x "%.0s%c"

if (has("base.dat")) {
    set title "Time over the size of the base"
    set xlabel "entries in the base"
    stats "base.dat" using 2 nooutput
    plot for [i=0:STATS_blocks-1] "base.dat" index i using 1:2:3:4 \
        with yerrorlines linewidth 2 title columnheader(1)
}
if (has("written.dat")) {
    set title "Time over what was rewritten, the same base"
    set xlabel "bytes written"
    stats "written.dat" using 2 nooutput
    plot for [i=0:STATS_blocks-1] "written.dat" index i using 1:2:3:4 \
        with yerrorlines linewidth 2 title columnheader(1)
}
unset multiplot
