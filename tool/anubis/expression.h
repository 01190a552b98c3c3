#ifndef STILE_TOOL_ANUBIS_EXPRESSION_H_
#define STILE_TOOL_ANUBIS_EXPRESSION_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "tool/anubis/condition.h"

namespace stile {

// What an expression became, and what of its meaning has changed on the way.
struct ConvertedExpression {
  Condition condition;
  std::vector<std::string> changes;
};

// Why an expression could not be converted, and where in it.
struct ExpressionFault {
  std::size_t offset = 0;
  std::string reason;
};

inline constexpr std::size_t kMaxExpression = 16 * 1024;  // Bytes.

// Converts an expression in CEL as Anubis has it: comparisons of method, host, path, userAgent,
// remoteAddress, headers["X"] and query["x"] with texts, by ==, != and in, contains, startsWith,
// endsWith and matches, "X" in headers and query, missingHeader, and what !, && and || make of
// them, to a depth of 16. Anything else is a fault.
[[nodiscard]] tl::expected<ConvertedExpression, ExpressionFault> ConvertExpression(
    std::string_view text);

// What a regular expression asks of the user agent, the path or a field: of texts where it is no
// more than a choice of them. `field` is null except for key "header" and "query".
[[nodiscard]] Condition UserAgentCondition(std::string_view regex);
[[nodiscard]] Condition PathCondition(std::string_view regex);
[[nodiscard]] Condition FieldCondition(std::string_view key, std::string_view field,
                                       std::string_view regex);

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_EXPRESSION_H_
