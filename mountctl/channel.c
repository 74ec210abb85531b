/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Notes are datagrams of SOCK_SEQPACKET: whole or not there.
 */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"

/* As it goes over the socket. */
struct datagram {
  int kind, helper, signal;
};

errint_t
channel_make (int *worker, int *supervisor)
{
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return -errno;
  *worker = ends[0];
  *supervisor = ends[1];
  return 0;
}

errint_t
channel_tell (int fd, const struct note *note)
{
  const struct datagram datagram = {
    .kind = (int) note->kind, .helper = (int) note->helper,
    .signal = note->signal,
  };
  ssize_t sent;

  do
    sent = send (fd, &datagram, sizeof datagram, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

errint_t
channel_take (int fd, struct note *note)
{
  struct datagram datagram;
  ssize_t got = recv (fd, &datagram, sizeof datagram, MSG_DONTWAIT);

  if (got < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  if (got == 0)
    return -EPIPE;
  if (got != sizeof datagram
      || datagram.kind < NOTE_READY || datagram.kind > NOTE_DEATH
      || datagram.helper < 0 || datagram.helper >= HELPERS
      || datagram.signal < 0 || datagram.signal >= NSIG)
    return -EPROTO;
  *note = (struct note) {
    .kind = (enum note_kind) datagram.kind,
    .helper = (enum helper) datagram.helper,
    .signal = datagram.signal,
  };
  return 0;
}

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int))];
};

errint_t
channel_hand (int channel, int fd)
{
  int answer = fd < 0 ? fd : 0;
  struct iovec bytes = { .iov_base = &answer, .iov_len = sizeof answer };
  union control control = { .space = { 0 } };
  struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

  if (fd >= 0) {
    struct cmsghdr *part = &control.header;

    message.msg_control = &control;
    message.msg_controllen = sizeof control.space;
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN (sizeof fd);
    memcpy (CMSG_DATA (part), &fd, sizeof fd);
  }
  return sendmsg (channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0
    ? -errno : 0;
}

int
channel_receive (int channel)
{
  int answer = 0, fd;
  struct iovec bytes = { .iov_base = &answer, .iov_len = sizeof answer };
  union control control = { .space = { 0 } };
  struct msghdr message = {
    .msg_iov = &bytes, .msg_iovlen = 1,
    .msg_control = &control, .msg_controllen = sizeof control.space,
  };
  const struct cmsghdr *part;
  ssize_t got;

  do
    got = recvmsg (channel, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return -errno;
  if (got == 0)
    return -EPIPE;
  if (got != sizeof answer)
    return -EPROTO;
  if (answer < 0)
    return answer;
  part = CMSG_FIRSTHDR (&message);
  if (part == NULL || part->cmsg_level != SOL_SOCKET
      || part->cmsg_type != SCM_RIGHTS
      || part->cmsg_len != CMSG_LEN (sizeof fd))
    return -EPROTO;
  memcpy (&fd, CMSG_DATA (part), sizeof fd);
  return fd;
}
