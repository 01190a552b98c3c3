#include "verifier/policy/text/table_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "verifier/policy/text/duration.h"
#include "verifier/policy/text/nearest_name.h"

namespace stile {
namespace {

FilePlace PlaceOf(const toml::source_region& region) noexcept {
  return {std::max<std::uint32_t>(region.begin.line, 1),
          std::max<std::uint32_t>(region.begin.column, 1)};
}

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxShown = 64;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    quoted += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  quoted += text.size() > kMaxShown ? "...\"" : "\"";
  return quoted;
}

std::string ListOf(std::span<const std::string_view> names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
    list += Quoted(names[i]);
  }
  return list;
}

}  // namespace

FilePlace PlaceOf(const toml::node& node) noexcept { return PlaceOf(node.source()); }

void FileErrors::Add(FilePlace place, ErrorCode code, std::string message) {
  std::string text =
      file_name_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  found_.push_back({place, {code, std::move(text), Printable(std::move(message))}});
}

void FileErrors::Add(FilePlace place, std::string message) {
  Add(place, ErrorCode::kInvalidArgument, std::move(message));
}

void FileErrors::Add(FilePlace place, Error of_another_file) {
  found_.push_back({place, std::move(of_another_file)});
}

Errors FileErrors::Take() && {
  std::stable_sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  Errors errors;
  for (Found& found : found_) errors.push_back(std::move(found.error));
  return errors;
}

TableReader::TableReader(const toml::table& table, std::string_view what,
                         std::span<const std::string_view> known, FileErrors& errors)
    : table_(table), errors_(errors) {
  for (const auto& [key, value] : table) {
    if (Contains(known, key.str())) continue;
    const FilePlace place = PlaceOf(key.source());
    const std::string_view nearest = NearestName(key.str(), known);
    std::string message = std::string(what) + " has no key " + Quoted(key.str()) + ": ";
    message += nearest.empty() ? "remove it" : "did you mean " + Quoted(nearest) + "?";
    errors_.Add(place, std::move(message));
  }
}

bool TableReader::IsText(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node != nullptr && node->is_string();
}

bool TableReader::Says(std::string_view key, std::string_view text) const {
  const toml::node* node = table_.get(key);
  const toml::value<std::string>* value = node == nullptr ? nullptr : node->as_string();
  return value != nullptr && value->get() == text;
}

FilePlace TableReader::PlaceOfKey(std::string_view key) const {
  for (const auto& [name, value] : table_) {
    if (name.str() == key) return PlaceOf(name.source());
  }
  return stile::PlaceOf(table_);
}

void TableReader::Complain(const toml::node& node, std::string_view key, std::string_view wanted) {
  errors_.Add(stile::PlaceOf(node), std::string(key) + " must be " + std::string(wanted));
}

std::optional<PlacedText> TableReader::Text(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::value<std::string>* text = node->as_string();
  if (text == nullptr) {
    Complain(*node, key, "a text in quotes");
    return std::nullopt;
  }
  return PlacedText{text->get(), stile::PlaceOf(*node)};
}

std::optional<std::size_t> TableReader::OneOf(std::string_view key,
                                              std::span<const std::string_view> names) {
  const std::optional<PlacedText> text = Text(key);
  if (!text) return std::nullopt;
  const auto at = std::find(names.begin(), names.end(), text->text);
  if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  const std::string_view nearest = NearestName(text->text, names);
  std::string message =
      std::string(key) + " must be " + ListOf(names) + ", not " + Quoted(text->text);
  if (!nearest.empty()) message += ": did you mean " + Quoted(nearest) + "?";
  errors_.Add(text->place, std::move(message));
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::Integer(std::string_view key, std::uint64_t min,
                                                  std::uint64_t max) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();  // That TOML can write.
  const auto number = SignedInteger(key, static_cast<std::int64_t>(std::min(min, kMost)),
                                    static_cast<std::int64_t>(std::min(max, kMost)));
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<std::int64_t> TableReader::SignedInteger(std::string_view key, std::int64_t min,
                                                       std::int64_t max) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const std::string wanted =
      "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  const toml::value<std::int64_t>* number = node->as_integer();
  if (number == nullptr) {
    Complain(*node, key, wanted);
    return std::nullopt;
  }
  if (number->get() >= min && number->get() <= max) return number->get();
  errors_.Add(stile::PlaceOf(*node), ErrorCode::kOutOfRange,
              std::string(key) + " must be " + wanted);
  return std::nullopt;
}

std::optional<double> TableReader::Number(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  if (const toml::value<std::int64_t>* whole = node->as_integer()) {
    return static_cast<double>(whole->get());
  }
  const toml::value<double>* number = node->as_floating_point();
  if (number != nullptr && std::isfinite(number->get())) return number->get();
  Complain(*node, key, "a number, such as 20 or 0.5");
  return std::nullopt;
}

std::optional<bool> TableReader::Boolean(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::value<bool>* boolean = node->as_boolean();
  if (boolean != nullptr) return boolean->get();
  Complain(*node, key, "true or false");
  return std::nullopt;
}

std::optional<std::chrono::seconds> TableReader::Duration(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::value<std::string>* text = node->as_string();
  const auto duration = text == nullptr ? std::nullopt : ParseDuration(text->get());
  if (!duration) Complain(*node, key, "a duration in quotes, such as \"30s\", \"10m\" or \"12h\"");
  return duration;
}

std::vector<PlacedText> TableReader::Texts(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    Complain(*node, key, "a list of texts, such as " + std::string(key) + " = [\"...\"]");
    return {};
  }
  if (list->empty()) {
    Complain(*node, key, "a list with at least one text: add one, or remove the key");
    return {};
  }
  return TextsOf(*list, key);
}

std::vector<PlacedText> TableReader::TextsOrNone(std::string_view key) {
  const toml::node* node = table_.get(key);
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  return list != nullptr && list->empty() ? std::vector<PlacedText>() : Texts(key);
}

std::vector<PlacedText> TableReader::TextsOf(const toml::array& list, std::string_view key) {
  std::vector<PlacedText> texts;
  for (const toml::node& item : list) {
    if (const toml::value<std::string>* text = item.as_string()) {
      texts.push_back({text->get(), stile::PlaceOf(item)});
    } else {
      Complain(item, key, "a list of texts: put this value in quotes");
    }
  }
  return texts;
}

const toml::table* TableReader::Table(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return nullptr;
  const toml::table* table = node->as_table();
  if (table == nullptr) Complain(*node, key, "a table");
  return table;
}

std::vector<const toml::table*> TableReader::Tables(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty()) {
    Complain(*node, key, "a list with at least one table");
    return {};
  }
  return TablesOf(*list, key);
}

std::vector<const toml::table*> TableReader::TableOrTables(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return {};
  if (const toml::table* table = node->as_table()) return {table};
  const toml::array* list = node->as_array();
  if (list != nullptr && !list->empty()) return TablesOf(*list, key);
  Complain(*node, key, "a table, or a list with at least one table");
  return {};
}

std::vector<const toml::node*> TableReader::Values(std::string_view key, std::string_view wanted) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty()) {
    Complain(*node, key, wanted);
    return {};
  }
  std::vector<const toml::node*> values;
  for (const toml::node& item : *list) values.push_back(&item);
  return values;
}

std::vector<const toml::table*> TableReader::TablesOf(const toml::array& list,
                                                      std::string_view key) {
  std::vector<const toml::table*> tables;
  for (const toml::node& item : list) {
    if (const toml::table* table = item.as_table()) {
      tables.push_back(table);
    } else {
      Complain(item, key, "a list of tables");
    }
  }
  return tables;
}

}  // namespace stile
