// Addresses to and from text, without a resolver.
#ifndef ADDRESSES_H
#define ADDRESSES_H
#include "system.h"
#include <netinet/in.h>
#include <sys/socket.h>

// Any address that a TCP socket can have.
union address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
};

// Reads a numeric address, or finds that of a name in /etc/hosts; NULL means all. The length of what it
// made, or -EINVAL.
int32_t address_from_text(
  union address *address, const char *text, int32_t family, uint16_t port);
// The port, in the order of this machine.
uint16_t address_port(const union address *address);
// Writes the number as people write it [RFC 5952]; the text's length, at most 45.
uint8_t address_to_text(const union address *address, uint8_t *out);
#endif
