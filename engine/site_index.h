#ifndef STILE_ENGINE_SITE_INDEX_H_
#define STILE_ENGINE_SITE_INDEX_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// True for "*", "*.example.org", "example.org", "192.0.2.1" and "[2001:db8::1]": lower case, at
// most 253 bytes, no empty label.
[[nodiscard]] bool IsHostPattern(std::string_view pattern) noexcept;

// True if `host` is `domain` or lies under it. Case doesn't matter.
[[nodiscard]] bool IsHostIn(std::string_view host, std::string_view domain) noexcept;

// Which site serves which host. An exact host goes before a wildcard, a longer wildcard before a
// shorter one; "*.example.org" covers every depth, and not example.org itself.
class SiteIndex {
 public:
  // Returns false, and changes nothing, if another site has that pattern. `pattern` is one.
  [[nodiscard]] bool Add(std::string pattern, std::size_t site);

  // The site of "*", if there is one.
  [[nodiscard]] std::optional<std::size_t> default_site() const noexcept { return default_site_; }

  // The site that serves `host`, which may be spelled in any case and end in a dot; the default
  // site if none does, and 0 without one. Doesn't allocate; reads at most 254 bytes.
  [[nodiscard]] std::size_t Find(std::string_view host) const noexcept;

 private:
  struct Entry {
    std::string pattern;
    std::size_t site;
  };
  [[nodiscard]] const Entry* FindPattern(std::string_view pattern) const noexcept;

  std::vector<Entry> entries_;  // By pattern. A wildcard is kept as ".example.org".
  std::optional<std::size_t> default_site_;
};

}  // namespace stile

#endif  // STILE_ENGINE_SITE_INDEX_H_
