#ifndef STILE_VERIFIER_AGENTS_REVERSE_NAME_MASK_H_
#define STILE_VERIFIER_AGENTS_REVERSE_NAME_MASK_H_

#include <string_view>

namespace stile {

// True if `name`, as reverse DNS answered it, is one that `mask` of Agent::reverse_names means, in
// any case and with or without the dot of the root:
//
//   "*.search.msn.com"       every name below search.msn.com, however deep; not that name itself
//   "crawl-*.googlebot.com"  every name of one label more than googlebot.com, which begins so
//   "bot.example.com"        that name
//
// In a first label each '*' stands for any bytes of that label, or none; anywhere else it is a
// character that no name has. Labels are compared whole: "evilgooglebot.com" is not below
// "googlebot.com". A name of other bytes than letters, digits, '-', '_' and '.', with an empty
// label, or of more than 253 bytes, matches nothing. Does not allocate.
[[nodiscard]] bool MatchesReverseName(std::string_view mask, std::string_view name) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_AGENTS_REVERSE_NAME_MASK_H_
