#include "verifier/policy/text/field_test_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "verifier/policy/mistake/matcher_mistake.h"
#include "verifier/policy/mistake/source_mistake.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 6> kKeys = {"present",  "absent", "equals",
                                                   "contains", "regex",  "name"};
// The first five, in the order of FieldQuestion.
constexpr std::size_t kQuestions = 5;
constexpr std::string_view KeyOf(FieldQuestion question) {
  return kKeys[static_cast<std::size_t>(question)];
}

bool HasValues(FieldQuestion question) {
  return question != FieldQuestion::kPresent && question != FieldQuestion::kAbsent;
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

}  // namespace

std::vector<FieldTest> FieldTestReader::Read(TableReader& reader, std::string_view key) {
  std::vector<FieldTest> tests;
  for (const toml::table* table : reader.TableOrTables(key)) {
    if (auto test = ReadTest(*table, key == "header")) tests.push_back(std::move(*test));
  }
  return tests;
}

std::optional<FieldTest> FieldTestReader::ReadTest(const toml::table& table, bool is_field) {
  const std::string_view what = is_field ? "a header" : "a query";
  TableReader reader(table, what, kKeys, errors_);
  FieldTest test;
  const bool is_named = ReadName(table, reader, is_field, test);
  const auto question = ReadQuestion(table, reader, what);
  if (!question) return std::nullopt;
  test.question = *question;
  if (HasValues(*question)) {
    ReadValues(reader, test);
  } else {
    ReadPresence(table, *question);
  }
  if (!is_named) return std::nullopt;
  // What is left to be found has no place of its own.
  if (!is_field && test.name.empty() && !HasValues(*question)) {
    errors_.Add(reader.PlaceOfKey(KeyOf(*question)),
                std::string(KeyOf(*question)) + " asks for a parameter: give its name");
    return std::nullopt;
  }
  return test;
}

bool FieldTestReader::ReadName(const toml::table& table, TableReader& reader, bool is_field,
                               FieldTest& test) {
  const auto name = reader.Text("name");
  if (!name) {
    if (is_field && !reader.Has("name")) {
      errors_.Add(PlaceOf(table), "a header needs a name, such as name = \"Accept\"");
    }
    return !is_field && !reader.Has("name");
  }
  test.name = is_field ? LowerCase(name->text) : name->text;
  const auto mistake = is_field ? MistakeInFieldName(test.name) : MistakeInParameterName(test.name);
  if (mistake) errors_.Add(name->place, mistake->code, mistake->message);
  return !mistake;
}

std::optional<FieldQuestion> FieldTestReader::ReadQuestion(const toml::table& table,
                                                           TableReader& reader,
                                                           std::string_view what) {
  std::optional<FieldQuestion> question;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    if (!reader.Has(kKeys[i])) continue;
    if (question) {
      errors_.Add(reader.PlaceOfKey(kKeys[i]),
                  std::string(what) + " is asked one thing, and " + std::string(KeyOf(*question)) +
                      " is there already: remove one, or write two tables");
    } else {
      question = static_cast<FieldQuestion>(i);
    }
  }
  if (!question) {
    errors_.Add(PlaceOf(table), std::string(what) +
                                    " is asked something: add present = true, absent = true, "
                                    "equals, contains or regex");
  }
  return question;
}

void FieldTestReader::ReadPresence(const toml::table& table, FieldQuestion question) {
  const toml::node* node = table.get(KeyOf(question));
  const toml::value<bool>* flag = node->as_boolean();
  if (flag != nullptr && flag->get()) return;
  const std::string key(KeyOf(question));
  errors_.Add(PlaceOf(*node),
              key + " must be true: for the opposite write " +
                  std::string(question == FieldQuestion::kPresent ? "absent" : "present") +
                  " = true");
}

void FieldTestReader::ReadValues(TableReader& reader, FieldTest& test) {
  for (PlacedText& text : reader.Texts(KeyOf(test.question))) {
    auto mistake = MistakeInFieldValue(test.question, text.text);
    if (!mistake && test.question == FieldQuestion::kRegex) mistake = tally_.AddRegex();
    if (mistake) {
      errors_.Add(text.place, mistake->code, std::move(mistake->message));
    } else {
      test.values.push_back(std::move(text.text));
    }
  }
}

}  // namespace stile
