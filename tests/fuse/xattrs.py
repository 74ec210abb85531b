# SPDX-License-Identifier: GPL-2.0-or-later
"""Extended attributes as the caller sees them (root or an ordinary user)."""
import ctypes
import errno
import os
import struct
import sys

from checks import check, equal, fails

root, who = sys.argv[1:]
is_root = who == "root"
libc = ctypes.CDLL(None, use_errno=True)

OURS = ["user.deltafs.status", "user.deltafs.changes", "user.deltafs.path"]
ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 2**32 - 1, 2, 4, 1000,
                  4, 4, 2**32 - 1, 0x10, 4, 2**32 - 1, 0x20, 4, 2**32 - 1)
CAPABILITY = struct.pack("<IIIII", 0x02000001, 0x2000, 0, 0, 0)


def names(path):
    return sorted(os.listxattr(root + path, follow_symlinks=False))


def get(path, name):
    return os.getxattr(root + path, name, follow_symlinks=False)


def lgetxattr(path, name, size):
    buffer = ctypes.create_string_buffer(max(size, 1))
    got = libc.lgetxattr((root + path).encode(), name.encode(),
                         buffer if size else None, size)
    if got < 0:
        raise OSError(ctypes.get_errno(), "lgetxattr")
    return got, buffer.raw[:got if size else 0]


def llistxattr(path, size):
    buffer = ctypes.create_string_buffer(max(size, 1))
    got = libc.llistxattr((root + path).encode(), buffer if size else None,
                          size)
    if got < 0:
        raise OSError(ctypes.get_errno(), "llistxattr")
    return got


def with_trusted(*listed):
    return sorted(OURS + [n for n in listed
                          if is_root or not n.startswith("trusted.")])


equal(f"{who}: names", names("/file"), with_trusted(
    "user.a", "user.empty", "trusted.t", "security.selinux",
    "security.capability", "system.posix_acl_access", "btrfs.compression"))
equal(f"{who}: a value", get("/file", "user.a"), b"value\xff")
equal(f"{who}: an empty value", get("/file", "user.empty"), b"")
equal(f"{who}: a label", get("/file", "security.selinux"),
      b"system_u:object_r:etc_t:s0\0")
equal(f"{who}: a capability", get("/file", "security.capability"), CAPABILITY)
equal(f"{who}: an ACL", get("/file", "system.posix_acl_access"), ACL)
if is_root:
    equal("root: trusted", get("/file", "trusted.t"), b"1")
else:
    fails("user: trusted", errno.ENODATA, get, "/file", "trusted.t")
fails(f"{who}: an unknown name", errno.ENODATA, get, "/file", "user.unknown")
fails(f"{who}: no namespace", (errno.ENODATA, errno.EOPNOTSUPP), get, "/file",
      "unknown")

equal(f"{who}: status", get("/file", OURS[0]), b"added")
equal(f"{who}: changes of an added file", get("/file", OURS[1]), b"")
equal(f"{who}: path", get("/file", OURS[2]), b"/file")
equal(f"{who}: status of the root", get("/", OURS[0]), b"scaffold")
equal(f"{who}: a modified file", (get("/changed", OURS[0]),
                                  get("/changed", OURS[1])),
      (b"modified", b"content,mode,xattr"))
equal(f"{who}: its xattr", get("/changed", "user.x"), b"after")
equal(f"{who}: a deleted file", (get("/.deleted/gone", OURS[0]),
                                 get("/.deleted/gone", OURS[2])),
      (b"deleted", b"/gone"))
equal(f"{who}: its own xattr", get("/.deleted/gone", "user.old"), b"1")
equal(f"{who}: a guest's user.deltafs is hidden", (
    names("/fake"), get("/fake", OURS[0])), (sorted(OURS), b"added"))
fails(f"{who}: all of them", errno.ENODATA, get, "/fake",
      "user.deltafs.other")

# Sizes
equal(f"{who}: size of a value", lgetxattr("/file", "user.a", 0)[0], 6)
equal(f"{who}: exactly that size", lgetxattr("/file", "user.a", 6),
      (6, b"value\xff"))
fails(f"{who}: too small", errno.ERANGE, lgetxattr, "/file", "user.a", 5)
size = llistxattr("/file", 0)
equal(f"{who}: size of a list", size,
      sum(len(n) + 1 for n in names("/file")))
equal(f"{who}: exactly that size of a list", llistxattr("/file", size), size)
fails(f"{who}: a list that is too small", errno.ERANGE, llistxattr, "/file",
      size - 1)
equal(f"{who}: 64 KiB", get("/big", "user.big"), b"\0" * 65536)
check(f"{who}: 64 KiB is listed", "user.big" in names("/big"))
fails(f"{who}: more than that", errno.E2BIG, get, "/big", "user.huge")
check(f"{who}: is not listed", "user.huge" not in names("/big"))
equal(f"{who}: the longest name", get("/big", "user." + "n" * 250), b"1")
check(f"{who}: a longer one is not listed",
      max(len(n) for n in names("/big")) == 255)
equal(f"{who}: 1000 names", len(names("/many")), 1000 + 3)
fails(f"{who}: a list beyond 64 KiB", errno.E2BIG, names, "/toomany")
fails(f"{who}: its size", errno.E2BIG, llistxattr, "/toomany", 0)
equal(f"{who}: but every value of it", get("/toomany", "user." + "m" * 40 +
                                           "1999"), b"x")

# What the kernel would refuse is not listed.
trusted = ["trusted.t"] if is_root else []
for path in ("/symlink", "/fifo", "/char"):
    equal(f"{who}: {path}: names", names(path), sorted(
        trusted + ["security.selinux"] +
        (["system.posix_acl_access"] if path != "/symlink" else [])))
    fails(f"{who}: {path}: no user.*", (errno.ENODATA, errno.EPERM), get,
          path, "user.deltafs.status")
fails(f"{who}: no ACL on a symlink", (errno.EOPNOTSUPP, errno.ENODATA), get,
      "/symlink", "system.posix_acl_access")
equal(f"{who}: unreadable ACLs and capabilities are not listed",
      {p: names(p) for p in sorted(
          "/" + n for n in os.listdir(root) if n.startswith("odd"))},
      {"/odd%d" % i: sorted(OURS) for i in range(1, 13)})

# Incomplete
fails(f"{who}: an incomplete list", errno.EIO, names, "/incomplete")
equal(f"{who}: what is known of it", get("/incomplete", "user.known"), b"1")
equal(f"{who}: our own", get("/incomplete", OURS[0]), b"unreadable")
fails(f"{who}: what is not", errno.EIO, get, "/incomplete", "user.unknown")

# The rule itself, on everything there is.
wrong = []
looked = 0
for where, directories, files in os.walk(root):
    for name in directories + files:
        path = os.path.join(where, name)[len(root):]
        if path in ("/incomplete", "/toomany"):
            continue
        for attribute in names(path):
            looked += 1
            try:
                get(path, attribute)
            except OSError as error:
                wrong.append((path, attribute, error.errno))
equal(f"{who}: whatever is listed is answered", wrong, [])
check(f"{who}: something was listed", looked > 1000)
