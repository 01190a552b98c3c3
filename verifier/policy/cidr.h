#ifndef STILE_VERIFIER_POLICY_CIDR_H_
#define STILE_VERIFIER_POLICY_CIDR_H_

#include "challenge/ip_address.h"

namespace stile {

// A range of addresses: those that share the first `length` bits with `address`.
struct Cidr {
  IpAddress address;
  int length = 0;  // Bits of the address's own family, up to 128.
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_CIDR_H_
