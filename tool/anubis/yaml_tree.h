#ifndef STILE_TOOL_ANUBIS_YAML_TREE_H_
#define STILE_TOOL_ANUBIS_YAML_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/policy/file_place.h"

namespace stile {

enum class YamlKind : std::uint8_t { kNull, kScalar, kList, kMap };

struct YamlMember;

// One value of a YAML document, with the place where it stands.
struct YamlNode {
  YamlKind kind = YamlKind::kNull;
  FilePlace place;
  std::string text;                 // Of a scalar.
  std::vector<YamlNode> items;      // Of a list.
  std::vector<YamlMember> members;  // Of a map, in order.

  // The value of a map's member; null if it has none of that name.
  [[nodiscard]] const YamlNode* Find(std::string_view name) const noexcept;
  // The scalar that a map's member is; empty if it is none.
  [[nodiscard]] std::string_view TextOf(std::string_view name) const noexcept;
};

struct YamlMember {
  std::string name;
  FilePlace place;
  YamlNode value;
};

inline constexpr std::size_t kMaxYaml = std::size_t{4} << 20;  // Bytes.

// Reads the one document of `text`. `name` is the file's, for the place of the error: what is no
// YAML, an alias (it could unfold into anything), a key that is no scalar or stands twice, more
// than one document (kInvalidArgument each), more than kMaxYaml bytes, values nested more than 32
// deep, or more than 200,000 values (kOutOfRange each).
[[nodiscard]] tl::expected<YamlNode, Error> ParseYaml(std::string_view text, std::string_view name);

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_YAML_TREE_H_
