#include "engine/config/toml_section.h"

#include <algorithm>
#include <span>
#include <utility>

#include "challenge/concat.h"
#include "verifier/policy/text/nearest_name.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit kUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr std::int64_t kLongest = std::int64_t{400} * 86'400'000;

std::string_view TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::string Quoted(std::string_view text) {
  return Concat("\"", text.substr(0, 100), text.size() > 100 ? "..." : "", "\"");
}

template <typename Names>
std::string ListOf(const Names& names) {
  std::string list;
  for (const std::string_view name : names) {
    list += Concat(list.empty() ? "" : ", ", "\"", name, "\"");
  }
  return list;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "500ms", "30s", "10m", "12h" or "7d", at most 400 days.
std::optional<milliseconds> ReadDuration(std::string_view text) {
  std::size_t digits = 0;
  std::int64_t count = 0;
  while (digits < text.size() && IsDigit(text[digits])) {
    if (digits == 12) return std::nullopt;
    count = count * 10 + (text[digits++] - '0');
  }
  if (digits == 0) return std::nullopt;
  const std::string_view name = text.substr(digits);
  for (const Unit& unit : kUnits) {
    if (name != unit.name) continue;
    if (count > kLongest / unit.milliseconds) return std::nullopt;
    return milliseconds{count * unit.milliseconds};
  }
  return std::nullopt;
}

std::string FormatDuration(milliseconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() != 0 && duration.count() % unit.milliseconds == 0) {
      return Concat(duration.count() / unit.milliseconds, unit.name);
    }
  }
  return "0s";
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

}  // namespace

void TomlMistakes::Add(const toml::source_position& where, ErrorCode code, std::string message) {
  mistakes_.push_back(Mistake{where, Error{code, Place(where), Printable(std::move(message))}});
}

Errors TomlMistakes::Take() {
  std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  Errors errors;
  for (Mistake& mistake : mistakes_) errors.push_back(std::move(mistake.error));
  mistakes_.clear();
  return errors;
}

std::string TomlMistakes::Place(const toml::source_position& where) const {
  return Concat(name_, ":", std::max(where.line, toml::source_index{1}), ":",
                std::max(where.column, toml::source_index{1}));
}

std::string TomlSection::NameOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : Concat(path_, ".", key);
}

void TomlSection::Know(std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) (void)Find(key);
}

const toml::node* TomlSection::Find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_.get(key);
}

void TomlSection::WrongType(std::string_view key, const toml::node& node, std::string_view wanted) {
  Complain(node.source().begin, ErrorCode::kInvalidArgument,
           Concat(NameOf(key), " is ", TypeName(node), ": write ", wanted));
}

std::optional<Placed<std::string>> TomlSection::String(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* text = node->as_string();
  if (text == nullptr) {
    WrongType(key, *node, "a string in quotes");
    return std::nullopt;
  }
  return Placed<std::string>{text->get(), node->source().begin};
}

std::optional<Placed<std::string>> TomlSection::Text(std::string_view key, std::size_t limit) {
  std::optional<Placed<std::string>> text = String(key);
  if (!text) return std::nullopt;
  if (text->value.size() > limit) {
    Complain(text->where, ErrorCode::kOutOfRange,
             Concat(NameOf(key), " has ", text->value.size(), " bytes: use at most ", limit));
    return std::nullopt;
  }
  if (HasControl(text->value)) {
    Complain(text->where, ErrorCode::kInvalidArgument,
             Concat(NameOf(key), " holds a control character: leave it out"));
    return std::nullopt;
  }
  return text;
}

std::optional<bool> TomlSection::Bool(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_boolean();
  if (value == nullptr) {
    WrongType(key, *node, "true or false, without quotes");
    return std::nullopt;
  }
  return value->get();
}

std::optional<std::int64_t> TomlSection::Integer(std::string_view key, std::int64_t low,
                                                 std::int64_t high) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    WrongType(key, *node, "a whole number, without quotes");
    return std::nullopt;
  }
  if (value->get() < low || value->get() > high) {
    Complain(node->source().begin, ErrorCode::kOutOfRange,
             Concat(NameOf(key), " is ", value->get(), ": use ", low, " to ", high));
    return std::nullopt;
  }
  return value->get();
}

std::optional<milliseconds> TomlSection::Duration(std::string_view key, milliseconds low,
                                                  milliseconds high) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* text = node->as_string();
  if (text == nullptr) {
    WrongType(key, *node, "a duration such as \"30s\"");
    return std::nullopt;
  }
  const std::optional<milliseconds> duration = ReadDuration(text->get());
  if (!duration) {
    Complain(node->source().begin, ErrorCode::kInvalidArgument,
             Concat(NameOf(key), " is ", Quoted(text->get()),
                    ": write digits and one of ms, s, m, h, d, such as \"30s\""));
    return std::nullopt;
  }
  if (*duration < low || *duration > high) {
    Complain(node->source().begin, ErrorCode::kOutOfRange,
             Concat(NameOf(key), " is ", Quoted(text->get()), ": use \"", FormatDuration(low),
                    "\" to \"", FormatDuration(high), "\""));
    return std::nullopt;
  }
  return duration;
}

std::optional<std::size_t> TomlSection::Choice(std::string_view key,
                                               std::initializer_list<std::string_view> names,
                                               std::initializer_list<std::string_view> later) {
  const std::optional<Placed<std::string>> text = String(key);
  if (!text) return std::nullopt;
  const auto* found = std::find(names.begin(), names.end(), text->value);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (std::find(later.begin(), later.end(), text->value) != later.end()) {
    Complain(text->where, ErrorCode::kFailedPrecondition,
             Concat(NameOf(key), " = ", Quoted(text->value), " is not in this version: use ",
                    ListOf(names)));
    return std::nullopt;
  }
  const std::string_view nearest = NearestName(text->value, std::span(names.begin(), names.size()));
  Complain(text->where, ErrorCode::kInvalidArgument,
           Concat(NameOf(key), " is ", Quoted(text->value), ": ",
                  nearest.empty() ? Concat("use ", ListOf(names))
                                  : Concat("did you mean \"", nearest, "\"?")));
  return std::nullopt;
}

std::optional<std::vector<Placed<std::string>>> TomlSection::Strings(std::string_view key,
                                                                     std::size_t limit) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    WrongType(key, *node, "an array of strings, such as [\"...\"]");
    return std::nullopt;
  }
  if (array->size() > limit) {
    Complain(node->source().begin, ErrorCode::kOutOfRange,
             Concat(NameOf(key), " has ", array->size(), " entries: use at most ", limit));
    return std::nullopt;
  }
  std::vector<Placed<std::string>> texts;
  for (const toml::node& element : *array) {
    if (const auto* text = element.as_string()) {
      texts.push_back({text->get(), element.source().begin});
    } else {
      WrongType(key, element, "strings in quotes");
    }
  }
  return texts;
}

const toml::table* TomlSection::Table(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) {
    WrongType(key, *node, Concat("a section, [", NameOf(key), "]"));
    return nullptr;
  }
  return node->as_table();
}

std::optional<TomlSection> TomlSection::Child(std::string_view key) {
  const toml::table* table = Table(key);
  if (table == nullptr) return std::nullopt;
  return TomlSection(*table, NameOf(key), mistakes_);
}

void TomlSection::Refuse(std::string_view key, const toml::source_position& where,
                         std::string_view why) {
  Complain(where, ErrorCode::kInvalidArgument, Concat(NameOf(key), " ", why));
}

std::vector<const toml::table*> TomlSection::Tables(std::string_view key, std::size_t limit) {
  const toml::node* node = Find(key);
  if (node == nullptr) return {};
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    WrongType(key, *node, Concat("it with two brackets, [[", NameOf(key), "]]"));
    return {};
  }
  if (array->size() > limit) {
    Complain(node->source().begin, ErrorCode::kOutOfRange,
             Concat("there are ", array->size(), " [[", NameOf(key), "]]: use at most ", limit));
    return {};
  }
  std::vector<const toml::table*> tables;
  for (const toml::node& element : *array) {
    if (const toml::table* table = element.as_table()) {
      tables.push_back(table);
    } else {
      WrongType(key, element, Concat("it with two brackets, [[", NameOf(key), "]]"));
    }
  }
  return tables;
}

void TomlSection::Finish() {
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const auto& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string_view nearest = NearestName(name, known);
    const std::string where = path_.empty() ? "" : Concat(" in ", path_);
    const std::string hint = nearest.empty() ? Concat("use one of ", ListOf(known_))
                                             : Concat("did you mean \"", nearest, "\"?");
    Complain(key.source().begin, ErrorCode::kInvalidArgument,
             Concat("unknown key ", Quoted(name), where, ": ", hint));
  }
}

}  // namespace stile
