#ifndef STILE_VERIFIER_POLICY_TEXT_TABLE_READER_H_
#define STILE_VERIFIER_POLICY_TEXT_TABLE_READER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "challenge/error.h"
#include "verifier/policy/file_place.h"

namespace stile {

[[nodiscard]] FilePlace PlaceOf(const toml::node& node) noexcept;

// The mistakes found in one file.
class FileErrors {
 public:
  explicit FileErrors(std::string_view file_name) : file_name_(file_name) {}

  void Add(FilePlace place, ErrorCode code, std::string message);
  void Add(FilePlace place, std::string message);  // kInvalidArgument.
  // A mistake of another file, which this one names at `place`. It keeps its own place.
  void Add(FilePlace place, Error of_another_file);

  [[nodiscard]] std::size_t size() const noexcept { return found_.size(); }

  // Returns all of them in the order of the file.
  [[nodiscard]] Errors Take() &&;

 private:
  struct Found {
    FilePlace place;
    Error error;
  };
  std::string file_name_;
  std::vector<Found> found_;
};

// A text and where it stands.
struct PlacedText {
  std::string text;
  FilePlace place;
};

// Reads typed values from one table of a TOML file, and says what is wrong with each. A getter
// returns nothing both for an absent key and for a wrong value, which it reports.
class TableReader {
 public:
  // Reports keys that are not `known`, with the nearest that is. `what` names the table in
  // messages: "a rule". The table and `errors` must outlive the reader.
  TableReader(const toml::table& table, std::string_view what,
              std::span<const std::string_view> known, FileErrors& errors);

  [[nodiscard]] bool Has(std::string_view key) const { return table_.get(key) != nullptr; }
  // True if the value is a text. Reports nothing.
  [[nodiscard]] bool IsText(std::string_view key) const;
  // True if the value is this text. Reports nothing.
  [[nodiscard]] bool Says(std::string_view key, std::string_view text) const;
  // Of the key itself; of the table if it has no such key.
  [[nodiscard]] FilePlace PlaceOfKey(std::string_view key) const;

  std::optional<PlacedText> Text(std::string_view key);
  // One of `names`, by its index. Reports another text with the nearest of them.
  std::optional<std::size_t> OneOf(std::string_view key, std::span<const std::string_view> names);
  std::optional<std::uint64_t> Integer(std::string_view key, std::uint64_t min, std::uint64_t max);
  std::optional<std::int64_t> SignedInteger(std::string_view key, std::int64_t min,
                                            std::int64_t max);
  // With or without a fraction, and finite.
  std::optional<double> Number(std::string_view key);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<std::chrono::seconds> Duration(std::string_view key);
  // A list with at least one text.
  std::vector<PlacedText> Texts(std::string_view key);
  // A list of texts, which may be empty.
  std::vector<PlacedText> TextsOrNone(std::string_view key);
  const toml::table* Table(std::string_view key);
  // A list with at least one table, as inline tables or as [[key]].
  std::vector<const toml::table*> Tables(std::string_view key);
  // The same, or a single table.
  std::vector<const toml::table*> TableOrTables(std::string_view key);
  // The values of a list with at least one, of whatever type.
  std::vector<const toml::node*> Values(std::string_view key, std::string_view wanted);
  // Reports that `node`, a value of `key` or in it, is not what is wanted.
  void Complain(const toml::node& node, std::string_view key, std::string_view wanted);

 private:
  std::vector<PlacedText> TextsOf(const toml::array& list, std::string_view key);
  std::vector<const toml::table*> TablesOf(const toml::array& list, std::string_view key);

  const toml::table& table_;
  FileErrors& errors_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_TABLE_READER_H_
