#include "tool/anubis/condition.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "tool/utf8_text.h"

namespace stile {
namespace {

constexpr std::size_t kLineWidth = 100;

struct Entry {
  std::string key;
  std::string value;
};

std::string List(const std::vector<std::string>& values, bool may_break, std::string_view key) {
  std::size_t width = key.size() + 8;
  for (const std::string& value : values) width += value.size() + 2;
  const bool breaks = may_break && width > kLineWidth && values.size() > 1;
  std::string text = "[";
  std::size_t line = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (breaks && (i == 0 || line + values[i].size() > kLineWidth - 4)) {
      text += i == 0 ? "\n  " : ",\n  ";
      line = 2;
    } else if (i != 0) {
      text += ", ";
      line += 2;
    }
    text += values[i];
    line += values[i].size();
  }
  return text + (breaks ? ",\n]" : "]");
}

std::vector<Entry> EntriesOf(const Condition& condition, bool may_break);

std::string Table(const Condition& condition) {
  std::string text = "{ ";
  for (const Entry& entry : EntriesOf(condition, false)) {
    if (text.size() > 2) text += ", ";
    text += entry.key + " = " + entry.value;
  }
  return text + " }";
}

std::vector<std::string> Tables(const std::vector<Condition>& parts) {
  std::vector<std::string> tables;
  for (const Condition& part : parts) tables.push_back(Table(part));
  return tables;
}

bool Has(const std::vector<Entry>& entries, std::string_view key) {
  return std::any_of(entries.begin(), entries.end(),
                     [key](const Entry& entry) { return entry.key == key; });
}

// What stands side by side in one table, as far as no key would stand twice; the rest in `all`.
std::vector<Entry> EntriesOfAll(const std::vector<Condition>& parts, bool may_break) {
  std::vector<Entry> entries;
  std::vector<Condition> rest;
  for (const Condition& part : parts) {
    std::vector<Entry> own = EntriesOf(part, may_break);
    const bool clashes = std::any_of(own.begin(), own.end(), [&entries](const Entry& entry) {
      return entry.key == "all" || Has(entries, entry.key);
    });
    if (clashes) {
      rest.push_back(part);
    } else {
      std::move(own.begin(), own.end(), std::back_inserter(entries));
    }
  }
  if (!rest.empty()) entries.push_back({"all", List(Tables(rest), may_break, "all")});
  return entries;
}

std::vector<Entry> EntriesOf(const Condition& condition, bool may_break) {
  switch (condition.kind) {
    case Condition::Kind::kAlways:
      return {};
    case Condition::Kind::kMatcher: {
      const bool is_table = condition.key == "header" || condition.key == "query";
      if (is_table && condition.values.size() == 1) return {{condition.key, condition.values[0]}};
      return {{condition.key, List(condition.values, may_break, condition.key)}};
    }
    case Condition::Kind::kAll:
      return EntriesOfAll(condition.parts, may_break);
    case Condition::Kind::kAny:
      return {{"any", List(Tables(condition.parts), may_break, "any")}};
    case Condition::Kind::kNot:
      return {{"not", Table(condition.parts.front())}};
  }
  return {};
}

void TakeIn(Condition part, Condition::Kind kind, std::vector<Condition>& parts) {
  if (part.kind != kind) return parts.push_back(std::move(part));
  for (Condition& inner : part.parts) TakeIn(std::move(inner), kind, parts);
}

}  // namespace

Condition Condition::Texts(std::string_view key, std::vector<std::string> texts) {
  for (std::string& text : texts) text = TomlText(text);
  return Written(key, std::move(texts));
}

Condition Condition::Written(std::string_view key, std::vector<std::string> values) {
  Condition condition;
  condition.kind = Kind::kMatcher;
  condition.key = key;
  for (std::string& value : values) {
    if (std::find(condition.values.begin(), condition.values.end(), value) ==
        condition.values.end()) {
      condition.values.push_back(std::move(value));
    }
  }
  return condition;
}

Condition Condition::Field(std::string_view key, std::string_view name, std::string_view question,
                           const std::vector<std::string>& texts) {
  std::string table = "{ name = " + TomlText(name) + ", " + std::string(question) + " = ";
  if (texts.empty()) {
    table += "true";
  } else {
    std::vector<std::string> written;
    for (const std::string& text : texts) written.push_back(TomlText(text));
    table += List(written, false, question);
  }
  Condition condition = Written(key, {table + " }"});
  condition.field = name;
  condition.question = question;
  return condition;
}

namespace {

// True if `part` asks for a field whose content another part asks for anyway.
bool IsSaidTwice(const Condition& part, const std::vector<Condition>& parts) {
  return part.question == "present" &&
         std::any_of(parts.begin(), parts.end(), [&part](const Condition& other) {
           return other.kind == Condition::Kind::kMatcher && other.key == part.key &&
                  other.field == part.field && !other.question.empty() &&
                  other.question != "present" && other.question != "absent";
         });
}

}  // namespace

Condition Condition::All(std::vector<Condition> parts) {
  Condition all;
  all.kind = Kind::kAll;
  for (Condition& part : parts) {
    if (part.kind != Kind::kAlways) TakeIn(std::move(part), Kind::kAll, all.parts);
  }
  std::vector<Condition> needed;
  for (const Condition& part : all.parts) {
    if (!IsSaidTwice(part, all.parts)) needed.push_back(part);
  }
  all.parts = std::move(needed);
  if (all.parts.empty()) return {};
  if (all.parts.size() == 1) return Condition(std::move(all.parts.front()));
  return all;
}

Condition Condition::Any(std::vector<Condition> parts) {
  Condition any;
  any.kind = Kind::kAny;
  std::vector<Condition> flat;
  for (Condition& part : parts) {
    if (part.kind == Kind::kAlways) return {};
    TakeIn(std::move(part), Kind::kAny, flat);
  }
  for (Condition& part : flat) {
    const auto same = std::find_if(any.parts.begin(), any.parts.end(), [&part](const Condition& c) {
      return c.kind == Kind::kMatcher && part.kind == Kind::kMatcher && c.key == part.key;
    });
    if (same == any.parts.end()) {
      any.parts.push_back(std::move(part));
    } else {
      std::vector<std::string> values = std::move(same->values);
      std::move(part.values.begin(), part.values.end(), std::back_inserter(values));
      *same = Written(part.key, std::move(values));
    }
  }
  if (any.parts.size() == 1) return Condition(std::move(any.parts.front()));
  return any;
}

Condition Condition::Not(Condition part) {
  if (part.kind == Kind::kNot) return Condition(std::move(part.parts.front()));
  const bool is_field = part.kind == Kind::kMatcher && part.values.size() == 1;
  if (is_field && part.question == "present") return Field(part.key, part.field, "absent", {});
  if (is_field && part.question == "absent") return Field(part.key, part.field, "present", {});
  Condition negated;
  negated.kind = Kind::kNot;
  negated.parts.push_back(std::move(part));
  return negated;
}

bool IsWritable(std::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  return !has_control && ValidUtf8(text) == text;
}

std::string TomlText(std::string_view text) {
  // A literal string where it spares backslashes.
  if (text.find('\'') == std::string_view::npos &&
      text.find_first_of("\\\"") != std::string_view::npos) {
    std::string literal(1, '\'');
    literal += text;
    literal += '\'';
    return literal;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string TomlMatchers(const Condition& condition) {
  std::string text;
  for (const Entry& entry : EntriesOf(condition, true)) {
    text += entry.key + " = " + entry.value + "\n";
  }
  return text;
}

}  // namespace stile
