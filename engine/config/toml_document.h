#ifndef STILE_ENGINE_CONFIG_TOML_DOCUMENT_H_
#define STILE_ENGINE_CONFIG_TOML_DOCUMENT_H_

#include <cstddef>
#include <string_view>

#include <toml++/toml.h>
#include <tl/expected.hpp>

#include "challenge/error.h"

namespace stile {

// Reads `text` as TOML. `name` is the document's name, for the places of errors. Returns the first
// of: more than `limit` bytes (kOutOfRange, before it is parsed), a byte that TOML allows in quotes
// alone, nesting deeper than kMaxTomlDepth (kOutOfRange), what is no TOML.
[[nodiscard]] tl::expected<toml::table, Errors> ParseToml(std::string_view text,
                                                          std::string_view name, std::size_t limit);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_TOML_DOCUMENT_H_
