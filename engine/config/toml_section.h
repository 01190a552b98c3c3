#ifndef STILE_ENGINE_CONFIG_TOML_SECTION_H_
#define STILE_ENGINE_CONFIG_TOML_SECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "challenge/error.h"

namespace stile {

// Collects the mistakes of one TOML document, with their places.
class TomlMistakes {
 public:
  // `name` is the document's name.
  explicit TomlMistakes(std::string_view name) : name_(name) {}

  void Add(const toml::source_position& where, ErrorCode code, std::string message);

  // Returns the mistakes in the order of their places, and forgets them.
  [[nodiscard]] Errors Take();

  // "name:line:column".
  [[nodiscard]] std::string Place(const toml::source_position& where) const;

 private:
  struct Mistake {
    toml::source_position where;
    Error error;
  };
  std::string name_;
  std::vector<Mistake> mistakes_;
};

// A value with the place it stands at.
template <typename T>
struct Placed {
  T value{};
  toml::source_position where{};
};

// One table of a TOML document while it is read. Each getter takes a key that the table may have
// and returns nullopt if it is absent, or if its value is not what it must be, which is then a
// mistake. Keys that nobody asked for are mistakes of Finish. Borrows all it is made from.
class TomlSection {
 public:
  // `path` is how messages call the table: "site.cookie"; empty for the document itself.
  TomlSection(const toml::table& table, std::string path, TomlMistakes& mistakes)
      : table_(table), path_(std::move(path)), mistakes_(mistakes) {}

  [[nodiscard]] std::optional<Placed<std::string>> String(std::string_view key);
  // A string of at most `limit` bytes without control characters.
  [[nodiscard]] std::optional<Placed<std::string>> Text(std::string_view key, std::size_t limit);
  [[nodiscard]] std::optional<bool> Bool(std::string_view key);
  // An integer in [low, high].
  [[nodiscard]] std::optional<std::int64_t> Integer(std::string_view key, std::int64_t low,
                                                    std::int64_t high);
  // A duration text such as "30s" in [low, high].
  [[nodiscard]] std::optional<std::chrono::milliseconds> Duration(std::string_view key,
                                                                  std::chrono::milliseconds low,
                                                                  std::chrono::milliseconds high);
  // The index in `names` of the text that stands there. `later` are names that a later version
  // knows: they are refused, with that said.
  [[nodiscard]] std::optional<std::size_t> Choice(
      std::string_view key, std::initializer_list<std::string_view> names,
      std::initializer_list<std::string_view> later = {});
  // An array of strings, at most `limit` of them.
  [[nodiscard]] std::optional<std::vector<Placed<std::string>>> Strings(std::string_view key,
                                                                        std::size_t limit);
  [[nodiscard]] const toml::table* Table(std::string_view key);
  // The same, ready to be read.
  [[nodiscard]] std::optional<TomlSection> Child(std::string_view key);
  // Every table of an array of tables, at most `limit` of them.
  [[nodiscard]] std::vector<const toml::table*> Tables(std::string_view key, std::size_t limit);
  // Keys that somebody else reads: Finish knows them, and nobody here judges what they say.
  void Know(std::span<const std::string_view> keys);
  // Whatever stands there.
  [[nodiscard]] const toml::node* Find(std::string_view key);

  // Complains about each key that no getter was called for, and names the nearest that was.
  void Finish();

  void Complain(const toml::source_position& where, ErrorCode code, std::string message) {
    mistakes_.Add(where, code, std::move(message));
  }
  // Complains about the value of `key` at `where`: "<key> <why>", where `why` is a
  // sentence as "is ...: write ...".
  void Refuse(std::string_view key, const toml::source_position& where, std::string_view why);
  [[nodiscard]] toml::source_position where() const { return table_.source().begin; }
  [[nodiscard]] std::string Place(const toml::source_position& where) const {
    return mistakes_.Place(where);
  }
  // "site.cookie.secure", for messages.
  [[nodiscard]] std::string NameOf(std::string_view key) const;

 private:
  void WrongType(std::string_view key, const toml::node& node, std::string_view wanted);

  const toml::table& table_;
  std::string path_;
  TomlMistakes& mistakes_;
  std::vector<std::string> known_;
};

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_TOML_SECTION_H_
