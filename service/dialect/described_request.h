#ifndef STILE_SERVICE_DIALECT_DESCRIBED_REQUEST_H_
#define STILE_SERVICE_DIALECT_DESCRIBED_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/client_address.h"
#include "service/request_head.h"
#include "verifier/request.h"

namespace stile {

// Why a question describes no request that can be decided about. In the order in which it is found
// out.
enum class DescriptionReason : std::uint8_t {
  kNone = 0,         // It does.
  kUntrustedPeer,    // Whoever asks is not declared: none of its fields is read.
  kMessageCount,     // SPOP: not one message in a NOTIFY.
  kMethodMissing,    // X-Forwarded-Method.
  kMethodRepeated,   //
  kMethodSyntax,     // Not 1 to 20 capitals and hyphens, or CONNECT, or TRACE.
  kUriMissing,       // X-Forwarded-Uri.
  kUriRepeated,      //
  kUriTooLong,       // Over HeadLimits::max_target.
  kUriByte,          // As HeadReason::kTargetByte.
  kUriForm,          // Not origin-form: it doesn't begin with '/', and isn't OPTIONS *.
  kHostMissing,      // X-Forwarded-Host.
  kHostRepeated,     //
  kHostSyntax,       // As HeadReason::kHostSyntax.
  kProtoRepeated,    // X-Forwarded-Proto. Where it is missing, the client came without TLS.
  kProtoSyntax,      // None of http, https, ws, wss.
  kFieldsMissing,    // SPOP's fields: those of the head.
  kFieldsRepeated,   //
  kFieldsSyntax,     // No string, or no head of its own: without its end, or with more behind it.
  kAddressRepeated,  // SPOP's address. Where it is missing, the client is unknown.
  kAddressSyntax,    // No address.
  kClientUnnamed,    // ext-authz's client_address is "peer", and the question is not by gRPC.
};
inline constexpr std::size_t kDescriptionReasonCount = 22;

// The name that metrics use, such as "uri-missing".
[[nodiscard]] std::string_view DescriptionReasonName(DescriptionReason reason) noexcept;

// What is wrong with a method, and with the path and query of a request with that method, where
// they came once and aren't empty; kNone if nothing is.
[[nodiscard]] DescriptionReason DescribedMethodReason(std::string_view method) noexcept;
[[nodiscard]] DescriptionReason DescribedUriReason(std::string_view uri,
                                                   std::string_view method) noexcept;

// Reads which request a question is about. Its method, target, host and scheme are those of
// X-Forwarded-Method, -Uri, -Host and -Proto and of no other field: not of the question's own
// request line, Host or query. Each must have come once, and keeps to the rules that a request head
// has for the same thing. All else, such as Cookie and User-Agent, are the question's own fields.
//
// `own` is the question itself as a request: EngineRequestOf(head, origin, ...). `out`, which
// borrows from the head, is written only with kNone. Does not allocate.
[[nodiscard]] DescriptionReason ReadDescription(const RequestHead& head, const ClientOrigin& origin,
                                                const Request& own, Request& out) noexcept;

// Where a question carries the request that it is about: behind this, its target is the question's.
inline constexpr std::string_view kCarriedPrefix = "/ext-authz";

// True if `target` is kCarriedPrefix and a target behind it.
[[nodiscard]] bool CarriesTarget(std::string_view target) noexcept;

// Reads which request a question is about that carries it: all is the question's own but the prefix
// of its target, for which CarriesTarget is true. `names_client`: the listener's client_address
// says where the client is named. `own` and `out` are as above.
[[nodiscard]] DescriptionReason ReadCarried(const ClientOrigin& origin, bool names_client,
                                            const Request& own, Request& out) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_DESCRIBED_REQUEST_H_
