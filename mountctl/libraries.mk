# SPDX-License-Identifier: GPL-2.0-or-later
# The libraries of the rooms in here, the upper ones first.
mountctl_libraries = \
	$(top_builddir)/mountctl/command/libcommand.a \
	$(top_builddir)/mountctl/doctor/libdoctor.a \
	$(top_builddir)/mountctl/lifecycle/liblifecycle.a \
	$(top_builddir)/mountctl/archive/libarchive.a \
	$(top_builddir)/mountctl/print/libprint.a \
	$(top_builddir)/mountctl/options/liboptions.a \
	$(top_builddir)/mountctl/message/libmessage.a
