#ifndef STILE_TOOL_CONTROL_CLIENT_H_
#define STILE_TOOL_CONTROL_CLIENT_H_

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tool/http_client.h"

namespace stile {

// How a command finds the stiled that it talks to.
struct ControlOptions {
  std::string config;      // Names the socket, unless
  std::string socket;      // it is given, or
  std::string address;     // an address such as "127.0.0.1:9465" is, for which
  std::string token_file;  // this holds the token.
};

// What stiled answered.
struct ControlAnswer {
  int status = 0;
  boost::json::object body;
  std::string text;  // The body as it came.
};

// Talks to a running stiled over its control socket, or over TCP.
class ControlClient {
 public:
  // Says on stderr why there is no socket or token to be found, and returns nullopt.
  [[nodiscard]] static std::optional<ControlClient> Create(const ControlOptions& options);

  // One request. Says on stderr what is wrong if there is no answer, and returns nullopt.
  [[nodiscard]] std::optional<ControlAnswer> Ask(
      std::string_view method, std::string_view target, std::string_view body = {},
      std::chrono::seconds timeout = std::chrono::seconds{90}) const;

  // The same, without a word.
  [[nodiscard]] std::optional<ControlAnswer> AskQuietly(std::string_view method,
                                                        std::string_view target) const;

 private:
  ControlClient() = default;
  [[nodiscard]] absl::StatusOr<HttpAnswer> Fetch(std::string_view method, std::string_view target,
                                                 std::string_view body,
                                                 std::chrono::seconds timeout) const;

  std::string socket_;  // Empty: over TCP,
  Url url_;             // here,
  std::string token_;   // with this.
};

// Prints the mistakes of an answer that refuses, one per line, on stderr.
void PrintRefusal(const ControlAnswer& answer);

}  // namespace stile

#endif  // STILE_TOOL_CONTROL_CLIENT_H_
