#include "engine/config/toml_document.h"

#include <string>
#include <utility>

#include "challenge/concat.h"
#include "challenge/toml_plain_text.h"
#include "engine/config/toml_section.h"

namespace stile {

tl::expected<toml::table, Errors> ParseToml(std::string_view text, std::string_view name,
                                            std::size_t limit) {
  if (text.size() > limit) {
    return tl::unexpected(
        Errors{Error{ErrorCode::kOutOfRange, std::string(name),
                     Concat("the file has ", text.size(), " bytes: use at most ", limit)}});
  }
  const auto refuse = [name](const toml::source_position& where, ErrorCode code,
                             std::string message) {
    TomlMistakes mistakes(name);
    mistakes.Add(where, code, std::move(message));
    return tl::unexpected(mistakes.Take());
  };
  if (const auto place = FindUnquotedNonAscii(text)) {
    return refuse({place->line, place->column}, ErrorCode::kInvalidArgument,
                  std::string(kNonAsciiAdvice));
  }
  if (const auto place = FindDeepNesting(text)) {
    return refuse({place->line, place->column}, ErrorCode::kOutOfRange,
                  std::string(kNestingAdvice));
  }
  // Without the file's name: making a copy of it, version 3.3 ends the process if there is no
  // memory.
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return refuse(parsed.error().source().begin, ErrorCode::kInvalidArgument,
                  Concat("this is not TOML: ", parsed.error().description()));
  }
  return std::move(parsed).table();
}

}  // namespace stile
