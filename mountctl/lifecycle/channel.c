/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Notes are datagrams of SOCK_SEQPACKET: whole or not there.
 */
#include <config.h>

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "handover.h"

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

errint_t
channel_hand (int channel, int fd)
{
  const int answer = fd < 0 ? fd : 0;

  return handover_send (channel, &answer, sizeof answer, fd);
}

int
channel_receive (int channel)
{
  int answer = 0, fd;
  errint_t err = handover_receive (channel, &answer, sizeof answer, &fd);

  if (err < 0)
    return err;
  if (answer == 0 && fd >= 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return answer < 0 ? answer : -EPROTO;
}
