#ifndef STILE_VERIFIER_POLICY_TEXT_FIELD_TEST_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_FIELD_TEST_TABLE_H_

#include <optional>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "verifier/policy/matchers.h"
#include "verifier/policy/mistake/source_tally.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads what a rule asks of header fields or of the query: { name = "Accept", contains = ["html"] }
// or a list of such tables. What it is made with must outlive it.
class FieldTestReader {
 public:
  FieldTestReader(SourceTally& tally, FileErrors& errors) : tally_(tally), errors_(errors) {}

  // `key` is "header" or "query".
  [[nodiscard]] std::vector<FieldTest> Read(TableReader& reader, std::string_view key);

 private:
  std::optional<FieldTest> ReadTest(const toml::table& table, bool is_field);
  bool ReadName(const toml::table& table, TableReader& reader, bool is_field, FieldTest& test);
  // The one question that the table asks.
  std::optional<FieldQuestion> ReadQuestion(const toml::table& table, TableReader& reader,
                                            std::string_view what);
  void ReadPresence(const toml::table& table, FieldQuestion question);
  void ReadValues(TableReader& reader, FieldTest& test);

  SourceTally& tally_;
  FileErrors& errors_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_FIELD_TEST_TABLE_H_
