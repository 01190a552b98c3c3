#ifndef STILE_TOOL_EXPLAIN_H_
#define STILE_TOOL_EXPLAIN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stile {

struct ExplainOptions {
  std::string config;
  std::string method = "GET";
  std::string url;                   // Absolute; its host chooses the site.
  std::vector<std::string> headers;  // "Name: value".
  std::string ip;                    // Empty: not known; as are the next three.
  std::string country;
  std::uint32_t asn = 0;
  std::string tls_fingerprint;
  std::optional<std::uint8_t> rank;  // Held, whatever cookies there are.
  std::string site;                  // Empty: the one of the URL's host.
  bool json = false;
};

// Prints what would become of one request, rule by rule. Returns the exit status: 0 if it would
// pass, 1 if it would be challenged or denied, 2 for what isn't a request and for files with
// mistakes.
[[nodiscard]] int RunExplain(const ExplainOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_EXPLAIN_H_
