#ifndef STILE_TESTS_FUZZ_FUZZ_SITE_H_
#define STILE_TESTS_FUZZ_FUZZ_SITE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/binding.h"
#include "challenge/clearance.h"
#include "challenge/context.h"
#include "challenge/key_ring.h"
#include "challenge/reference.h"
#include "challenge/sealed_challenge.h"
#include "challenge/spend_id.h"

namespace stile {

// A deployment that never changes, and everything that was ever sealed in it: whatever else passes
// is a forgery. make_corpus.py writes the same tokens into the corpus.
struct FuzzSite {
  static const FuzzSite& Get();

  UnixMillis now;
  std::shared_ptr<const SiteKeys> keys;
  Client client;       // Over IPv4.
  Client client_ipv6;  // The same browser over IPv6.

  std::string clearance;            // Rank 2, bound to client.
  std::string clearance_high;       // Rank 3, bound to client.
  std::string clearance_ipv6;       // Rank 2, bound to client_ipv6.
  std::string clearance_in_grace;   // As `clearance`, expired 5 s ago.
  std::string challenge;            // sha256 of effort 1 and 64, and a wait that is over.
  std::vector<std::string> minted;  // What each alternative of it earns.
  std::string context;
  Reference referred;     // What the reference says.
  std::string reference;  // The one spelling of it.
  SpendId spend;          // What the response token is used up by.
  std::string response;

 private:
  FuzzSite();
};

}  // namespace stile

#endif  // STILE_TESTS_FUZZ_FUZZ_SITE_H_
