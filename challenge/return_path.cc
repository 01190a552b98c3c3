#include "challenge/return_path.h"

#include <algorithm>
#include <array>

namespace stile {
namespace {

constexpr std::array<bool, 256> AllowedTable() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c <= 0x7E; ++c) table[c] = true;
  constexpr std::string_view kRefused = "\"<>\\^`{|}#";
  for (const char c : kRefused) table[static_cast<unsigned char>(c)] = false;
  return table;
}
constexpr std::array<bool, 256> kAllowed = AllowedTable();

}  // namespace

bool IsReturnPath(std::string_view path) noexcept {
  if (path.empty() || path.size() > kMaxReturnPath || path[0] != '/') return false;
  if (path.size() > 1 && path[1] == '/') return false;  // '\\' is not in the table.
  return std::all_of(path.begin(), path.end(),
                     [](char c) { return kAllowed[static_cast<unsigned char>(c)]; });
}

}  // namespace stile
