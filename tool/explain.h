#ifndef STILE_TOOL_EXPLAIN_H_
#define STILE_TOOL_EXPLAIN_H_

#include <string>
#include <vector>

namespace stile {

struct ExplainOptions {
  std::string config;
  std::string method = "GET";
  std::string url;                   // Absolute; its host chooses the site.
  std::vector<std::string> headers;  // "Name: value".
  std::string ip;                    // Empty: not known.
};

// Prints what would become of one request, rule by rule. Returns the exit status: 0 if it would
// pass, 1 if it would be challenged or denied.
[[nodiscard]] int RunExplain(const ExplainOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_EXPLAIN_H_
