#ifndef STILE_SERVICE_FACT_FINDER_H_
#define STILE_SERVICE_FACT_FINDER_H_

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "engine/engine.h"
#include "service/client_address.h"
#include "service/geo_database.h"
#include "service/request_head.h"
#include "verifier/request.h"

namespace stile {

// The longest value of a listener's tls_fingerprint_header that is believed, in bytes.
inline constexpr std::size_t kMaxFingerprint = 128;

// Finds out what some rules look at and most don't: the fields of a head, where a client's address
// lies, its TLS fingerprint. One for each event loop, made once. What it writes into a request
// lives until it is asked about the next one, or is given other databases.
class FactFinder {
 public:
  void UseDatabases(GeoDatabases databases) { databases_ = std::move(databases); }

  // Fills in `request`, which `head` describes, what the policy of its site asks for and nothing
  // else. `fingerprint_field` is in lower case; empty: nothing says it.
  //
  // The fields are those that the client sent. Where a trusted peer speaks, its own are left out,
  // so that no rule rests on what it writes: Forwarded, X-Forwarded-*, X-Real-IP, X-Stile-*; and
  // `fingerprint_field` always. With `asked` the head is a question, whose Host is its own: what
  // X-Forwarded-Host says takes its place.
  //
  // Does not allocate, block or throw.
  void Find(const Engine& engine, const RequestHead& head, const ClientOrigin& origin,
            std::string_view fingerprint_field, bool asked, Request& request) noexcept;

 private:
  void FindFields(const RequestHead& head, const ClientOrigin& origin,
                  std::string_view fingerprint_field, bool asked, Request& request) noexcept;

  std::array<RequestField, RequestHead::kMaxFields> fields_;
  GeoDatabases databases_;
};

// The value of the only field of this name, if `origin` is a trusted peer's word and it is 1 to
// kMaxFingerprint printable bytes; else empty.
[[nodiscard]] std::string_view FingerprintOf(const RequestHead& head, const ClientOrigin& origin,
                                             std::string_view fingerprint_field) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_FACT_FINDER_H_
