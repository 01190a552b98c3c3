#ifndef STILE_VERIFIER_POLICY_INDEX_REGEX_OPTIONS_H_
#define STILE_VERIFIER_POLICY_INDEX_REGEX_OPTIONS_H_

#include <cstdint>

#include <re2/re2.h>

namespace stile {

// How every regular expression of a policy is compiled: it works on bytes, not on UTF-8, because
// what a client sends is bytes; it says nothing by itself; it may take 256 KiB.
[[nodiscard]] inline RE2::Options RegexOptions() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);  // A line feed, sent encoded, would end what '.' matches.
  options.set_max_mem(std::int64_t{256} << 10);
  return options;
}

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_REGEX_OPTIONS_H_
