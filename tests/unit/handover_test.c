/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages with descriptors between two ends of a pair of sockets.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "cleanup.h"
#include "handover.h"

struct message {
  int one, other;
};

static void
make_pair (int type, int ends[2])
{
  assert_int_equal (socketpair (AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

static size_t
open_descriptors (void)
{
  size_t count = 0;

  for (int fd = 0; fd < 256; ++fd)
    count += fcntl (fd, F_GETFD) >= 0;
  return count;
}

static void
with_and_without (void **state)
{
  const struct message sent = { 3, 4 };
  const int types[] = { SOCK_SEQPACKET, SOCK_STREAM };

  (void) state;
  for (size_t i = 0; i < 2; ++i) {
    CLEANUP_CLOSE int null = open ("/dev/null", O_RDONLY);
    struct message got = { 0, 0 };
    struct stat one, other;
    int ends[2], fd;

    make_pair (types[i], ends);
    assert_int_equal (handover_send (ends[0], &sent, sizeof sent, -1), 0);
    assert_int_equal (handover_receive (ends[1], &got, sizeof got, &fd), 0);
    assert_int_equal (got.other, 4);
    assert_int_equal (fd, -1);
    assert_int_equal (handover_send (ends[0], &sent, sizeof sent, null), 0);
    assert_int_equal (handover_receive (ends[1], &got, sizeof got, &fd), 0);
    assert_true (fd >= 0 && fd != null);
    assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal (fstat (null, &one), 0);
    assert_int_equal (fstat (fd, &other), 0);
    assert_int_equal (one.st_rdev, other.st_rdev);
    close (fd);
    close (ends[0]);
    assert_int_equal (handover_receive (ends[1], &got, sizeof got, &fd),
                      -EPIPE);
    assert_int_equal (fd, -1);
    assert_int_equal (handover_send (ends[1], &sent, sizeof sent, null),
                      -EPIPE);
    close (ends[1]);
  }
}

/* Its descriptor is not left open. */
static void
of_another_length (void **state)
{
  const char bytes[64] = "";
  const size_t lengths[] = { 1, sizeof (struct message) - 1,
                             sizeof (struct message) + 1, sizeof bytes };
  int ends[2];
  size_t before;

  (void) state;
  make_pair (SOCK_SEQPACKET, ends);
  before = open_descriptors ();
  for (size_t i = 0; i < 4; ++i) {
    struct message got;
    int fd;

    assert_int_equal (handover_send (ends[0], bytes, lengths[i], ends[0]), 0);
    assert_int_equal (handover_receive (ends[1], &got, sizeof got, &fd),
                      -EPROTO);
    assert_int_equal (fd, -1);
    assert_int_equal (open_descriptors (), before);
  }
  close (ends[0]);
  close (ends[1]);
}

static void
does_not_wait (void **state)
{
  const char bytes[4096] = "";
  errint_t error = 0;
  int ends[2];

  (void) state;
  make_pair (SOCK_SEQPACKET, ends);
  for (int i = 0; i < 10000 && error == 0; ++i)
    error = handover_send (ends[0], bytes, sizeof bytes, -1);
  assert_int_equal (error, -EAGAIN);
  close (ends[0]);
  close (ends[1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (with_and_without),
    cmocka_unit_test (of_another_length),
    cmocka_unit_test (does_not_wait),
  };

  return cmocka_run_group_tests_name ("handover", tests, NULL, NULL);
}
