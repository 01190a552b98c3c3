#include "verifier/policy/literal_set.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace stile {

LiteralSet::LiteralSet(std::vector<std::string> whole, std::vector<std::string> beginnings)
    : whole_(std::move(whole)) {
  std::sort(whole_.begin(), whole_.end());
  std::sort(beginnings.begin(), beginnings.end());
  // A beginning sorts before everything that begins with it, so one look back is enough.
  for (std::string& beginning : beginnings) {
    if (beginnings_.empty() || !beginning.starts_with(beginnings_.back())) {
      beginnings_.push_back(std::move(beginning));
    }
  }
}

bool LiteralSet::Matches(std::string_view text) const noexcept {
  // Most rules name one or two texts: trying each costs less than a search.
  if (whole_.size() + beginnings_.size() <= kFew) {
    for (const std::string& beginning : beginnings_) {
      if (text.starts_with(beginning)) return true;
    }
    for (const std::string& whole : whole_) {
      if (text == whole) return true;
    }
    return false;
  }
  return Search(text);
}

bool LiteralSet::Search(std::string_view text) const noexcept {
  // Since no beginning begins with another, only the last one not after `text` can be its start.
  const auto after = std::upper_bound(beginnings_.begin(), beginnings_.end(), text, std::less<>());
  if (after != beginnings_.begin() && text.starts_with(*(after - 1))) return true;
  return std::binary_search(whole_.begin(), whole_.end(), text, std::less<>());
}

}  // namespace stile
