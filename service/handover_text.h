#ifndef STILE_SERVICE_HANDOVER_TEXT_H_
#define STILE_SERVICE_HANDOVER_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace stile {

// What comes with sockets that one stiled hands to another, as text:
//
//   stile-handover 1 <pid> <sockets in all> <one character for each that comes with it>\n
//
// 'f': whoever takes the socket owns its file, too; '-': there is none, or it is somebody else's.
struct HandoverText {
  static constexpr std::size_t kMostInAll = 10'000;
  static constexpr std::size_t kMostAtOnce = 200;  // The kernel passes no more than 253.

  int pid = 0;            // Of the process that hands over.
  std::size_t total = 0;  // Sockets that it has.
  std::vector<bool> owns_file;

  [[nodiscard]] std::string Format() const;
  // Returns a sentence for anything else: an error of another version, most likely.
  [[nodiscard]] static tl::expected<HandoverText, std::string> Parse(std::string_view text);
};

}  // namespace stile

#endif  // STILE_SERVICE_HANDOVER_TEXT_H_
