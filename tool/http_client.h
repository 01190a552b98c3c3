#ifndef STILE_TOOL_HTTP_CLIENT_H_
#define STILE_TOOL_HTTP_CLIENT_H_

#include <absl/status/statusor.h>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stile {

// An absolute http or https URL, taken apart.
struct Url {
  bool https = false;
  std::string host;    // An IPv6 address without its brackets.
  std::string port;    // "80" or "443" where the URL has none.
  std::string target;  // Path and query, at least "/".

  // Returns InvalidArgument for anything but http(s)://host[:port][/path][?query].
  [[nodiscard]] static absl::StatusOr<Url> Parse(std::string_view text);

  // What a Host field says.
  [[nodiscard]] std::string Authority() const;
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  // The value of the first field of this name, given in lower case; empty if there is none.
  [[nodiscard]] std::string_view Get(std::string_view name) const;
};

// One request over a connection of its own; follows no redirect. `extra` are further fields. An
// https connection is refused unless its certificate is that of the host and of a known authority.
// Returns Unavailable if there is no connection, DeadlineExceeded after `timeout`, and
// ResourceExhausted if the answer is longer than 4 MiB.
[[nodiscard]] absl::StatusOr<HttpAnswer> Fetch(
    std::string_view method, const Url& url,
    const std::vector<std::pair<std::string, std::string>>& extra, std::string_view body,
    std::chrono::seconds timeout = std::chrono::seconds{30});

// The same over the unix socket at `path`. Returns NotFound if there is none, PermissionDenied, or
// Unavailable if nobody listens or the connection is cut.
[[nodiscard]] absl::StatusOr<HttpAnswer> FetchLocal(std::string_view method,
                                                    const std::string& path,
                                                    std::string_view target, std::string_view body,
                                                    std::chrono::seconds timeout);

}  // namespace stile

#endif  // STILE_TOOL_HTTP_CLIENT_H_
