#include "verifier/policy/text/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace stile {
namespace {

// Longer texts are no misspelt names.
constexpr std::size_t kMaxText = 64;

// The optimal string alignment distance.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string_view NearestName(std::string_view text, std::span<const std::string_view> names) {
  if (text.size() > kMaxText) return {};
  std::string_view nearest;
  std::size_t least = kMaxText;
  for (const std::string_view name : names) {
    const std::size_t distance = Distance(text, name);
    if (distance < least && distance < name.size() &&
        distance <= std::max<std::size_t>(1, std::max(text.size(), name.size()) / 3)) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace stile
