# SPDX-License-Identifier: GPL-2.0-or-later
#
# A FUSE program that calls itself deltafs and lies:
#
#   liar.py MOUNTPOINT USER VALUE
#
# mounts a tree of the type fuse.deltafs, as the user USER (a number) would,
# whose root answers VALUE to every question for an xattr.  Needs root.  Ends
# when the tree is unmounted.
import ctypes
import errno
import os
import struct
import sys

FORGET, GETATTR, GETXATTR, INIT, INTERRUPT, BATCH_FORGET = 2, 3, 22, 26, 36, 42
HEADER = struct.Struct("=IIQQIIII")

point, user, value = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
device = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
data = f"fd={device},rootmode=40000,user_id={user},group_id=0,allow_other"
if libc.mount(b"liar", point.encode(), b"fuse.deltafs", 7, data.encode()) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))

ATTRIBUTES = struct.pack("=QII6Q3I7I", 3600, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                         0o40755, 2, user, 0, 0, 4096, 0)


def answer(operation, body):
    """The error and the bytes of the reply."""
    if operation == INIT:
        return 0, struct.pack("=IIIIHHIIHHI7I", 7, 31, 65536, 0, 12, 9, 65536,
                              1, 16, 0, 0, *[0] * 7)
    if operation == GETATTR:
        return 0, ATTRIBUTES
    if operation == GETXATTR:
        size, = struct.unpack_from("=I", body)
        return 0, value if size != 0 else struct.pack("=II", len(value), 0)
    return -errno.ENOSYS, b""


while True:
    try:
        request = os.read(device, 135168)
    except OSError as error:
        if error.errno == errno.ENODEV:
            sys.exit(0)
        continue
    _, operation, unique = HEADER.unpack_from(request)[:3]
    if operation in (FORGET, INTERRUPT, BATCH_FORGET):
        continue
    status, reply = answer(operation, request[HEADER.size:])
    os.write(device, struct.pack("=IiQ", 16 + len(reply), status, unique)
             + reply)
