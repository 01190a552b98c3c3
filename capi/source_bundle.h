#ifndef STILE_CAPI_SOURCE_BUNDLE_H_
#define STILE_CAPI_SOURCE_BUNDLE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stile {

// The files of a configuration as one text, which is what it is known by and kept as:
//
//   stile-source 1\n
//   <size of name> <size of text> <name> <text>\n      for each file, in the order of the names
//
// with sizes in decimal without leading zeros. The stile.toml has the empty name, so that it is
// found whatever it is called next time. One set of files has one text. Never holds keys.
class SourceBundle {
 public:
  // Texts by name. Borrowed.
  using Files = std::map<std::string_view, std::string_view>;

  static constexpr std::size_t kMaxFiles = 4'096;

  [[nodiscard]] static std::string Write(const Files& files);
  // Returns nullopt for anything that Write doesn't write of at most kMaxFiles files.
  [[nodiscard]] static std::optional<Files> Read(std::string_view text);
};

}  // namespace stile

#endif  // STILE_CAPI_SOURCE_BUNDLE_H_
