# SPDX-License-Identifier: GPL-2.0-or-later
#
# A page of the manual with what it shares with others: "=for include FILE"
# stands for FILE, which is in the directory that the variable "dir" names.
/^=for include / {
  while ((got = (getline line < (dir "/" $3))) > 0)
    print line
  close (dir "/" $3)
  if (got < 0) {
    print "expand.awk: cannot read " $3 >"/dev/stderr"
    exit 1
  }
  next
}
{ print }
