#ifndef STILE_ENGINE_ADMISSION_GOLDEN_CORPUS_H_
#define STILE_ENGINE_ADMISSION_GOLDEN_CORPUS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "verifier/request.h"

namespace stile {

// Requests that every candidate is asked about before it serves, whatever it is meant for.
struct GoldenRequest {
  enum class Visitor : std::uint8_t {
    kOrdinary = 0,  // A person's browser. Whatever turns these away turns everybody away.
    kOther = 1,     // A program, or something odd and legal: rules may well refuse it.
  };
  std::string_view name;
  Visitor visitor = Visitor::kOther;
  Request request;  // Without host. Views of constants, and fields.
};

// The same for the life of the process. Ordinary visitors come from IPv4 and from IPv6 addresses,
// and with several browsers, so that a rule on one family, or on one browser, shows.
[[nodiscard]] std::span<const GoldenRequest> GoldenCorpus();

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_GOLDEN_CORPUS_H_
