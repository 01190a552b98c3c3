#ifndef STILE_TOOL_CONTROL_CLIENT_H_
#define STILE_TOOL_CONTROL_CLIENT_H_

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stile {

// How a command finds the stiled that it talks to.
struct ControlOptions {
  std::string config;  // Names the socket, unless
  std::string socket;  // it is given.
};

// What stiled answered.
struct ControlAnswer {
  int status = 0;
  boost::json::object body;
  std::string text;  // The body as it came.
};

// Talks to a running stiled over its control socket.
class ControlClient {
 public:
  // Says on stderr why there is no socket to be found, and returns nullopt.
  [[nodiscard]] static std::optional<ControlClient> Create(const ControlOptions& options);

  // One request. Says on stderr what is wrong if there is no answer, and returns nullopt.
  [[nodiscard]] std::optional<ControlAnswer> Ask(
      std::string_view method, std::string_view target, std::string_view body = {},
      std::chrono::seconds timeout = std::chrono::seconds{90}) const;

  // The same, without a word.
  [[nodiscard]] std::optional<ControlAnswer> AskQuietly(std::string_view method,
                                                        std::string_view target) const;

 private:
  explicit ControlClient(std::string socket) : socket_(std::move(socket)) {}
  std::string socket_;
};

// Prints the mistakes of an answer that refuses, one per line, on stderr.
void PrintRefusal(const ControlAnswer& answer);

}  // namespace stile

#endif  // STILE_TOOL_CONTROL_CLIENT_H_
