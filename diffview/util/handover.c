/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sendmsg and recvmsg with one descriptor.
 */
#include <config.h>

#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "handover.h"

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int))];
};

errint_t
handover_send (int socket, const void *message, size_t length, int fd)
{
  struct iovec bytes = { .iov_base = (void *) (intptr_t) message,
                         .iov_len = length };
  union control control = { .space = { 0 } };
  struct msghdr header = { .msg_iov = &bytes, .msg_iovlen = 1 };
  ssize_t sent;

  if (fd >= 0) {
    struct cmsghdr *part = &control.header;

    header.msg_control = &control;
    header.msg_controllen = sizeof control.space;
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN (sizeof fd);
    memcpy (CMSG_DATA (part), &fd, sizeof fd);
  }
  do
    sent = sendmsg (socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

/* The descriptor that came with a message, or -1. */
static int
descriptor_of (struct msghdr *header)
{
  const struct cmsghdr *part = CMSG_FIRSTHDR (header);
  int fd;

  if (part == NULL || part->cmsg_level != SOL_SOCKET
      || part->cmsg_type != SCM_RIGHTS
      || part->cmsg_len != CMSG_LEN (sizeof fd))
    return -1;
  memcpy (&fd, CMSG_DATA (part), sizeof fd);
  return fd;
}

errint_t
handover_receive (int socket, void *message, size_t length, int *fd)
{
  struct iovec bytes = { .iov_base = message, .iov_len = length };
  union control control = { .space = { 0 } };
  struct msghdr header = {
    .msg_iov = &bytes, .msg_iovlen = 1,
    .msg_control = &control, .msg_controllen = sizeof control.space,
  };
  ssize_t got;

  *fd = -1;
  do
    got = recvmsg (socket, &header, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return -errno;
  *fd = descriptor_of (&header);
  if (got == (ssize_t) length && (header.msg_flags & MSG_TRUNC) == 0)
    return 0;
  if (*fd >= 0)
    close (steal_fd (fd));
  return got == 0 ? -EPIPE : -EPROTO;
}
